"""What each track event makes of its track: the part of the fold that ``evolve`` leaves to this module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.changing import changed
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.frozen import replace
from orchestrator_tui.core.instant import Instant, at_wall
from orchestrator_tui.core.model import Activity, Liveness, Message, Stage, StageStatus, Track, TrackState
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.records import LEFT_OUT, POSSIBLE, Attempt, Check, Finding


def added(event: Event) -> Track:
    """The track that a ``track_added`` event makes."""
    data = event.payload
    reported = data.get("reported_wall_ms")
    return Track(
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
        reported_at=event.at if reported is None else at_wall(reported, event.at),
        fingerprint=data.get("fingerprint", ""),
        written_ms=reported or 0,
    )


_CHANGEABLE = frozenset(
    {"title", "kind", "workflow", "branch", "worktree", "pr", "owner", "problem", "source", "model", "part_of"}
)


def _changed(track: Track, event: Event) -> Track:
    given = event.payload["changes"]
    changes = {name: value for name, value in given.items() if name in _CHANGEABLE}
    for name, value in changes.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} is {type(value).__name__}, not str")
    if "wave" in given:
        changes["wave"] = int(given["wave"])
    if "depends_on" in given:
        changes["depends_on"] = tuple(given["depends_on"])
    if "stages" in given:
        changes["stages"] = _with_rungs(track.stages, given["stages"])
    return changed(track, **changes)


def _with_rungs(stages: tuple[Stage, ...], rungs: Iterable[tuple[int, str]]) -> tuple[Stage, ...]:
    """The stages with rungs that became known later; what a stage is called already stays."""
    known = {stage.index: stage for stage in stages}
    for index, name in rungs:
        before = known.get(index, Stage(index, name))
        known[index] = before if before.name else replace(before, name=name)
    return tuple(known[index] for index in sorted(known))


def _moved(track: Track, event: Event) -> Track:
    to = TrackState(event.payload["to"])
    gone = to is TrackState.ABANDONED and event.payload.get("observed", False)
    return changed(
        track,
        state=to,
        ended_at=event.at if to in ENDED_TRACK_STATES else None,
        # A task that comes back says something new, even in the same words.
        fingerprint="" if gone else track.fingerprint,
    )


def _reported(track: Track, event: Event) -> Track:
    data = event.payload
    return changed(
        track,
        reported_at=_written_at(track, event),
        asked_at=None,
        liveness=Liveness.REPORTING,
        signs=(),
        progress=data.get("progress", track.progress),
        blocked=data.get("blocked", track.blocked),
        fingerprint=data.get("fingerprint", track.fingerprint),
        written_ms=max(track.written_ms, data.get("wall_ms", 0)),
    )


def _written_at(track: Track, event: Event) -> Instant:
    """When a report was written, where its file's time makes sense: not before the report that it changed."""
    wall = event.payload.get("wall_ms")
    if wall is None:
        return event.at
    written = at_wall(wall, event.at)
    before = track.reported_at
    return event.at if before is not None and written.wall_ms <= before.wall_ms else written


_RUNNING = (StageStatus.RUNNING, StageStatus.GATE)


def _stage_changed(track: Track, event: Event) -> Track:
    data = event.payload
    index, status = data["stage"], StageStatus(data["status"])
    stages = {stage.index: stage for stage in track.stages}
    stage = stages.get(index) or Stage(index, data.get("name", ""))
    started, ended = stage.started_at, None
    if status is StageStatus.PENDING:
        started = None
    elif status not in _RUNNING:
        ended = event.at
    elif stage.status not in _RUNNING:
        # Each run of a stage has its own clock; that of a stage which nobody saw running never starts.
        started = event.at
    name, detail = data.get("name") or stage.name, data.get("detail", stage.detail)
    stages[index] = Stage(index, name, status, started, ended, detail)
    ordered = tuple(stages[key] for key in sorted(stages))
    stays = status is StageStatus.PENDING or data.get("late", False)
    return changed(track, stages=ordered, stage=track.stage if stays else index)


def _stages_skipped(track: Track, event: Event) -> Track:
    skipped, reason = tuple(event.payload["stages"]), event.payload.get("reason", "")
    stages = tuple(
        replace(stage, status=StageStatus.SKIPPED, ended_at=event.at, detail=reason or stage.detail)
        if stage.index in skipped and (stage.status is StageStatus.PENDING or _is_given_up(track, stage))
        else stage
        for stage in track.stages
    )
    return changed(track, skipped_stages=tuple(sorted({*track.skipped_stages, *skipped})), stages=stages)


def _is_given_up(track: Track, stage: Stage) -> bool:
    """Whether a stage of a run that is skipped was tried before: what is only watched goes on where it is."""
    return track.work is not None and stage.status is not StageStatus.DONE


def _activity_seen(track: Track, event: Event) -> Track:
    wall = event.payload.get("wall_ms")
    at = event.at if wall is None else at_wall(wall, event.at)
    return changed(track, activity=Activity(event.payload["text"], at))


def _agent_seen(track: Track, event: Event) -> Track:
    data = event.payload
    agent = Agent(
        session=data["session"],
        id=data.get("agent", ""),
        parent=data.get("parent", ""),
        mode=data.get("mode", ""),
        name=data.get("name", ""),
        status=data["status"],
        evidence=tuple(data.get("evidence", ())),
        connected=data.get("connected", False),
        pane=data.get("pane", ""),
        team=data.get("team", ""),
        version=data.get("version", ""),
    )
    return changed(track, agent=agent)


