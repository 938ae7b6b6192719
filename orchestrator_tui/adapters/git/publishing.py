"""Bringing the integrated work into the base branch: the only act of ours that changes a branch of the person's."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.command import failure, git_result
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import branch_tip, contains
from orchestrator_tui.adapters.git.listing import holding
from orchestrator_tui.adapters.git.lock import repository_lock
from orchestrator_tui.adapters.git.merge_commit import commit_merge, exact
from orchestrator_tui.adapters.git.moving import clean_tree, move, settle
from orchestrator_tui.adapters.git.names import check_branch
from orchestrator_tui.adapters.git.previewing import preview
from orchestrator_tui.adapters.git.trees import some
from orchestrator_tui.core.frozen import frozen


@frozen
class Published:
    """A base branch that has the integrated work."""

    sha: str
    """Where the branch is now."""
    fast_forward: bool
    """Whether it simply moved on, or a merge commit was made."""


@frozen
class Refused:
    """Why the base branch stayed where it was, in one line."""

    reason: str


def publish(
    repository: Path, branch: str, integration_sha: str, expected_base: str, *, message: str = "", merge: bool = False
) -> Published | Refused:
    """Move the base branch, and the tree it is checked out in, to the integrated work.

    It moves on by fast-forward where that is possible, else by a merge commit. Calling it again does nothing.

    Args:
        branch: the base branch.
        integration_sha: the full id of the commit that was approved.
        expected_base: the full id of the commit at which the base branch was when that was approved.
        message: for the merge commit.
        merge: make a merge commit in any case.

    Raises:
        GitError: git fails.
    """
    check_branch(branch)
    with repository_lock(repository):
        new, there = exact(repository, integration_sha), holding(repository, branch)
        if there is not None:
            try:
                settle(there.path)
                held = clean_tree(there.path)
            except GitError as error:
                return Refused(str(error))
            if held.branch != branch:
                return Refused(f"{there.path} holds {held.branch}, not {branch}")
        old = branch_tip(repository, branch)
        if old is None:
            return Refused(f"there is no branch {branch}")
        if contains(repository, old, new):
            return Published(old, old == new)
        if old != expected_base:
            return Refused(f"{branch} has moved to {old[:12]} since this was approved")
        ahead = contains(repository, new, old)
        target = new
        if merge or not ahead:
            outcome = preview(repository, old, new)
            if not outcome.clean:
                return Refused(f"it conflicts with {branch} in {some(outcome.conflicts)}")
            words = message or f"Merge {new[:12]} into {branch}"
            target = commit_merge(repository, outcome.tree, old, new, words)
        why = f"orch-tui: publish {new[:12]}"
        if there is None:
            result = git_result(repository, "update-ref", "-m", why, f"refs/heads/{branch}", target, old)
            return (
                Published(target, target == new)
                if result.code == 0
                else Refused(str(failure(repository, "update-ref", result)))
            )
        try:
            move(there.path, branch, old, target, why)
        except GitError as error:
            return Refused(str(error))
        return Published(target, target == new)
