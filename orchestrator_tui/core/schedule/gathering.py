"""Stages that tracks begin together: who waits for the others there, and who counts as through (seed 001)."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.moves import TERMINAL_TRACK_STATES
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.rules import is_batch_track, stage_work, work_of, workflow_of

_OVER = TERMINAL_TRACK_STATES | {TrackState.FAILED}
_THROUGH = frozenset({TrackState.APPROVED, TrackState.MERGING})
_ASKED = frozenset({TrackState.ESCALATED, TrackState.BLOCKED})


def gathering_stage(batch: Batch, track: Track) -> int:
    """The stage of a track's ladder that all begin together, or 0."""
    works = workflow_of(batch, track).works
    return next((index for index, work in enumerate(works, start=1) if work.together), 0)


def has_arrived(batch: Batch, track: Track) -> bool:
    """Whether a track has come to the stage that all begin together: what comes before is through."""
    gathering, run = gathering_stage(batch, track), work_of(track).run
    if not gathering:
        return False
    if track.state in _THROUGH:
        # A person has skipped that stage, or every one.
        return True
    return run is not None and (run.stage >= gathering or work_of(track).entries.get(gathering, 0) > 0)


def waits_for_others(batch: Batch, track: Track) -> bool:
    """Whether a track stands at such a stage until the others have come; one that waits for a person holds up nobody.

    Only its first entry waits: who was sent back and comes again goes on at once.
    """
    run = work_of(track).run
    if is_batch_track(track) or run is None or not stage_work(batch, track, run.stage).together:
        return False
    if run.entry > 1 or run.tries:
        return False
    others = (
        one for one in batch.tracks.values() if one.work is not None and one.slug not in (track.slug, BATCH_TRACK)
    )
    coming = (one for one in others if one.state not in _OVER and one.state not in _ASKED)
    return any(gathering_stage(batch, one) and not has_arrived(batch, one) for one in coming)
