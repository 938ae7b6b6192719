"""A branch moves to another commit together with the working tree it is checked out in, and never half.

Before anything is touched, both commits are written down beside the tree's own git files. A move that was cut short is
finished by whoever comes next, as long as nothing but what differs between the two commits has changed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

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
    _refuse_overwriting(tree, old, new)
    note = git_directory(tree) / _NOTE_NAME
    _write(note, f"{branch}\n{old}\n{new}\n")
    command = "read-tree"
    result = git_result(tree, command, "-m", "-u", "--no-recurse-submodules", old, new, timeout=WRITE_SECONDS)
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
    note = _read(place)
    if note is None:
        return
    held = contents(tree)
    if held.branch != note.branch or held.head not in (note.old, note.new):
        raise GitError(
            f"{tree} has left {note.branch} since a merge in it was cut short: look at it, then remove {place}"
        )
    differing = {one for one, _ in _differing(tree, note.old, note.new)}
    foreign = tuple(name for name in held.uncommitted if name not in differing)
    if foreign:
        raise GitError(f"{tree} was changed since a merge in it was cut short: {some(foreign)}")
    break_locks(tree, note.branch)
    if held.head == note.old:
        git(tree, "update-ref", "-m", "orch-tui: finished", f"refs/heads/{note.branch}", note.new, note.old)
    git(tree, "reset", "--hard", "--quiet", "--no-recurse-submodules", note.new, "--", timeout=WRITE_SECONDS)
    place.unlink(missing_ok=True)


def _refuse_overwriting(tree: Path, old: str, new: str) -> None:
    """git itself would write over a file that is not tracked when that file is ignored."""
    differing = _differing(tree, old, new)
    leaving = {name.casefold() for name, kind in differing if kind == "D"}
    added = [name for name, kind in differing if kind == "A" and name.casefold() not in leaving]
    in_the_way = tuple(name for name in added if os.path.lexists(tree / name))
    if in_the_way:
        raise GitError(f"files that are not tracked are in the way in {tree}: {some(in_the_way)}")


def _differing(tree: Path, old: str, new: str) -> list[tuple[str, str]]:
    """The files that differ between two commits, with ``A``, ``M``, ``D`` or ``T``."""
    parts = git(tree, "diff-tree", "-r", "--name-status", "--no-renames", "-z", old, new, "--").split("\0")
    return [(name, kind) for kind, name in zip(parts[::2], parts[1::2], strict=False)]


def _write(place: Path, text: str) -> None:
    draft = place.with_name(f"{place.name}.new")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise GitError(f"cannot write {place}: {error.strerror}") from error


def _read(place: Path) -> _Note | None:
    try:
        lines = place.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise GitError(f"cannot read {place}: {error}") from error
    if len(lines) != 3:
        raise GitError(f"{place} is damaged: look at the tree it belongs to, then remove it")
    return _Note(*lines)
