"""One review over all tracks that are marked for it, beside their own reviews: a stage of the batch (seed 001).

It begins when every marked track has come to its review, and again for those alone that come back from a fix.
"""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule import stages
from orchestrator_tui.core.schedule.awaiting import is_marked, over_tracks_stage, token
from orchestrator_tui.core.schedule.gathering import waits_for_others
from orchestrator_tui.core.schedule.judging import ACCEPTED
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import run_of, work_of


def due(batch: Batch) -> list[Draft]:
    """The next step of the review over several tracks, or () where there is none to be made."""
    index, own = over_tracks_stage(batch), batch.tracks[BATCH_TRACK]
    if not index or index in own.skipped_stages:
        return []
    run = work_of(own).run
    if run is not None and run.stage == index and run.judged != ACCEPTED:
        return stages.advance(batch, own)
    waiting = [one for one in planned_tracks(batch) if _is_new(batch, one)]
    if not waiting or run_of(batch).pausing or any(waits_for_others(batch, one) for one in waiting):
        return []
    entered = stages.enter(own, index, "judges " + ", ".join(one.slug for one in waiting))
    return [Draft(one.kind, {**one.payload, "covers": [token(track) for track in waiting]}) for one in entered]


def _is_new(batch: Batch, track: Track) -> bool:
    """Whether a marked track stands at its review, as it is now, and was not looked at so."""
    if track.state in ENDED_TRACK_STATES or not is_marked(batch, track):
        return False
    return token(track) not in work_of(batch.tracks[BATCH_TRACK]).covered
