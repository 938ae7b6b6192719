"""How a batch went, in numbers: rescues, loops of review, questions by rule and by person, waiting, cost (seed 000)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Gate, GateState, StageStatus, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.report.model import Measures
from orchestrator_tui.core.schedule.rules import stages_of

Number = TypeVar("Number", int, float)

RULE = "policy:"
"""How the origin of a decision begins that a rule has made."""

YES, NO, SKIPPED = "yes", "no", "skipped"

_SCOUT = "scout"
_FRESH = "fresh agent"
"""The action of a rescue in which the rest of the work is given to another agent; a nudge alone is none."""


def measures(batch: Batch, tracks: Sequence[Track], gates: Sequence[Gate], now: Instant) -> Measures:
    """The measures of these tracks and gates."""
    return Measures(
        discovery_reuse=discovery_reuse(batch),
        rescue_attempts=sum(rescue_attempts(one) for one in tracks),
        abandonments=sum(one.state is TrackState.ABANDONED for one in tracks),
        loops={one.slug: review_loops(batch, one) for one in tracks if one.slug != BATCH_TRACK},
        gates_by_rule=sum(decided_by_rule(one) for one in gates),
        gates_by_person=sum(decided_by_person(one) for one in gates),
        waited_ms=waited_ms(gates, now),
        attempts=sum(len(one.attempts) for one in tracks),
        checks_run=sum(len(one.checks) for one in tracks),
        cost_usd=total([cost_of(one) for one in tracks]),
        tokens=total([tokens_of(one) for one in tracks]),
    )


def discovery_reuse(batch: Batch) -> str:
    """``yes`` when one scout looked around for all, ``no`` when tracks searched again, ``skipped`` when nobody did."""
    own = batch.tracks.get(BATCH_TRACK)
    if batch.run is None or own is None:
        return SKIPPED
    scouts = {rule.index for rule, work in stages_of(batch, own) if work.role == _SCOUT}
    done = {one.index for one in own.stages if one.status is StageStatus.DONE}
    if not scouts & done:
        return SKIPPED
    others = (one for one in batch.tracks.values() if one.slug != BATCH_TRACK)
    return NO if any(attempt.role == _SCOUT for one in others for attempt in one.attempts) else YES


def rescue_attempts(track: Track) -> int:
    """How often the rest of a track's work was given to a fresh agent."""
    recorded = () if track.work is None else track.work.rescues
    return max(
        sum(one[1] == _FRESH for one in recorded), sum(attempt.purpose == "rescue" for attempt in track.attempts)
    )


def review_rounds(batch: Batch, track: Track) -> int:
    """How often stages that review were entered."""
    if track.work is None or batch.run is None:
        return 0
    entries = track.work.entries
    return sum(entries.get(rule.index, 0) for rule, work in stages_of(batch, track) if work.reviews)


def review_loops(batch: Batch, track: Track) -> int:
    """The rounds of review beyond the first of each reviewing stage."""
    if track.work is None or batch.run is None:
        return 0
    entries = track.work.entries
    return sum(max(0, entries.get(rule.index, 0) - 1) for rule, work in stages_of(batch, track) if work.reviews)


def decided_by_rule(gate: Gate) -> bool:
    """Whether its standing answer is a rule's."""
    return gate.decision is not None and gate.decision.origin.startswith(RULE)


def decided_by_person(gate: Gate) -> bool:
    """Whether its standing answer is a person's."""
    return gate.decision is not None and not gate.decision.origin.startswith(RULE)


def waited_ms(gates: Iterable[Gate], now: Instant) -> int:
    """How long at least one of these questions waited for a person; questions that wait together count once."""
    spans = sorted(span for gate in gates if (span := _waited(gate, now)) is not None)
    total_ms, end = 0, 0
    for begun, ended in spans:
        total_ms += max(0, ended - max(begun, end))
        end = max(end, ended)
    return total_ms


def gate_waited_ms(gate: Gate, now: Instant) -> int:
    """How long one question waited for a person."""
    span = _waited(gate, now)
    return 0 if span is None else span[1] - span[0]


def _waited(gate: Gate, now: Instant) -> tuple[int, int] | None:
    """From when to when, in wall time, the question waited for a person; None for one that a rule answered."""
    if decided_by_rule(gate):
        return None
    if gate.decision is not None:
        until = gate.decision.at
    elif gate.state is GateState.OPEN:
        until = now
    else:
        until = gate.closed_at or now
    begun = gate.asked_at.wall_ms
    return begun, begun + elapsed_ms(gate.asked_at, until)


def cost_of(track: Track) -> float | None:
    """What a track has cost in dollars: as told in total, else its attempts together; None when nothing is known."""
    spent = sum(one.cost_usd for one in track.attempts)
    if track.cost_usd is not None:
        return max(track.cost_usd, spent)
    return spent or None


def tokens_of(track: Track) -> int | None:
    """The tokens that a track has used; None when nothing is known."""
    used = sum(one.tokens for one in track.attempts)
    if track.tokens is not None:
        return max(track.tokens, used)
    return used or None


def total(values: Sequence[Number | None]) -> Number | None:
    """The sum of what is known; None when nothing is."""
    known = [one for one in values if one is not None]
    return sum(known) if known else None
