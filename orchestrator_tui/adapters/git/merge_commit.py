"""Merge commits of our own, and what is asked about commits before and after."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.command import commit_identity, git
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import commit_id, is_full_id


def commit_merge(repository: Path, tree: str, first: str, second: str, message: str) -> str:
    """Commit a merged tree with two parents, under the person's identity and unsigned; no branch moves.

    Raises:
        GitError: git fails.
    """
    parents = ("-p", first, "-p", second)
    text = message.encode("utf-8", "replace")
    return git(repository, "commit-tree", *parents, tree, stdin=text, env=commit_identity(repository)).strip()


def parents(repository: Path, commit: str) -> list[str]:
    """The ids of a commit's parents, in order.

    Raises:
        GitError: it is not there.
    """
    return git(repository, "rev-list", "--parents", "--max-count=1", commit, "--").split()[1:]


def exact(repository: Path, sha: str) -> str:
    """The id of a commit, given as nothing but its full id: whatever was approved is what is merged.

    Raises:
        GitError: it is another name, or there is no such commit.
    """
    if commit_id(repository, sha) != sha:
        raise GitError(f"{sha[:80]!r} is not the full id of a commit")
    return sha


def is_news(repository: Path, sha: str, tip: str) -> bool:
    """Whether this is nothing but the full id of a commit, and one that ``tip`` has not; all by one command.

    False says nothing: look closer with :func:`exact`.
    """
    if not is_full_id(sha):
        return False
    return git(repository, "rev-list", "--max-count=1", sha, f"^{tip}", "--", check=False).strip() == sha
