"""The SQLite store: one database per repository, written by any process in one transaction a call (DESIGN §3)."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from orchestrator_tui.core.event import Draft, Event, EventError
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate
from orchestrator_tui.journal import batch_rows, event_rows, gate_changes, gate_rows, request_rows
from orchestrator_tui.journal.connection import Connection
from orchestrator_tui.journal.event_rows import BatchWriter, KnownKinds
from orchestrator_tui.journal.home import journal_directory, repository_root, state_home, worktrees
from orchestrator_tui.journal.lease import HeldLease, LeaseHolder, lease_holder, take_lock
from orchestrator_tui.journal.port import BatchHead, JournalDamaged, Lease, LeaseLost, Refused, Request
from orchestrator_tui.journal.private import prepare_directory, prepare_home, refuse_inside, refuse_remote
from orchestrator_tui.journal.record import OWN_CALL
from orchestrator_tui.journal.waking import Waiter, Waiters

LOCK_TIMEOUT_S = 2.0
HOOK_LOCK_TIMEOUT_S = 0.05
"""How long a hook waits for the journal before it passes through (DESIGN §3)."""

_FIRST_CHUNK, _CHUNK = 125, 2000
"""Events read at once: few at first, for those who want one place of a batch, then more, for those who want all."""

Wake = Callable[[str, str | None], None]


def _post_beside(directory: Path, session: str) -> None:
    # Loaded here, since whoever only reads posts nothing.
    from orchestrator_tui.journal.mail import post_beside

    post_beside(directory, session)


class SqliteJournal:
    """One process's handle on a repository's journal; implements :class:`~orchestrator_tui.journal.port.Journal`.

    ``wake`` and ``post`` are how others learn of a commit: those that wait for it, by batch and gate, and the session
    whose next tool call is to look. Neither ever fails the write that it follows. The handle may be used from any
    thread. It must not be carried over a ``fork``: locks would be shared.

    Raises:
        JournalMissing: there is no journal and ``create`` is false.
        JournalBusy, JournalUnwritable, JournalDamaged: the journal cannot be opened.
    """

    def __init__(
        self,
        directory: Path,
        *,
        lock_timeout_s: float = LOCK_TIMEOUT_S,
        create: bool = True,
        wake: Wake | None = None,
        post: Callable[[str], None] | None = None,
        secrets: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        if create or directory.is_dir():
            prepare_directory(directory)
        self.directory = directory
        self._known_secrets = secrets
        self.waiters = Waiters(directory)
        self._wake = self.waiters.wake if wake is None else wake
        self._post = partial(_post_beside, directory) if post is None else post
        self._connection = Connection(directory, lock_timeout_s, create)
        self._kinds = KnownKinds()
        self._gates = gate_rows.GateFolder()
        self._leases: list[HeldLease] = []

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Values that are recorded by nobody, whatever they look like (S-7)."""
        return self._known_secrets()

    @property
    def problem(self) -> str:
        """Why this journal can only be read, or ""."""
        return self._connection.problem

    # --- batches and events ------------------------------------------------------------------------------------

    def batches(self) -> tuple[BatchHead, ...]:
        """All batches, oldest first."""
        with self._connection.reading() as connection:
            return batch_rows.heads(connection)

    def open_batch(self, batch: str, opened: Draft, now: Instant, origin: str) -> bool:
        """Make the batch with its ``batch_opened`` event; False when it is there already."""
        with self._connection.writing() as connection:
            made = batch_rows.open_batch(connection, batch, opened, now, origin)
        if made:
            self._wake(batch, None)
        return made

    def take_lease(self, batch: str, holder: str, now: Instant) -> HeldLease | str:
        """The lease with its next epoch, or the text that says who holds it."""
        lock = take_lock(self.directory, batch, holder)
        if isinstance(lock, str):
            return lock
        try:
            with self._connection.writing() as connection:
                writer = BatchWriter(connection, self._kinds, batch, self.secrets)
                writer.epoch += 1
                writer.write(Draft("lease_taken", {"holder": holder}), now, holder)
                writer.save()
        except BaseException:
            lock.release(remove=False)
            raise
        self.waiters.sweep()
        lease = HeldLease(batch, writer.epoch, holder, lock, self._release)
        self._leases.append(lease)
        self._wake(batch, None)
        return lease

    def holder(self, batch: str) -> LeaseHolder | None:
        """Who holds the lease of ``batch`` now, or None."""
        return lease_holder(self.directory, batch)

    def append(self, lease: Lease, drafts: Sequence[Draft], now: Instant, origin: str) -> tuple[Event, ...]:
        """Record ``drafts`` in order, all or none, as the lease's holder."""
        for draft in drafts:
            if draft.kind in OWN_CALL:
                raise EventError(f"{draft.kind} is not appended: the journal has a call of its own for it")
        return self._append(lease, drafts, now, origin)

    def events(self, batch: str, after: int = 0) -> Iterator[Event]:
        """The events of one batch with ``seq`` greater than ``after``, in order."""
        limit = _FIRST_CHUNK
        while True:
            with self._connection.reading() as connection:
                chunk = event_rows.chunk_of_batch(connection, batch, after, limit)
            yield from chunk
            if len(chunk) < limit:
                return
            after = chunk[-1].seq
            limit = min(2 * limit, _CHUNK)

    def events_of(self, batch: str, kind: str) -> tuple[Event, ...]:
        """The events of one batch of one kind, in order."""
        with self._connection.reading() as connection:
            return event_rows.of_kind(connection, batch, kind)

    def tail(self, position: int) -> tuple[tuple[Event, ...], int]:
        """Events of all batches behind a global position, and the position to ask from next time."""
        with self._connection.reading() as connection:
            return event_rows.behind(connection, position)

    def position(self) -> int:
        """The position of the newest event: where :meth:`tail` begins for those who have read everything."""
        with self._connection.reading() as connection:
            return event_rows.last_position(connection)

    def data_version(self) -> int:
        """A number that changes when another connection has written."""
        with self._connection.reading() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

    # --- gates and requests ------------------------------------------------------------------------------------

    def change_gate(self, batch: str, draft: Draft, now: Instant, origin: str) -> Event | Refused:
        """One compare-and-set on a gate, judged inside the transaction."""
        gate_changes.check_kind(draft)
        with self._connection.writing() as connection:
            writer = BatchWriter(connection, self._kinds, batch, self.secrets)
            before = writer.seq
            outcome, after = gate_changes.change(connection, writer, self._gates, draft, now, origin)
        if isinstance(outcome, Event) and (session := gate_changes.addressee(draft, after)):
            with suppress(OSError):
                # The decision stands; whoever holds the batch posts again.
                self._post(session)
        if writer.seq != before:
            self._wake(batch, None if isinstance(outcome, Refused) else draft.payload["gate"])
        return outcome

    def gate(self, batch: str, gate: str) -> Gate | None:
        """The newest revision of one gate, or None."""
        with self._connection.reading() as connection:
            return self._gates.load(connection, batch, gate)

    def gates(self, batch: str | None = None) -> tuple[Gate, ...]:
        """The newest revision of every gate that is not in a terminal state, of one batch or all."""
        with self._connection.reading() as connection:
            return self._gates.living(connection, batch)

    def insert_request(self, batch: str, kind: str, payload: dict[str, Any], now: Instant, origin: str) -> int:
        """Leave a request for the batch's holder; its id is the place of its event in the batch."""
        with self._connection.writing() as connection:
            writer = BatchWriter(connection, self._kinds, batch, self.secrets)
            event = writer.write(Draft("request_made", {"kind": kind, "payload": payload}), now, origin)
            request_rows.add(connection, event)
            writer.save()
        self._wake(batch, None)
        return event.seq

    def requests(self, batch: str) -> tuple[Request, ...]:
        """The requests of ``batch`` that nobody took yet, oldest first."""
        with self._connection.reading() as connection:
            return request_rows.waiting(connection, batch)

    # --- blobs, waiting, keeping -------------------------------------------------------------------------------

    def put_blob(self, content: bytes) -> str:
        """Store bytes that are too large for a payload; returns their SHA-256."""
        digest = hashlib.sha256(content).hexdigest()
        with self._connection.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO blob (digest, content) VALUES (?, ?)", (digest, content))
        return digest

    def blob(self, digest: str) -> bytes | None:
        """The bytes of a blob, or None.

        Raises:
            JournalDamaged: the bytes are not those that were stored.
        """
        with self._connection.reading() as connection:
            row = connection.execute("SELECT content FROM blob WHERE digest = ?", (digest,)).fetchone()
        if row is None:
            return None
        content = bytes(row[0])
        if hashlib.sha256(content).hexdigest() != digest:
            raise JournalDamaged(f"blob {digest} is damaged")
        return content

    def waiter(self, batch: str | None = None, gate: str | None = None, *, what: str = "") -> Waiter:
        """Wait for a gate, for everything of a batch (its holder), or for everything (followers)."""
        return self.waiters.wait_for(batch, gate, self.data_version, what=what)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database, under the journal's lock."""
        self._connection.checkpoint()

    def close(self) -> None:
        """Let go of everything, leases too, under the journal's lock. Idempotent."""
        for lease in self._leases:
            lease.drop()
        self._leases.clear()
        self._connection.close()

    # --- for the modules beside this one -----------------------------------------------------------------------

    def snapshot(self) -> AbstractContextManager[sqlite3.Connection]:
        """The connection, for queries that must all see the same moment."""
        return self._connection.snapshot()

    def import_rows(self, batch: str, insert: Callable[[sqlite3.Connection], None]) -> None:
        """Add a whole batch in one transaction."""
        with self._connection.writing() as connection:
            insert(connection)
        self._wake(batch, None)

    def _append(self, lease: Lease, drafts: Sequence[Draft], now: Instant, origin: str) -> tuple[Event, ...]:
        if not isinstance(lease, HeldLease) or not lease.alive:
            raise LeaseLost(f"the lease of {lease.batch} was released")
        with self._connection.writing() as connection:
            writer = BatchWriter(connection, self._kinds, lease.batch, self.secrets)
            if writer.epoch != lease.epoch:
                raise LeaseLost(f"{lease.batch} was taken over (epoch {writer.epoch}, ours is {lease.epoch})")
            events = tuple(writer.write(draft, now, origin) for draft in drafts)
            for event in events:
                if event.kind == "request_taken":
                    request_rows.take(connection, event)
            writer.save()
        if events:
            self._wake(lease.batch, None)
        return events

    def _release(self, lease: HeldLease, now: Instant) -> None:
        if lease in self._leases:
            self._leases.remove(lease)
        self._append(lease, [Draft("lease_released", {"holder": lease.holder})], now, lease.holder)


def open_journal(
    start: Path, environ: Mapping[str, str], *, lock_timeout_s: float = LOCK_TIMEOUT_S, create: bool = True
) -> SqliteJournal:
    """The journal of the repository that ``start`` is in, at the place and with the checks of J-8 and D-4.

    Raises:
        JournalError: it cannot be opened there; the text says why and what to do.
    """
    home = state_home(environ)
    repository = repository_root(start)
    directory = journal_directory(home, repository)
    if create or directory.is_dir():
        refuse_inside(directory, worktrees(repository))
        prepare_home(home, directory)
        refuse_remote(directory, environ)
    return SqliteJournal(
        directory, lock_timeout_s=lock_timeout_s, create=create, secrets=lambda: _secret_values(environ)
    )


def _secret_values(environ: Mapping[str, str]) -> tuple[str, ...]:
    # Loaded here, since whoever only reads needs none of it.
    from orchestrator_tui.core.secret_values import secret_values

    return secret_values(environ)
