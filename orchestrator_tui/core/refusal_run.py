"""Why a command to a run may not be carried out (DESIGN §3, refusal): for keys, command line and engine alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrator_tui.core.commands import Pause, Publish, Rescue, Resume, Retry, RunCommand, Skip, Stop
from orchestrator_tui.core.model import Batch, GateState, StageStatus, Track, TrackState
from orchestrator_tui.core.moves import TERMINAL_TRACK_STATES
from orchestrator_tui.core.plan import BATCH_TRACK

MAX_INSTRUCTION_BYTES = 16_384


_RESTING = frozenset({TrackState.ESCALATED, TrackState.BLOCKED, TrackState.FAILED, TrackState.STALLED})
"""States of a track that waits for somebody to say how it goes on."""


def refusal_of_run(batch: Batch, command: RunCommand) -> str | None:
    """One line on why a command to a run is refused, or None when it may go on."""
    if batch.run is None:
        return "this batch is only watched: orch-tui did not start it"
    if batch.ended_at is not None:
        return f"the batch has ended: {batch.state.replace('_', ' ')}"
    return _CHECKS[type(command)](batch, command)


def _track(batch: Batch, slug: str) -> Track | str:
    track = batch.tracks.get(slug)
    if track is None:
        return f"there is no track {slug!r}"
    if track.work is None:
        return f"{slug} is only watched: it is not in the plan"
    return track


def _at_work(batch: Batch, slug: str) -> Track | str:
    track = _track(batch, slug)
    if isinstance(track, Track) and track.state in TERMINAL_TRACK_STATES:
        return f"{slug} is {track.state.value.replace('_', ' ')}"
    return track


def _pause(batch: Batch, command: Pause) -> str | None:
    if not command.track:
        assert batch.run is not None
        if batch.run.pausing and not (command.now and batch.run.pausing == "drain"):
            return "the batch is paused already"
        return None
    track = _at_work(batch, command.track)
    if isinstance(track, str):
        return track
    assert track.work is not None
    return f"{track.slug} is paused already" if track.work.paused and not command.now else None


def _resume(batch: Batch, command: Resume) -> str | None:
    assert batch.run is not None
    if not command.track:
        return None if batch.run.pausing else "the batch is not paused"
    track = _track(batch, command.track)
    if isinstance(track, str):
        return track
    assert track.work is not None
    return None if track.work.paused else f"{track.slug} is not paused"


def _stop(batch: Batch, command: Stop) -> str | None:
    if command.track:
        track = _at_work(batch, command.track)
        if isinstance(track, str):
            return track
        if track.state is TrackState.MERGING and track.slug != BATCH_TRACK:
            return f"{track.slug} is being merged: stop it when that is over, or stop the batch"
    return None if command.reason.strip() else "say why"


def _retry(batch: Batch, command: Retry) -> str | None:
    track = _at_work(batch, command.track)
    if isinstance(track, str):
        return track
    if len(command.instruction.encode()) > MAX_INSTRUCTION_BYTES:
        return "the instruction is longer than 16 KiB"
    if track.attempts and track.attempts[-1].ended_at is None:
        return f"{track.slug} is at work: rescue it, or wait"
    if track.state in (TrackState.PENDING, TrackState.QUEUED, TrackState.PREPARING):
        return f"{track.slug} has not started"
    if track.state is TrackState.FAILED:
        over = _is_past(batch, track)
        if over:
            return over
    asked = any(
        gate.track == track.slug and gate.state is GateState.OPEN and gate.question.kind == "track"
        for gate in batch.gates.values()
    )
    if track.state not in _RESTING and not asked:
        return f"{track.slug} is at work: wait for what comes of it"
    return None


def _is_past(batch: Batch, track: Track) -> str:
    """Why what failed is not tried again where it is, in words; "" when it can be."""
    # Only now: keys are greyed without it.
    from orchestrator_tui.core.schedule.trees import worked_in_since

    assert track.work is not None
    if track.work.carried:
        return f"{track.slug} goes on as {track.work.carried}: try that again"
    other = worked_in_since(batch, track)
    if other is None:
        return ""
    return f"{other.slug} has worked in the same tree since: its changes would count as those of {track.slug}"


def _rescue(batch: Batch, command: Rescue) -> str | None:
    track = _at_work(batch, command.track)
    if isinstance(track, str):
        return track
    if not track.attempts or track.attempts[-1].ended_at is not None:
        return f"no agent of {track.slug} is at work: retry it"
    return f"its agent is being stopped: {track.attempts[-1].stopping}" if track.attempts[-1].stopping else None


def _skip(batch: Batch, command: Skip) -> str | None:
    track = _at_work(batch, command.track)
    if isinstance(track, str):
        return track
    stage = next((one for one in track.stages if one.index == command.stage), None)
    if stage is None:
        return f"{track.slug} has no stage {command.stage}"
    if stage.status in (StageStatus.DONE, StageStatus.SKIPPED):
        return f"stage {command.stage} is {stage.status.value}"
    assert batch.run is not None
    workflow = batch.run.workflows.get(track.workflow)
    known = None if workflow is None else workflow.batch_work if track.slug == BATCH_TRACK else workflow.work
    work = None if known is None else known(command.stage)
    if work is not None and work.skip_by != "person":
        return f"nobody may skip stage {command.stage} of {track.workflow}"
    return None


def _publish(batch: Batch, command: Publish) -> str | None:
    assert batch.run is not None
    if batch.run.phase != "awaiting_user":
        return f"there is nothing to publish yet: the batch is {batch.run.phase.replace('_', ' ')}"
    if batch.merged:
        return None
    if batch.run.integration_path and any(one.state is TrackState.DONE for one in batch.tracks.values()):
        return f"nothing is committed: what was built lies in {batch.run.integration_path}; finish it there as you like"
    return "nothing was merged"


_CHECKS: dict[type, Callable[[Batch, Any], str | None]] = {
    Pause: _pause,
    Resume: _resume,
    Stop: _stop,
    Retry: _retry,
    Rescue: _rescue,
    Skip: _skip,
    Publish: _publish,
}
