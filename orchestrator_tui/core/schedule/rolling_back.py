"""Taking the last merge back when everything is merged: a person's, while nothing stands on it (vocabulary D2)."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Option, Track, TrackState
from orchestrator_tui.core.schedule.effects import UNDO, begin, under_way
from orchestrator_tui.core.schedule.gates import barring
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import run_of, work_of
from orchestrator_tui.core.schedule.stages import moved
from orchestrator_tui.core.schedule.trees import is_integrated

TAKE_BACK = "take_back"


def last_merged(batch: Batch) -> Track | None:
    """The track whose merge is the tip of the integration branch, so that it alone goes when the branch goes back.

    None where the tip is something else, where the track has worked on the integration branch itself, and where it was
    deployed: what runs somewhere is not taken back by taking a commit back.
    """
    tip = run_of(batch).integration_sha
    found = (one for one in planned_tracks(batch) if one.state is TrackState.MERGED and work_of(one).merged_sha == tip)
    free = (one for one in found if not work_of(one).deployed and not is_integrated(batch, one))
    return next((one for one in free if _before(batch, one) not in ("", tip)), None)


def options(batch: Batch) -> tuple[Option, ...]:
    """What a person is offered beside checking again; nothing where no merge can be taken back."""
    track = last_merged(batch)
    if track is None:
        return ()
    return (Option(TAKE_BACK, f"take the last merge back, that of {track.slug}; its branch stays", "reject"),)


def take_back(batch: Batch, by: str, why: str) -> list[Draft]:
    """The track is taken back; that its merge is undone follows from its state."""
    track = last_merged(batch)
    if track is None:
        return []
    return moved(track, TrackState.ROLLED_BACK, why or f"its merge is taken back by {by}")


def due(batch: Batch) -> list[Draft] | None:
    """Undo the merge of a track that was taken back; [] while that is under way or asked about, None for nothing."""
    for track in planned_tracks(batch):
        if track.state is not TrackState.ROLLED_BACK or not work_of(track).merged_sha:
            continue
        if under_way(batch, UNDO, track=track.slug) or barring(batch, track):
            return []
        run = run_of(batch)
        told = {"to": _before(batch, track), "tip": run.integration_sha}
        return begin(batch, UNDO, track.slug, f"u-{track.slug}-{run.begun}", **told)
    return None


def _before(batch: Batch, track: Track) -> str:
    """Where the integration branch was before this track was merged last, or ""."""
    return next((sha for slug, sha in reversed(run_of(batch).tips) if slug == track.slug), "")
