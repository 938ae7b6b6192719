"""Making the worktree of a track: idempotent, so that one that was begun before a crash is found and finished (G-1).

The order leaves nothing behind that cannot be told for ours: first the worktree without a branch and without files,
locked with our reason; then its branch, which must be new and tracks nothing; then the files. All but the files is
made under the repository's lock; files are checked out side by side. The index is there once all files are: until
then nobody has worked in the tree.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from orchestrator_tui.adapters.git.command import WRITE_SECONDS, git
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import NOWHERE, commit_id, is_full_id, merge_base
from orchestrator_tui.adapters.git.listing import OURS, Listed, find, holding
from orchestrator_tui.adapters.git.lock import file_lock, repository_lock
from orchestrator_tui.adapters.git.names import check_branch
from orchestrator_tui.adapters.git.places import git_directory
from orchestrator_tui.adapters.git.trees import break_locks, confirm_root
from orchestrator_tui.core.frozen import frozen

_CHECKOUT_LOCK = "orch-tui-checkout"
_NOTE = "orch-tui: new"


@frozen
class Created:
    """A worktree that is ready: where it is, and the commit at which its branch left its base."""

    path: Path
    branch: str
    base_sha: str


@frozen
class _Wanted:
    repository: Path
    path: Path
    branch: str
    base_sha: str
    reason: str
    adopt: bool


def create(repository: Path, path: Path, branch: str, base: str, reason: str, *, adopt: bool = False) -> Created:
    """Make the worktree ``path`` with the new branch ``branch`` at ``base``, or finish making it.

    Args:
        path: an absolute path, best from :func:`~orchestrator_tui.adapters.git.names.safe_path`.
        base: a branch, tag or commit; a commit, if the call may be repeated after a crash.
        reason: why it is locked against removal; by this text, which begins with ``orch-tui``, it is known for ours.
        adopt: take over a branch or worktree of that name that is there already, as it is and where it is.

    Raises:
        GitError: something of that name is there that is not ours, or git fails; what this call has made is then
            removed, its branch only if that still points at the base.
    """
    check_branch(branch)
    if not reason.startswith(OURS):
        raise ValueError(f"the reason must begin with {OURS}: {reason}")
    if not path.is_absolute() or path.is_symlink():
        raise GitError(f"{path} is no place for a worktree: it must be an absolute path and no symbolic link")
    # As git will name it; the same for the same call, whatever links lead there.
    path = Path(os.path.realpath(path.parent)) / path.name
    # A full id needs no look: what begins there says when there is no such commit.
    wanted = _Wanted(repository, path, branch, base if is_full_id(base) else commit_id(repository, base), reason, adopt)
    made: list[str] = []
    try:
        with repository_lock(repository):
            place = _registered(wanted, made)
        check_out(place)
    except OSError:
        _take_back(wanted, made)
        raise
    if "branch" in made:
        return Created(place, branch, wanted.base_sha)
    return Created(place, branch, merge_base(repository, wanted.base_sha, f"refs/heads/{branch}") or wanted.base_sha)


def _registered(wanted: _Wanted, made: list[str]) -> Path:
    """Make sure that git knows the worktree with its branch, and return where it is."""
    repository, path, branch = wanted.repository, wanted.path, wanted.branch
    there, branches = find(repository, path), _branches(repository)
    tip = branches.get(branch)
    if there is not None:
        return _continued(wanted, there, tip, made)
    if os.path.lexists(path) and (not path.is_dir() or any(path.iterdir())):
        raise GitError(f"{path} is there already and is no worktree of {repository}: move it or choose another place")
    if tip is None:
        _refuse_twin(branch, branches)
    else:
        elsewhere = holding(repository, branch)
        if not wanted.adopt:
            where = f"checked out in {elsewhere.path}" if elsewhere else "there already"
            raise GitError(f"the branch {branch} is {where} and not of this batch: adopt it, or rename or delete it")
        if elsewhere is not None:
            _keep_locked(wanted, elsewhere)
            return elsewhere.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GitError(f"cannot make {path.parent}: {error.strerror}") from error
    made.append("worktree")
    options = ("--no-checkout", "--detach", "--lock", "--reason", wanted.reason)
    start = tip or wanted.base_sha
    git(repository, "worktree", "add", *options, "--end-of-options", str(path), start, timeout=WRITE_SECONDS)
    _attach(path, branch, tip, start, made)
    return path


def _continued(wanted: _Wanted, there: Listed, tip: str | None, made: list[str]) -> Path:
    """Finish a worktree that is registered already, if it is ours or may be taken over."""
    path, branch = there.path, wanted.branch
    if there.locked != wanted.reason and not (wanted.adopt and there.branch == branch):
        state = f"with the branch {there.branch}" if there.branch else "without a branch"
        raise GitError(f"{path} is a worktree already, {state}, and not of this batch: adopt or remove it")
    if not path.is_dir():
        raise GitError(f"the directory of the worktree {path} is gone: restore it, or let git forget it")
    if not (path / ".git").exists():
        git(wanted.repository, "worktree", "repair")
    if there.branch and there.branch != branch:
        raise GitError(f"{path} holds the branch {there.branch}, not {branch}")
    if not there.branch:
        elsewhere = holding(wanted.repository, branch)
        if elsewhere is not None:
            raise GitError(f"the branch {branch} is checked out in {elsewhere.path}")
        # git itself was killed before it had written down where the worktree is.
        start = there.head if there.head.strip("0") else tip or wanted.base_sha
        if tip not in (None, start) or (git_directory(path) / "index").exists():
            raise GitError(f"{path} has left the branch {branch}: check it out there again")
        _attach(path, branch, tip, start, made)
    _keep_locked(wanted, there)
    return path


def _attach(path: Path, branch: str, tip: str | None, start: str, made: list[str]) -> None:
    """Give the worktree its branch, which is new unless ``tip`` says where it points."""
    name = f"refs/heads/{branch}"
    break_locks(path, branch)
    if tip is None:
        git(path, "update-ref", "-m", _NOTE, "--create-reflog", name, start, NOWHERE)
        made.append("branch")
    git(path, "symbolic-ref", "-m", _NOTE, "HEAD", name)


def _keep_locked(wanted: _Wanted, there: Listed) -> None:
    if there.locked is None:
        # The main tree cannot be locked, and need not be.
        lock = ("worktree", "lock", "--reason", wanted.reason, "--end-of-options", str(there.path))
        git(wanted.repository, *lock, check=False)


def check_out(path: Path) -> None:
    """Write the files of a worktree that was made without them, unless that is done."""
    own = git_directory(path)
    with file_lock(own / _CHECKOUT_LOCK):
        confirm_root(path)
        if not (own / "index").exists():
            break_locks(path)
            git(path, "reset", "--hard", "--quiet", "--no-recurse-submodules", "HEAD", "--", timeout=WRITE_SECONDS)


def _take_back(wanted: _Wanted, made: list[str]) -> None:
    """Remove what a call that failed has made itself, and nothing that anybody could have worked on."""
    if "worktree" not in made:
        return
    repository, path = wanted.repository, wanted.path
    with repository_lock(repository):
        if find(repository, path) is None:
            with suppress(OSError):
                path.rmdir()
        elif not (path.is_dir() and (git_directory(path) / "index").exists()):
            git(repository, "worktree", "unlock", "--end-of-options", str(path), check=False)
            # By force, because files of the checkout that was broken off may be there, and nothing else.
            git(repository, "worktree", "remove", "--force", "--end-of-options", str(path), check=False)
        if "branch" in made and holding(repository, wanted.branch) is None:
            git(repository, "update-ref", "-d", f"refs/heads/{wanted.branch}", wanted.base_sha, check=False)


def _branches(repository: Path) -> dict[str, str]:
    """Every branch with the commit that it points at."""
    lines = git(repository, "for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads/").splitlines()
    return {name: tip for tip, _, name in (line.partition(" ") for line in lines)}


def _refuse_twin(branch: str, branches: Iterable[str]) -> None:
    """Refuse a name that collides with a branch that is there, on some file systems or in git's own files."""
    new = branch.casefold()
    for other in branches:
        low = other.casefold()
        if low == new and other != branch:
            raise GitError(f"the branch {branch} differs only by case from {other}, which is there already")
        if new.startswith(low + "/") or low.startswith(new + "/"):
            raise GitError(f"the branch {branch} cannot be beside {other}: one would be a directory of the other")
