"""What a try counts as that ended without a word, by how it ended and what it changed (seed 004, status detection).

A word that was said goes before all of it, and so does a pattern for which the try was stopped.
"""

from __future__ import annotations

from orchestrator_tui.core.model import Track
from orchestrator_tui.core.schedule.breaker import TURN_LIMIT, last_trip
from orchestrator_tui.core.schedule.rules import work_of
from orchestrator_tui.core.workflow import CHANGES, CUT_OFF, ERRORS, StageWork


def meaning_of(track: Track, work: StageWork, verdict: str, claim: str) -> str:
    """What the last try of a stage means: by its word, else by what the stage says of an end without one.

    Args:
        verdict: the word that it ended with, or "".
        claim: what it claims: ``done``, ``failed``, ``lost``, ``stopped``; "" for nothing yet.
    """
    if verdict or not claim:
        return work.verdicts.get(verdict, "")
    if claim == "done":
        return work.unsaid.get(CHANGES, "") if _has_changed(track) else ""
    if claim == "failed":
        return work.unsaid.get(ERRORS, "")
    trip = last_trip(track)
    return "" if trip is not None and trip.pattern != TURN_LIMIT else work.unsaid.get(CUT_OFF, "")


def _has_changed(track: Track) -> bool:
    seen = work_of(track).inspection
    return seen is not None and bool(seen.files)
