"""Stages that were heard of beside the task file: what one update said, the next may have overwritten (DESIGN §4.1).

The file alone tells where a task is; what was heard only tells the way there. So nothing is lost between two looks,
and what is heard twice, or after the file has shown it, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orchestrator_tui.core.ahead import Ahead
from orchestrator_tui.core.claims import heard as told_by
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import StageSaid, TaskFact
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.metadata import TaskMetadata, read_metadata
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.observe_stages import ran_after_all, stage_moves, status_words


def observe_said(batch: Batch, heard: Iterable[StageSaid], now: Instant) -> tuple[Draft, ...]:
    """The events that these updates amount to, in the order in which they were made.

    Of what was made before the task was last observed, only a stage that is called jumped is set right.
    """
    ahead = Ahead(batch, now)
    for said in sorted(heard, key=lambda one: one.wall_ms):
        track = track_of_task(ahead.batch, said.source)
        if track is None:
            # Its first sight takes it as it is then; where it stood before, nobody watched.
            continue
        for draft in _moves(ahead.batch, track, said):
            ahead.add(draft.kind, **draft.payload)
    return told_by(batch, ahead.drafts)


def shown_by(track: Track, heard: Sequence[StageSaid], task: TaskFact) -> int:
    """How many of these updates, in their order, the task's file as it was read holds or had overwritten.

    By its time, or else, since clocks of file systems differ, up to the last one that left the task as it is there.
    """
    meta, shown = read_metadata(task), 0
    stage, status = track.stage, status_words(track)
    for count, said in enumerate(heard, 1):
        stage = stage if said.stage is None else said.stage
        status = status if said.status is None else said.status
        if said.wall_ms <= task.mtime_ms or (stage, status) == (meta.stage, meta.stage_status):
            shown = count
    return shown


def track_of_task(batch: Batch, source: str) -> Track | None:
    """The track of a task, or None."""
    return next((track for track in batch.tracks.values() if source and track.source == source), None)


def _moves(batch: Batch, track: Track, said: StageSaid) -> list[Draft]:
    if said.wall_ms <= track.written_ms:
        return ran_after_all(track, batch.signals.values(), said.stage) if said.stage else []
    drafts = stage_moves(track, _metadata(track, said))
    if drafts:
        drafts.append(Draft("track_reported", {"track": track.slug, "wall_ms": said.wall_ms}))
    return drafts


def _metadata(track: Track, said: StageSaid) -> TaskMetadata:
    """The task's metadata after the update, of what concerns its stage: what it says nothing of is as it was."""
    metadata = {
        "stage": track.stage if said.stage is None else said.stage,
        "stageStatus": status_words(track) if said.status is None else said.status,
        "stageName": said.stage_name,
        "skippedStages": list(said.skipped),
    }
    return read_metadata(TaskFact(said.source, "", "", "", "in_progress", metadata, said.wall_ms))
