"""Rules that stop a loop of review and revision before it goes round for nothing.

A rule that fires stops the revision, is recorded in the track's rescue history with trigger, action and outcome, and
asks a person, with a recommendation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import Batch, Gate, Option, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.gates import ABANDON, ask, gate_id, lines, listed
from orchestrator_tui.core.schedule.judging import DISPUTED, GROWTH, grown_files, open_blockers
from orchestrator_tui.core.schedule.rules import stage_name, stage_run, stage_work, work_of, workflow_of
from orchestrator_tui.core.scope import expand
from orchestrator_tui.core.text import plural

REPEATED, DISAGREEMENT, ROUNDS = "repeated issue", "material disagreement", "maximum revision rounds"
NO_WAY = "no way back"
"""What can stop a revision beside scope growth: the trigger as it stands in the rescue history."""

RESCOPE = Option("rescope", "back to its agent with a narrower task: what you write, or only what is listed", "approve")
_AGAIN = Option("again", "one more round, with what you write as instruction", "approve")
_MENDED = Option("mended", "I have put it right myself: go on")
_ACCEPT = Option("accept", "accept it as it is; the findings stay in the report")


@frozen
class Stop:
    """Which rule stops the revision, and why in words."""

    trigger: str
    why: str


def stopped(batch: Batch, track: Track) -> Stop | None:
    """The rule that keeps the stage at hand from leading back once more; None where it may."""
    run = stage_run(track)
    rules, workflow = stage_work(batch, track, run.stage), workflow_of(batch, track)
    if not rules.back_to:
        return Stop(NO_WAY, "its workflow knows no way back")
    again = next((one for one in open_blockers(track) if one.times > workflow.resends), None)
    if again is not None:
        return Stop(REPEATED, f"{again.id} was raised {again.times} times: {again.title}")
    exchanges, disputed = workflow.convergence.exchanges, disputes(batch, track, rules.back_to)
    if exchanges and rules.reviews and disputed >= exchanges:
        return Stop(
            DISAGREEMENT, f"its agent disagrees after {plural(disputed, 'exchange')}: {_said(track, rules.back_to)}"
        )
    rounds = work_of(track).returns.get(run.stage, 0)
    return Stop(ROUNDS, f"{rounds} rounds of rework") if rounds >= rules.rounds + run.granted else None


def disputes(batch: Batch, track: Track, stage: int) -> int:
    """How often in a row the agent of a stage has ended by disagreeing with what it was sent back for."""
    words = {word for word, meaning in stage_work(batch, track, stage).verdicts.items() if meaning == DISPUTED}
    tried = [one for one in track.attempts if one.stage == stage and one.ended_at is not None]
    counted = 0
    for attempt in reversed(tried):
        if attempt.verdict not in words:
            break
        counted += 1
    return counted


def _said(track: Track, stage: int) -> str:
    """The last words of the agent of a stage: a person may hear both sides, a reviewer may not."""
    wrote = [one for one in track.attempts if one.stage == stage and one.summary]
    return wrote[-1].summary if wrote else "it gave no reason"


def ask_what_now(batch: Batch, track: Track, stop: Stop) -> list[Draft]:
    """The gate of a review that may not lead back once more."""
    run = stage_run(track)
    name = stage_name(batch, track, run.stage)
    kind, recommend = "review", "again"
    options: tuple[Option, ...] = (_AGAIN, _MENDED, _ACCEPT, ABANDON)
    if stop.trigger == REPEATED:
        options, recommend = (RESCOPE, _ACCEPT, ABANDON), RESCOPE.key
    if stop.trigger == DISAGREEMENT:
        again = replace(_AGAIN, label="the review is right: back to its agent, with what you write as instruction")
        kind = "disagreement"
        options = (again, replace(_ACCEPT, label="its agent is right: accept it as it is"), ABANDON)
    return _asked(
        batch,
        track,
        stop,
        kind,
        gate_id(kind, track.slug, run.stage, run.entry),
        f"{track.slug}: {name} still wants rework ({stop.why}). What now?",
        options,
        recommend,
        lines("What it says:", listed(run.problems), f"Worktree: {track.worktree}" if track.worktree else ""),
    )


def ask_scope(batch: Batch, track: Track) -> list[Draft]:
    """The gate of a revision that has grown beyond what it was sent back for: a gap of the plan (seed 000)."""
    run = stage_run(track)
    files = grown_files(batch, track)
    widen = Option("widen", "it is needed: these files belong to its scope from now on")
    options = (RESCOPE, *(() if _owned_elsewhere(batch, track, files) else (widen,)), ABANDON)
    return _asked(
        batch,
        track,
        Stop(GROWTH, "; ".join(run.problems)),
        "scope",
        gate_id("scope", track.slug, run.stage, run.entry, run.tries),
        f"{track.slug}: its revision grows beyond what it was sent back for. What now?",
        options,
        RESCOPE.key,
        lines("Newly changed:", listed(files), f"Worktree: {track.worktree}" if track.worktree else ""),
    )


def _owned_elsewhere(batch: Batch, track: Track, files: tuple[str, ...]) -> bool:
    """Whether another track owns any of these files: then a wider scope is no answer."""
    others = (
        one for one in batch.tracks.values() if one.work is not None and one.slug not in (track.slug, BATCH_TRACK)
    )
    return any(expand(work_of(one).planned.scope.owned, files) for one in others)


def _asked(
    batch: Batch,
    track: Track,
    stop: Stop,
    kind: str,
    name: str,
    question: str,
    options: tuple[Option, ...],
    recommend: str,
    context: str,
) -> list[Draft]:
    opened = ask(
        batch,
        name,
        kind,
        track.slug,
        question,
        options,
        context=context,
        recommend=recommend,
        confidence="low",
        risk="failure",
        stage=stage_run(track).stage,
        subject={"trigger": stop.trigger},
        free_text=True,
    )
    return (
        [_history(track, stop.trigger, "stopped the revision", stop.why, "asked a person"), *opened] if opened else []
    )


def settled(track: Track, gate: Gate, option: str, outcome: str) -> Iterator[Draft]:
    """What became of a stop, for the rescue history; nothing for a gate that no rule of convergence has asked."""
    subject = gate.question.subject
    trigger = subject.get("trigger", "") if isinstance(subject, dict) else ""
    if trigger and gate.decision is not None:
        yield _history(track, str(trigger), option, f"decided by {gate.decision.by}", outcome)


def widened(batch: Batch, track: Track) -> list[Draft]:
    """The files that a revision has grown by belong to its scope from now on."""
    planned = work_of(track).planned
    allowed = tuple(dict.fromkeys((*planned.scope.allowed, *grown_files(batch, track))))
    scope = replace(planned.scope, allowed=allowed)
    return [Draft("track_planned", {"track": track.slug, "planned": to_data(replace(planned, scope=scope))})]


def _history(track: Track, trigger: str, action: str, rationale: str, outcome: str) -> Draft:
    number = 1 + sum(one[0] == trigger and one[1] == action for one in work_of(track).rescues)
    told = {"trigger": trigger, "action": action, "rationale": rationale, "outcome": outcome, "number": number}
    return Draft("rescue_recorded", {"track": track.slug, **told})
