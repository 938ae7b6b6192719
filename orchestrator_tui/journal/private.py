"""The journal's directory: private, ours, on a local file system, outside every worktree (reliability J-8, D-4)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestrator_tui.core.mounts import kind_of_mount
from orchestrator_tui.journal.port import JournalUnwritable

FORCE = "ORCH_FORCE_FILESYSTEM"
"""Environment variable: ``1`` puts the journal on a file system that may not share memory between processes."""

SUBDIRECTORIES = ("leases", "waiters", "presence")
_REMOTE = frozenset({"nfs", "nfs3", "nfs4", "9p", "drvfs", "cifs", "smb3", "smbfs", "afs", "ceph", "vboxsf", "prl_fs"})
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_MOUNTS = Path("/proc/self/mountinfo")


def prepare_directory(directory: Path) -> None:
    """Make a journal's directory with its subdirectories, 0700 each, or check those that are there.

    Raises:
        JournalUnwritable: one is a symlink, no directory, of another user, or writable by others.
    """
    for path in (directory, *(directory / name for name in SUBDIRECTORIES)):
        _make_private(path)


def prepare_home(home: Path, directory: Path) -> None:
    """Make or check every directory from our state directory ``home`` down to a journal's ``directory``.

    Raises:
        JournalUnwritable: as :func:`prepare_directory`; ``home`` itself may be a symlink and may be readable.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = os.stat(home)
    except OSError as error:
        raise JournalUnwritable(f"cannot make {home}: {error.strerror}") from error
    if found.st_mode & _OTHERS_WRITE:
        raise JournalUnwritable(f"{home} is writable by others; run: chmod go-w {home}")
    path = home
    for name in directory.relative_to(home).parts:
        path = path / name
        _make_private(path)
    prepare_directory(directory)


def refuse_inside(directory: Path, worktrees: Iterable[Path]) -> None:
    """Raise :class:`JournalUnwritable` when ``directory`` is inside one of ``worktrees``, where agents write (D-4)."""
    real = Path(os.path.realpath(directory))
    for tree in worktrees:
        if real.is_relative_to(os.path.realpath(tree)):
            raise JournalUnwritable(
                f"the journal would be at {directory}, inside the worktree {tree} where agents write;"
                " set ORCH_HOME to a directory elsewhere"
            )


def refuse_remote(directory: Path, environ: Mapping[str, str], mounts: Path = _MOUNTS) -> None:
    """Raise :class:`JournalUnwritable` when ``directory`` is on a network or FUSE file system (J-8).

    The write-ahead log needs memory shared by all processes that use it. Without ``/proc`` nothing is known and
    nothing is refused.
    """
    if environ.get(FORCE) == "1":
        return
    kind = filesystem(directory, mounts)
    if kind in _REMOTE or kind.startswith("fuse"):
        raise JournalUnwritable(
            f"{directory} is on a {kind} file system, where a journal can be damaged; set ORCH_HOME to a local"
            f" directory, or {FORCE}=1 to use it all the same"
        )


def filesystem(path: Path, mounts: Path = _MOUNTS) -> str:
    """The type of the file system that ``path`` is on, as the kernel names it; "" when unknown."""
    try:
        return kind_of_mount(mounts.read_text(errors="surrogateescape"), os.path.realpath(path))
    except OSError:
        return ""


def _make_private(path: Path) -> None:
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise JournalUnwritable(f"cannot make {path}: {error.strerror}") from error
    try:
        found = os.lstat(path)
    except OSError as error:
        raise JournalUnwritable(f"cannot look at {path}: {error.strerror}") from error
    if stat.S_ISLNK(found.st_mode):
        raise JournalUnwritable(f"{path} is a symbolic link; a journal is not kept behind one")
    if not stat.S_ISDIR(found.st_mode):
        raise JournalUnwritable(f"{path} is not a directory")
    if found.st_uid != os.geteuid():
        raise JournalUnwritable(f"{path} belongs to another user")
    if found.st_mode & _OTHERS_WRITE:
        raise JournalUnwritable(f"{path} is writable by others; run: chmod 700 {path}")
