"""What one phase of a track may take in tokens before it is said (seed 003: budgets of phases)."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.core.schedule.rules import RESOLVING, stage_name, stage_work, work_of


def tokens_used(track: Track) -> int:
    """Tokens of the attempt at hand: those of its agent that no ended attempt accounts for."""
    return max(0, (track.tokens or 0) - sum(one.tokens for one in track.attempts if one.ended_at is not None))


def phase_budget(batch: Batch, track: Track, attempt: Attempt) -> list[Draft]:
    """Say once of an attempt that it has taken what its stage allows for; it goes on."""
    run = work_of(track).run
    if run is None or run.stage == RESOLVING:
        return []
    bound, used, signal = stage_work(batch, track, run.stage).tokens, tokens_used(track), f"phase-{attempt.id}"
    if not bound or used < bound or signal in batch.signals:
        return []
    text = f"{stage_name(batch, track, run.stage)}: {used} tokens of {bound} for its phase"
    return [Draft("signal_raised", {"signal": signal, "kind": "budget_soft", "track": track.slug, "text": text})]
