"""From what was seen to what is recorded: facts of task files become events (DESIGN §3, §4.1).

Observed facts are recorded as they are, never refused; what should not have happened raises a signal beside.
Every function is pure: the batch as it is, what was seen, and now go in; drafts come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator_tui.core import observe_gates, observe_stages
from orchestrator_tui.core.agent_tracks import is_complete, is_killed
from orchestrator_tui.core.claims import heard
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import ListSeen, TaskFact
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.metadata import TaskMetadata, read_metadata, slugify, task_slug
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Track, TrackState
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.naming import is_session_source, is_task_source
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.tracks_shown import sessions_gone

_STATUS_STATES = {
    "pending": TrackState.PENDING,
    "in_progress": TrackState.RUNNING,
    "completed": TrackState.DONE,
}


def observe(batch: Batch, seen: ListSeen, rules: Rules, now: Instant) -> tuple[Draft, ...]:
    """The events that ``seen`` amounts to, in the order in which they are to be recorded."""
    drafts: list[Draft] = []
    slugs = {track.source: track.slug for track in batch.tracks.values() if track.source}
    facts = {fact.source: fact for fact in seen.changed}
    gone = [batch.tracks[slug] for source, slug in slugs.items() if _is_gone(source, seen, facts)]
    for fact in facts.values():
        drafts += _observe_task(batch, fact, slugs, rules, now)
    cleaned = not facts and _were_all(gone, batch)
    for track in gone:
        drafts += _observe_vanished(batch, track, cleaned)
    return heard(batch, drafts)


def _is_gone(source: str, seen: ListSeen, facts: Mapping[str, TaskFact]) -> bool:
    return source not in facts and (source in seen.vanished or (seen.whole and is_task_source(source)))


def _were_all(gone: list[Track], batch: Batch) -> bool:
    """Whether these were all tasks that the list still had: Claude Code deletes a list when all of it is completed."""
    sources = {track.source for track in gone}
    tasks = [track for track in batch.tracks.values() if is_task_source(track.source)]
    had = [track for track in tasks if track.state is not TrackState.ABANDONED]
    return bool(had) and all(track.source in sources for track in had)


def observe_ending(batch: Batch) -> tuple[Draft, ...]:
    """Whether the batch has come to its end, or woke up again: one draft or none.

    A watched batch ends when all of its tracks have ended or were left by sessions that are gone, and every gate of
    it has ended, too. While a session lives its batch goes on, whatever becomes of its task list. It has stopped, and
    is not completed, when something is left or a session was killed at its work.
    """
    if batch.run is not None:
        return ()
    tracks = batch.tracks.values()
    left = [track for track in tracks if track.state not in ENDED_TRACK_STATES]
    over = bool(tracks) and all(gate.state in TERMINAL_GATE_STATES for gate in batch.gates.values())
    if over and left:
        # What has an attempt of ours behind it is somebody's who needs no session.
        over = sessions_gone(batch) and not any(track.attempts for track in left)
    if over and batch.ended_at is None:
        failed = any(track.state is TrackState.FAILED for track in tracks)
        stopped = bool(left) or any(is_session_source(track.source) and is_killed(track) for track in tracks)
        outcome = "stopped" if stopped else "failed" if failed else "completed"
        return (Draft("batch_ended", {"outcome": outcome}),)
    if not over and batch.ended_at is not None:
        return (Draft("batch_reopened", {"why": "work goes on"}),)
    return ()


def _observe_task(batch: Batch, fact: TaskFact, slugs: dict[str, str], rules: Rules, now: Instant) -> Iterable[Draft]:
    meta = read_metadata(fact)
    slug = slugs.get(fact.source)
    if fact.problem:
        return _observe_problem(batch, fact, slug, slugs, meta)
    if slug is not None:
        return _again(batch, batch.tracks[slug], fact, meta, rules, now)
    named = batch.tracks.get(meta.slug)
    if named is not None and not named.source and meta.slug not in slugs.values():
        # An agent has reported on it by its name before its task was there.
        slugs[fact.source] = meta.slug
        adopted = Draft("track_changed", {"track": meta.slug, "changes": {"source": fact.source}})
        return [adopted, *_again(batch, named, fact, meta, rules, now)]
    slug = _free_slug(meta.slug, fact, set(slugs.values()) | set(batch.tracks))
    slugs[fact.source] = slug
    return _first_sight(batch, fact, meta, slug, rules, now)


def _first_sight(
    batch: Batch, fact: TaskFact, meta: TaskMetadata, slug: str, rules: Rules, now: Instant
) -> list[Draft]:
    ladder = rules.ladders.get(meta.workflow)
    kind = meta.kind or (ladder.kind if ladder else "work" if meta.staged else "task")
    state = _state(fact, meta, observe_stages.total(meta, rules))
    added: dict[str, Any] = {
        "track": slug,
        "title": meta.title,
        "kind": kind,
        "workflow": meta.workflow,
        "source": fact.source,
        "stages": [list(rung) for rung in observe_stages.rungs(meta, rules)],
        "state": state.value,
        "fingerprint": fact.fingerprint(),
    }
    if fact.mtime_ms > 0:
        added["reported_wall_ms"] = fact.mtime_ms
    drafts = [Draft("track_added", added)]
    changes = _changes(Track(batch.id, slug, meta.title, kind, workflow=meta.workflow), fact, meta)
    if changes:
        drafts.append(Draft("track_changed", {"track": slug, "changes": changes}))
    drafts += observe_stages.first_stages(slug, meta)
    if meta.progress or observe_stages.blocked(fact, meta):
        drafts.append(_reported(slug, fact, meta))
    drafts += observe_gates.task_gate(batch, slug, fact, meta, rules, now)
    return drafts


def _again(batch: Batch, track: Track, fact: TaskFact, meta: TaskMetadata, rules: Rules, now: Instant) -> list[Draft]:
    drafts: list[Draft] = []
    changes = {**_changes(track, fact, meta), **observe_stages.ladder_changes(track, meta, rules)}
    if changes:
        drafts.append(Draft("track_changed", {"track": track.slug, "changes": changes}))
    news = track.fingerprint != fact.fingerprint()
    if news:
        # A file that says nothing new does not take back what its agent has reported by another way since.
        drafts += observe_stages.stage_moves(track, meta)
        drafts.append(_reported(track.slug, fact, meta))
    drafts += _messages_read(track, meta)
    state = _state(fact, meta, observe_stages.total(meta, rules))
    if state is not track.state and _may_observe(track, fact) and (news or not is_complete(track)):
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


def _may_observe(track: Track, fact: TaskFact) -> bool:
    if track.state in (TrackState.ABANDONED, TrackState.FAILED):
        # What was given up stays so until its agent says something new.
        return track.fingerprint != fact.fingerprint()
    # A state that we moved a track to (merged, in review …) says more than a task's three words; it stays.
    return track.state in _STATUS_STATES.values()


def _state(fact: TaskFact, meta: TaskMetadata, stages: int) -> TrackState:
    state = _STATUS_STATES.get(fact.status, TrackState.RUNNING)
    if meta.stage is None or state is TrackState.DONE:
        return state
    if stages and meta.stage >= stages and meta.stage_status == "completed":
        return TrackState.DONE
    return TrackState.RUNNING if meta.stage > 0 else state


def _reported(slug: str, fact: TaskFact, meta: TaskMetadata) -> Draft:
    reported: dict[str, Any] = {
        "track": slug,
        "progress": meta.progress,
        "blocked": observe_stages.blocked(fact, meta),
        "fingerprint": fact.fingerprint(),
    }
    if fact.mtime_ms > 0:
        reported["wall_ms"] = fact.mtime_ms
    return Draft("track_reported", reported)


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
    for key in ("branch", "worktree", "pr"):
        if not seen[key] and track.agent is not None:
            # A file that says nothing of it does not take back what its agent is seen to work in.
            changes.pop(key, None)
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
    slug = _free_slug(task_slug(fact.task_id), fact, set(slugs.values()) | set(batch.tracks))
    slugs[fact.source] = slug
    added: dict[str, Any] = {
        "track": slug,
        "title": sanitise_line(f"task {fact.task_id}", 120),
        "kind": "task",
        "source": fact.source,
        "state": "running",
    }
    if fact.mtime_ms > 0:
        added["reported_wall_ms"] = fact.mtime_ms
    return [
        Draft("track_added", added),
        Draft("track_changed", {"track": slug, "changes": {"problem": problem}}),
    ]


def _observe_vanished(batch: Batch, track: Track, cleaned: bool) -> list[Draft]:
    """A task file that is gone: Claude Code deletes a list whose tasks are all completed; one alone was given up."""
    why = "its list was cleaned up: all of it was completed" if cleaned else "its task was deleted"
    drafts = observe_gates.end_all(batch, track, why)
    if track.state not in ENDED_TRACK_STATES:
        to = TrackState.DONE if cleaned else TrackState.ABANDONED
        drafts.append(Draft("track_moved", {"track": track.slug, "to": to.value, "why": why, "observed": True}))
    return drafts


def _free_slug(slug: str, fact: TaskFact, taken: set[str]) -> str:
    if slug not in taken:
        return slug
    stem, number = slug[:50].strip("-"), 2
    candidate = f"{stem}-{slugify(fact.task_id)[:12]}".strip("-")
    while candidate in taken:
        candidate = f"{stem}-{number}"
        number += 1
    return candidate
