"""A branch moves to another commit together with the working tree it is checked out in, and never half.

Before anything is touched, both commits are written down beside the tree's own git files. A move that was cut short is
finished by whoever comes next, as long as nothing but what differs between the two commits has changed.
"""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator_tui.adapters.git import notes
from orchestrator_tui.adapters.git.command import WRITE_SECONDS, failure, git, git_result
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.places import git_directory
from orchestrator_tui.adapters.git.trees import Contents, break_locks, contents, some, under_way
from orchestrator_tui.core.frozen import frozen

_NOTE_NAME = "orch-tui-move"


@frozen
class _Note:
    branch: str
    old: str
    new: str


def clean_tree(tree: Path) -> Contents:
    """What is checked out in a working tree on a branch, with nothing changed and nothing under way in it.

    Files that are not tracked may be there.

    Raises:
        GitError: something else is the case; the text says what.
    """
    held = contents(tree)
    begun = under_way(tree)
    if begun:
        raise GitError(f"a {begun} is under way in {tree}: finish or abort it")
    if not held.branch:
        raise GitError(f"no branch is checked out in {tree}")
    if held.uncommitted:
        raise GitError(f"{tree} has changes that are not committed: {some(held.uncommitted)}")
    return held


def move(tree: Path, branch: str, old: str, new: str, why: str) -> None:
    """Move ``branch``, checked out and clean in ``tree``, from one commit to the other; under the repository's lock.

    Raises:
        GitError: a file that is not tracked is in the way, or the branch has moved meanwhile; nothing has changed.
    """
    refuse_overwriting(tree, old, new)
    note = git_directory(tree) / _NOTE_NAME
    notes.write(note, f"{branch}\n{old}\n{new}\n")
    command, switch = "read-tree", ("-m", "-u", "--no-recurse-submodules", old, new)
    result = git_result(tree, command, *switch, timeout=WRITE_SECONDS)
    if result.code != 0:
        # Files that were only touched, or copied, are what they were; it does not look, and has changed nothing.
        git_result(tree, "update-index", "-q", "--refresh", timeout=WRITE_SECONDS)
        result = git_result(tree, command, *switch, timeout=WRITE_SECONDS)
    if result.code == 0:
        command = "update-ref"
        result = git_result(tree, command, "-m", why, f"refs/heads/{branch}", new, old)
        if result.code != 0:
            git(tree, "read-tree", "-m", "-u", "--no-recurse-submodules", new, old, timeout=WRITE_SECONDS)
    if result.code == 0 or not contents(tree).uncommitted:
        note.unlink(missing_ok=True)
    if result.code != 0:
        raise failure(tree, command, result)


def settle(tree: Path) -> None:
    """Finish a move of this working tree that was cut short; nothing is done when there is none. Under the lock.

    Raises:
        GitError: since then something else has happened in the tree; the text says what.
    """
    place = git_directory(tree) / _NOTE_NAME
    lines = notes.read(place, 3)
    if lines is None:
        return
    note = _Note(*lines)
    held = contents(tree)
    if held.branch != note.branch or held.head not in (note.old, note.new):
        raise GitError(
            f"{tree} has left {note.branch} since a merge in it was cut short: look at it, then remove {place}"
        )
    between = {one for one, _ in differing(tree, note.old, note.new)}
    foreign = tuple(name for name in held.uncommitted if name not in between)
    if foreign:
        raise GitError(f"{tree} was changed since a merge in it was cut short: {some(foreign)}")
    break_locks(tree, note.branch)
    if held.head == note.old:
        git(tree, "update-ref", "-m", "orch-tui: finished", f"refs/heads/{note.branch}", note.new, note.old)
    git(tree, "reset", "--hard", "--quiet", "--no-recurse-submodules", note.new, "--", timeout=WRITE_SECONDS)
    place.unlink(missing_ok=True)


def refuse_overwriting(tree: Path, old: str, new: str) -> None:
    """Make sure that nothing is where files come that the one tree has not and the other has.

    git itself would write over a file that is not tracked when that file is ignored.

    Raises:
        GitError: something is; the text names it.
    """
    files = differing(tree, old, new)
    leaving = {name.casefold() for name, kind in files if kind == "D"}
    added = [name for name, kind in files if kind == "A" and name.casefold() not in leaving]
    in_the_way = tuple(name for name in added if os.path.lexists(tree / name))
    if in_the_way:
        raise GitError(f"files that are not tracked are in the way in {tree}: {some(in_the_way)}")


def differing(tree: Path, old: str, new: str) -> list[tuple[str, str]]:
    """The files that differ between two commits or trees, with ``A``, ``M``, ``D`` or ``T``.

    Raises:
        GitError: one of them is not there.
    """
    parts = git(tree, "diff-tree", "-r", "--name-status", "--no-renames", "-z", old, new, "--").split("\0")
    return [(name, kind) for kind, name in zip(parts[::2], parts[1::2], strict=False)]
