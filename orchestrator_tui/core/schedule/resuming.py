"""Where a batch goes on when earlier work of its kind is there: asked once, before anything is made (seed 001)."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Gate, Option, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.acting import grant
from orchestrator_tui.core.schedule.gates import ask, barring, chosen, gate_id, lines, listed
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, run_of, work_of
from orchestrator_tui.core.schedule.stages import enter, moved

RESUME = "resume"
FRESH = Option("fresh", "start fresh: what is there is left alone")

_OF_BATCH, _OF_TRACKS = "batch-", "track-"


def options(batch: Batch) -> tuple[Option, ...]:
    """From which stages the batch can go on: those of its own while it has no tracks, those of tracks once it has."""
    workflow, divided = batch_workflow(batch), bool(planned_tracks(batch))
    ladder, works = (workflow.ladder, workflow.works) if divided else (workflow.batch_ladder, workflow.batch_works)
    key = _OF_TRACKS if divided else _OF_BATCH
    return tuple(
        Option(f"{key}{rule.index}", f"resume from {rule.name}")
        for rule, work in zip(ladder.stages, works, strict=True)
        if work.resumable
    )


def due(batch: Batch, own: Track) -> list[Draft] | None:
    """The question, while it is to be asked or waits; None where the batch goes on by itself."""
    name, run = gate_id(RESUME, BATCH_TRACK), run_of(batch)
    offered = options(batch)
    if RESUME not in batch_workflow(batch).gates or not run.earlier or not offered or chosen(batch, name):
        return None
    if work_of(own).run is not None:
        return None
    if barring(batch, own):
        return []
    return ask(
        batch,
        name,
        RESUME,
        BATCH_TRACK,
        "Earlier work of this kind is here. Where does this batch go on?",
        (*offered, FRESH),
        context=lines(listed(run.earlier)),
        recommend=None,
        confidence="low",
        risk="check",
    )


def resumed(batch: Batch, gate: Gate) -> tuple[list[Draft], str]:
    """What comes before the stage that was chosen is skipped; its agent is told what is there."""
    assert gate.decision is not None
    option, by = gate.decision.options[0], gate.decision.by
    own = batch.tracks[BATCH_TRACK]
    if option.startswith(_OF_BATCH):
        index = int(option.removeprefix(_OF_BATCH))
        told = "Earlier work is there: go on from it.\n" + listed(run_of(batch).earlier)
        entered = [*moved(own, TrackState.RUNNING), *enter(own, index, "earlier work"), *grant(own, index, by, told)]
        return [*_skipped(own, index, by), *entered], f"goes on from stage {index} of the batch"
    if option.startswith(_OF_TRACKS):
        index = int(option.removeprefix(_OF_TRACKS))
        drafts = _skipped(own, len(batch_workflow(batch).batch_works) + 1, by)
        drafts += [draft for track in planned_tracks(batch) for draft in _skipped(track, index, by)]
        return drafts, f"goes on from stage {index} of its tracks"
    return [], "starts fresh"


def _skipped(track: Track, before: int, by: str) -> list[Draft]:
    stages = [one.index for one in track.stages if one.index < before]
    if not stages:
        return []
    return [Draft("stages_skipped", {"track": track.slug, "stages": stages, "by": by, "reason": "done earlier"})]
