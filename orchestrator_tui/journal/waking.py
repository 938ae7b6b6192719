"""Waking: whoever waits owns a FIFO and holds a lock; whoever commits writes a byte into it (DESIGN §3).

A byte stays in the FIFO until its waiter reads it, so that nothing is lost between looking and waiting. Once a
second a waiter also asks whether anybody wrote to the journal, for wakers that died between commit and byte.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestrator_tui.core.frozen import field_names, frozen
from orchestrator_tui.journal.filelock import HeldFile, content_if_held, hold_new, remove_file
from orchestrator_tui.journal.port import JournalUnwritable

BACKSTOP_S = 1.0
"""How often a waiter asks for ``data_version``."""

DIRECTORY = "waiters"
_DRAIN_BYTES = 4096

Readable = Callable[[int, float], bool]
"""Whether a descriptor becomes readable within some seconds."""


@frozen
class LiveWaiter:
    """Somebody who waits. ``gate`` is None for a holder; ``batch`` too is None for a follower of everything."""

    batch: str | None
    gate: str | None
    pid: int
    what: str
    since_wall_ms: int


def wait_readable(descriptor: int, seconds: float) -> bool:
    """Whether ``descriptor`` becomes readable within ``seconds``."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


class Waiters:
    """All who wait on one journal: the FIFOs and locks in its ``waiters`` directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / DIRECTORY

    def wait_for(
        self,
        batch: str | None,
        gate: str | None,
        data_version: Callable[[], int],
        *,
        what: str = "",
        since_wall_ms: int = 0,
        readable: Readable = wait_readable,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Waiter:
        """A waiter for a gate (``batch`` and ``gate``), for a batch's requests and gates (``batch``), or for all.

        ``what`` says who waits, for those who ask :meth:`live`; ``readable`` and ``monotonic`` are replaced in tests.

        Raises:
            JournalUnwritable: its files cannot be made.
        """
        live = LiveWaiter(batch, gate, os.getpid(), what, since_wall_ms)
        return Waiter(self._directory, live, data_version, readable, monotonic)

    def wake(self, batch: str, gate: str | None) -> None:
        """Wake the followers and the holder of ``batch``, and those who wait for ``gate`` when one is named.

        Never fails: the change is committed, and the waiters' backstop finds it without us.
        """
        prefixes = (_key(None, None), _key(batch, None)) + (() if gate is None else (_key(batch, gate),))
        for path in self._paths(".fifo"):
            if path.name.startswith(prefixes) and not _write_byte(path):
                with suppress(JournalUnwritable):
                    self._living(path.with_suffix(".lock"))

    def live(self, batch: str, gate: str | None) -> tuple[LiveWaiter, ...]:
        """Who waits for ``gate`` of ``batch`` (its holder when None) now; files of the dead are removed."""
        key = _key(batch, gate)
        found = (self._living(path) for path in self._paths(".lock") if path.name.startswith(key))
        return tuple(one for one in found if one is not None)

    def sweep(self) -> None:
        """Remove the files of waiters that died. Never fails: what cannot be looked at is left for the next time."""
        for path in self._paths(".lock"):
            with suppress(JournalUnwritable):
                self._living(path)
        for path in self._paths(".fifo"):
            try:
                os.stat(path.with_suffix(".lock"))
            except FileNotFoundError:
                remove_file(path)
            except OSError:
                continue

    def _paths(self, suffix: str) -> list[Path]:
        try:
            return [Path(entry.path) for entry in os.scandir(self._directory) if entry.name.endswith(suffix)]
        except OSError:
            return []

    def _living(self, lock: Path) -> LiveWaiter | None:
        content = content_if_held(lock)
        if content is None:
            remove_file(lock.with_suffix(".fifo"))
            return None
        try:
            return LiveWaiter(**json.loads(content))
        except (ValueError, TypeError):
            return None


class Waiter:
    """Waits until it is woken; a context manager that removes its files."""

    def __init__(
        self,
        directory: Path,
        live: LiveWaiter,
        data_version: Callable[[], int],
        readable: Readable,
        monotonic: Callable[[], float],
    ) -> None:
        self._data_version, self._readable, self._monotonic = data_version, readable, monotonic
        self._seen = data_version()
        self._descriptors: tuple[int, ...] = ()
        self._lock, self._fifo = self._make(directory, live)
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def fileno(self) -> int:
        """The descriptor that becomes readable on waking, for event loops; then call :meth:`wait` with 0."""
        return self._descriptors[0]

    def wait(self, timeout_s: float) -> bool:
        """Whether the waiter was woken, or the journal was written to, within ``timeout_s`` seconds."""
        deadline = self._monotonic() + timeout_s
        while True:
            left = deadline - self._monotonic()
            if self._readable(self._descriptors[0], min(max(left, 0.0), BACKSTOP_S)):
                self._drain()
                self._seen = self._data_version()
                return True
            version = self._data_version()
            if version != self._seen:
                self._seen = version
                return True
            if left <= BACKSTOP_S:
                return False

    def close(self) -> None:
        """Remove the FIFO and let go of the lock. Idempotent."""
        remove_file(self._fifo)
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = ()
        self._lock.release(remove=True)

    def _make(self, directory: Path, live: LiveWaiter) -> tuple[HeldFile, Path]:
        lock = hold_new(directory, _key(live.batch, live.gate))
        content = {name: getattr(live, name) for name in field_names(LiveWaiter)}
        lock.write(json.dumps(content).encode())
        fifo = lock.path.with_suffix(".fifo")
        try:
            os.mkfifo(fifo, 0o600)
        except OSError as error:
            lock.release(remove=True)
            raise JournalUnwritable(f"cannot make {fifo}: {error.strerror}") from error
        return lock, fifo

    def _open(self) -> None:
        try:
            reading = os.open(self._fifo, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            self._descriptors = (reading,)
            # Our own writing end keeps the FIFO from reporting "end of file" for ever after the first waker left.
            self._descriptors = (reading, os.open(self._fifo, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        except OSError as error:
            self.close()
            raise JournalUnwritable(f"cannot open {self._fifo}: {error.strerror}") from error

    def _drain(self) -> None:
        try:
            while os.read(self._descriptors[0], _DRAIN_BYTES):
                pass
        except BlockingIOError:
            return


def _key(batch: str | None, gate: str | None) -> str:
    # Ids come from agents; a hash of both is a safe file name of one length.
    return hashlib.sha256(json.dumps([batch, gate]).encode()).hexdigest()[:16]


def _write_byte(fifo: Path) -> bool:
    """Whether somebody has the FIFO open for reading."""
    try:
        descriptor = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        return error.errno not in (errno.ENXIO, errno.ENOENT)
    try:
        os.write(descriptor, b"\0")
    except OSError:
        return True  # A full FIFO holds a byte that its waiter has yet to read.
    finally:
        os.close(descriptor)
    return True
