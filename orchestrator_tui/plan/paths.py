"""Paths of artefacts: below the worktree, whatever is filled in."""

from __future__ import annotations

import re

PLACEHOLDERS = ("slug", "title", "spec", "plan", "design")
"""What may be filled in, in braces."""

DIVIDED = "{plan}"
"""Stands in the artefact of the batch stage that writes the track list."""

_UPWARDS = re.compile(r"(?:^|/)\.\.(?:/|$)")


def leaves_worktree(path: str) -> bool:
    """Whether a path can lie outside of the worktree: absolute, upwards, of a home, or git's own."""
    return (
        not path
        or "\\" in path
        or path.startswith(("/", "~"))
        or re.match(r"[A-Za-z]:", path) is not None
        or _UPWARDS.search(path) is not None
        or path.split("/")[0].lower() == ".git"
    )
