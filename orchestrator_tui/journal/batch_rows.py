"""Batch rows of the SQLite store: what is known of a batch without reading its events."""

from __future__ import annotations

import sqlite3

from orchestrator_tui.core.event import FORMAT_VERSION, Draft, Event, EventError
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.journal.event_rows import insert_event
from orchestrator_tui.journal.port import BatchHead
from orchestrator_tui.journal.record import GENESIS, seal

_COLUMNS = "id, title, kind, source, epoch, seq, head, min_reader, opened_wall_ms"


def heads(connection: sqlite3.Connection) -> tuple[BatchHead, ...]:
    """All batches, oldest first."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM batch ORDER BY opened_wall_ms, number")
    return tuple(BatchHead(*row) for row in rows)


def head_of(connection: sqlite3.Connection, batch: str) -> BatchHead | None:
    """One batch, or None."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM batch WHERE id = ?", (batch,)).fetchone()
    return None if row is None else BatchHead(*row)


def first_head(event: Event) -> BatchHead:
    """The batch that a ``batch_opened`` event makes.

    Raises:
        EventError: it is not the first event of its batch, or does not open one.
    """
    if event.kind != "batch_opened" or event.seq != 1:
        raise EventError(f"a batch begins with batch_opened, not with {event.kind} at {event.seq}")
    payload = event.payload
    return BatchHead(
        id=event.batch,
        title=payload["title"],
        kind=payload["kind"],
        source=payload.get("source", ""),
        epoch=event.epoch,
        seq=event.seq,
        head=event.hash,
        min_reader=payload.get("min_reader", FORMAT_VERSION),
        opened_wall_ms=event.at.wall_ms,
    )


def insert_head(connection: sqlite3.Connection, head: BatchHead) -> None:
    """Add the row of one batch."""
    connection.execute(
        f"INSERT INTO batch ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            head.id,
            head.title,
            head.kind,
            head.source,
            head.epoch,
            head.seq,
            head.head,
            head.min_reader,
            head.opened_wall_ms,
        ),
    )


def open_batch(connection: sqlite3.Connection, batch: str, opened: Draft, now: Instant, origin: str) -> bool:
    """Make the batch with its first event; False when it is there already."""
    if head_of(connection, batch) is not None:
        return False
    event, text, gate = seal(GENESIS, batch, 1, opened, now, origin, epoch=0)
    insert_head(connection, first_head(event))
    insert_event(connection, event, text, gate)
    return True
