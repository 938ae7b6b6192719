"""The circuit breaker: who goes in circles is stopped while it works, and sent again more narrowly (seed 004).

The first time its stage is tried again with what went wrong; from the workflow's ``spirals``th time on a person is
asked. What an agent claims beside it counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.live_rules import ANY_KIND, ERROR_ECHO, PAGINATION, SPIRAL, TURN_REPEAT, Breaker
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.core.repetition import Repeated
from orchestrator_tui.core.run import Trip
from orchestrator_tui.core.schedule.rules import (
    RESOLVING,
    batch_workflow,
    plan_of,
    stage_work,
    work_of,
    workflow_of,
)
from orchestrator_tui.core.wave_roles import session_type

BREAKER = "breaker"
"""How the reason begins for which the breaker ends an attempt."""

TURN_LIMIT = "turn_limit"
"""The pattern of an attempt that used up its turns: it has done a part of its work."""

STOPPED, NOTICED = "stopped", "noticed"
OTHER = "other"
"""The class of an error that fits no class of the workflow."""

_WORDS = {
    PAGINATION: "reads on in the same file without an edit",
    TURN_REPEAT: "makes the same call again",
    ERROR_ECHO: "runs into the same error again",
    SPIRAL: "edits the same file again",
    TURN_LIMIT: "has used up its turns",
}


def turn_limit(batch: Batch, track: Track, stage: int) -> int:
    """How many turns an attempt at a stage of this track may take; 0 for no bound.

    The stage's own bound goes before the plan's, and that before the workflow's for this type of session or, where it
    has none, this kind of track.
    """
    turns, plan = workflow_of(batch, track).breaker.turns, plan_of(batch)
    kind = session_type(plan, batch_workflow(batch).sessions) or track.kind
    own = 0 if stage == RESOLVING else stage_work(batch, track, stage).turns
    return own or plan.session.turns or plan.agent.max_turns or turns.get(kind, turns.get(ANY_KIND, 0))


def noticed(
    batch: Batch, track: Track, attempt: Attempt, repeated: Iterable[Repeated], out_of_turns: int = 0
) -> list[Draft]:
    """What follows from how an attempt repeats itself, recorded once a pattern; ``out_of_turns`` it has used, or 0."""
    rules = workflow_of(batch, track).breaker
    known = {one.pattern for one in work_of(track).trips if one.attempt == attempt.id}
    drafts: list[Draft] = []
    stopped = bool(attempt.stopping)
    if out_of_turns and rules.turns and TURN_LIMIT not in known and not stopped:
        drafts += _trip(batch, track, attempt, Repeated(TURN_LIMIT, out_of_turns, f"{out_of_turns} turns"), STOPPED)
        stopped = True
    for one in repeated:
        if one.pattern in known or one.times < _bound(rules, one.pattern) or not _bound(rules, one.pattern):
            continue
        stops = not stopped and one.pattern in rules.stops and not _only_reads(batch, track, attempt, one)
        drafts += _trip(batch, track, attempt, one, STOPPED if stops else NOTICED)
        stopped = stopped or stops
    return drafts


def error_class(rules: Breaker, error: str) -> str:
    """What the workflow calls an error: the first class of which a word stands in its text, else ``other``."""
    text = error.lower()
    return next((name for name, words in rules.errors.items() if any(one.lower() in text for one in words)), OTHER)


def trips(track: Track, stage: int) -> tuple[Trip, ...]:
    """The attempts at a stage that were stopped because they went in circles, oldest first."""
    found = (one for one in work_of(track).trips if one.stage == stage and one.action == STOPPED)
    return tuple(one for one in found if one.pattern != TURN_LIMIT)


def last_trip(track: Track) -> Trip | None:
    """Why the last attempt of a track was stopped, where the breaker did it; else None."""
    if not track.attempts or not track.attempts[-1].stopping.startswith(BREAKER):
        return None
    mine = [one for one in work_of(track).trips if one.attempt == track.attempts[-1].id and one.action == STOPPED]
    return mine[-1] if mine else None


def is_a_persons(batch: Batch, track: Track, stage: int) -> bool:
    """Whether a stage was stopped so often because it went in circles that a person says how it goes on."""
    return len(trips(track, stage)) >= workflow_of(batch, track).breaker.spirals


def trip_words(trip: Trip) -> str:
    """A trip in one line, with what stands behind it."""
    told = f"{_WORDS.get(trip.pattern, trip.pattern)}, {trip.times} times: {trip.what}"
    if trip.pattern == TURN_LIMIT:
        return f"{_WORDS[TURN_LIMIT]}: {trip.what}"
    return f"{told} ({trip.error_class}: {trip.error})" if trip.error else told


def _bound(rules: Breaker, pattern: str) -> int:
    return rules.edits if pattern == SPIRAL else rules.repeats


def _only_reads(batch: Batch, track: Track, attempt: Attempt, one: Repeated) -> bool:
    """Whether paging is the very work of the stage: nobody who only reads comes to an edit."""
    if one.pattern != PAGINATION or attempt.stage is None:
        return False
    return not stage_work(batch, track, attempt.stage).writes


def _below(track: Track, file: str) -> str:
    """A file as the repository calls it: agents name it by its place in their worktree, which is gone afterwards."""
    root = f"{track.worktree.rstrip('/')}/"
    return file.removeprefix(root) if track.worktree else file


def _trip(batch: Batch, track: Track, attempt: Attempt, one: Repeated, action: str) -> list[Draft]:
    rules = workflow_of(batch, track).breaker
    stage = attempt.stage or 0
    named = error_class(rules, one.error) if one.pattern == ERROR_ECHO else ""
    told: dict[str, Any] = {"track": track.slug, "attempt": attempt.id, "pattern": one.pattern, "times": one.times}
    file = _below(track, one.file)
    told |= {"action": action, "stage": stage, "file": file, "what": one.what, "error": one.error}
    trip = Trip(attempt.id, one.pattern, one.times, action, attempt.started_at, stage, file, one.what, one.error, named)
    text = trip_words(trip)
    evidence = [line for line in (one.what, file and f"file: {file}", one.error) if line]
    signal = {"signal": f"{one.pattern}-{attempt.id}", "kind": one.pattern, "track": track.slug, "text": text}
    drafts = [
        Draft("breaker_tripped", {**told, "error_class": named} if named else told),
        Draft("signal_raised", {**signal, "evidence": evidence}),
    ]
    if action == STOPPED:
        why = f"{BREAKER}: {text}"
        drafts.append(Draft("attempt_stopping", {"track": track.slug, "attempt": attempt.id, "why": why}))
    return drafts
