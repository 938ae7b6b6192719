"""The next step of one track on its ladder: gate, attempt, inspection, checks, judgement, and where it leads."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Option, StageStatus, Track, TrackState
from orchestrator_tui.core.moves import MOVES
from orchestrator_tui.core.schedule import (
    carrying,
    converging,
    copies,
    deploying,
    drifting,
    grounding,
    narrowness,
    questions,
)
from orchestrator_tui.core.schedule.awaiting import is_awaited
from orchestrator_tui.core.schedule.effects import ATTEMPT, CHECK, DIVIDE, INSPECT, ON_STAGE, begin, under_way
from orchestrator_tui.core.schedule.gates import ABANDON, ask, barring, chosen, gate_id, lines, listed
from orchestrator_tui.core.schedule.gathering import waits_for_others
from orchestrator_tui.core.schedule.judging import (
    ACCEPTED,
    ASKED,
    BLOCKER,
    BUDGET,
    GROWN,
    GROWTH,
    MISMATCH,
    REJECTED,
    REWORK,
    TRACK_LIST_CHECK,
    checks_of,
    judge,
    open_blockers,
    since_writing,
)
from orchestrator_tui.core.schedule.readiness import no_place
from orchestrator_tui.core.schedule.rules import (
    RESOLVING,
    divides,
    is_batch_track,
    next_stage,
    passed_over,
    run_of,
    stage_name,
    stage_run,
    stage_work,
    stages_of,
    work_of,
    workflow_of,
)
from orchestrator_tui.core.schedule.stage_gates import (
    ask_first,
    ask_person,
    skip_option,
    stage_gate,
    stage_status,
    where,
)
from orchestrator_tui.core.schedule.tries import tries_left
from orchestrator_tui.core.workflow import AGENT, CARRY, CHECKS, DEPLOY, FAIL, PERSON, StageWork

S = TrackState

ON_LADDER = frozenset({S.RUNNING, S.VERIFYING, S.IN_REVIEW, S.REVISING, S.STALLED, S.RESCUING})
"""The states in which a track goes from stage to stage."""


def moved(track: Track, to: TrackState, why: str = "") -> list[Draft]:
    """Move a track unless it is there already or cannot go there."""
    if track.state is to or to not in MOVES[track.state]:
        return []
    payload = {"track": track.slug, "to": to.value}
    return [Draft("track_moved", {**payload, "why": why} if why else payload)]


def enter(track: Track, index: int, why: str = "", from_stage: int = 0, problems: tuple[str, ...] = ()) -> list[Draft]:
    """Enter a stage; ``from_stage`` is the one that led back to it, ``problems`` are what is to be put right."""
    payload: dict[str, object] = {"track": track.slug, "stage": index}
    if why:
        payload["why"] = why
    if from_stage:
        payload["from_stage"] = from_stage
    if problems:
        payload["problems"] = list(problems)
    return [Draft("stage_entered", payload)]


def advance(batch: Batch, track: Track) -> list[Draft]:
    """What a track at work does next; nothing while something of it is under way or a person is asked."""
    run = work_of(track).run
    if run is None:
        first = next_stage(batch, track, 0)
        told = passed(batch, track, 0, first)
        return [*told, *(finish(batch, track) if first is None else enter(track, first))]
    if under_way(batch, *ON_STAGE, track=track.slug):
        return []
    dropping = copies.drop(batch, track)
    if dropping:
        return dropping
    if run.stage in track.skipped_stages:
        return go_on(batch, track)
    if run.judged:
        return _after_judgement(batch, track)
    narrow = narrowness.skipped(batch, track)
    if narrow:
        return narrow
    work = stage_work(batch, track, run.stage)
    if work.runs == DEPLOY:
        renewed = deploying.renewed(batch, track)
        if renewed:
            return renewed
    if barring(batch, track) or waits_for_others(batch, track):
        return []
    # A person who has just said what is to be done there has no need to be asked.
    if work.gate and not run.granted and not chosen(batch, stage_gate(track)):
        return ask_first(batch, track)
    if work.runs == DEPLOY:
        return deploying.advance(batch, track)
    if work.runs == PERSON:
        return ask_person(batch, track)
    if work.runs == AGENT and not run.claim:
        return _attempt(batch, track)
    return _verify(batch, track)


def go_on(batch: Batch, track: Track) -> list[Draft]:
    """Leave the stage at hand for the next one, or come to the end of the ladder."""
    run = stage_run(track)
    if run.stage == RESOLVING:
        return moved(track, S.APPROVED, "its conflict is resolved")
    following = next_stage(batch, track, run.stage)
    told = passed(batch, track, run.stage, following)
    return [*told, *(finish(batch, track) if following is None else enter(track, following))]


def passed(batch: Batch, track: Track, after: int, until: int | None = None) -> list[Draft]:
    """Say of the stages between these two why they are passed over, where they have not been told of yet."""
    pending = {one.index for one in track.stages if one.status is StageStatus.PENDING}
    told = {"track": track.slug, "status": StageStatus.SKIPPED.value, "late": True}
    return [
        Draft("stage_changed", {**told, "stage": rule.index, "detail": why})
        for rule, work in stages_of(batch, track)[after : None if until is None else until - 1]
        if rule.index in pending and not work.after_merge and (why := passed_over(batch, track, rule, work))
    ]


def finish(batch: Batch, track: Track) -> list[Draft]:
    """The ladder is at its end, as far as it goes before or after the merge."""
    if is_batch_track(track):
        return []
    if work_of(track).merged_sha:
        return moved(track, S.MERGED)
    return moved(track, S.APPROVED)


# --- one try ---------------------------------------------------------------------------------------------


def _attempt(batch: Batch, track: Track) -> list[Draft]:
    if run_of(batch).pausing or work_of(track).paused or no_place(batch, track):
        return []
    run = stage_run(track)
    bound = workflow_of(batch, track).budget.attempts
    if bound and len(track.attempts) >= bound and not run.granted:
        problems = [f"{BUDGET}: {len(track.attempts)} of {bound} attempts"]
        told = {"track": track.slug, "stage": run.stage, "verdict": ASKED, "problems": problems}
        return [Draft("stage_judged", told)]
    before = copies.prepare(batch, track)
    if before is not None:
        return before
    work = stage_work(batch, track, run.stage)
    number = run.tries + 1
    identifier = attempt_id(track)
    shown = grounding.due(batch, track, identifier)
    if shown:
        return shown
    purpose = "review" if work.reviews else "implement"
    if run.stage == RESOLVING:
        purpose = "resolve"
    elif number > 1:
        purpose = "revise"
    elif run.entry > 1:
        purpose = "rework"
    if work.angles and run.stage != RESOLVING:
        return [*moved(track, S.RUNNING), *_angles(batch, track, work)]
    state = S.IN_REVIEW if work.reviews else S.REVISING if number > 1 or run.entry > 1 else S.RUNNING
    return [
        *moved(track, state),
        *begin(batch, ATTEMPT, track.slug, identifier, stage=run.stage, number=number, purpose=purpose, role=work.role),
    ]


def _angles(batch: Batch, track: Track, work: StageWork) -> list[Draft]:
    """All angles of a stage that are not done, at once, each by an agent of its own (seed 001, exploration)."""
    run, drafts = stage_run(track), []
    for angle in work.angles:
        if run.parts.get(angle.key) != "done":
            told = {"stage": run.stage, "number": run.tries + 1, "purpose": "explore", "role": work.role}
            drafts += begin(batch, ATTEMPT, track.slug, f"{attempt_id(track)}-{angle.key}", **told, part=angle.key)
    return drafts


def attempt_id(track: Track) -> str:
    """The name of the next attempt of a track: of which stage, entered how often, and the how manieth try."""
    run = stage_run(track)
    return f"a-{track.slug}-{run.stage}-{run.entry}-{run.tries + 1}"


def _verify(batch: Batch, track: Track) -> list[Draft]:
    """Look at what a try has left behind, then run its checks one after the other, then judge."""
    run = stage_run(track)
    work = stage_work(batch, track, run.stage)
    tried = run.attempt or f"a-{track.slug}-{run.stage}-{run.entry}-0"
    # A failed or lost attempt may have left something behind that the next one must know, so it is looked at, too.
    if run.inspection is None:
        rule = None if run.stage == RESOLVING else stages_of(batch, track)[run.stage - 1][0]
        wanted = work.artefacts if rule is None or not rule.artefact else (rule.artefact, *work.artefacts)
        name = f"i-{tried[2:]}-{run_of(batch).begun}"
        arguments = {"artefacts": list(dict.fromkeys(wanted)), "stage": run.stage}
        return [*moved(track, S.VERIFYING), *begin(batch, INSPECT, track.slug, name, **arguments)]
    if run.claim in ("", "done") and not run.inspection.missing:
        for check in checks_of(batch, track, work):
            if check.name not in run.checks:
                name = f"c-{tried[2:]}-{run_of(batch).begun}-{check.name}"
                told = {"name": check.name, "command": check.command, "wall_ms": check.wall_ms, "run": tried}
                told |= {"at": run.copy} if copies.is_fresh(batch, track) and run.copy else {}
                return [*moved(track, S.VERIFYING), *begin(batch, CHECK, track.slug, name, **told)]
    if run.claim == "done" and not run.inspection.missing and _is_to_be_divided(batch, track):
        name = f"l-{run_of(batch).begun}"
        return begin(batch, DIVIDE, track.slug, name, run=tried, name=TRACK_LIST_CHECK)
    if is_awaited(batch, track):
        return []
    made = judge(batch, track)
    payload = {"track": track.slug, "stage": run.stage, "verdict": made.verdict, "problems": list(made.problems)}
    return [Draft("stage_judged", {**payload, "attempt": run.attempt}), *stage_status(track, made.verdict)]


def _is_to_be_divided(batch: Batch, track: Track) -> bool:
    """Whether this try has written a list of tracks that nobody has read yet."""
    run = stage_run(track)
    if run.stage == RESOLVING or TRACK_LIST_CHECK in run.checks:
        return False
    return divides(track, *stages_of(batch, track)[run.stage - 1])


# --- what follows from a judgement -------------------------------------------------------------------------


def _after_judgement(batch: Batch, track: Track) -> list[Draft]:
    run = stage_run(track)
    if run.judged == ACCEPTED:
        open_questions = questions.pending(batch, track)
        if open_questions is not None:
            return open_questions
        return [*_settled_findings(batch, track), *go_on(batch, track)]
    if barring(batch, track):
        return []
    if run.judged == REJECTED:
        return _again(batch, track)
    if run.judged == REWORK:
        return _back(batch, track)
    if run.judged == MISMATCH:
        return [*moved(track, S.ESCALATED, "; ".join(run.problems)), *drifting.ask_person(batch, track)]
    if run.judged == GROWN:
        return [*moved(track, S.ESCALATED, GROWTH), *converging.ask_scope(batch, track)]
    assert run.judged == ASKED
    return _escalate(batch, track, "; ".join(run.problems))


def _settled_findings(batch: Batch, track: Track) -> list[Draft]:
    """A review that finds nothing to fix any more has seen what was found before as fixed."""
    work = stage_work(batch, track, stage_run(track).stage)
    put_off = drifting.deferred(batch, track) or []
    if not work.reviews:
        return put_off
    # A concern that is still there was said again, and is recorded once more.
    fresh = since_writing(track, work.back_to)
    older = [one for one in track.findings if one.state == "open" and one.severity != BLOCKER and one.attempt]
    closed = {one.payload["finding"] for one in put_off}
    gone = [*open_blockers(track), *(one for one in older if one.attempt not in fresh)]
    return put_off + [
        Draft("finding_closed", {"track": track.slug, "finding": one.id, "state": "fixed", "why": "not raised again"})
        for one in gone
        if one.id not in closed
    ]


def _again(batch: Batch, track: Track) -> list[Draft]:
    run = stage_run(track)
    work = stage_work(batch, track, run.stage)
    if work.runs == CHECKS:
        return _back(batch, track) if work.back_to else _capped(batch, track, run.looks)
    if tries_left(track, work):
        return _attempt(batch, track)
    if run.stage == RESOLVING:
        return [*moved(track, S.MERGING)]
    return _capped(batch, track, run.tries)


def _capped(batch: Batch, track: Track, tries: int) -> list[Draft]:
    run = stage_run(track)
    name = stage_name(batch, track, run.stage)
    times = f"{tries} tries" if tries > 1 else "one try"
    spent = stage_work(batch, track, run.stage).spent
    if spent == FAIL:
        return moved(track, S.FAILED, f"{name} is not accepted after {times}")
    goes_on = carrying.carried(batch, track, "; ".join(run.problems)) if spent == CARRY else None
    if goes_on is not None:
        return goes_on
    return [
        *moved(track, S.ESCALATED, f"{name} is not accepted after {times}"),
        *ask(
            batch,
            gate_id("cap", track.slug, run.stage, run.entry),
            "cap",
            track.slug,
            f"{track.slug}: {name} is not accepted after {times}. What now?",
            (
                Option("retry", "one more try, with what you write as instruction", "approve"),
                Option("fixed", "I have put it right in its worktree: look again"),
                *skip_option(batch, track),
                ABANDON,
            ),
            context=lines("Why it was not accepted:", listed(run.problems), where(track)),
            recommend="retry",
            confidence="low",
            risk="failure",
            stage=run.stage,
            free_text=True,
        ),
    ]


def _back(batch: Batch, track: Track) -> list[Draft]:
    """Lead back to the stage that can mend it, within the bounds of convergence; then ask a person."""
    run = stage_run(track)
    stop = converging.stopped(batch, track)
    if stop is None:
        back_to = stage_work(batch, track, run.stage).back_to
        return enter(track, back_to, "; ".join(run.problems), run.stage, run.problems)
    return [*moved(track, S.ESCALATED, stop.why), *converging.ask_what_now(batch, track, stop)]


def _escalate(batch: Batch, track: Track, why: str) -> list[Draft]:
    run = stage_run(track)
    return [
        *moved(track, S.ESCALATED, why),
        *ask(
            batch,
            gate_id("escalation", track.slug, run.stage, run.entry, run.tries),
            "escalation",
            track.slug,
            f"{track.slug} cannot go on: {why or 'its agent is blocked'}. What now?",
            (Option("retry", "try again, with what you write as instruction", "approve"), ABANDON),
            context=where(track),
            recommend="retry",
            confidence="low",
            risk="failure",
            stage=run.stage,
            free_text=True,
        ),
    ]
