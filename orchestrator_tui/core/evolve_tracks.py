"""What each track event makes of a track: the part of the fold that :mod:`~orchestrator_tui.core.evolve` leaves here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from orchestrator_tui.core.event import Event, EventError
from orchestrator_tui.core.model import (
    Activity,
    Attempt,
    Batch,
    Check,
    Finding,
    Liveness,
    Message,
    Stage,
    StageStatus,
    Track,
    TrackState,
)
from orchestrator_tui.core.moves import ENDED_TRACK_STATES

Changes = dict[str, Any]
"""Fields of a batch that an event changes."""


def _with_track(batch: Batch, event: Event, change: Callable[[Track], Track]) -> Changes:
    slug = event.payload["track"]
    track = batch.tracks.get(slug)
    if track is None:
        raise EventError(f"{event.batch}/{event.seq}: {event.kind} names the unknown track {slug!r}")
    return {"tracks": {**batch.tracks, slug: change(track)}}


def _track_added(batch: Batch, event: Event) -> Changes:
    data = event.payload
    reported = data.get("reported_wall_ms")
    track = Track(
        batch=event.batch,
        slug=data["track"],
        title=data["title"],
        kind=data["kind"],
        state=TrackState(data.get("state", "pending")),
        workflow=data.get("workflow", ""),
        wave=data.get("wave", 1),
        source=data.get("source", ""),
        stages=tuple(Stage(index, name) for index, name in data.get("stages", ())),
        added_at=event.at,
        reported_at=event.at if reported is None else event.at.plus(min(0, reported - event.at.wall_ms)),
        fingerprint=data.get("fingerprint", ""),
    )
    return {"tracks": {**batch.tracks, track.slug: track}}


_CHANGEABLE = frozenset(
    {"title", "kind", "workflow", "wave", "branch", "worktree", "pr", "owner", "problem", "source", "model"}
)


def _track_changed(batch: Batch, event: Event) -> Changes:
    changes = {key: value for key, value in event.payload["changes"].items() if key in _CHANGEABLE}
    if "depends_on" in event.payload["changes"]:
        changes["depends_on"] = tuple(event.payload["changes"]["depends_on"])
    return _with_track(batch, event, lambda track: replace(track, **changes))


def _track_moved(batch: Batch, event: Event) -> Changes:
    to = TrackState(event.payload["to"])
    ended = event.at if to in ENDED_TRACK_STATES else None
    changes = _with_track(batch, event, lambda track: replace(track, state=to, ended_at=ended))
    if to is TrackState.MERGED:
        changes["merged"] = (*batch.merged, event.payload["track"])
    return changes


def _track_reported(batch: Batch, event: Event) -> Changes:
    data = event.payload

    def change(track: Track) -> Track:
        return replace(
            track,
            reported_at=event.at,
            asked_at=None,
            liveness=Liveness.REPORTING,
            signs=(),
            progress=data.get("progress", track.progress),
            blocked=data.get("blocked", track.blocked),
            fingerprint=data.get("fingerprint", track.fingerprint),
        )

    return _with_track(batch, event, change)


def _stage_changed(batch: Batch, event: Event) -> Changes:
    data = event.payload
    index, status = data["stage"], StageStatus(data["status"])

    def change(track: Track) -> Track:
        stages = {stage.index: stage for stage in track.stages}
        stage = stages.get(index) or Stage(index, data.get("name", ""))
        running = status in (StageStatus.RUNNING, StageStatus.GATE)
        started = stage.started_at
        if started is None and status is not StageStatus.PENDING and status is not StageStatus.SKIPPED:
            started = event.at
        stages[index] = replace(
            stage,
            name=data.get("name") or stage.name,
            status=status,
            started_at=started,
            ended_at=None if running or status is StageStatus.PENDING else event.at,
            detail=data.get("detail", stage.detail),
        )
        ordered = tuple(stages[key] for key in sorted(stages))
        current = index if status is not StageStatus.PENDING else track.stage
        return replace(track, stages=ordered, stage=current)

    return _with_track(batch, event, change)


def _stages_skipped(batch: Batch, event: Event) -> Changes:
    skipped = tuple(event.payload["stages"])

    def change(track: Track) -> Track:
        stages = tuple(
            replace(stage, status=StageStatus.SKIPPED, ended_at=event.at)
            if stage.index in skipped and stage.status is StageStatus.PENDING
            else stage
            for stage in track.stages
        )
        return replace(track, skipped_stages=tuple(sorted({*track.skipped_stages, *skipped})), stages=stages)

    return _with_track(batch, event, change)


def _activity_seen(batch: Batch, event: Event) -> Changes:
    wall = event.payload.get("wall_ms")
    at = event.at if wall is None else event.at.plus(min(0, wall - event.at.wall_ms))
    return _with_track(batch, event, lambda track: replace(track, activity=Activity(event.payload["text"], at)))


def _attempt_started(batch: Batch, event: Event) -> Changes:
    data = event.payload
    process = data.get("process")
    attempt = Attempt(
        id=data["attempt"],
        stage=data.get("stage"),
        purpose=data["purpose"],
        argv=tuple(data.get("argv", ())),
        cwd=data.get("cwd", ""),
        started_at=event.at,
        process=None if process is None else (process[0], process[1], process[2]),
        model=data.get("model", ""),
    )
    return _with_track(batch, event, lambda track: replace(track, attempts=(*track.attempts, attempt)))


def _attempt_ended(batch: Batch, event: Event) -> Changes:
    data = event.payload

    def change(track: Track) -> Track:
        attempts = tuple(
            replace(one, ended_at=event.at, exit_code=data.get("exit_code"), outcome=data["outcome"])
            if one.id == data["attempt"]
            else one
            for one in track.attempts
        )
        return replace(track, attempts=attempts)

    return _with_track(batch, event, change)


def _cost_recorded(batch: Batch, event: Event) -> Changes:
    data = event.payload

    def change(track: Track) -> Track:
        return replace(
            track,
            cost_usd=data.get("cost_usd", track.cost_usd),
            tokens=data.get("tokens", track.tokens),
            model=data.get("model", track.model),
        )

    return _with_track(batch, event, change)


def _finding_added(batch: Batch, event: Event) -> Changes:
    data = event.payload
    finding = Finding(
        id=data["finding"],
        severity=data["severity"],
        title=data["title"],
        detail=data.get("detail", ""),
        file=data.get("file", ""),
        line=data.get("line"),
        by=data.get("by", ""),
    )
    return _with_track(batch, event, lambda track: replace(track, findings=(*track.findings, finding)))


def _check_recorded(batch: Batch, event: Event) -> Changes:
    data = event.payload
    check = Check(data["name"], data["result"], data.get("detail", ""), event.at)

    def change(track: Track) -> Track:
        others = tuple(one for one in track.checks if one.name != check.name)
        return replace(track, checks=(*others, check))

    return _with_track(batch, event, change)


RECENT_MESSAGES = 20


def _message_sent(batch: Batch, event: Event) -> Changes:
    data = event.payload
    message = Message(data["message"], data["text"], data.get("by", ""), data.get("purpose", ""), event.at)

    def change(track: Track) -> Track:
        return replace(track, messages=(*track.messages[-(RECENT_MESSAGES - 1) :], message))

    return _with_track(batch, event, change)


def _message_delivered(batch: Batch, event: Event) -> Changes:
    data = event.payload

    def reach(message: Message) -> Message:
        if message.id != data["message"]:
            return message
        if data["route"] == "task_file":
            return replace(message, written_at=event.at)
        return replace(message, read_at=event.at)

    def change(track: Track) -> Track:
        return replace(track, messages=tuple(reach(one) for one in track.messages))

    return _with_track(batch, event, change)


def _agent_asked(batch: Batch, event: Event) -> Changes:
    return _with_track(batch, event, lambda track: replace(track, asked_at=event.at, liveness=Liveness.ASKED))


def _agent_liveness(batch: Batch, event: Event) -> Changes:
    liveness, signs = Liveness(event.payload["liveness"]), tuple(event.payload.get("signs", ()))
    return _with_track(batch, event, lambda track: replace(track, liveness=liveness, signs=signs))


TRACK_HANDLERS: dict[str, Callable[[Batch, Event], Changes]] = {
    "track_added": _track_added,
    "track_changed": _track_changed,
    "track_moved": _track_moved,
    "track_reported": _track_reported,
    "stage_changed": _stage_changed,
    "stages_skipped": _stages_skipped,
    "activity_seen": _activity_seen,
    "attempt_started": _attempt_started,
    "attempt_ended": _attempt_ended,
    "cost_recorded": _cost_recorded,
    "finding_added": _finding_added,
    "check_recorded": _check_recorded,
    "message_sent": _message_sent,
    "message_delivered": _message_delivered,
    "agent_asked": _agent_asked,
    "agent_liveness": _agent_liveness,
}
