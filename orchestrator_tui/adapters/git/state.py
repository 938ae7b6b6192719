"""How a repository stands before a batch starts in it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from orchestrator_tui.adapters.git.command import git, git_result
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.places import common_directory, is_bare
from orchestrator_tui.adapters.git.trees import contents, under_way
from orchestrator_tui.core.frozen import frozen

OLDEST = (2, 38)
"""The first git that merges without a working tree."""


@frozen
class TreeState:
    """A working tree and its repository, as far as starting a batch depends on it."""

    branch: str
    """"" when no branch is checked out."""
    head: str
    """"" before the first commit."""
    dirty: tuple[str, ...]
    """Tracked files that differ from the last commit."""
    untracked: tuple[str, ...]
    in_progress: str
    """``merge``, ``rebase``, ``cherry-pick``, ``revert``, ``bisect``, or ""."""
    shallow: bool
    """Whether history was cut off when it was cloned: bases may be missing."""
    bare: bool
    """Whether there is no working tree at all; then the lists are empty."""
    nested: bool
    """Whether it lies inside the working tree of another repository."""
    partial: bool = False
    """Whether contents are fetched when needed: our git fetches nothing, so worktrees may fail."""


def require_version() -> str:
    """The version of git on this machine, when it is new enough.

    Raises:
        GitError: it is older than 2.38, or there is none.
    """
    text = git(Path(os.sep), "version").strip()
    found = re.search(r"(\d+)\.(\d+)[.\w]*", text)
    if found is None or (int(found[1]), int(found[2])) < OLDEST:
        raise GitError(f"git {OLDEST[0]}.{OLDEST[1]} or newer is needed to preview merges; this is: {text}")
    return found[0]


def tree_state(repository: Path) -> TreeState:
    """Look at the tree whose root is ``repository``; reads only.

    Raises:
        GitError: it is no repository, or git fails.
    """
    shallow = (common_directory(repository) / "shallow").exists()
    listed = git(
        repository, "config", "--get-regexp", r"^(remote\..*\.promisor|extensions\.partialclone)$", check=False
    )
    partial = bool(listed.strip())
    if is_bare(repository):
        branch = git_result(repository, "symbolic-ref", "--short", "--quiet", "HEAD").out.strip()
        head = git_result(repository, "rev-parse", "--verify", "--quiet", "HEAD").out.strip()
        return TreeState(branch, head, (), (), "", shallow, True, False, partial)
    held = contents(repository)
    return TreeState(
        held.branch,
        held.head,
        held.uncommitted,
        held.untracked,
        under_way(repository),
        shallow,
        False,
        _inside_another(repository),
        partial,
    )


def _inside_another(repository: Path) -> bool:
    parents = Path(os.path.realpath(repository)).parents
    return any((parent / ".git").exists() for parent in parents)
