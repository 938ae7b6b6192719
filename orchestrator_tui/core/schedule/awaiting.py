"""Whether a track's own review waits for the one over several tracks, and what that one covers (seed 001)."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.rules import batch_workflow, is_batch_track, stage_run, stage_work, work_of

_DONE = "accepted"


def over_tracks_stage(batch: Batch) -> int:
    """The batch's stage that judges several tracks at once, or 0."""
    works = batch_workflow(batch).batch_works
    return next((index for index, work in enumerate(works, start=1) if work.over_tracks), 0)


def token(track: Track) -> str:
    """A track's review as it was entered now: once it was fixed, it is another."""
    run = stage_run(track)
    return f"{track.slug}-{run.stage}-{run.entry}"


def is_marked(batch: Batch, track: Track) -> bool:
    """Whether a track that is marked for the senior review stands at its own."""
    run = work_of(track).run
    if is_batch_track(track) or run is None or not work_of(track).planned.deep_review:
        return False
    return not run.judged and stage_work(batch, track, run.stage).reviews


def is_awaited(batch: Batch, track: Track) -> bool:
    """Whether a track may not be judged yet, because the senior review of it is not over."""
    index, own = over_tracks_stage(batch), batch.tracks[BATCH_TRACK]
    if not index or index in own.skipped_stages or not is_marked(batch, track):
        return False
    work, name = work_of(own), token(track)
    if name not in work.covered:
        return True
    run = work.run
    return run is not None and run.stage == index and name in run.covers and run.judged != _DONE


def covered_tracks(batch: Batch, own: Track) -> tuple[Track, ...]:
    """The tracks that the batch's stage at hand judges; none for a stage of another kind."""
    run = work_of(own).run
    if not is_batch_track(own) or run is None or not run.covers:
        return ()
    named = {one.rsplit("-", 2)[0] for one in run.covers}
    return tuple(one for one in batch.tracks.values() if one.slug in named)
