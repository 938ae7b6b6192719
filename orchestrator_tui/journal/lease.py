"""The lease of a batch: a lock held for life, with an epoch on every event its holder writes (DESIGN §3, J-1)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.journal.filelock import HeldFile, content_if_held, hold, read_content
from orchestrator_tui.journal.process import is_stopped, start_time

DIRECTORY = "leases"
_TRIES = 20


@frozen
class LeaseHolder:
    """Who holds a batch. ``stopped`` is shown, never a reason to take the lease away."""

    text: str
    pid: int
    stopped: bool

    def __str__(self) -> str:
        return f"{self.text}, stopped" if self.stopped else self.text


class HeldLease:
    """The right to append freely to one batch, as :class:`~orchestrator_tui.journal.port.Lease` describes it."""

    def __init__(
        self, batch: str, epoch: int, holder: str, lock: HeldFile, released: Callable[[HeldLease, Instant], None]
    ) -> None:
        self._batch, self._epoch, self._lock, self._released = batch, epoch, lock, released
        self.holder = holder
        self._alive = True

    @property
    def batch(self) -> str:
        """Id of the batch."""
        return self._batch

    @property
    def epoch(self) -> int:
        """Number of this taking; every event of its holder carries it."""
        return self._epoch

    @property
    def alive(self) -> bool:
        """Whether the lease was neither released nor dropped."""
        return self._alive

    def release(self, now: Instant) -> None:
        """Append ``lease_released`` and let go of the lock, which happens even when the event cannot be recorded.

        Raises:
            JournalError: the event was not recorded.
        """
        if not self._alive:
            return
        try:
            self._released(self, now)
        finally:
            self.drop()

    def drop(self) -> None:
        """Let go of the lock without an event, as a crash would. Idempotent."""
        self._alive = False
        self._lock.release(remove=False)


def take_lock(directory: Path, batch: str, holder: str) -> HeldFile | str:
    """The lock of a batch's lease, or the text that says who holds it.

    Raises:
        JournalUnwritable: the lock file cannot be made.
    """
    path = _path(directory, batch)
    lock = hold(path, _TRIES)
    if lock is None:
        return str(_parse(read_content(path)))
    pid = os.getpid()
    lock.write(json.dumps({"holder": holder, "pid": pid, "start": start_time(pid)}).encode())
    return lock


def lease_holder(directory: Path, batch: str) -> LeaseHolder | None:
    """Who holds the lease of ``batch`` now, or None when nobody does."""
    content = content_if_held(_path(directory, batch))
    return None if content is None else _parse(content)


def _parse(content: bytes) -> LeaseHolder:
    try:
        data = json.loads(content)
        text, pid, start = str(data["holder"]), int(data["pid"]), str(data["start"])
    except (ValueError, TypeError, KeyError):
        return LeaseHolder("another process", 0, False)
    return LeaseHolder(text, pid, start_time(pid) == start and is_stopped(pid))


def _path(directory: Path, batch: str) -> Path:
    return directory / DIRECTORY / f"{hashlib.sha256(batch.encode()).hexdigest()[:16]}.lock"
