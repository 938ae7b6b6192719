"""Event rows of the SQLite store: written through one :class:`BatchWriter` a transaction, read in chunks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from orchestrator_tui.core.event import FORMAT_VERSION, KINDS, Draft, Event
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.journal.port import JournalDamaged, JournalError, JournalNewer
from orchestrator_tui.journal.record import seal

COLUMNS = "batch, seq, wall_ms, boot_ms, boot_id, kind, origin, epoch, payload, hash"
"""The columns that :func:`event_of` takes, in its order."""

_INSERT = (
    "INSERT INTO event (batch, seq, wall_ms, boot_ms, boot_id, kind, origin, epoch, gate, payload, hash)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_KINDS_FROM_START = """
WITH RECURSIVE used (kind) AS (
    SELECT min(kind) FROM event WHERE batch = :batch
    UNION ALL
    SELECT (SELECT min(kind) FROM event WHERE batch = :batch AND kind > used.kind) FROM used WHERE used.kind IS NOT NULL
)
SELECT kind FROM used WHERE kind IS NOT NULL
"""

EventRow = tuple[str, int, int, int, str, str, str, int, str, str]


def event_of(row: EventRow) -> Event:
    """The event of one row of :data:`COLUMNS`.

    Raises:
        JournalDamaged: the payload is not a JSON object.
    """
    batch, seq, wall_ms, boot_ms, boot_id, kind, origin, epoch, text, digest = row
    try:
        payload: Any = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise JournalDamaged(f"event {batch}/{seq} ({kind}) is damaged: its payload is not JSON") from error
    if not isinstance(payload, dict):
        raise JournalDamaged(f"event {batch}/{seq} ({kind}) is damaged: its payload is no object")
    return Event(batch, seq, Instant(wall_ms, boot_ms, boot_id), kind, origin, epoch, payload, digest)


def _events_of(rows: list[EventRow]) -> list[Event]:
    """The events of many rows: one parse for all payloads is three times faster than one for each."""
    try:
        payloads = json.loads(f"[{','.join([row[8] for row in rows])}]")
    except (ValueError, TypeError, RecursionError):
        payloads = []
    if len(payloads) != len(rows) or not all(isinstance(payload, dict) for payload in payloads):
        return [event_of(row) for row in rows]  # One of them is damaged: this names it.
    return [
        Event(batch, seq, Instant(wall_ms, boot_ms, boot_id), kind, origin, epoch, payload, digest)
        for (batch, seq, wall_ms, boot_ms, boot_id, kind, origin, epoch, _, digest), payload in zip(
            rows, payloads, strict=True
        )
    ]


def chunk_of_batch(connection: sqlite3.Connection, batch: str, after: int, limit: int) -> list[Event]:
    """Up to ``limit`` events of ``batch`` behind ``after``.

    Raises:
        JournalDamaged: a payload cannot be read, or an event is missing.
    """
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM event WHERE batch = ? AND seq > ? ORDER BY seq LIMIT ?", (batch, after, limit)
    )
    events = _events_of(rows.fetchall())
    for expected, event in enumerate(events, after + 1):
        if event.seq != expected:
            raise JournalDamaged(f"event {batch}/{expected} is missing")
    return events


def of_kind(connection: sqlite3.Connection, batch: str, kind: str) -> tuple[Event, ...]:
    """The events of ``batch`` of one kind, in order, found by their index."""
    # By position, which the index holds, too: by seq, SQLite would walk through the whole batch instead.
    query = f"SELECT {COLUMNS} FROM event WHERE batch = ? AND kind = ? ORDER BY position"
    rows = connection.execute(query, (batch, kind))
    return tuple(event_of(row) for row in rows.fetchall())


def behind(connection: sqlite3.Connection, position: int) -> tuple[tuple[Event, ...], int]:
    """The events of all batches behind ``position`` and the position of the last of them."""
    rows = connection.execute(
        f"SELECT {COLUMNS}, position FROM event WHERE position > ? ORDER BY position", (position,)
    ).fetchall()
    return tuple(event_of(row[:-1]) for row in rows), rows[-1][-1] if rows else position


def last_position(connection: sqlite3.Connection) -> int:
    """The position of the newest event of all batches, 0 when there is none."""
    return int(connection.execute("SELECT coalesce(max(position), 0) FROM event").fetchone()[0])


def insert_event(connection: sqlite3.Connection, event: Event, payload: str, gate: str | None) -> None:
    """Add one sealed event."""
    at = event.at
    connection.execute(
        _INSERT,
        (
            event.batch,
            event.seq,
            at.wall_ms,
            at.boot_ms,
            at.boot_id,
            event.kind,
            event.origin,
            event.epoch,
            gate,
            payload,
            event.hash,
        ),
    )


class KnownKinds:
    """Remembers up to where a batch was seen to hold no event kind of a newer version."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def check(self, connection: sqlite3.Connection, batch: str, seq: int) -> None:
        """Raise :class:`JournalNewer` when an event of ``batch`` up to ``seq`` has a kind we do not know."""
        seen = self._seen.get(batch, 0)
        if seen >= seq:
            return
        rows: Iterable[tuple[str]]
        if seen == 0:
            rows = connection.execute(_KINDS_FROM_START, {"batch": batch})
        else:
            rows = connection.execute("SELECT DISTINCT kind FROM event WHERE batch = ? AND seq > ?", (batch, seen))
        unknown = sorted(kind for (kind,) in rows if kind not in KINDS)
        if unknown:
            raise JournalNewer(f"batch {batch} was written by a newer version (event kind {unknown[0]!r})")
        self._seen[batch] = seq


class BatchWriter:
    """Adds events to one batch inside one transaction; :meth:`save` keeps the batch's row in step.

    Raises:
        JournalError: there is no such batch.
        JournalNewer: a newer version wrote it.
    """

    def __init__(
        self, connection: sqlite3.Connection, kinds: KnownKinds, batch: str, secrets: tuple[str, ...] = ()
    ) -> None:
        row = connection.execute("SELECT epoch, seq, head, min_reader FROM batch WHERE id = ?", (batch,)).fetchone()
        if row is None:
            raise JournalError(f"there is no batch {batch!r}")
        self._connection = connection
        self._secrets = secrets
        self.batch = batch
        self.epoch, self.seq, self._head, min_reader = row
        if min_reader > FORMAT_VERSION:
            raise JournalNewer(f"batch {batch} was written by a newer version (format {min_reader})")
        kinds.check(connection, batch, self.seq)

    def write(self, draft: Draft, at: Instant, origin: str) -> Event:
        """Add the event of ``draft`` behind the last one."""
        # Loaded here, since most who open a journal only read it.
        from orchestrator_tui.journal.secrecy import without_secrets

        clean = without_secrets(draft, self._secrets)
        event, text, gate = seal(self._head, self.batch, self.seq + 1, clean, at, origin, self.epoch)
        insert_event(self._connection, event, text, gate)
        self.seq, self._head = event.seq, event.hash
        return event

    def save(self) -> None:
        """Bring the batch's row up to the last event written."""
        self._connection.execute(
            "UPDATE batch SET epoch = ?, seq = ?, head = ? WHERE id = ?", (self.epoch, self.seq, self._head, self.batch)
        )
