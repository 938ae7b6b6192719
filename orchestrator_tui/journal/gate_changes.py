"""The compare-and-set on a gate: judged, recorded and shown in its row inside one transaction (reliability A-2)."""

from __future__ import annotations

import sqlite3

from orchestrator_tui.core import gates
from orchestrator_tui.core.event import GATE_KINDS, Draft, Event, EventError, check_payload
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate
from orchestrator_tui.journal import gate_rows
from orchestrator_tui.journal.event_rows import BatchWriter
from orchestrator_tui.journal.port import Refused
from orchestrator_tui.journal.record import folded, refusal, refused_decision


def check_kind(draft: Draft) -> None:
    """Raise :class:`EventError` unless ``draft`` changes a gate and its payload fits."""
    if draft.kind not in GATE_KINDS:
        raise EventError(f"{draft.kind} does not change a gate")
    check_payload(draft.kind, draft.payload)


def judged(gate: Gate | None, draft: Draft, now: Instant) -> tuple[str | None, Draft | None]:
    """Why ``draft`` may not happen to ``gate``, or None; and what is to be recorded, or None.

    A refused decision is recorded as such (A-3), unless it says again what was decided (A-4).
    """
    why = refusal(gate, draft, now)
    if why is None:
        return None, draft
    if draft.kind == "gate_decided" and why != gates.ALREADY:
        return why, refused_decision(draft, why)
    return why, None


def change(
    connection: sqlite3.Connection,
    writer: BatchWriter,
    folder: gate_rows.GateFolder,
    draft: Draft,
    now: Instant,
    origin: str,
) -> Event | Refused:
    """Judge ``draft`` against the gate as committed, and record what follows."""
    before = folder.load(connection, writer.batch, draft.payload["gate"])
    why, recorded = judged(before, draft, now)
    if recorded is None:
        return Refused(why or "", before)
    event = writer.write(recorded, now, origin)
    after = folded(before, event)
    writer.save()
    if why is not None:
        return Refused(why, after)
    if after is not None:
        gate_rows.save(connection, after, event)
    return event
