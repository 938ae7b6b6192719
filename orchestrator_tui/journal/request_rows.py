"""Request rows of the SQLite store: what processes without the lease want of the holder, taken once."""

from __future__ import annotations

import sqlite3

from orchestrator_tui.core.event import Event
from orchestrator_tui.journal.event_rows import COLUMNS, event_of
from orchestrator_tui.journal.port import JournalError, Request

_WAITING = (
    f"SELECT {', '.join(f'event.{name.strip()}' for name in COLUMNS.split(','))} FROM request"
    " JOIN event ON event.batch = request.batch AND event.seq = request.id"
    " WHERE request.batch = ? AND request.taken_seq IS NULL ORDER BY request.id"
)

RequestRow = tuple[int, str, int | None]
"""Id, kind and the event that took it, or None."""


def request_of(event: Event) -> Request:
    """The request that a ``request_made`` event makes; its id is the event's place in its batch."""
    payload = event.payload
    return Request(event.seq, event.batch, payload["kind"], dict(payload["payload"]), event.origin, event.at)


def add(connection: sqlite3.Connection, event: Event) -> None:
    """Add the row of a ``request_made`` event."""
    connection.execute(
        "INSERT INTO request (batch, id, kind) VALUES (?, ?, ?)", (event.batch, event.seq, event.payload["kind"])
    )


def take(connection: sqlite3.Connection, event: Event) -> None:
    """Mark the request of a ``request_taken`` event as taken by it.

    Raises:
        JournalError: no such request waits.
    """
    request = event.payload["request"]
    taken = connection.execute(
        "UPDATE request SET taken_seq = ? WHERE batch = ? AND id = ? AND taken_seq IS NULL",
        (event.seq, event.batch, request),
    ).rowcount
    if taken != 1:
        raise JournalError(f"no request {request} waits in batch {event.batch}")


def waiting(connection: sqlite3.Connection, batch: str) -> tuple[Request, ...]:
    """The requests of one batch that nobody took yet, oldest first."""
    return tuple(request_of(event_of(row)) for row in connection.execute(_WAITING, (batch,)))


def rows_of(connection: sqlite3.Connection, batch: str) -> list[RequestRow]:
    """All request rows of one batch."""
    return list(
        connection.execute("SELECT id, kind, taken_seq FROM request WHERE batch = ? ORDER BY id", (batch,)).fetchall()
    )
