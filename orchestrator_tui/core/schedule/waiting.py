"""Tracks that only wait for an answer: they take no place at work, since a question stops no other work (DESIGN §2.3).

Whoever goes on when the answer comes may be one too many for a moment: an answer is never held back, and nothing new
is begun until there is room again. Whatever else keeps tracks apart, such as files that they share, still does.
"""

from __future__ import annotations

from collections.abc import Callable

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.gate_refusals import HELD_KINDS
from orchestrator_tui.core.model import Batch, Gate, GateState, Track
from orchestrator_tui.core.schedule.effects import ATTEMPT, under_way
from orchestrator_tui.core.schedule.gates import SOURCE, barring


def has_agent(batch: Batch, track: Track) -> bool:
    """Whether an agent of a track is at work, or about to be."""
    running = bool(track.attempts) and track.attempts[-1].ended_at is None
    return running or under_way(batch, ATTEMPT, track=track.slug)


def is_waiting(batch: Batch, track: Track) -> bool:
    """Whether nothing of a track goes on until it is answered: its agent waits, or it has none and a gate bars it."""
    if track.work is None or batch.run is None:
        return False
    if has_agent(batch, track):
        return _stands(batch, track.work.waits_at)
    busy = any(effect.track == track.slug for effect in batch.run.effects.values())
    return not busy and bool(barring(batch, track))


def observed(batch: Batch, waits: Callable[[Gate], bool]) -> tuple[Draft, ...]:
    """What is new of agents that wait for an answer, or go on although what they asked is open.

    Args:
        waits: whether a process waits for the answer to a gate right now.
    """
    drafts = []
    for track in batch.tracks.values():
        if track.work is None or not track.attempts or track.attempts[-1].ended_at is not None:
            continue
        asked = (gate for gate in barring(batch, track) if gate.source != SOURCE)
        held = next((gate.id for gate in asked if gate.question.kind in HELD_KINDS or waits(gate)), "")
        if held != (track.work.waits_at if _stands(batch, track.work.waits_at) else ""):
            drafts.append(Draft("agent_waits", {"track": track.slug, "gate": held}))
    return tuple(drafts)


def _stands(batch: Batch, gate_id: str) -> bool:
    gate = batch.gates.get(gate_id)
    return gate is not None and gate.state in (GateState.OPEN, GateState.DECIDED)
