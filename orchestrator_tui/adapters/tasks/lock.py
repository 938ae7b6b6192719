"""Claude Code's lock on a task file: a directory beside it, made by ``mkdir`` (reference claude-code §2.3).

Claude Code waits 2 to 3 s for a foreign lock and takes over one whose directory has not been touched for 10 s. Ours is
dated 8.5 s back as soon as it is made: should we be killed while we hold it, any writer takes it over 1.5 s later.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from orchestrator_tui.core.frozen import frozen

STALE_SECONDS = 10.0
"""Age from which a lock counts as left behind, by Claude Code's rule."""
BACKDATED_SECONDS = 8.5
"""Age that our own locks are given at once."""
HOLD_SECONDS = 1.0
"""Longest time that we may hold a lock and still write."""
WAIT_SECONDS = 2.0
"""Longest time that we wait for a lock."""

_FIRST_PAUSE = 0.002
_LONGEST_PAUSE = 0.05


class TaskClock(Protocol):
    """The time that a lock needs."""

    def wall_ns(self) -> int:
        """Nanoseconds since the Unix epoch, the clock of file times."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own time."""

    def wall_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class TaskLocked(Exception):
    """Somebody else holds the lock: ``who`` is the lock's owner, ``age`` the seconds since it was last touched."""

    def __init__(self, path: str, who: str, age: float) -> None:
        since = f"for {age:.1f} s" if age >= 0 else "with a time in the future"
        super().__init__(f"{path} is locked by another writer ({who}) {since}")
        self.path = path
        self.who = who
        self.age = age


class TaskLockLost(Exception):
    """Our lock was taken over, or held too long: nothing may be written under it any more."""


@frozen
class HeldLock:
    """A lock that we made: its directory, which directory it was, and since when (monotonic seconds)."""

    directory: str
    inode: int
    mtime_ns: int
    since: float
    clock: TaskClock

    def assert_held(self) -> None:
        """Call right before the write that the lock protects.

        Raises:
            TaskLockLost: another took it over, or we held it for over a second and another soon will.
        """
        held = self.clock.monotonic() - self.since
        if held > HOLD_SECONDS:
            raise TaskLockLost(f"{self.directory} was held for {held:.1f} s, over the {HOLD_SECONDS:.0f} s allowed")
        if not self.is_ours():
            raise TaskLockLost(f"{self.directory} was taken over by another writer")

    def is_ours(self) -> bool:
        """Whether the directory there is still the one that we made."""
        try:
            status = os.lstat(self.directory)
        except OSError:
            return False
        return (status.st_ino, status.st_mtime_ns) == (self.inode, self.mtime_ns)


@contextmanager
def task_lock(
    path: str | os.PathLike[str], clock: TaskClock | None = None, timeout: float = WAIT_SECONDS
) -> Iterator[HeldLock]:
    """Hold the lock of ``path``: ``<id>.json`` to change a task, ``<list>/.lock`` to create one.

    Args:
        path: the file that the lock protects; the lock is the directory ``<path>.lock``.
        clock: the time; the machine's own by default.
        timeout: seconds to wait while another holds it.

    Raises:
        TaskLocked: another still holds it after ``timeout``.
        OSError: no lock can be made here (the list is gone, no permission, no space).
    """
    time_source = clock or SystemClock()
    lock = _acquire(os.fspath(path) + ".lock", time_source, timeout)
    try:
        yield lock
    finally:
        release(lock)


def release(lock: HeldLock) -> None:
    """Remove the lock if it is still ours. Never raises: what cannot be removed is stale within 1.5 s."""
    if lock.is_ours():
        with suppress(OSError):
            os.rmdir(lock.directory)


def _acquire(directory: str, clock: TaskClock, timeout: float) -> HeldLock:
    deadline = clock.monotonic() + timeout
    pause = _FIRST_PAUSE
    while True:
        lock = _make(directory, clock)
        if lock is None and _take_over(directory, clock):
            lock = _make(directory, clock)
        if lock is not None:
            return lock
        left = deadline - clock.monotonic()
        if left <= 0:
            raise _locked(directory, clock)
        # Two writers that started together must not go on meeting: the pause depends on who we are.
        clock.sleep(min(left, pause * (0.75 + (os.getpid() * 7 + int(pause * 1e4)) % 32 / 64)))
        pause = min(pause * 2, _LONGEST_PAUSE)


def _make(directory: str, clock: TaskClock) -> HeldLock | None:
    # Both clocks are read first: killed between the next two calls, we would leave a lock that is stale in 10 s only.
    since, back = clock.monotonic(), clock.wall_ns() - int(BACKDATED_SECONDS * 1e9)
    try:
        os.mkdir(directory, 0o755)
    except FileExistsError:
        return None
    try:
        os.utime(directory, ns=(back, back))
        # Read back: a file system may keep times more coarsely than they are given.
        dated = os.lstat(directory)
    except OSError:
        with suppress(OSError):
            os.rmdir(directory)
        raise
    return HeldLock(directory, dated.st_ino, dated.st_mtime_ns, since, clock)


def _take_over(directory: str, clock: TaskClock) -> bool:
    """Remove a lock that was left behind; True when none is there any more.

    Our own processes do so one at a time, by a lock of the system on the list's directory: else one could remove the
    fresh lock that another made after removing the same stale one.
    """
    status = _status(directory)
    if status is None:
        return True
    if not _is_stale(status, clock):
        return False
    parent = os.open(os.path.dirname(directory) or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(parent, fcntl.LOCK_EX | fcntl.LOCK_NB)
        again = _status(directory)
        if again is not None and _is_stale(again, clock):
            os.rmdir(directory)
        return True
    except OSError:
        return False
    finally:
        os.close(parent)


def _is_stale(status: os.stat_result, clock: TaskClock) -> bool:
    return clock.wall_ns() - status.st_mtime_ns > STALE_SECONDS * 1e9


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _locked(directory: str, clock: TaskClock) -> TaskLocked:
    status = _status(directory)
    if status is None:
        return TaskLocked(directory.removesuffix(".lock"), "unknown", 0.0)
    return TaskLocked(
        directory.removesuffix(".lock"), _user(status.st_uid), (clock.wall_ns() - status.st_mtime_ns) / 1e9
    )


def _user(uid: int) -> str:
    try:
        import pwd

        return f"user {pwd.getpwuid(uid).pw_name}"
    except (ImportError, KeyError):
        return f"user {uid}"
