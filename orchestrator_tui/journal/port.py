"""The journal's port: what every store must do, and all that the program asks of one.

The conformance suite in ``tests/journal/conformance.py`` is written against this file alone;
``docs/reference/journal.md`` fixes tables, transactions, locks and wake-ups of the SQLite store.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate


class JournalError(Exception):
    """Something is wrong with the journal; the text is one line for a person."""


class JournalMissing(JournalError):
    """There is no journal yet, and none was to be made."""


class JournalBusy(JournalError):
    """The journal's lock could not be had within the time allowed."""


class JournalUnwritable(JournalError):
    """The journal cannot record now (disk full, read-only, I/O error); nothing was recorded (reliability J-5)."""


class JournalDamaged(JournalError):
    """The journal's bytes are not what was written (reliability J-4)."""


class JournalNewer(JournalError):
    """The journal was written by a newer version; it can be read, not written."""


class LeaseLost(JournalError):
    """The caller is not, or no longer, the holder of the batch's lease."""


@frozen
class BatchHead:
    """One row a batch: what is known of it without reading its events."""

    id: str
    title: str
    kind: str
    source: str
    epoch: int
    seq: int
    head: str
    min_reader: int
    opened_wall_ms: int


@frozen
class Request:
    """Something a process without the lease wants of the holder: pause, tell, note, finding …"""

    id: int
    batch: str
    kind: str
    payload: dict[str, Any]
    origin: str
    at: Instant


@frozen
class Refused:
    """A compare-and-set that did not hold. ``why`` is one line; ``gate`` is the gate as it is now."""

    why: str
    gate: Gate | None


class Lease(Protocol):
    """The right to append freely to one batch; held by a lock for life (DESIGN §3, one writer a batch)."""

    @property
    def batch(self) -> str: ...

    @property
    def epoch(self) -> int: ...

    def release(self, now: Instant) -> None:
        """Append ``lease_released`` and let go of the lock. Idempotent."""


class Journal(Protocol):
    """One repository's journal. Every writing call is one durable transaction, or nothing."""

    def batches(self) -> tuple[BatchHead, ...]:
        """All batches, oldest first."""

    def open_batch(self, batch: str, opened: Draft, now: Instant, origin: str) -> bool:
        """Make the batch with its ``batch_opened`` event, by any process; False when it is there already."""

    def take_lease(self, batch: str, holder: str, now: Instant) -> Lease | str:
        """The lease with its next epoch and a ``lease_taken`` event, or the text that says who holds it."""

    def append(self, lease: Lease, drafts: Sequence[Draft], now: Instant, origin: str) -> tuple[Event, ...]:
        """Record ``drafts`` (no gate kinds) in order, all or none.

        A ``request_taken`` draft marks its request as taken in the same transaction.

        Raises:
            LeaseLost: the lease is not the batch's current one.
        """

    def change_gate(self, batch: str, draft: Draft, now: Instant, origin: str) -> Event | Refused:
        """One compare-and-set on a gate, by any process (reliability A-2).

        ``core.gates.refusal`` judges inside the transaction. A refused ``gate_decided`` is recorded as
        ``decision_refused`` (A-3) unless it repeats the same decision (A-4, ``gates.ALREADY``). After every
        committed change the gate's waiters and the batch's holder are woken. A decision (or its repetition) for an
        agent that asked by a hook is also posted as mail to its session; that it cannot be posted fails nothing.

        Raises:
            EventError: ``draft`` does not change a gate, or its payload does not fit.
            JournalError: there is no such batch.
        """

    def gate(self, batch: str, gate: str) -> Gate | None:
        """The newest revision of one gate, or None."""

    def gates(self, batch: str | None = None) -> tuple[Gate, ...]:
        """The newest revision of every gate that is not in a terminal state, of one batch or all."""

    def insert_request(self, batch: str, kind: str, payload: dict[str, Any], now: Instant, origin: str) -> int:
        """Leave a request for the batch's holder; returns its id and wakes the holder."""

    def requests(self, batch: str) -> tuple[Request, ...]:
        """The requests of ``batch`` that nobody took yet, oldest first."""

    def events(self, batch: str, after: int = 0) -> Iterator[Event]:
        """The events of one batch with ``seq`` greater than ``after``, in order."""

    def events_of(self, batch: str, kind: str) -> tuple[Event, ...]:
        """The events of one batch of one kind, in order, at a price that does not grow with the others."""

    def tail(self, position: int) -> tuple[tuple[Event, ...], int]:
        """Events of all batches behind a global position, and the position to ask from next time."""

    def position(self) -> int:
        """The position of the newest event: from where to ``tail`` when everything up to now was read."""

    def data_version(self) -> int:
        """A number that changes when any other process has written (the backstop of the wake-ups)."""

    def put_blob(self, content: bytes) -> str:
        """Store bytes that are too large for a payload; returns their SHA-256."""

    def blob(self, digest: str) -> bytes | None:
        """The bytes of a blob, or None."""

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database, under the journal's lock."""

    def close(self) -> None:
        """Let go of everything, under the journal's lock. Idempotent."""
