"""Gate rows of the SQLite store: the compare-and-set cells; a gate's content is the fold of its events."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from orchestrator_tui.core.event import Event, EventError
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Gate, GateState
from orchestrator_tui.journal.event_rows import COLUMNS, event_of
from orchestrator_tui.journal.port import JournalDamaged
from orchestrator_tui.journal.record import folded

_CACHED_GATES = 4096
_LIVING = "state IN ('open', 'decided', 'delivered')"
_COLUMNS = "batch, gate, revision, digest, state, track, decision, claim, opened_seq, changed_seq"


@frozen
class GateRow:
    """One revision of one gate as its row shows it; superseded revisions stay."""

    batch: str
    gate: str
    revision: int
    digest: str
    state: str
    track: str
    decision: str | None
    claim: str | None
    opened_seq: int
    changed_seq: int


def row_after(row: GateRow | None, gate: Gate, event: Event) -> GateRow:
    """The row of ``gate`` after ``event``; ``row`` is the row of the same revision before it."""
    opened = event.seq if row is None or row.revision != gate.revision else row.opened_seq
    return GateRow(
        batch=gate.batch,
        gate=gate.id,
        revision=gate.revision,
        digest=gate.digest,
        state=str(gate.state),
        track=gate.track,
        decision=None if gate.decision is None else gate.decision.id,
        claim=gate.claim,
        opened_seq=opened,
        changed_seq=event.seq,
    )


def superseded(row: GateRow, seq: int) -> GateRow:
    """The row of an older revision once a newer one was opened at ``seq``; terminal states never change."""
    if GateState(row.state) in TERMINAL_GATE_STATES:
        return row
    return replace(row, state=str(GateState.SUPERSEDED), claim=None, changed_seq=seq)


class GateFolder:
    """Folds gates from their events and keeps the folds, so that only events since then are read again."""

    def __init__(self) -> None:
        self._folds: dict[tuple[str, str], tuple[int, Gate]] = {}

    def load(self, connection: sqlite3.Connection, batch: str, gate_id: str) -> Gate | None:
        """The newest revision of one gate as committed, or None. Not to be asked behind one's own uncommitted write.

        Raises:
            JournalDamaged: the gate's events do not follow each other.
        """
        seq, gate = self._folds.get((batch, gate_id), (0, None))
        rows = connection.execute(
            f"SELECT {COLUMNS} FROM event WHERE batch = ? AND gate = ? AND seq > ? ORDER BY seq", (batch, gate_id, seq)
        ).fetchall()
        for row in rows:
            event = event_of(row)
            try:
                gate = folded(gate, event)
            except EventError as error:
                raise JournalDamaged(str(error)) from error
            seq = event.seq
        if gate is not None and rows:
            if len(self._folds) >= _CACHED_GATES:
                self._folds.clear()
            self._folds[batch, gate_id] = (seq, gate)
        return gate

    def living(self, connection: sqlite3.Connection, batch: str | None) -> tuple[Gate, ...]:
        """The gates of one batch, or of all, that are not in a terminal state: oldest batch first, then as opened."""
        query = f"SELECT gate.batch, gate.gate FROM gate JOIN batch ON batch.id = gate.batch WHERE {_LIVING}"
        order = "ORDER BY batch.number, gate.opened_seq"
        if batch is None:
            rows = connection.execute(f"{query} {order}").fetchall()
        else:
            rows = connection.execute(f"{query} AND gate.batch = ? {order}", (batch,)).fetchall()
        found = (self.load(connection, *row) for row in rows)
        return tuple(gate for gate in found if gate is not None)


def save(connection: sqlite3.Connection, gate: Gate, event: Event) -> None:
    """Bring the rows of a gate in step with ``event``, which made it what it is now."""
    if event.kind == "gate_opened":
        before = _row(connection, gate.batch, gate.id, gate.revision - 1)
        if before is not None:
            put(connection, superseded(before, event.seq))
        put(connection, row_after(None, gate, event))
        return
    before = _row(connection, gate.batch, gate.id, gate.revision)
    if before is None:
        raise JournalDamaged(f"gate {gate.batch}/{gate.id} has events but no row")
    put(connection, row_after(before, gate, event))


def put(connection: sqlite3.Connection, row: GateRow) -> None:
    """Write one row in place of what was there."""
    connection.execute(
        f"INSERT OR REPLACE INTO gate ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.batch,
            row.gate,
            row.revision,
            row.digest,
            row.state,
            row.track,
            row.decision,
            row.claim,
            row.opened_seq,
            row.changed_seq,
        ),
    )


def rows_of(connection: sqlite3.Connection, batch: str) -> list[GateRow]:
    """All gate rows of one batch, superseded revisions included."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM gate WHERE batch = ? ORDER BY gate, revision", (batch,))
    return [GateRow(*row) for row in rows]


def _row(connection: sqlite3.Connection, batch: str, gate_id: str, revision: int) -> GateRow | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM gate WHERE batch = ? AND gate = ? AND revision = ?", (batch, gate_id, revision)
    ).fetchone()
    return None if row is None else GateRow(*row)
