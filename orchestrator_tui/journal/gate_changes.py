"""The compare-and-set on a gate: judged, recorded and shown in its row inside one transaction (reliability A-2)."""

from __future__ import annotations

import sqlite3

from orchestrator_tui.core import gates
from orchestrator_tui.core.agents import session_of
from orchestrator_tui.core.event import GATE_KINDS, Draft, Event, EventError, check_payload
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.journal import gate_rows
from orchestrator_tui.journal.event_rows import BatchWriter
from orchestrator_tui.journal.port import Refused
from orchestrator_tui.journal.record import folded, refusal, refused_decision

MAILED = frozenset({"gate_decided", "redelivery_asked", "gate_route_added"})
"""Changes after which an agent that makes tool calls has an answer to look for."""


def addressee(draft: Draft, after: Gate | None) -> str:
    """The session that is to be told by mail of a committed change, or "" (DESIGN §4.2, cost)."""
    told = after is not None and draft.kind in MAILED and after.state is GateState.DECIDED and "hook" in after.routes
    return session_of(after.asker) if told and after is not None else ""


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
) -> tuple[Event | Refused, Gate | None]:
    """Judge ``draft`` against the gate as committed, and record what follows; with the gate as it is then."""
    before = folder.load(connection, writer.batch, draft.payload["gate"])
    why, recorded = judged(before, draft, now)
    if recorded is None:
        return Refused(why or "", before), before
    event = writer.write(recorded, now, origin)
    after = folded(before, event)
    writer.save()
    if why is not None:
        return Refused(why, after), after
    if after is not None:
        gate_rows.save(connection, after, event)
    return event, after
