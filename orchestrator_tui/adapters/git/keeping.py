"""What a worktree holds, and removing it once nothing in it could be lost: otherwise it is kept, with the reason."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator_tui.adapters.git.command import WRITE_SECONDS, failure, git, git_result, settings_at
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import behind, branch_tip, commit_id, count
from orchestrator_tui.adapters.git.listing import Listed, at, find, listed
from orchestrator_tui.adapters.git.lock import repository_lock
from orchestrator_tui.adapters.git.merge_commit import exact
from orchestrator_tui.adapters.git.names import check_branch
from orchestrator_tui.adapters.git.trees import concealed, contents, some, under_way
from orchestrator_tui.core.frozen import frozen


@frozen
class TreeStatus:
    """What is in a worktree and how its branch stands."""

    exists: bool
    branch: str = ""
    head: str = ""
    uncommitted: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    ahead: int = 0
    """Commits since the base."""
    unmerged_into: int | None = None
    """Commits that the branch it is to be merged into has not; None when that branch is not there."""
    unpushed: int | None = None
    """Commits that no remote-tracking branch has; None when there is no such branch at all."""
    behind: int | None = None
    """Commits of the branch it is to be merged into that it has not; None when that branch is not there."""
    locked: str | None = None
    """Why it is locked against removal, or None."""
    disk_bytes: int = 0
    """What its own files take on the disk; what links lead to is not counted."""


@frozen
class Removed:
    """A worktree that is gone; its commits are all in the branch it was merged into, or on a remote."""

    path: Path
    branch: str
    """The branch that was deleted with it, or "" when there was none."""
    head: str
    """Where that branch pointed."""
    ignored: int = 0
    """Ignored files and directories that went with it."""


@frozen
class Kept:
    """A worktree that is still there, and why, in one line."""

    reason: str


def look(path: Path, base_sha: str, into: str | None, *, measure: bool = True) -> TreeStatus:
    """How the worktree at ``path`` stands; reads only, takes no lock, and never disturbs an agent in it (G-7).

    Args:
        base_sha: the commit at which its branch began.
        into: the branch or commit it is to be merged into.
        measure: whether its size on disk is counted, which reads every directory of it.

    Raises:
        GitError: it is there but no worktree, or git fails.
    """
    if not path.is_dir():
        return TreeStatus(False)
    held, there = contents(path), find(path, path)
    target = _known(path, into)
    remotes = git(path, "for-each-ref", "--count=1", "--format=%(refname)", "refs/remotes/")
    return TreeStatus(
        exists=True,
        branch=held.branch,
        head=held.head,
        uncommitted=held.uncommitted,
        untracked=held.untracked,
        ahead=count(path, "HEAD", f"^{base_sha}"),
        unmerged_into=None if target is None else behind(path, target, "HEAD"),
        unpushed=count(path, "HEAD", "--not", "--remotes") if remotes else None,
        behind=None if target is None else behind(path, "HEAD", target),
        locked=None if there is None else there.locked,
        disk_bytes=_size(path) if measure else 0,
    )


def remove(repository: Path, path: Path, branch: str, into: str | None) -> Removed | Kept:
    """Remove a worktree with its branch when every commit is in ``into`` and no file would be lost.

    Ignored files go with it and are counted. Without ``into``, all commits must be on a remote. What ``git branch -d``
    would do is done by deleting the reference while it still points at the commit that was judged.

    Raises:
        GitError: git fails at looking.
    """
    with repository_lock(repository):
        trees, tip = listed(repository), branch_tip(repository, branch)
        there = at(trees, path)
        ignored = 0
        if there is not None:
            why, ignored = _why_kept(trees[0], there, branch)
            if why:
                return Kept(why)
        elif os.path.lexists(path):
            return Kept(f"{path} is no worktree of {repository}")
        if tip is not None:
            why = _not_elsewhere(repository, branch, tip, into)
            if why:
                return Kept(why)
        why = _drop(repository, there) if there is not None else ""
        if why:
            return Kept(why)
        held = any(one.branch == branch for one in trees if one is not there)
        return Removed(path, "" if held else _delete(repository, branch, tip), tip or "", ignored)


def keep_branch(repository: Path, branch: str, sha: str) -> None:
    """Have a branch of this name: one that is there stays where it is, else it is made at this commit.

    Raises:
        GitError: the commit is not there, or git fails.
    """
    with repository_lock(repository):
        if branch_tip(repository, branch) is None:
            git(repository, "update-ref", f"refs/heads/{check_branch(branch)}", exact(repository, sha), "0" * len(sha))


def _why_kept(main: Listed, there: Listed, branch: str) -> tuple[str, int]:
    """Why this worktree must stay, or ""; and how many ignored entries it has."""
    path = there.path
    if os.path.realpath(main.path) == os.path.realpath(path):
        return f"{path} is the main working tree", 0
    if not path.is_dir():
        # Its disk may only be away; but where its neighbours are in sight, it is gone.
        gone = path.parent.is_dir() and there.branch == branch
        return "" if gone else f"the directory {path} is not there", 0
    if there.branch != branch:
        return f"it holds {there.branch or 'no branch'}, not {branch}", 0
    held = contents(path, ignored=True)
    begun, unseen = under_way(path), concealed(path)
    if begun:
        return f"a {begun} is under way in it", 0
    if held.uncommitted:
        return f"changes are not committed: {some(held.uncommitted)}", 0
    if held.untracked:
        return f"files are not tracked: {some(held.untracked)}", 0
    if unseen:
        return f"git was told not to look at changes of: {some(unseen)}", 0
    return "", len(held.ignored)


def _not_elsewhere(repository: Path, branch: str, tip: str, into: str | None) -> str:
    """Why the branch must stay, or ""."""
    if into is not None:
        try:
            missing = behind(repository, into, tip)
        except GitError:
            if _known(repository, into) is not None:
                raise
            return f"{into}, into which it was to be merged, is not there"
        return f"{_commits(missing, branch)} not in {into}" if missing else ""
    missing = count(repository, tip, "--not", "--remotes")
    return f"{_commits(missing, branch)} not pushed" if missing else ""


def _drop(repository: Path, there: Listed) -> str:
    """Let git remove the worktree, which looks once more itself; the reason when it does not."""
    place = ("--end-of-options", str(there.path))
    if there.locked is not None:
        git(repository, "worktree", "unlock", *place)
    result = git_result(repository, "worktree", "remove", *place, timeout=WRITE_SECONDS)
    if result.code == 0:
        return ""
    if there.locked is not None:
        git(repository, "worktree", "lock", "--reason", there.locked, *place, check=False)
    return str(failure(repository, "worktree remove", result))


def _delete(repository: Path, branch: str, tip: str | None) -> str:
    """Delete the branch, if it still points at ``tip``; its name when it is gone."""
    if tip is None:
        return ""
    if git_result(repository, "update-ref", "-d", f"refs/heads/{branch}", tip).code != 0:
        return ""
    section = f"branch.{branch}"
    # Whom the branch follows, should its agent have set that.
    if any(name.startswith(f"{section}.") for name in settings_at(repository).names):
        git_result(repository, "config", "--local", "--remove-section", section)
    return branch


def _known(repository: Path, name: str | None) -> str | None:
    try:
        return None if name is None else commit_id(repository, name)
    except GitError:
        return None


def _commits(number: int, branch: str) -> str:
    return f"1 commit of {branch} is" if number == 1 else f"{number} commits of {branch} are"


def _size(directory: Path) -> int:
    total, waiting = 0, [str(directory)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    total += status.st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            # Gone while we counted, or not ours to read.
            continue
    return total
