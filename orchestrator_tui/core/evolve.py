"""The fold: ``evolve`` alone changes state, and state is nothing but the fold of the journal (DESIGN §3).

Whatever is recorded was true when it was recorded; ``evolve`` never refuses. An event of an unknown kind marks its
batch as written by a newer version and leaves the rest as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from orchestrator_tui.core import gates
from orchestrator_tui.core.event import GATE_KINDS, Event, EventError
from orchestrator_tui.core.evolve_tracks import TRACK_HANDLERS, Changes
from orchestrator_tui.core.model import Batch, Limits, Signal, State

RECENT_EVENTS = 200
"""How many events a batch keeps for its timeline tail."""


def fold(events: Iterable[Event], state: State | None = None) -> State:
    """The state after ``events``, from ``state`` or from nothing."""
    batches = dict((state or State()).batches)
    for event in events:
        batches[event.batch] = evolve_batch(batches.get(event.batch), event)
    return State(batches)


def evolve(state: State, event: Event) -> State:
    """The state after one more event."""
    return State({**state.batches, event.batch: evolve_batch(state.batches.get(event.batch), event)})


def evolve_batch(batch: Batch | None, event: Event) -> Batch:
    """One batch after one more of its events.

    Raises:
        EventError: the event cannot follow: the journal holds what it never should.
    """
    if event.kind == "batch_opened":
        return _batch_opened(batch, event)
    if batch is None:
        raise EventError(f"{event.batch}/{event.seq}: {event.kind} before batch_opened")
    recent = (*batch.recent[-(RECENT_EVENTS - 1) :], event)
    head: dict[str, Any] = {"seq": event.seq, "head": event.hash, "epoch": event.epoch, "recent": recent}
    if event.kind in GATE_KINDS:
        return _gate_event(batch, event, head)
    handler = _HANDLERS.get(event.kind)
    if handler is None:
        return replace(batch, newer=batch.newer or event.kind, **head)
    return replace(batch, **head, **handler(batch, event))


def _gate_event(batch: Batch, event: Event, head: Changes) -> Batch:
    gate_id = event.payload["gate"]
    before = batch.gates.get(gate_id)
    after = gates.change(before, event)
    changed = {**batch.gates, gate_id: after}
    if event.kind == "gate_decided":
        by_rule = event.payload["origin"].startswith("policy:")
        head["decided_by_rule" if by_rule else "decided_by_person"] = (
            batch.decided_by_rule if by_rule else batch.decided_by_person
        ) + 1
    return replace(batch, gates=changed, **head)


def _batch_opened(batch: Batch | None, event: Event) -> Batch:
    if batch is not None:
        raise EventError(f"{event.batch}/{event.seq}: opened twice")
    data = event.payload
    return Batch(
        id=event.batch,
        title=data["title"],
        kind=data["kind"],
        state="running",
        workflow=data.get("workflow", ""),
        repository=data.get("repository", ""),
        source=data.get("source", ""),
        started_at=event.at,
        limits=Limits(**{key: value for key, value in data.get("limits", {}).items() if key in _LIMITS}),
        recent=(event,),
        epoch=event.epoch,
        seq=event.seq,
        head=event.hash,
    )


_LIMITS = frozenset(Limits.__dataclass_fields__)


def _batch_ended(batch: Batch, event: Event) -> Changes:
    return {"state": event.payload["outcome"], "ended_at": event.at}


def _batch_reopened(batch: Batch, event: Event) -> Changes:
    return {"state": "running", "ended_at": None}


def _lease_taken(batch: Batch, event: Event) -> Changes:
    return {"holder": event.payload["holder"]}


def _lease_released(batch: Batch, event: Event) -> Changes:
    return {"holder": ""}


def _nothing(batch: Batch, event: Event) -> Changes:
    return {}


def _refused(batch: Batch, event: Event) -> Changes:
    gate = batch.gates.get(event.payload["gate"])
    if gate is None:
        return {}
    return {"gates": {**batch.gates, gate.id: replace(gate, refusals=gate.refusals + 1)}}


# --- signals -----------------------------------------------------------------------------------------------


def _signal_raised(batch: Batch, event: Event) -> Changes:
    data = event.payload
    signal = Signal(
        id=data["signal"],
        kind=data["kind"],
        track=data.get("track", ""),
        gate=data.get("gate", ""),
        text=data["text"],
        evidence=tuple(data.get("evidence", ())),
        at=event.at,
    )
    return {"signals": {**batch.signals, signal.id: signal}}


def _signal_cleared(batch: Batch, event: Event) -> Changes:
    return {"signals": {key: one for key, one in batch.signals.items() if key != event.payload["signal"]}}


_HANDLERS: dict[str, Callable[[Batch, Event], Changes]] = {
    **TRACK_HANDLERS,
    "batch_ended": _batch_ended,
    "batch_reopened": _batch_reopened,
    "lease_taken": _lease_taken,
    "lease_released": _lease_released,
    "request_made": _nothing,
    "request_taken": _nothing,
    "note_added": _nothing,
    "decision_refused": _refused,
    "signal_raised": _signal_raised,
    "signal_cleared": _signal_cleared,
}
