"""How far the base branch has gone on since a batch began from it (seed 004: pass, warn, block)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from orchestrator_tui.adapters.git.command import git
from orchestrator_tui.adapters.git.history import branch_tip, commit_id, contains, count
from orchestrator_tui.adapters.git.trees import some
from orchestrator_tui.core.frozen import frozen


@frozen
class Freshness:
    """Whether a base still is one: ``pass`` unchanged, ``warn`` gone on elsewhere, ``block`` rewritten or touched."""

    level: Literal["pass", "warn", "block"]
    commits: int
    """Commits of the base branch since then."""
    why: str
    """One line; "" when it passes."""


def freshness(repository: Path, base_branch: str, base_sha: str, files: frozenset[str] = frozenset()) -> Freshness:
    """Compare the base branch with the commit it was at.

    Args:
        files: what the work on top of it has changed. Commits of the base that touch the same files block.

    Raises:
        GitError: the commit is not there, or git fails.
    """
    then, now = commit_id(repository, base_sha), branch_tip(repository, base_branch)
    if now is None:
        return Freshness("block", 0, f"the base branch {base_branch} is gone")
    if now == then:
        return Freshness("pass", 0, "")
    commits = count(repository, now, f"^{then}")
    if not contains(repository, now, then):
        return Freshness("block", commits, f"{base_branch} was rewritten: it no longer has {then[:12]}")
    text = git(repository, "diff-tree", "-r", "--name-only", "--no-renames", "-z", then, now, "--")
    both = tuple(name for name in text.split("\0") if name and name in files)
    moved = f"{base_branch} has gone on by {commits} commit{'' if commits == 1 else 's'}"
    if both:
        return Freshness("block", commits, f"{moved}, which change {some(both)} too")
    return Freshness("warn", commits, moved)
