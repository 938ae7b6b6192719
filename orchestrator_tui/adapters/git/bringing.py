"""Bringing what is merged already into a track's worktree, so that a conflict is resolved where its agent works."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.command import WRITE_SECONDS, commit_identity, failure, git, git_result
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import contains
from orchestrator_tui.adapters.git.lock import repository_lock
from orchestrator_tui.adapters.git.merge_commit import exact
from orchestrator_tui.adapters.git.trees import break_locks
from orchestrator_tui.core.frozen import frozen

OURS, THEIRS = "ours", "theirs"


@frozen
class Brought:
    """How the tip came into a worktree: ``clean``, ``taken`` by one side, or ``conflict`` with the files in it."""

    result: str
    files: tuple[str, ...] = ()


def bring(tree: Path, tip: str, take: str = "") -> Brought:
    """Merge ``tip`` into the branch that is checked out in ``tree``.

    A conflict is left in the worktree, unless ``take`` says whose side of the conflicting files is taken: ``ours`` is
    the worktree's own, ``theirs`` the tip's; then the merge is committed. Called again it goes on where it was.

    Raises:
        GitError: the worktree holds changes that no commit holds, the tip is not there, or git fails.
    """
    with repository_lock(tree):
        head = exact(tree, tip)
        # No agent works in it now, and no git of ours under this lock: a git that was killed here has left them.
        break_locks(tree, git_result(tree, "symbolic-ref", "--short", "--quiet", "HEAD").out.strip())
        if contains(tree, "HEAD", head):
            return Brought("clean")
        if not _is_merging(tree):
            _refuse_dirty(tree)
            made = git_result(
                tree,
                *("merge", "--no-ff", "--no-edit", "--no-gpg-sign", "--no-verify", "--no-rerere-autoupdate"),
                *("-m", f"Merge what is integrated ({head[:12]})", "--end-of-options", head),
                timeout=WRITE_SECONDS,
                env=commit_identity(tree),
            )
            if made.code == 0:
                return Brought("clean")
            if not _is_merging(tree):
                raise failure(tree, "merge", made)
        files = _conflicting(tree)
        if take not in (OURS, THEIRS):
            return Brought("conflict", files)
        for file in files:
            _take(tree, file, take)
        git(
            tree,
            "commit",
            "--no-edit",
            "--no-gpg-sign",
            "--no-verify",
            timeout=WRITE_SECONDS,
            env=commit_identity(tree),
        )
        return Brought("taken", files)


def _is_merging(tree: Path) -> bool:
    return git_result(tree, "rev-parse", "--verify", "--quiet", "MERGE_HEAD").code == 0


def _refuse_dirty(tree: Path) -> None:
    changed = git(tree, "status", "--porcelain", "-z", "--untracked-files=no").split("\0")[0]
    if changed:
        raise GitError(f"{tree} holds changes that are not committed, such as {changed[3:]}")


def _conflicting(tree: Path) -> tuple[str, ...]:
    names = git(tree, "diff", "--name-only", "--diff-filter=U", "-z", "--").split("\0")
    return tuple(name for name in names if name)


def _take(tree: Path, file: str, side: str) -> None:
    """Take one side of a file; where that side has deleted it, it is deleted."""
    if git_result(tree, "checkout", f"--{side}", "--", file).code == 0:
        git(tree, "add", "--", file)
    else:
        git(tree, "rm", "--force", "--quiet", "--", file)
