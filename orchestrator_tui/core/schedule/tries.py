"""How many tries a stage has left before its used-up tries make something of its track."""

from __future__ import annotations

from orchestrator_tui.core.model import Track
from orchestrator_tui.core.schedule.rules import RESOLVING, stage_run
from orchestrator_tui.core.workflow import StageWork

_NO_CLAIM = ("failed", "partial")
"""Meanings of verdicts by which an agent says itself that it is not done."""

_MOST_KILLED = 3


def tries_left(track: Track, work: StageWork) -> int:
    """How often the stage at hand may still be tried without a person.

    Where a workflow counts them apart (seed 003), an agent that fails has used up one of its attempts, and one whose
    claim did not hold one of its verifications: so many are left as of that of which fewer are. What a person grants
    holds for both.
    """
    run = stage_run(track)
    if run.stage == RESOLVING:
        return max(0, work.attempts + run.granted + _killed(track) - run.tries)
    if not work.verifications:
        return max(0, work.attempts + run.granted - run.tries)
    tried = [one for one in track.attempts if one.stage == run.stage][-run.tries :] if run.tries else []
    claimed = sum(one.outcome == "done" and work.verdicts.get(one.verdict) not in _NO_CLAIM for one in tried)
    left = min(work.verifications - claimed, work.attempts - (run.tries - claimed))
    return max(0, left + run.granted)


def _killed(track: Track) -> int:
    """How many tries at the conflict at hand died before they could say anything: they have used up no try."""
    tried = [one for one in track.attempts if one.stage == RESOLVING][-stage_run(track).tries :]
    return min(_MOST_KILLED, sum(one.outcome == "lost" or (one.exit_code or 0) < 0 for one in tried))
