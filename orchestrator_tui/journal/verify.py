"""Verification: every event recomputed, every table rebuilt, the first thing that does not fit named (D-5)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from orchestrator_tui.core.event import Event, EventError
from orchestrator_tui.core.frozen import field_names, frozen
from orchestrator_tui.journal import batch_rows, gate_rows, request_rows
from orchestrator_tui.journal.batch_rows import first_head
from orchestrator_tui.journal.codec import Header
from orchestrator_tui.journal.event_rows import COLUMNS, event_of
from orchestrator_tui.journal.exported import ExportDamaged, StoredEvent, Torn, read_lines
from orchestrator_tui.journal.history import History, Impossible
from orchestrator_tui.journal.port import BatchHead, JournalDamaged, JournalError
from orchestrator_tui.journal.record import GENESIS, chained_hash, check_columns, gate_column
from orchestrator_tui.journal.sqlite import SqliteJournal


@frozen
class Verdict:
    """What verification found.

    Attributes:
        batch: its id, "" when even that cannot be read.
        intact: everything fits and nothing is missing.
        count: events that are proven to be what was written.
        head: hash of the last of them.
        seq: the first event that does not fit, or None when it is not an event.
        kind: the kind of that event, as far as it can be read.
        reason: one line on what does not fit, "" when intact.
        truncated: all that is there fits, but the file ends before its trailer.
    """

    batch: str
    intact: bool
    count: int = 0
    head: str = GENESIS
    seq: int | None = None
    kind: str = ""
    reason: str = ""
    truncated: bool = False


@dataclass(slots=True)
class _Proven:
    """How far verification has come."""

    batch: str
    count: int = 0
    head: str = GENESIS

    def verdict(self) -> Verdict:
        return Verdict(self.batch, True, self.count, self.head)

    def unfit(self, seq: int | None, kind: str, reason: str) -> Verdict:
        return Verdict(self.batch, False, self.count, self.head, seq, kind, reason)

    def cut_short(self, note: str) -> Verdict:
        return Verdict(self.batch, False, self.count, self.head, reason=note, truncated=True)


def verify_export(path: Path) -> Verdict:
    """Verify an exported batch from its file alone.

    Raises:
        JournalError: the file cannot be read, or is no export.
    """
    proven = _Proven("")
    history = History()
    try:
        for line in read_lines(path):
            match line:
                case StoredEvent(event):
                    try:
                        history.follow(event)
                    except Impossible as error:
                        return proven.unfit(event.seq, event.kind, f"event {event.seq} ({event.kind}): {error}")
                    proven.count, proven.head = event.seq, event.hash
                case Header():
                    proven.batch = line.batch
                case Torn():
                    return proven.cut_short(line.note)
    except ExportDamaged as error:
        return proven.unfit(error.seq, error.kind, str(error))
    return proven.verdict()


def verify_batch(journal: SqliteJournal, batch: str) -> Verdict:
    """Verify one batch of a journal and its rows in every table.

    Raises:
        JournalError: there is no such batch, or the journal cannot be read at all.
    """
    with journal.snapshot() as connection:
        head = batch_rows.head_of(connection, batch)
        if head is None:
            raise JournalError(f"there is no batch {batch!r}")
        return _verify_rows(connection, head)


def _verify_rows(connection: sqlite3.Connection, head: BatchHead) -> Verdict:
    proven, history = _Proven(head.id), History()
    first: Event | None = None
    try:
        rows = connection.execute(f"SELECT {COLUMNS}, gate FROM event WHERE batch = ? ORDER BY seq", (head.id,))
        for row in rows:
            seq, kind = row[1], row[5]
            try:
                event = _proven_event(row, proven)
                history.follow(event)
            except (Impossible, JournalDamaged, EventError, TypeError) as error:
                return proven.unfit(seq, kind, f"event {seq} ({kind}): {error}")
            first = first or event
            proven.count, proven.head = event.seq, event.hash
        why = _unfit_tables(connection, head, proven, first, history)
    except sqlite3.DatabaseError as error:
        return proven.unfit(proven.count + 1, "", f"the database is damaged behind event {proven.count}: {error}")
    return proven.verdict() if why is None else proven.unfit(None, "", why)


def _proven_event(row: tuple[Any, ...], proven: _Proven) -> Event:
    event = event_of(row[:-1])
    text = row[8]
    check_columns(event.batch, event.at, event.kind, event.origin)
    if event.seq != proven.count + 1:
        raise Impossible(f"event {proven.count + 1} is missing before it")
    hashed = chained_hash(proven.head, event.batch, event.seq, event.at, event.kind, event.origin, event.epoch, text)
    if hashed != event.hash:
        raise Impossible("its hash does not fit its content and the event before it")
    if row[-1] != gate_column(event.kind, event.payload):
        raise Impossible(f"its row names the gate {row[-1]!r}")
    return event


def _unfit_tables(
    connection: sqlite3.Connection, head: BatchHead, proven: _Proven, first: Event | None, history: History
) -> str | None:
    if first is None:
        return "the batch has no events"
    expected = replace(first_head(first), epoch=history.epoch, seq=proven.count, head=proven.head)
    if head != expected:
        names = [name for name in field_names(BatchHead) if getattr(head, name) != getattr(expected, name)]
        return f"the batch's row differs from its events in {', '.join(names)}"
    gates = sorted(history.gate_rows.values(), key=lambda row: (row.gate, row.revision))
    for kept, rebuilt in zip_longest(gate_rows.rows_of(connection, head.id), gates):
        if kept != rebuilt:
            row = kept or rebuilt
            return f"the row of gate {row.gate!r}, revision {row.revision}, differs from its events"
    requests = sorted(history.requests.values())
    for kept_request, request in zip_longest(request_rows.rows_of(connection, head.id), requests):
        if kept_request != request:
            return f"the row of request {(kept_request or request)[0]} differs from its events"
    return None
