"""What a wave does not get done goes into the next one as a track of its own (seed 004).

Partial work that holds is merged, and the next wave goes on from there; what failed is sent again, narrower.
"""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.plan import PlannedTrack, Scope
from orchestrator_tui.core.schedule import names
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, stage_run, work_of, workflow_of
from orchestrator_tui.core.schedule.unsaid import meaning_of
from orchestrator_tui.core.scope import overlap
from orchestrator_tui.core.wave_roles import wave_count

PARTIAL, FAILED = "partial", "failed"
ACCEPTED = "accepted"

_STEM = 56
"""So much of a name is kept before its number."""


def carried(batch: Batch, track: Track, why: str) -> list[Draft] | None:
    """What becomes of a track whose tries are used up; None where no later wave can take it, and a person is asked.

    Once a track is carried on: what is left a second time is a person's.
    """
    work, partly = work_of(track), _is_partly_done(batch, track)
    if not _is_left(batch, track):
        return None
    if work.carried:
        return _accepted(track) if partly else None
    tracks = planned_tracks(batch)
    again = any(work_of(one).carried == track.slug for one in tracks)
    if again or any(track.slug in one.depends_on for one in tracks) or track.wave >= _last_wave(batch):
        return None
    slug = _slug(batch, track)
    left = left_of(track) or why
    told = Draft("track_carried", {"track": track.slug, "to": slug, "wave": track.wave + 1, "left": left})
    if partly:
        return [told, *_accepted(track)]
    ended = {"track": track.slug, "to": TrackState.FAILED.value, "why": f"goes on as {slug} in wave {track.wave + 1}"}
    return [told, Draft("track_moved", ended)]


def successors(batch: Batch, tracks: list[Track]) -> list[PlannedTrack]:
    """The tracks of the next wave that take over what these have left."""
    made = []
    for track in tracks:
        work = work_of(track)
        if not work.carried or work.carried in batch.tracks:
            continue
        planned = work.planned
        made.append(
            replace(
                planned,
                slug=work.carried,
                brief=f"{planned.brief}\n\n{_told(track)}".lstrip(),
                scope=_scope(batch, track),
                wave=track.wave + 1,
            )
        )
    return made


def _scope(batch: Batch, track: Track) -> Scope:
    """Its own scope; what a track of the next wave owns too is allowed here, and owned by nobody twice."""
    scope = work_of(track).planned.scope
    others = [one for one in planned_tracks(batch) if one.wave == track.wave + 1]
    taken = [pattern for one in others for pattern in work_of(one).planned.scope.owned]
    shared = tuple(pattern for pattern in scope.owned if overlap((pattern,), taken, ()))
    owned = tuple(pattern for pattern in scope.owned if pattern not in shared)
    return replace(scope, owned=owned, allowed=(*shared, *scope.allowed))


def left_of(track: Track) -> str:
    """What its agent said last of what it leaves, or ""."""
    last = track.attempts[-1] if track.attempts else None
    return last.summary if last is not None and last.summary != last.verdict else ""


def _told(track: Track) -> str:
    work = work_of(track)
    if work.merged_sha:
        return (
            f"Wave {track.wave} has done a part of this, which is merged. It left: {work.left}\n"
            "Do what remains, and nothing again that is there."
        )
    return (
        f"Wave {track.wave} did not get this done: {work.left}\n"
        "Narrow it: take the smallest part that stands by itself first, finish that, and say what remains. Do not try "
        "again in the same way what has failed."
    )


def _is_left(batch: Batch, track: Track) -> bool:
    """Whether its agent says itself that it has not got it done, or has not come to its end.

    What breaks a scope, or a check, is no unfinished work, and a person sees it.
    """
    return stage_run(track).claim != "done" or _said(batch, track) in (PARTIAL, FAILED)


def _is_partly_done(batch: Batch, track: Track) -> bool:
    """Whether its agent says partial of changes that are there, or was cut off and has left them in order."""
    run = stage_run(track)
    seen = run.inspection
    if seen is None or not seen.files or _said(batch, track) != PARTIAL:
        return False
    return bool(run.verdict) or not (seen.uncommitted or seen.outside)


def _said(batch: Batch, track: Track) -> str:
    run = stage_run(track)
    work = workflow_of(batch, track).work(run.stage)
    return "" if work is None else meaning_of(track, work, run.verdict, run.claim)


def _accepted(track: Track) -> list[Draft]:
    """The part that is done goes on to its checks and its review like any other work."""
    told = {"track": track.slug, "stage": stage_run(track).stage, "verdict": ACCEPTED, "problems": []}
    return [Draft("stage_judged", told)]


def _last_wave(batch: Batch) -> int:
    count = wave_count(plan_of(batch), batch_workflow(batch).sessions)
    return max([count, *(one.wave for one in planned_tracks(batch))])


def _slug(batch: Batch, track: Track) -> str:
    stem = track.slug[:_STEM]
    return names.free(stem, names.taken(batch) | {stem})
