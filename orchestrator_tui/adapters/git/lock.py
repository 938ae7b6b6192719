"""One lock a repository: whatever changes references, worktrees or settings happens one at a time (reliability G-1).

Every git that runs meanwhile inherits the locked descriptor. So when we are killed in the middle of a command, the
lock stays held until that command has ended too, and nobody starts beside it.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.places import common_directory

LOCK_NAME = "orch-tui.lock"
WAIT_S = 60.0
"""Seconds that a command waits for its turn before it gives up."""

_PAUSE_S = 0.004
_HELD = threading.local()


def held_descriptors() -> tuple[int, ...]:
    """The locks of this thread, for the processes that it starts."""
    return tuple(_held().values())


@contextmanager
def repository_lock(repository: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the repository's lock; a thread that holds it already goes right on.

    Raises:
        GitError: ``repository`` is none, or another process held the lock for all of ``wait_s``; it is named.
    """
    with file_lock(common_directory(repository) / LOCK_NAME, wait_s):
        yield


@contextmanager
def file_lock(path: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold an exclusive lock on a file that is made if need be and stays; a thread that holds it goes right on.

    Raises:
        GitError: the file cannot be opened, or somebody else held it for all of ``wait_s``; the text names who.
    """
    held = _held()
    name = str(path)
    if name in held:
        yield
        return
    descriptor = _acquired(path, wait_s)
    held[name] = descriptor
    try:
        yield
    finally:
        del held[name]
        # A git that we gave up on may still have the descriptor: closing ours would not let go of the lock.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _held() -> dict[str, int]:
    if not hasattr(_HELD, "descriptors"):
        _HELD.descriptors = {}
    descriptors: dict[str, int] = _HELD.descriptors
    return descriptors


def _acquired(path: Path, wait_s: float) -> int:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise GitError(f"cannot open the lock {path}: {error.strerror}") from error
        try:
            if _locked(descriptor, path, deadline):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, str(os.getpid()).encode(), 0)
                return descriptor
        except BaseException as error:
            os.close(descriptor)
            if isinstance(error, GitError) or not isinstance(error, OSError):
                raise
            raise GitError(f"cannot use the lock {path}: {error.strerror}") from error
        os.close(descriptor)


def _locked(descriptor: int, path: Path, deadline: float) -> bool:
    """Wait for the lock; False when the file was replaced meanwhile: a lock that nobody else finds protects nothing."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise GitError(f"the repository is busy: {_holder(descriptor)} holds {path}") from None
            time.sleep(_PAUSE_S)
            continue
        try:
            named = os.stat(path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        opened = os.fstat(descriptor)
        return (named.st_ino, named.st_dev) == (opened.st_ino, opened.st_dev)


def _holder(descriptor: int) -> str:
    """Who holds the lock: as the kernel knows it, else as the holder wrote it into the file."""
    inode = os.fstat(descriptor).st_ino
    try:
        table = Path("/proc/locks").read_text(encoding="ascii", errors="replace")
    except OSError:
        table = ""
    found = re.search(rf"FLOCK +\w+ +WRITE +([1-9][0-9]*) [0-9a-f]+:[0-9a-f]+:{inode} ", table)
    written = os.pread(descriptor, 20, 0).decode("ascii", "replace")
    pid = found[1] if found else written if written.isdigit() else ""
    return f"process {pid}" if pid else "another process"
