"""Whether a file still is as a person took it when both sides of a merge had changed it."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.command import git
from orchestrator_tui.adapters.git.joining import blob_at


def stands_as_taken(tree: Path, file: str, commit: str, grows: bool) -> bool:
    """Whether the last commit of a worktree has a file as another commit has it.

    Args:
        grows: more may have been appended to it since.

    Raises:
        GitError: the commit is not there, or git fails.
    """
    now, then = (_entry(tree, one, file) for one in ("HEAD", commit))
    if now == then:
        return True
    if not grows or not now or not then or now[0] != then[0]:
        return False
    content, before = blob_at(tree, "HEAD", file), blob_at(tree, commit, file)
    return content is not None and before is not None and content.startswith(before)


def _entry(tree: Path, commit: str, file: str) -> list[str]:
    """Mode, kind and content of what a commit has at a path; nothing where it has nothing."""
    listed = git(tree, "ls-tree", "-z", "--full-tree", commit, "--", file).rstrip("\0")
    told, _, name = listed.partition("\t")
    return told.split() if name == file else []
