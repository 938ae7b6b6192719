"""From what was seen to what is recorded: facts of task files become events (DESIGN §3, §4.1).

Observed facts are recorded as they are, never refused; what should not have happened raises a signal beside.
Every function is pure: the batch as it is, what was seen, and now go in; drafts come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator_tui.core import observe_gates, observe_stages
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.metadata import TaskMetadata, read_metadata
from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.queries import waiting_gates
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.text import sanitise_line

_STATUS_STATES = {
    "pending": TrackState.PENDING,
    "in_progress": TrackState.RUNNING,
    "completed": TrackState.DONE,
}


@dataclass(frozen=True, slots=True)
class ListSeen:
    """One look at one task list: the tasks that changed since the last look, and the sources that went away."""

    changed: tuple[TaskFact, ...] = ()
    vanished: tuple[str, ...] = ()


def observe(batch: Batch, seen: ListSeen, rules: Rules, now: Instant) -> tuple[Draft, ...]:
    """The events that ``seen`` amounts to, in the order in which they are to be recorded."""
    drafts: list[Draft] = []
    slugs = {track.source: track.slug for track in batch.tracks.values()}
    for fact in seen.changed:
        drafts += _observe_task(batch, fact, slugs, rules, now)
    for source in seen.vanished:
        if source in slugs:
            drafts += _observe_vanished(batch, batch.tracks[slugs[source]])
    return tuple(drafts)


def observe_ending(batch: Batch) -> tuple[Draft, ...]:
    """Whether the batch has come to its end, or woke up again: one draft or none.

    A watched batch ends when all of its tracks have ended and no gate of it is open.
    """
    tracks = batch.tracks.values()
    over = bool(tracks) and all(track.state in ENDED_TRACK_STATES for track in tracks)
    over = over and not any(waiting_gates(batch, track.slug) for track in tracks)
    if over and batch.ended_at is None:
        failed = any(track.state is TrackState.FAILED for track in tracks)
        return (Draft("batch_ended", {"outcome": "failed" if failed else "completed"}),)
    if not over and batch.ended_at is not None:
        return (Draft("batch_reopened", {"why": "work goes on"}),)
    return ()


def _observe_task(batch: Batch, fact: TaskFact, slugs: dict[str, str], rules: Rules, now: Instant) -> Iterable[Draft]:
    meta = read_metadata(fact)
    slug = slugs.get(fact.source)
    if fact.problem:
        return _observe_problem(batch, fact, slug, slugs, meta)
    if slug is None:
        slug = _free_slug(meta.slug, fact, set(slugs.values()) | set(batch.tracks))
        slugs[fact.source] = slug
        return _first_sight(batch, fact, meta, slug, rules, now)
    return _again(batch, batch.tracks[slug], fact, meta, rules, now)


def _first_sight(
    batch: Batch, fact: TaskFact, meta: TaskMetadata, slug: str, rules: Rules, now: Instant
) -> list[Draft]:
    ladder = rules.ladders.get(meta.workflow)
    stages = [[rule.index, rule.name] for rule in ladder.stages] if ladder else observe_stages.unnamed_stages(meta)
    kind = meta.kind or (ladder.kind if ladder else "work" if meta.staged else "task")
    state = _state(fact, meta, len(stages))
    added: dict[str, Any] = {
        "track": slug,
        "title": meta.title,
        "kind": kind,
        "workflow": meta.workflow,
        "source": fact.source,
        "stages": stages,
        "state": state.value,
        "reported_wall_ms": fact.mtime_ms,
        "fingerprint": fact.fingerprint(),
    }
    drafts = [Draft("track_added", added)]
    changes = _changes(Track(batch.id, slug, meta.title, kind), fact, meta)
    if changes:
        drafts.append(Draft("track_changed", {"track": slug, "changes": changes}))
    drafts += observe_stages.first_stages(slug, meta)
    if meta.progress or observe_stages.blocked(fact, meta):
        drafts.append(_reported(slug, fact, meta))
    drafts += observe_gates.task_gate(batch, slug, fact, meta, rules, now)
    return drafts


def _again(batch: Batch, track: Track, fact: TaskFact, meta: TaskMetadata, rules: Rules, now: Instant) -> list[Draft]:
    drafts: list[Draft] = []
    changes = _changes(track, fact, meta)
    if changes:
        drafts.append(Draft("track_changed", {"track": track.slug, "changes": changes}))
    drafts += observe_stages.stage_moves(track, meta)
    if track.fingerprint != fact.fingerprint():
        drafts.append(_reported(track.slug, fact, meta))
    drafts += _messages_read(track, meta)
    state = _state(fact, meta, len(track.stages))
    if state is not track.state and _may_observe(track, state):
        moved = {"track": track.slug, "to": state.value, "why": f"its task is {fact.status}", "observed": True}
        drafts.append(Draft("track_moved", moved))
    drafts += observe_gates.task_gate(batch, track.slug, fact, meta, rules, now)
    return drafts


def _messages_read(track: Track, meta: TaskMetadata) -> list[Draft]:
    return [
        Draft(
            "message_delivered",
            {
                "track": track.slug,
                "message": message.id,
                "route": "shell",
                "evidence": "its orch-agent call showed it",
            },
        )
        for message in track.messages
        if message.read_at is None and message.id in meta.messages_read
    ]


def _may_observe(track: Track, state: TrackState) -> bool:
    # A state that we moved a track to (merged, in review …) says more than a task's three words; it stays.
    return track.state in (*_STATUS_STATES.values(), TrackState.ABANDONED, TrackState.FAILED)


def _state(fact: TaskFact, meta: TaskMetadata, stages: int) -> TrackState:
    state = _STATUS_STATES.get(fact.status, TrackState.RUNNING)
    if meta.stage is None or state is TrackState.DONE:
        return state
    if stages and meta.stage >= stages and meta.stage_status == "completed":
        return TrackState.DONE
    return TrackState.RUNNING if meta.stage > 0 else state


def _reported(slug: str, fact: TaskFact, meta: TaskMetadata) -> Draft:
    return Draft(
        "track_reported",
        {
            "track": slug,
            "progress": meta.progress,
            "blocked": observe_stages.blocked(fact, meta),
            "fingerprint": fact.fingerprint(),
        },
    )


def _changes(track: Track, fact: TaskFact, meta: TaskMetadata) -> dict[str, Any]:
    seen: Mapping[str, Any] = {
        "title": meta.title,
        "branch": meta.branch,
        "worktree": meta.worktree,
        "pr": meta.pr,
        "owner": sanitise_line(fact.owner, 200),
        "problem": "",
    }
    changes = {key: value for key, value in seen.items() if getattr(track, key) != value}
    if track.depends_on != meta.depends_on:
        changes["depends_on"] = list(meta.depends_on)
    if meta.kind and track.kind != meta.kind:
        changes["kind"] = meta.kind
    return changes


def _observe_problem(
    batch: Batch, fact: TaskFact, slug: str | None, slugs: dict[str, str], meta: TaskMetadata
) -> list[Draft]:
    problem = sanitise_line(fact.problem, 200)
    if slug is not None:
        if batch.tracks[slug].problem == problem:
            return []
        return [Draft("track_changed", {"track": slug, "changes": {"problem": problem}})]
    slug = _free_slug(f"task-{fact.task_id}", fact, set(slugs.values()) | set(batch.tracks))
    slugs[fact.source] = slug
    added = {"track": slug, "title": f"task {fact.task_id}", "kind": "task", "source": fact.source}
    return [
        Draft("track_added", {**added, "state": "running", "reported_wall_ms": fact.mtime_ms}),
        Draft("track_changed", {"track": slug, "changes": {"problem": problem}}),
    ]


def _observe_vanished(batch: Batch, track: Track) -> list[Draft]:
    """A task file that is gone: finished lists are deleted by Claude Code, anything else was given up."""
    drafts = observe_gates.withdraw_all(batch, track, "its task was deleted")
    if track.state not in ENDED_TRACK_STATES:
        moved = {"track": track.slug, "to": "abandoned", "why": "its task was deleted", "observed": True}
        drafts.append(Draft("track_moved", moved))
    return drafts


def _free_slug(slug: str, fact: TaskFact, taken: set[str]) -> str:
    candidate = slug[:50].strip("-")
    if candidate not in taken:
        return candidate
    candidate = f"{candidate}-{fact.task_id}"[:63]
    number = 2
    while candidate in taken:
        candidate = f"{slug[:50]}-{number}"
        number += 1
    return candidate
