"""How far the base branch has gone on since a batch began from it (seed 004, base-ref freshness)."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.command import git
from orchestrator_tui.adapters.git.history import branch_tip, commit_id, contains, count
from orchestrator_tui.runtime.run_world import BaseDrift

MOST_FILES = 10_000
"""Files of a drift that are told of by name."""


def drift(repository: Path, base_branch: str, since: str) -> BaseDrift:
    """Compare the base branch with a commit that it was at.

    Raises:
        GitError: the commit is not there, or git fails.
    """
    now = branch_tip(repository, base_branch)
    if now is None:
        return BaseDrift("")
    if now == since:
        return BaseDrift(now)
    then = commit_id(repository, since)
    if now == then:
        return BaseDrift(now)
    text = git(repository, "diff-tree", "-r", "--name-only", "--no-renames", "-z", then, now, "--")
    files = tuple(name for name in text.split("\0") if name)[:MOST_FILES]
    return BaseDrift(now, count(repository, now, f"^{then}"), not contains(repository, now, then), files)
