"""The head of a gate card: whose gate it is, how long it has waited, and what is left of the five minutes."""

from __future__ import annotations

from datetime import tzinfo

from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, GateState, Track
from orchestrator_tui.core.queries import gate_age_ms, is_stale, stage_place, wants_confirmation
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.tracks_shown import track_of
from orchestrator_tui.ui.present.ages import clock_time, duration, left
from orchestrator_tui.ui.present.cells import clean
from orchestrator_tui.ui.present.routes import held_words
from orchestrator_tui.ui.present.words import stage_name

Header = tuple[tuple[str, ...], tuple[str, ...]]
"""Words in two groups: on one line where both fit, else on two."""


def short_header(gate: Gate, track: Track | None, batch: Batch, now: Instant) -> Header:
    """Track, stage and revision; then the waiting."""
    who = (clean(track_of(batch, gate), 80), _stage(gate, track), f"r{gate.revision}")
    return tuple(part for part in who if part), (*_waited(gate, batch, now), *_state(gate, batch))


def full_header(gate: Gate, track: Track | None, batch: Batch, now: Instant, zone: tzinfo, trust: str) -> Header:
    """The same in full words, with the time it was asked and, where a wrong answer stays, the trust level (D-6)."""
    stage = _stage(gate, track)
    who = (clean(track_of(batch, gate), 80), f"stage {stage}" if stage else "", f"revision {gate.revision}")
    opened = f"opened {clock_time(gate.asked_at, zone)}"
    promise = (f"trust: {trust}",) if wants_confirmation(gate) == "slug" else ()
    return tuple(part for part in who if part), (opened, *_waited(gate, batch, now), *_state(gate, batch), *promise)


def _stage(gate: Gate, track: Track | None) -> str:
    """``8/8 Self-Healing Deploy``, or "" for a gate outside a ladder."""
    index = gate.question.stage
    if index is None or track is None or not track.stages:
        return ""
    number = stage_place((one.index for one in track.stages), index)
    return f"{number}/{len(track.stages)} {stage_name(track, index)}".rstrip()


def _waited(gate: Gate, batch: Batch, now: Instant) -> tuple[str, ...]:
    spent, limit = gate_age_ms(gate, now), batch.limits.gate_stale_ms
    parts = [f"waited {duration(spent)}"]
    if gate.state is GateState.OPEN:
        if spent < limit:
            parts.append(f"stale in {left(limit, spent)}")
        elif not is_stale(gate, now, batch):
            parts.append("snoozed")
    if gate.refusals:
        parts.append(f"{plural(gate.refusals, 'answer')} refused")
    return tuple(parts)


def _state(gate: Gate, batch: Batch) -> tuple[str, ...]:
    """How the asker of an open gate waits, or how far an answered one has come."""
    words = held_words(gate, batch) if gate.state is GateState.OPEN else _STATES[gate.state]
    return (words,) if words else ()


_STATES = {
    GateState.DECIDED: "decided",
    GateState.DELIVERED: "delivered",
    GateState.ACKNOWLEDGED: "acknowledged",
    GateState.WITHDRAWN: "withdrawn",
    GateState.SUPERSEDED: "replaced",
    GateState.CANCELLED: "cancelled",
    GateState.EXPIRED: "expired",
    GateState.ANSWERED_ELSEWHERE: "answered elsewhere",
}
