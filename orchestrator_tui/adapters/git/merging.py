"""Merging tracks one after the other, in a worktree that is there for nothing else (reliability G-2).

A merge is made in git's object store and committed there; only then the integration branch and its worktree move to
it. So a conflict leaves nothing behind to abort, no hook and no setting of a branch has a say in how it is merged, and
the branches of the person and of the tracks are never touched.
"""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.command import git
from orchestrator_tui.adapters.git.creating import Created, create
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import behind, commit_id, contains
from orchestrator_tui.adapters.git.joining import Joins, joined, none
from orchestrator_tui.adapters.git.lock import repository_lock
from orchestrator_tui.adapters.git.merge_commit import commit_merge, exact, is_news, parents
from orchestrator_tui.adapters.git.moving import clean_tree, move, settle
from orchestrator_tui.adapters.git.places import common_directory, git_directory
from orchestrator_tui.adapters.git.previewing import Preview, Sides, preview, sides
from orchestrator_tui.adapters.git.publishing import Published, Refused, publish
from orchestrator_tui.adapters.git.setting_aside import set_aside
from orchestrator_tui.core.frozen import frozen

__all__ = [
    "Conflicted",
    "Created",
    "Merged",
    "Preview",
    "Published",
    "Refused",
    "Sides",
    "behind",
    "ensure_integration",
    "merge",
    "merged_already",
    "preview",
    "publish",
    "set_aside",
    "sides",
    "undo",
]


@frozen
class Merged:
    """A head that is in the integration branch, and the commit by which it came there."""

    sha: str
    joined: tuple[str, ...] = ()
    """The files in which what both sides appended was joined (:mod:`~.joining`)."""


@frozen
class Conflicted:
    """A head that cannot be merged; nothing has changed."""

    files: tuple[str, ...]


def ensure_integration(repository: Path, path: Path, branch: str, base: str, *, adopt: bool = False) -> Created:
    """The integration branch in its own worktree, made if need be (:func:`~.creating.create`).

    Args:
        adopt: go on with a branch of that name that somebody else has made.

    Raises:
        GitError: the branch or the place is taken, or git fails.
    """
    return create(repository, path, branch, base, f"orch-tui: integration into {branch}", adopt=adopt)


def merge(tree: Path, head_sha: str, message: str, expected_tip: str, joins: Joins = none) -> Merged | Conflicted:
    """Merge exactly ``head_sha`` into the branch that is checked out in ``tree``, always with a merge commit.

    A head that the branch has already is no merge; neither is repeating one that was made from ``expected_tip``.

    Args:
        tree: the integration worktree.
        head_sha: the full id of the commit that was approved.
        message: the message of the merge commit.
        expected_tip: the full id of the commit at which the branch must be.
        joins: which files keep what both sides have appended, the branch's first.

    Raises:
        GitError: the branch is elsewhere, the tree is not clean, the head is not there, or git fails.
    """
    with repository_lock(tree):
        settle(tree)
        held = clean_tree(tree)
        fresh = is_news(tree, head_sha, held.head)
        head = head_sha if fresh else exact(tree, head_sha)
        if held.head != expected_tip:
            if parents(tree, held.head) == [expected_tip, head]:
                again = joined(tree, preview(tree, expected_tip, head), expected_tip, head, joins)
                return Merged(held.head, again.files)
            raise GitError(
                f"{held.branch} is at {held.head[:12]} and not at {expected_tip[:12]}: it was moved meanwhile"
            )
        if not fresh and contains(tree, held.head, head):
            return Merged(merged_already(tree, head) or held.head)
        outcome = joined(tree, preview(tree, held.head, head), held.head, head, joins)
        if outcome.conflicts:
            return Conflicted(outcome.conflicts)
        made = commit_merge(tree, outcome.tree, held.head, head, message)
        move(tree, held.branch, held.head, made, f"orch-tui: merge {head[:12]}")
        return Merged(made, outcome.files)


def merged_already(tree: Path, head_sha: str) -> str | None:
    """The commit by which ``head_sha`` came into the branch of ``tree``, or None when it is not in it.

    A merge that was cut short is finished first.

    Raises:
        GitError: it cannot be finished, or git fails.
    """
    with repository_lock(tree):
        settle(tree)
    head = exact(tree, head_sha)
    if not contains(tree, "HEAD", head):
        return None
    lines = git(tree, "rev-list", "--first-parent", "--parents", "HEAD", f"^{head}", "--").splitlines()
    by = [line.split()[0] for line in lines if head in line.split()[2:]]
    return by[0] if by else commit_id(tree, "HEAD")


def undo(tree: Path, to_sha: str, expected_tip: str) -> None:
    """Take merges back: the integration branch and its worktree go back to a commit that they were at.

    Files that are not tracked stay; changes that checks have made must be put aside first (:func:`set_aside`). Calling
    it again does nothing.

    Raises:
        GitError: the tree is the main one or not clean, the branch is not at ``expected_tip``, or was never at
            ``to_sha``.
    """
    if git_directory(tree) == common_directory(tree):
        raise GitError(f"{tree} is the main working tree: only an integration worktree is set back")
    with repository_lock(tree):
        settle(tree)
        held = clean_tree(tree)
        to = exact(tree, to_sha)
        if held.head == to:
            return
        if held.head != expected_tip:
            raise GitError(
                f"{held.branch} is at {held.head[:12]} and not at {expected_tip[:12]}: it was moved meanwhile"
            )
        if not contains(tree, held.head, to):
            raise GitError(f"{held.branch} was never at {to[:12]}: it cannot be set back to it")
        move(tree, held.branch, held.head, to, f"orch-tui: back to {to[:12]}")
