"""Where a repository keeps what its working trees share, as its own files say."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator_tui.adapters.git.errors import GitError

_POINTER_LIMIT = 8192


def git_directory(tree: Path) -> Path:
    """The git directory of a working tree (its own one, if it is a linked worktree), or of a bare repository.

    Raises:
        GitError: ``tree`` is not the root of a working tree, or its ``.git`` cannot be read.
    """
    place = tree / ".git"
    if place.is_dir():
        return Path(os.path.realpath(place))
    if place.is_file():
        return _followed(place, "gitdir:", tree)
    if _is_git_directory(tree):
        return Path(os.path.realpath(tree))
    raise GitError(f"{tree} is not the root of a git repository or worktree")


def common_directory(tree: Path) -> Path:
    """The git directory that all working trees of the repository share.

    Raises:
        GitError: as :func:`git_directory`.
    """
    own = git_directory(tree)
    pointer = own / "commondir"
    return _followed(pointer, "", own) if pointer.is_file() else own


def is_bare(tree: Path) -> bool:
    """Whether the directory is itself a git directory, without a working tree around it."""
    return not (tree / ".git").exists() and _is_git_directory(tree)


def _followed(pointer: Path, prefix: str, start: Path) -> Path:
    try:
        with pointer.open("rb") as file:
            text = os.fsdecode(file.read(_POINTER_LIMIT)).strip()
    except OSError as error:
        raise GitError(f"cannot read {pointer}: {error.strerror}") from error
    target = text.removeprefix(prefix).strip()
    found = Path(os.path.realpath(start / target))
    if not text.startswith(prefix) or not target or not found.is_dir():
        raise GitError(f"{pointer} leads to no git directory; `git worktree repair` may mend it")
    return found


def _is_git_directory(path: Path) -> bool:
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()
