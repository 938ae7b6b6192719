"""The headline's facts of one run: its phase, what is merged, who is at work, what it cost; the most needed first."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch
from orchestrator_tui.ui.present.cells import Line, Part
from orchestrator_tui.ui.present.run_words import (
    agents_words,
    dollars,
    pause_words,
    phase_of,
    phase_words,
    spent_usd,
    track_count,
)


def run_facts(batch: Batch) -> tuple[Line, ...]:
    """What a headline tells of a run beside its title, fact by fact; the last give way first."""
    run = batch.run
    if run is None:
        return ()
    paused = pause_words(batch)
    facts: list[Line] = [
        (Part(paused, "gate strong"),) if paused else (Part(phase_words(batch), _TOKENS.get(phase_of(batch), "")),)
    ]
    facts.append((Part(f"{len(batch.merged)}/{track_count(batch)} merged", "quiet"),))
    if phase_of(batch) in _AT_WORK:
        facts.append((Part(agents_words(batch), "quiet"),))
    if spent_usd(batch) or run.plan.limits.cost_usd:
        facts.append((_cost(spent_usd(batch), run.plan.limits.cost_usd),))
    return tuple(facts)


_AT_WORK = frozenset({"approved", "running", "integrating", "verifying"})
_TOKENS = {
    "awaiting_user": "gate",
    "handed_over": "gate",
    "completed": "track-done",
    "stopped": "track-failed",
    "failed": "track-failed",
}


def _cost(spent: float, budget: float) -> Part:
    token = "gate" if budget and spent >= 0.8 * budget else "quiet"
    return Part(f"{dollars(spent)} of ${budget:,.0f}" if budget else dollars(spent), token)
