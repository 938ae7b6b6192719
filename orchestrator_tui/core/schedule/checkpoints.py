"""Checkpoints of a session: files that are written into the repository at every track gate, and never hold it up."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.run import Effect
from orchestrator_tui.core.schedule.effects import CHECKPOINT, begin, under_way
from orchestrator_tui.core.schedule.readiness import is_through
from orchestrator_tui.core.schedule.rules import batch_workflow, run_of, work_of

WRITTEN = "written"


def due(batch: Batch) -> list[Draft]:
    """Write the checkpoint of the last track whose gate has passed, where the workflow has one."""
    names = batch_workflow(batch).in_repository
    if not names or under_way(batch, CHECKPOINT):
        return []
    through = [batch.tracks[slug] for slug in batch.merged if slug in batch.tracks]
    last = next((one for one in reversed(through) if _wants_one(one)), None)
    if last is None:
        return []
    return begin(batch, CHECKPOINT, last.slug, f"k-{last.slug}-{run_of(batch).begun}", names=list(names))


def _wants_one(track: Track) -> bool:
    return track.work is not None and is_through(track) and not work_of(track).checkpoint


def written(track: str, paths: tuple[str, ...]) -> Draft:
    """The event of a checkpoint that stands on disk."""
    return Draft("checkpoint_written", {"track": track, "paths": list(paths)})


def failed(effect: Effect, why: str) -> tuple[Draft, ...]:
    """What is recorded of one that cannot be written: a warning, and nothing waits for it (seed 000)."""
    told = f"the checkpoint after {effect.track} cannot be written: {why}"
    signal = {"signal": f"checkpoint-{effect.track}", "kind": "checkpoint_failed", "track": effect.track, "text": told}
    return (
        Draft("checkpoint_written", {"track": effect.track, "paths": [], "problem": why}),
        Draft("signal_raised", signal),
    )
