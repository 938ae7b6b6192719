"""Files whose edits went wrong before: an agent that may touch them is shown them before it starts (seed 004).

What counts is what the breaker has noticed, in this batch and in a few runs before it. Those are looked at once, when
the first wave begins, and recorded: what an agent is shown follows from the journal and its worktree alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.run import Friction
from orchestrator_tui.core.schedule.effects import GROUND, LOOK_BACK, begin, under_way
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import (
    RESOLVING,
    batch_workflow,
    is_batch_track,
    run_of,
    stage_run,
    stage_work,
    work_of,
    workflow_of,
)
from orchestrator_tui.core.scope import expand

_MOST = 200


def look_back(batch: Batch) -> list[Draft] | None:
    """Look once at what earlier runs had trouble with; [] while that is under way, None when nothing is to be done."""
    rules, run = batch_workflow(batch).grounding, run_of(batch)
    if not (rules.files and rules.sessions and rules.classes) or run.friction is not None:
        return None
    if under_way(batch, LOOK_BACK):
        return []
    return begin(batch, LOOK_BACK, BATCH_TRACK, f"h-{run.begun}")


def looked_back(batch: Batch, found: Iterable[tuple[str, Friction]]) -> tuple[Draft, ...]:
    """What a look at earlier runs amounts to: class and file of everything that was noticed there, in any order."""
    classes = batch_workflow(batch).grounding.classes
    latest = _latest(one for name, one in found if name in classes)[:_MOST]
    told = {"files": [one.file for one in latest], "moments": [one.wall_ms for one in latest]}
    return (Draft("friction_seen", {**told, "batches": [one.batch for one in latest]}),)


def due(batch: Batch, track: Track, attempt: str) -> list[Draft]:
    """Read the files that an attempt is to be shown, once; [] where there is none, or they were read."""
    if attempt in work_of(track).grounded:
        return []
    rules, run = workflow_of(batch, track).grounding, stage_run(track)
    if is_batch_track(track) or run.stage == RESOLVING or not rules.files:
        return []
    work = stage_work(batch, track, run.stage)
    if work.reviews or work.angles or not work.writes:
        return []
    files = candidates(batch, track)
    if not files:
        return []
    told = {"attempt": attempt, "files": list(files[: rules.files]), "capped": len(files) > rules.files}
    return begin(batch, GROUND, track.slug, f"g-{attempt}", **told)


def candidates(batch: Batch, track: Track) -> tuple[str, ...]:
    """The files of a track's scope with such a history, the latest trouble first."""
    classes = workflow_of(batch, track).grounding.classes
    own = (
        Friction(trip.file, trip.at.wall_ms, batch.id)
        for one in planned_tracks(batch)
        for trip in work_of(one).trips
        if trip.file and trip.error_class in classes
    )
    found = tuple(one.file for one in _latest((*(run_of(batch).friction or ()), *own)))
    scope = work_of(track).planned.scope
    return expand((*scope.owned, *scope.allowed, *scope.append_only), found) if scope.declared else found


def injected(track: Track, attempt: str, files: Iterable[tuple[str, int]], capped: bool) -> tuple[Draft, ...]:
    """What an attempt is shown: files with their lines; those that are not there any more are left out."""
    shown = tuple(files)
    told: dict[str, Any] = {"track": track.slug, "attempt": attempt, "files": [name for name, _ in shown]}
    told |= {"lines": [count for _, count in shown], "capped": capped}
    return (Draft("grounding_injected", told),)


def _latest(found: Iterable[Friction]) -> list[Friction]:
    """Each file once, by its latest trouble, the latest first; files of the same moment by name."""
    latest: dict[str, Friction] = {}
    for one in found:
        if one.file and (one.file not in latest or latest[one.file].wall_ms < one.wall_ms):
            latest[one.file] = one
    return sorted(latest.values(), key=lambda one: (-one.wall_ms, one.file))
