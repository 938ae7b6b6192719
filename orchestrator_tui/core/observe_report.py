"""Stages that agents report by other means than a task file: the same effect as a task that says so (DESIGN §4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core import observe_stages
from orchestrator_tui.core.agent_tracks import seen
from orchestrator_tui.core.agents import agent_of, session_of
from orchestrator_tui.core.ahead import Ahead
from orchestrator_tui.core.claims import heard
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.metadata import MAX_STAGES, STAGE_STATUSES, TaskMetadata, slugify
from orchestrator_tui.core.model import Batch, Gate, GateState, Track, TrackState
from orchestrator_tui.core.naming import agent_slug, is_session_source
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.tracks_shown import own_track, part, track_of

_MOVABLE = frozenset({TrackState.PENDING, TrackState.RUNNING, TrackState.DONE, TrackState.ABANDONED, TrackState.FAILED})
"""States that a report may change; where we or a person have moved a track to says more than a report."""


@frozen
class Report:
    """What an agent says of its stage.

    ``track`` is the name that the agent gives, or ""; ``source`` and ``asker`` tell which agent it is
    (``core.naming``, ``core.agents.address``). ``status`` is one of the stage statuses of task metadata.
    """

    track: str
    source: str
    asker: str
    workflow: str
    stage: int
    stage_name: str
    status: str
    progress: str
    pr: str
    branch: str
    skipped: tuple[int, ...]


def read_report(payload: Mapping[str, Any]) -> Report:
    """The report in the payload of a request.

    Raises:
        ValueError, TypeError: it holds no stage, or something else that cannot be understood.
    """
    stage, status = payload.get("stage"), _text(payload, "status") or "in_progress"
    if isinstance(stage, bool) or not isinstance(stage, int) or not 0 < stage <= MAX_STAGES:
        raise ValueError(f"stage is no number from 1 to {MAX_STAGES}")
    if status not in STAGE_STATUSES:
        raise ValueError(f"status is none of {', '.join(sorted(STAGE_STATUSES))}")
    skipped = payload.get("skipped") or []
    if not isinstance(skipped, list) or any(isinstance(one, bool) or not isinstance(one, int) for one in skipped):
        raise TypeError("skipped is no list of numbers")
    return Report(
        track=slugify(_text(payload, "track")),
        source=_text(payload, "source"),
        asker=_text(payload, "asker"),
        workflow=_text(payload, "workflow"),
        stage=stage,
        stage_name=_text(payload, "stage_name", 120),
        status=status,
        progress=_text(payload, "progress"),
        pr=_text(payload, "pr"),
        branch=_text(payload, "branch"),
        skipped=tuple(sorted({one for one in skipped if 0 < one <= MAX_STAGES})),
    )


def observe_report(batch: Batch, report: Report, rules: Rules, now: Instant) -> tuple[tuple[Draft, ...], str]:
    """The events that a report amounts to, and why it is refused, or ""."""
    track = _track(batch, report)
    gate = None if track is None else _barring(batch, track, report)
    if gate is not None:
        return (), f"stage {report.stage} waits for {gate.id}, which is open"
    ahead = Ahead(batch, now)
    meta = _metadata(track, report)
    if track is None:
        slug = _add(ahead, report, meta, rules)
        stages = observe_stages.first_stages(slug, meta)
    else:
        slug = track.slug
        _change(ahead, track, report, meta, rules)
        stages = observe_stages.stage_moves(track, meta)
    for draft in stages:
        ahead.add(draft.kind, **draft.payload)
    said = {"progress": report.progress} if report.progress else {}
    ahead.add("track_reported", track=slug, blocked=report.status == "gate_blocked", **said)
    _move(ahead, slug, report, observe_stages.total(meta, rules))
    _join(ahead, slug, report)
    return heard(batch, ahead.drafts), ""


def _track(batch: Batch, report: Report) -> Track | None:
    """The track that is meant: the one of that name, without a name the one that its agent works for or has itself.

    Who names a track that is not there speaks of a new one.
    """
    if report.track:
        return batch.tracks.get(report.track)
    own = next((track for track in batch.tracks.values() if report.source and track.source == report.source), None)
    return own if own is None else batch.tracks[part(batch, own) or own.slug]


def _barring(batch: Batch, track: Track, report: Report) -> Gate | None:
    """The open gate that a report would go past: a later stage, or the end of the last one."""
    last = track.stages[-1].index if track.stages else 0
    over = report.status == "completed" and report.stage == last
    for gate in batch.gates.values():
        stage = gate.question.stage
        mine = gate.state is GateState.OPEN and track_of(batch, gate) == track.slug and stage is not None
        if mine and stage is not None and (report.stage > stage or over):
            return gate
    return None


def _metadata(track: Track | None, report: Report) -> TaskMetadata:
    """The report as a task's metadata would say it."""
    return TaskMetadata(
        slug=report.track,
        title="",
        workflow=report.workflow or (track.workflow if track is not None else ""),
        kind="",
        stage=report.stage,
        stages=None,
        stage_name=report.stage_name,
        stage_status=report.status,
        skipped=report.skipped,
        branch=report.branch,
        worktree="",
        pr=report.pr,
        progress=report.progress,
        depends_on=(),
        hold=False,
        messages_read=(),
        decision=None,
    )


