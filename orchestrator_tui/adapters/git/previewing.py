"""What a merge would be, made in git's object store alone: the merged tree, or the files in conflict with all sides."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator_tui.adapters.git.command import WRITE_SECONDS, failure, git_result
from orchestrator_tui.adapters.git.history import commit_id, is_full_id, merge_base
from orchestrator_tui.core.frozen import frozen

SIDE_LIMIT = 64 << 10
"""The most bytes of one side of a conflict that are shown."""


@frozen
class Preview:
    """The outcome of merging two commits."""

    clean: bool
    conflicts: tuple[str, ...]
    """The files that both sides changed and git cannot merge."""
    tree: str
    """The id of the merged tree; with conflicts it has their marks in it."""


@frozen
class Sides:
    """One file of a conflict; None where there is no such file."""

    base: str | None
    ours: str | None
    theirs: str | None
    marked: str | None
    """Both sides in one text, between git's marks."""


def preview(repository: Path, ours: str, theirs: str) -> Preview:
    """Merge two commits in git's object store alone (G-2: about 2 ms a pair).

    Raises:
        GitError: one of them is not there, they have no common history, or git is older than 2.38.
    """
    # A full id is left to git to look up: all pairs of many branches are previewed, and each command counts. So is the
    # name by which git marks what is checked out.
    ends = (one if one == "HEAD" or is_full_id(one) else commit_id(repository, one) for one in (ours, theirs))
    options = ("--write-tree", "--name-only", "--no-messages", "-z")
    result = git_result(repository, "merge-tree", *options, *ends, timeout=WRITE_SECONDS)
    if result.code not in (0, 1):
        raise failure(repository, "merge-tree", result)
    tree, *conflicts = [part for part in result.out.split("\0") if part.strip()]
    return Preview(result.code == 0, tuple(dict.fromkeys(conflicts)), tree.strip())


def sides(repository: Path, ours: str, theirs: str, file: str) -> Sides:
    """One file as it was, as each side has it, and as git would leave it; each text is cut at 64 KiB.

    Raises:
        GitError: as :func:`preview`.
    """
    one, other = commit_id(repository, ours), commit_id(repository, theirs)
    base = merge_base(repository, one, other)
    return Sides(
        base=None if base is None else _text(repository, base, file),
        ours=_text(repository, one, file),
        theirs=_text(repository, other, file),
        marked=_text(repository, preview(repository, one, other).tree, file),
    )


def _text(repository: Path, commit: str, file: str) -> str | None:
    result = git_result(repository, "cat-file", "blob", f"{commit}:{file}", limit=SIDE_LIMIT + 1)
    if result.code != 0:
        return None
    content = os.fsencode(result.out)
    if b"\0" in content:
        return f"(binary, {_size(repository, commit, file)} bytes)"
    if len(content) > SIDE_LIMIT:
        cut = content[:SIDE_LIMIT].rpartition(b"\n")[0] or content[:SIDE_LIMIT]
        return cut.decode("utf-8", "replace") + f"\n… cut here: {_size(repository, commit, file)} bytes in all\n"
    return content.decode("utf-8", "replace")


def _size(repository: Path, commit: str, file: str) -> str:
    return git_result(repository, "cat-file", "-s", f"{commit}:{file}").out.strip()
