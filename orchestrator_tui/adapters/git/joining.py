"""Files that both sides of a merge have only appended to: both appendages stay, one after the other, to the byte.

Nothing of it is left to git's own ``union``, which takes and drops lines as it sees fit: the content is made of three
commits alone, and wherever that would not be exactly what each side wrote, the conflict stays what it is.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from orchestrator_tui.adapters.git.command import WRITE_SECONDS, git
from orchestrator_tui.adapters.git.content import blob_at, entry_at
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.previewing import Preview
from orchestrator_tui.core.frozen import frozen

LIMIT = 16 << 20
"""A file longer than this many bytes is not joined."""

Joins = Callable[[str], bool]
"""Whether a file is one that its plan has all who change it only append to."""


def none(file: str) -> bool:
    """No file is joined."""
    return False


@frozen
class Joined:
    """A merge in which some conflicts are none any more: ``files`` were joined, ``conflicts`` are left."""

    tree: str
    conflicts: tuple[str, ...]
    files: tuple[str, ...] = ()


def joined(repository: Path, outcome: Preview, first: str, then: str, joins: Joins) -> Joined:
    """What becomes of a merge of two commits when what ``then`` appended follows what ``first`` appended.

    Args:
        outcome: the merge as git makes it.
        joins: which files may be joined at all.

    Raises:
        GitError: git fails.
    """
    wanted = [file for file in outcome.conflicts if joins(file)]
    bases = git(repository, "merge-base", "--all", "--end-of-options", first, then).split() if wanted else []
    if len(bases) != 1:
        return Joined(outcome.tree, outcome.conflicts)
    made: dict[str, tuple[str, bytes]] = {}
    for file in wanted:
        sides = [_file(repository, one, file) for one in (bases[0], first, then)]
        found = [one for one in sides if one is not None]
        if len(found) < len(sides) or len({mode for mode, _ in found}) > 1:
            continue
        content = both(*(text for _, text in found))
        if content is not None:
            made[file] = found[0][0], content
    if not made:
        return Joined(outcome.tree, outcome.conflicts)
    left = tuple(file for file in outcome.conflicts if file not in made)
    return Joined(_with(repository, outcome.tree, made), left, tuple(made))


def both(base: bytes, first: bytes, then: bytes) -> bytes | None:
    """The base with what each side appended to it, or None where the result would not be whole lines of each.

    Where both begin or end what they appended with the same line, such as a heading, they meant one place for both:
    that is left to whoever resolves conflicts.
    """
    if not (first.startswith(base) and then.startswith(base)) or b"\0" in first or b"\0" in then:
        return None
    if not all(text.endswith(b"\n") for text in (base, first) if text):
        return None
    ends = [text[len(base) :].splitlines() for text in (first, then)]
    if not all(ends) or any(ends[0][at] == ends[1][at] and ends[0][at].strip() for at in (0, -1)):
        return None
    return first + then[len(base) :]


def _file(repository: Path, commit: str, file: str) -> tuple[str, bytes] | None:
    """The mode and content of an ordinary file in a commit; None for anything else, or what is too long."""
    entry = entry_at(repository, commit, file)
    if entry is None or not entry[0].startswith("100"):
        return None
    content = blob_at(repository, commit, file, LIMIT)
    return None if content is None else (entry[0], content)


def _with(repository: Path, tree: str, files: dict[str, tuple[str, bytes]]) -> str:
    """A tree with these files in it, and nothing else changed.

    Raises:
        GitError: git fails, or has made something else of it.
    """
    lines = []
    for file, (mode, content) in files.items():
        blob = git(repository, "hash-object", "-w", "--stdin", stdin=content).strip()
        lines.append(f"{mode} {blob}\t{file}\0")
    with tempfile.TemporaryDirectory(prefix="orch-index-") as place:
        own = {"GIT_INDEX_FILE": f"{place}/index"}
        git(repository, "read-tree", tree, env=own, timeout=WRITE_SECONDS)
        entries = os.fsencode("".join(lines))
        git(repository, "update-index", "-z", "--index-info", stdin=entries, env=own, timeout=WRITE_SECONDS)
        made = git(repository, "write-tree", env=own, timeout=WRITE_SECONDS).strip()
    differing = git(repository, "diff-tree", "-r", "--name-only", "--no-renames", "-z", tree, made, "--").split("\0")
    wrong = set(filter(None, differing)) ^ files.keys()
    if wrong or any(blob_at(repository, made, file, LIMIT) != content for file, (_, content) in files.items()):
        raise GitError(f"a merged tree does not hold exactly what was joined: {', '.join(sorted(wrong or files))}")
    return made
