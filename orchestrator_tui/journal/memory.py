"""The in-memory store: the same journal without a disk, for tests and for histories that nobody keeps."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator_tui.core.event import FORMAT_VERSION, Draft, Event, EventError
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Gate
from orchestrator_tui.journal.batch_rows import first_head
from orchestrator_tui.journal.gate_changes import addressee, check_kind, judged
from orchestrator_tui.journal.port import (
    BatchHead,
    JournalError,
    JournalNewer,
    Lease,
    LeaseLost,
    Refused,
    Request,
)
from orchestrator_tui.journal.record import GENESIS, OWN_CALL, folded, seal
from orchestrator_tui.journal.request_rows import request_of


@dataclass(slots=True)
class _Batch:
    head: BatchHead
    events: list[Event]
    gates: dict[str, Gate] = field(default_factory=dict)
    requests: dict[int, Request] = field(default_factory=dict)
    lease: MemoryLease | None = None


class MemoryStore:
    """What several handles share, as several processes share a file.

    ``failure`` is raised by every write while it is set: a full disk, for tests.
    """

    def __init__(self) -> None:
        self.batches: dict[str, _Batch] = {}
        self.order: list[Event] = []
        self.blobs: dict[str, bytes] = {}
        self.writes = 0
        self.failure: JournalError | None = None
        self.mutex = threading.RLock()


class MemoryLease:
    """The right to append freely to one batch of a :class:`MemoryStore`."""

    def __init__(self, batch: str, epoch: int, holder: str, released: Callable[[MemoryLease, Instant], None]) -> None:
        self._batch, self._epoch, self._released = batch, epoch, released
        self.holder = holder
        self.alive = True

    @property
    def batch(self) -> str:
        """Id of the batch."""
        return self._batch

    @property
    def epoch(self) -> int:
        """Number of this taking."""
        return self._epoch

    def release(self, now: Instant) -> None:
        """Append ``lease_released`` and let go, which happens even when the event cannot be recorded."""
        if not self.alive:
            return
        try:
            self._released(self, now)
        finally:
            self.alive = False


def _no_wake(batch: str, gate: str | None) -> None:
    """Nobody waits: the handles of one process look by themselves."""


def _no_post(session: str) -> None:
    """Nobody makes tool calls."""


class MemoryJournal:
    """One handle on a :class:`MemoryStore`; implements :class:`~orchestrator_tui.journal.port.Journal`."""

    def __init__(
        self,
        store: MemoryStore | None = None,
        *,
        wake: Callable[[str, str | None], None] = _no_wake,
        post: Callable[[str], None] = _no_post,
    ) -> None:
        self._store = MemoryStore() if store is None else store
        self._wake, self._post = wake, post
        self._own_writes = 0
        self._leases: list[MemoryLease] = []
        self._closed = False

    def batches(self) -> tuple[BatchHead, ...]:
        """All batches, oldest first."""
        self._usable()
        return tuple(sorted((one.head for one in self._store.batches.values()), key=lambda head: head.opened_wall_ms))

    def open_batch(self, batch: str, opened: Draft, now: Instant, origin: str) -> bool:
        """Make the batch with its ``batch_opened`` event; False when it is there already."""
        with self._store.mutex:
            self._writable()
            if batch in self._store.batches:
                return False
            event, _, _ = seal(GENESIS, batch, 1, opened, now, origin, epoch=0)
            self._store.batches[batch] = _Batch(first_head(event), [])
            self._commit(self._store.batches[batch], [event])
        self._wake(batch, None)
        return True

    def take_lease(self, batch: str, holder: str, now: Instant) -> Lease | str:
        """The lease with its next epoch, or the text that says who holds it."""
        with self._store.mutex:
            self._writable()
            found = self._batch(batch)
            if found.lease is not None and found.lease.alive:
                return found.lease.holder
            epoch = found.head.epoch + 1
            self._commit(found, self._sealed(found, [Draft("lease_taken", {"holder": holder})], now, holder, epoch))
            found.lease = MemoryLease(batch, epoch, holder, self._release)
            self._leases.append(found.lease)
        self._wake(batch, None)
        return found.lease

    def append(self, lease: Lease, drafts: Sequence[Draft], now: Instant, origin: str) -> tuple[Event, ...]:
        """Record ``drafts`` in order, all or none, as the lease's holder."""
        for draft in drafts:
            if draft.kind in OWN_CALL:
                raise EventError(f"{draft.kind} is not appended: the journal has a call of its own for it")
        return self._append(lease, drafts, now, origin)

    def change_gate(self, batch: str, draft: Draft, now: Instant, origin: str) -> Event | Refused:
        """One compare-and-set on a gate."""
        check_kind(draft)
        gate_id = draft.payload["gate"]
        with self._store.mutex:
            self._writable()
            found = self._batch(batch)
            before = found.gates.get(gate_id)
            why, recorded = judged(before, draft, now)
            if recorded is None:
                return Refused(why or "", before)
            events = self._sealed(found, [recorded], now, origin, found.head.epoch)
            after = folded(before, events[0])
            self._commit(found, events)
            if after is not None:
                if draft.kind == "gate_opened":
                    found.gates.pop(gate_id, None)  # Gates are listed in the order they were opened.
                found.gates[gate_id] = after
        if why is None and (session := addressee(draft, after)):
            with suppress(OSError):
                self._post(session)
        self._wake(batch, gate_id if why is None else None)
        return events[0] if why is None else Refused(why, after)

    def gate(self, batch: str, gate: str) -> Gate | None:
        """The newest revision of one gate, or None."""
        self._usable()
        found = self._store.batches.get(batch)
        return None if found is None else found.gates.get(gate)

    def gates(self, batch: str | None = None) -> tuple[Gate, ...]:
        """The newest revision of every gate that is not in a terminal state, of one batch or all."""
        self._usable()
        return tuple(
            gate
            for name, found in self._store.batches.items()
            if batch in (None, name)
            for gate in found.gates.values()
            if gate.state not in TERMINAL_GATE_STATES
        )

    def insert_request(self, batch: str, kind: str, payload: dict[str, Any], now: Instant, origin: str) -> int:
        """Leave a request for the batch's holder; its id is the place of its event in the batch."""
        with self._store.mutex:
            self._writable()
            found = self._batch(batch)
            draft = Draft("request_made", {"kind": kind, "payload": payload})
            events = self._sealed(found, [draft], now, origin, found.head.epoch)
            self._commit(found, events)
            found.requests[events[0].seq] = request_of(events[0])
        self._wake(batch, None)
        return events[0].seq

    def requests(self, batch: str) -> tuple[Request, ...]:
        """The requests of ``batch`` that nobody took yet, oldest first."""
        self._usable()
        found = self._store.batches.get(batch)
        return () if found is None else tuple(found.requests.values())

    def events(self, batch: str, after: int = 0) -> Iterator[Event]:
        """The events of one batch with ``seq`` greater than ``after``, in order."""
        self._usable()
        found = self._store.batches.get(batch)
        if found is not None:
            yield from found.events[after:]

    def events_of(self, batch: str, kind: str) -> tuple[Event, ...]:
        """The events of one batch of one kind, in order."""
        return tuple(event for event in self.events(batch) if event.kind == kind)

    def tail(self, position: int) -> tuple[tuple[Event, ...], int]:
        """Events of all batches behind a global position, and the position to ask from next time."""
        self._usable()
        events = tuple(self._store.order[position:])
        return events, position + len(events)

    def position(self) -> int:
        """The position of the newest event."""
        self._usable()
        return len(self._store.order)

    def data_version(self) -> int:
        """A number that changes when another handle has written."""
        self._usable()
        return self._store.writes - self._own_writes

    def put_blob(self, content: bytes) -> str:
        """Store bytes that are too large for a payload; returns their SHA-256."""
        digest = hashlib.sha256(content).hexdigest()
        with self._store.mutex:
            self._writable()
            self._store.blobs[digest] = bytes(content)
        return digest

    def blob(self, digest: str) -> bytes | None:
        """The bytes of a blob, or None."""
        self._usable()
        return self._store.blobs.get(digest)

    def checkpoint(self) -> None:
        """Nothing to move: there is no disk."""
        self._usable()

    def close(self) -> None:
        """Let go of everything, leases too. Idempotent."""
        for lease in self._leases:
            lease.alive = False
        self._closed = True

    def _usable(self) -> None:
        if self._closed:
            raise JournalError("the journal is closed")

    def _writable(self) -> None:
        self._usable()
        if self._store.failure is not None:
            raise self._store.failure

    def _batch(self, batch: str) -> _Batch:
        found = self._store.batches.get(batch)
        if found is None:
            raise JournalError(f"there is no batch {batch!r}")
        if found.head.min_reader > FORMAT_VERSION:
            raise JournalNewer(f"batch {batch} was written by a newer version (format {found.head.min_reader})")
        return found

    @staticmethod
    def _sealed(found: _Batch, drafts: Sequence[Draft], now: Instant, origin: str, epoch: int) -> list[Event]:
        sealed: list[Event] = []
        seq, head = found.head.seq, found.head.head
        for draft in drafts:
            event, _, _ = seal(head, found.head.id, seq + 1, draft, now, origin, epoch)
            sealed.append(event)
            seq, head = event.seq, event.hash
        return sealed

    def _commit(self, found: _Batch, events: Sequence[Event]) -> None:
        found.events.extend(events)
        self._store.order.extend(events)
        self._store.writes += 1
        self._own_writes += 1
        last = events[-1]
        found.head = replace(found.head, epoch=last.epoch, seq=last.seq, head=last.hash)

    def _append(self, lease: Lease, drafts: Sequence[Draft], now: Instant, origin: str) -> tuple[Event, ...]:
        with self._store.mutex:
            self._writable()
            if not isinstance(lease, MemoryLease) or not lease.alive:
                raise LeaseLost(f"the lease of {lease.batch} was released")
            found = self._batch(lease.batch)
            if found.head.epoch != lease.epoch:
                raise LeaseLost(f"{lease.batch} was taken over (epoch {found.head.epoch}, ours is {lease.epoch})")
            events = self._sealed(found, drafts, now, origin, lease.epoch)
            taken = [event.payload["request"] for event in events if event.kind == "request_taken"]
            for request in taken:
                if request not in found.requests or taken.count(request) > 1:
                    raise JournalError(f"no request {request} waits in batch {lease.batch}")
            if not events:
                return ()
            self._commit(found, events)
            for request in taken:
                del found.requests[request]
        self._wake(lease.batch, None)
        return tuple(events)

    def _release(self, lease: MemoryLease, now: Instant) -> None:
        self._append(lease, [Draft("lease_released", {"holder": lease.holder})], now, lease.holder)
