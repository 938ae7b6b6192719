"""Where a track is on the ladder of its budget: from visible progress by nudge and rescue to its stop.

Derived, never recorded: what moves a track along it is ``watching``; this says the same of any state, at any time.
"""

from __future__ import annotations

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.core.schedule.judging import BUDGET
from orchestrator_tui.core.schedule.rules import work_of
from orchestrator_tui.core.schedule.watching import RESCUE, last_sign, nudge_id, running_attempt

SOFT, PROGRESS, SUSPECTED, NUDGED, RESCUED, HARD, STOPPED = (
    "soft budget",
    "progress visible",
    "stall suspected",
    "nudged",
    "rescue",
    "hard budget",
    "stopped",
)
"""The steps in their order (vocabulary D4, seed 000)."""


@frozen
class Step:
    """One step: ``quiet`` of ``checks`` looks saw no progress, ``used`` of ``bound`` attempts were begun."""

    name: str
    quiet: int = 0
    checks: int = 0
    used: int = 0
    bound: int = 0


def step(batch: Batch, track: Track, now: Instant) -> Step | None:
    """The step at which a track is now; None for one that has not begun, or whose agent has nothing to do."""
    run = batch.run
    if run is None or track.work is None or not track.attempts:
        return None
    workflow = run.workflows.get(track.workflow) or run.workflows.get(run.plan.workflow)
    if workflow is None:
        return None
    rules, bound = workflow.stall, workflow.budget.attempts
    attempt = running_attempt(track)
    quiet = 0 if attempt is None else _quiet(track, attempt, rules.interval_ms, rules.checks, now)
    name = _ended(track) if attempt is None else _at_work(track, attempt, quiet, rules.checks)
    return Step(name, quiet, rules.checks, len(track.attempts), bound) if name else None


def _quiet(track: Track, attempt: Attempt, interval_ms: int, most: int, now: Instant) -> int:
    """How many looks in a row have seen no sign of progress."""
    return min(most, elapsed_ms(last_sign(track, attempt), now) // interval_ms) if interval_ms else 0


def _at_work(track: Track, attempt: Attempt, quiet: int, checks: int) -> str:
    if attempt.stopping:
        return HARD if attempt.stopping.startswith(BUDGET) else STOPPED
    if checks and quiet >= checks:
        return NUDGED if any(one.id == nudge_id(attempt) for one in track.messages) else SUSPECTED
    before = [one for one in track.attempts if one.id != attempt.id]
    if track.state is TrackState.RESCUING or (before and before[-1].stopping.startswith(RESCUE)):
        return RESCUED
    seen = track.activity is not None and track.activity.at.wall_ms >= attempt.started_at.wall_ms
    return PROGRESS if seen else SOFT


def _ended(track: Track) -> str:
    if track.state in (TrackState.ABANDONED, TrackState.FAILED):
        return STOPPED
    run = work_of(track).run
    spent = run is not None and any(one.startswith(BUDGET) for one in run.problems)
    return HARD if spent else RESCUED if track.state is TrackState.RESCUING else ""
