"""Whether a file still is as a person took it when both sides of a merge had changed it."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.content import blob_at, entry_at
from orchestrator_tui.adapters.git.joining import LIMIT


def stands_as_taken(tree: Path, file: str, commit: str, grows: bool) -> bool:
    """Whether the last commit of a worktree has a file as another commit has it.

    Args:
        grows: more may have been appended to it since.

    Raises:
        GitError: the commit is not there, or git fails.
    """
    now, then = (entry_at(tree, one, file) for one in ("HEAD", commit))
    if now == then:
        return True
    if not grows or now is None or then is None or now[0] != then[0]:
        return False
    content, before = blob_at(tree, "HEAD", file, LIMIT), blob_at(tree, commit, file, LIMIT)
    return content is not None and before is not None and content.startswith(before)