def _add(ahead: Ahead, report: Report, meta: TaskMetadata, rules: Rules) -> str:
    """A track that nobody has seen before: that of the agent itself where it has none yet, else a further one."""
    slug = report.track or agent_slug(session_of(report.asker), agent_of(report.asker))
    further = bool(report.track) and is_session_source(report.source)
    taken = further or any(track.source == report.source for track in ahead.batch.tracks.values())
    ladder = rules.ladders.get(meta.workflow)
    ahead.add(
        "track_added",
        track=slug,
        title=slug,
        kind=ladder.kind if ladder else "work",
        workflow=meta.workflow,
        source="" if taken else report.source,
        stages=[list(rung) for rung in observe_stages.rungs(meta, rules)],
        state="running",
    )
    changes = {key: value for key, value in (("branch", report.branch), ("pr", report.pr)) if value}
    if changes:
        ahead.add("track_changed", track=slug, changes=changes)
    return slug


def _change(ahead: Ahead, track: Track, report: Report, meta: TaskMetadata, rules: Rules) -> None:
    said = {"branch": report.branch, "pr": report.pr}
    changes: dict[str, Any] = {name: value for name, value in said.items() if value and getattr(track, name) != value}
    changes.update(observe_stages.ladder_changes(track, meta, rules))
    if changes:
        ahead.add("track_changed", track=track.slug, changes=changes)


def _move(ahead: Ahead, slug: str, report: Report, total: int) -> None:
    track = ahead.batch.tracks[slug]
    over = 0 < total <= report.stage and report.status == "completed"
    state = TrackState.DONE if over else TrackState.RUNNING
    if state is not track.state and track.state in _MOVABLE:
        why = f"its agent reports stage {report.stage} {report.status.replace('_', ' ')}"
        ahead.add("track_moved", track=slug, to=state.value, why=why, observed=True)


def _join(ahead: Ahead, slug: str, report: Report) -> None:
    """A sub-agent that reports on a track works for it, unless it has reported on its own before."""
    own = own_track(ahead.batch, report.asker)
    track = ahead.batch.tracks[slug]
    if own is None or own.slug == slug:
        return
    if agent_of(report.asker) and not own.stage and own.part_of != slug and part(ahead.batch, track) != own.slug:
        ahead.add("track_changed", track=own.slug, changes={"part_of": slug})
        if not own.part_of and own.tokens:
            spent = {"cost_usd": round((track.cost_usd or 0.0) + own.cost_usd, 6)} if own.cost_usd else {}
            tokens = (track.tokens or 0) + own.tokens
            ahead.add("cost_recorded", track=slug, tokens=tokens, model=own.model or track.model, **spent)
    if own.agent is not None and track.agent != own.agent and (agent_of(report.asker) or track.agent is None):
        ahead.add("agent_seen", track=slug, **seen(own.agent))


def _text(payload: Mapping[str, Any], key: str, limit: int = 200) -> str:
    value = payload.get(key) or ""
    if not isinstance(value, str):
        raise TypeError(f"{key} is not a text")
    return sanitise_line(value, limit)
