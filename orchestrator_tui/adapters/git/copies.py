"""Second worktrees at a commit, on no branch: where work is looked at that was done elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator_tui.adapters.git.command import WRITE_SECONDS, git
from orchestrator_tui.adapters.git.creating import check_out
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.listing import find
from orchestrator_tui.adapters.git.lock import repository_lock
from orchestrator_tui.adapters.git.trees import contents, some

_REASON = "orch-tui: a copy to look at"


def copy(repository: Path, path: Path, head: str) -> None:
    """Make the worktree ``path`` at the commit ``head``, detached, or finish making it.

    Raises:
        GitError: something else is there, or git fails.
    """
    with repository_lock(repository):
        there = find(repository, path)
        if there is None:
            if os.path.lexists(path):
                raise GitError(f"{path} is there already and is no worktree of {repository}")
            path.parent.mkdir(parents=True, exist_ok=True)
            options = ("--no-checkout", "--detach", "--lock", "--reason", _REASON)
            git(repository, "worktree", "add", *options, "--end-of-options", str(path), head, timeout=WRITE_SECONDS)
    check_out(path)


def drop(repository: Path, path: Path) -> str:
    """Remove a copy; why it stays, or "". Ignored files go with it.

    Raises:
        GitError: git fails.
    """
    with repository_lock(repository):
        there = find(repository, path)
        if there is None:
            return "" if not os.path.lexists(path) else f"{path} is no worktree of {repository}"
        if path.is_dir():
            held = contents(path)
            left = (*held.uncommitted, *held.untracked)
            if left:
                return f"it holds changes: {some(left)}"
            if held.branch or not _is_kept_elsewhere(repository, held.head):
                return "it holds commits that nothing else has"
        place = ("--end-of-options", str(path))
        git(repository, "worktree", "unlock", *place, check=False)
        git(repository, "worktree", "remove", *place, timeout=WRITE_SECONDS)
        return ""


def _is_kept_elsewhere(repository: Path, commit: str) -> bool:
    """Whether any branch holds a commit."""
    return bool(git(repository, "for-each-ref", "--count=1", "--contains", commit, "refs/heads/", "refs/remotes/"))