def _attempt_started(track: Track, event: Event) -> Track:
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
        number=data.get("number", 0),
        role=data.get("role", ""),
        tier=data.get("tier", ""),
        session=data.get("session", ""),
    )
    # What the one before it said last is not what this one does.
    return changed(track, attempts=(*track.attempts, attempt), activity=None, progress="")


def _attempt_ended(track: Track, event: Event) -> Track:
    data = event.payload
    attempts = tuple(_ended(one, event) if one.id == data["attempt"] else one for one in track.attempts)
    return changed(track, attempts=attempts)


def _ended(attempt: Attempt, event: Event) -> Attempt:
    data = event.payload
    return replace(
        attempt,
        ended_at=event.at,
        exit_code=data.get("exit_code"),
        outcome=data["outcome"],
        verdict=data.get("verdict", ""),
        summary=data.get("summary", ""),
        cost_usd=data.get("cost_usd", 0.0),
        tokens=data.get("tokens", 0),
        turns=data.get("turns", 0),
    )


def _cost_recorded(track: Track, event: Event) -> Track:
    data = event.payload
    return changed(
        track,
        cost_usd=data.get("cost_usd", track.cost_usd),
        tokens=data.get("tokens", track.tokens),
        model=data.get("model", track.model),
    )


def _finding_added(track: Track, event: Event) -> Track:
    data, standing = event.payload, event.payload.get("standing", "")
    if standing == LEFT_OUT:
        return track
    severity, title = data["severity"], data["title"]
    if standing == POSSIBLE:
        # It is listed, bars nothing, and says what it would be.
        severity, title = "nit", f"possible {severity}: {title}"
    finding = Finding(
        id=data["finding"],
        severity=severity,
        title=title,
        detail=data.get("detail", ""),
        file=data.get("file", ""),
        line=data.get("line"),
        by=data.get("by", ""),
        times=1 + sum(_same(one, {**data, "severity": severity, "title": title}) for one in track.findings),
        attempt=track.attempts[-1].id if track.attempts else "",
        about=data.get("about", ""),
    )
    return changed(track, findings=(*track.findings, finding))


def _same(finding: Finding, data: Mapping[str, Any]) -> bool:
    """Whether this was said before, by vocabulary's key: severity, file, line and the beginning of the title."""
    told = (finding.severity, finding.file, finding.line, finding.title[:60].lower())
    return told == (data["severity"], data.get("file", ""), data.get("line"), data["title"][:60].lower())


def _finding_closed(track: Track, event: Event) -> Track:
    data = event.payload

    def close(one: Finding) -> Finding:
        return replace(one, state=data["state"]) if one.id == data["finding"] else one

    return changed(track, findings=tuple(close(one) for one in track.findings))


def _check_recorded(track: Track, event: Event) -> Track:
    data = event.payload
    check = Check(
        data["name"],
        data["result"],
        data.get("detail", ""),
        event.at,
        command=data.get("command", ""),
        sha=data.get("sha", ""),
        duration_ms=data.get("duration_ms", 0),
        run=data.get("run", ""),
    )
    others = tuple(one for one in track.checks if one.name != check.name)
    return changed(track, checks=(*others, check))


RECENT_MESSAGES = 20

UNREAD_ROUTES = frozenset({"task_file", "mail", "tmux", "inbox", "stdin", "prompt"})
"""Routes of messages that are written where an agent looks, or will be told: no sign yet that it has read them."""


def _message_sent(track: Track, event: Event) -> Track:
    data = event.payload
    message = Message(data["message"], data["text"], data.get("by", ""), data.get("purpose", ""), event.at)
    return changed(track, messages=(*track.messages[-(RECENT_MESSAGES - 1) :], message))


def _message_delivered(track: Track, event: Event) -> Track:
    data = event.payload

    def reach(message: Message) -> Message:
        if message.id != data["message"]:
            return message
        routes = message.routes if data["route"] in message.routes else (*message.routes, data["route"])
        if data["route"] in UNREAD_ROUTES:
            return replace(message, written_at=message.written_at or event.at, routes=routes, problem="")
        return replace(message, read_at=event.at, routes=routes, problem="")

    return changed(track, messages=tuple(reach(one) for one in track.messages))


def _message_failed(track: Track, event: Event) -> Track:
    data = event.payload
    failed = (replace(one, problem=data["why"]) if one.id == data["message"] else one for one in track.messages)
    return changed(track, messages=tuple(failed))


def _agent_asked(track: Track, event: Event) -> Track:
    return changed(track, asked_at=event.at, liveness=Liveness.ASKED)


def _agent_liveness(track: Track, event: Event) -> Track:
    data = event.payload
    return changed(track, liveness=Liveness(data["liveness"]), signs=tuple(data.get("signs", ())))


TRACK_HANDLERS: dict[str, Callable[[Track, Event], Track]] = {
    "track_changed": _changed,
    "track_moved": _moved,
    "track_reported": _reported,
    "stage_changed": _stage_changed,
    "stages_skipped": _stages_skipped,
    "agent_seen": _agent_seen,
    "activity_seen": _activity_seen,
    "attempt_started": _attempt_started,
    "attempt_ended": _attempt_ended,
    "cost_recorded": _cost_recorded,
    "finding_added": _finding_added,
    "finding_closed": _finding_closed,
    "check_recorded": _check_recorded,
    "message_sent": _message_sent,
    "message_delivered": _message_delivered,
    "message_failed": _message_failed,
    "agent_asked": _agent_asked,
    "agent_liveness": _agent_liveness,
}
"""What each kind makes of the track that it names."""
