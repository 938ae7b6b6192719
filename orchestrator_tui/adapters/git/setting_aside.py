"""Changes of tracked files put aside so that a tree can be set back, and nothing is lost: what checks have changed."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.command import WRITE_SECONDS, commit_identity, git
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.lock import repository_lock
from orchestrator_tui.adapters.git.places import common_directory, git_directory
from orchestrator_tui.adapters.git.trees import contents, under_way

KEPT_BELOW = "refs/orch-tui/aside/"
"""Below this, each commit of changes that were put aside has a reference named by its own id."""


def set_aside(tree: Path) -> str | None:
    """Keep what is changed in tracked files of an integration worktree as a commit, and make the tree clean.

    Returns:
        The reference of that commit, for ``git stash apply``; None when nothing is changed.

    Raises:
        GitError: it is the main working tree, something is under way in it, or git fails.
    """
    if git_directory(tree) == common_directory(tree):
        raise GitError(f"{tree} is the main working tree: its changes are the person's")
    with repository_lock(tree):
        if not contents(tree).uncommitted:
            return None
        begun = under_way(tree)
        if begun:
            raise GitError(f"a {begun} is under way in {tree}: finish or abort it")
        made = git(tree, "stash", "create", "orch-tui: set aside", env=commit_identity(tree)).strip()
        if not made:
            raise GitError(f"git could not keep the changes in {tree}")
        reference = KEPT_BELOW + made
        git(tree, "update-ref", reference, made)
        git(tree, "reset", "--hard", "--quiet", "--no-recurse-submodules", "HEAD", "--", timeout=WRITE_SECONDS)
        return reference
