"""Files held by a lock for as long as their process lives: the kernel lets go of them when it dies (J-1)."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestrator_tui.journal.port import JournalBusy, JournalUnwritable

_FIRST_PAUSE_S = 0.0001
_LONGEST_PAUSE_S = 0.001
_READ_LIMIT = 64 * 1024


class FileLock:
    """An exclusive ``flock`` on a file that stays where it is; one holder among all processes and objects."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @contextmanager
    def held(self, timeout_s: float) -> Iterator[None]:
        """Hold the lock inside the ``with`` block.

        Raises:
            JournalBusy: somebody else held it for all of ``timeout_s`` seconds.
            JournalUnwritable: the lock file cannot be opened (no rights, no directory, no descriptors left).
        """
        self._acquire(timeout_s)
        try:
            yield
        finally:
            self._unlock()

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _is_in_place(self) -> bool:
        try:
            return self._descriptor is not None and is_at(self._descriptor, self._path)
        except JournalUnwritable:
            self._unlock()
            raise

    def _unlock(self) -> None:
        if self._descriptor is None:
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        except OSError:
            self.close()  # Closing lets go of the lock too.

    def _acquire(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        pause = _FIRST_PAUSE_S
        while True:
            if self._descriptor is None:
                self._descriptor = _open(self._path)
            if try_lock(self._descriptor):
                if self._is_in_place():
                    return
                # The file was replaced: a lock on a file that nobody else can find protects nothing.
                self.close()
            elif time.monotonic() >= deadline:
                raise JournalBusy(f"the journal is busy: {self._path} stayed locked for {timeout_s:g} s")
            else:
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)


class HeldFile:
    """A file with content that is locked for as long as the process that made it lives."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    def write(self, content: bytes) -> None:
        """Replace the content; readers need no lock and may see it half written. Lets go when that fails.

        Raises:
            JournalUnwritable: the disk is full, for one.
        """
        if self._descriptor is None:
            return
        try:
            os.pwrite(self._descriptor, content, 0)
            os.ftruncate(self._descriptor, len(content))
        except OSError as error:
            self.release(remove=False)
            raise JournalUnwritable(f"cannot write {self.path}: {error.strerror}") from error

    def release(self, remove: bool) -> None:
        """Let go of the lock, after removing the file when ``remove``. Idempotent."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        if remove:
            remove_file(self.path)
        os.close(descriptor)


def hold(path: Path, tries: int = 1) -> HeldFile | None:
    """Take the lock on ``path``, making the file when needed; None when another process holds it.

    Somebody who looks whether the file is held locks it for a moment: ``tries`` of one millisecond outlast that.

    Raises:
        JournalUnwritable: the file cannot be made.
    """
    while True:
        descriptor = _open(path)
        try:
            locked = try_lock(descriptor)
            if locked and is_at(descriptor, path):
                return HeldFile(path, descriptor)
        except JournalUnwritable:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if not locked:
            tries -= 1
            if tries <= 0:
                return None
            time.sleep(0.001)


def hold_new(directory: Path, prefix: str) -> HeldFile:
    """Hold a new file ``<prefix>-<pid>-<random>.lock``; its name is never used again, by nobody.

    Raises:
        JournalUnwritable: the file cannot be made.
    """
    while True:
        lock = hold(directory / f"{prefix}-{os.getpid()}-{os.urandom(6).hex()}.lock")
        if lock is not None:
            return lock


def content_if_held(path: Path) -> bytes | None:
    """The content of a file that a living process holds; None when nobody does.

    A file that nobody holds was left by a process that died; it is removed.

    Raises:
        JournalUnwritable: it cannot be known, for want of descriptors or rights.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JournalUnwritable(f"cannot open {path}: {error.strerror}") from error
    try:
        if try_lock(descriptor):
            if is_at(descriptor, path):
                remove_file(path)
            return None
        return os.pread(descriptor, _READ_LIMIT, 0)
    finally:
        os.close(descriptor)


def read_content(path: Path) -> bytes:
    """The content of a held file, empty when it is not there or cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return b""
    try:
        return os.pread(descriptor, _READ_LIMIT, 0)
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Lock ``descriptor`` exclusively without waiting; False when another open file holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise JournalUnwritable(f"cannot lock: {error.strerror}") from error
    return True


def is_at(descriptor: int, path: Path) -> bool:
    """Whether ``path`` still names the open file.

    Raises:
        JournalUnwritable: it cannot be known.
    """
    try:
        named = os.stat(path, follow_symlinks=False)
        opened = os.fstat(descriptor)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise JournalUnwritable(f"cannot look at {path}: {error.strerror}") from error
    return (named.st_ino, named.st_dev) == (opened.st_ino, opened.st_dev)


def remove_file(path: Path) -> None:
    """Remove a file that is of no more use; one that cannot be removed is left to whoever sweeps next."""
    with suppress(OSError):
        path.unlink()


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise JournalUnwritable(f"cannot open {path}: {error.strerror}") from error
