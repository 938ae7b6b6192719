"""The sections that every dispatch prompt shares: identity, pipeline, item, scope, rules (seed 002, A–D and F–H)."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, StageStatus, Track
from orchestrator_tui.core.plan import BATCH_TRACK, CheckCommand, Scope
from orchestrator_tui.core.prompt_parts import Part, Section, bullets, one_line, paragraphs
from orchestrator_tui.core.rules import StageRule
from orchestrator_tui.core.schedule.breaker import turn_limit
from orchestrator_tui.core.schedule.judging import checks_of
from orchestrator_tui.core.schedule.paths import artefact_path, spec_folder
from orchestrator_tui.core.schedule.questions import answered
from orchestrator_tui.core.schedule.rules import (
    RESOLVING,
    plan_of,
    run_of,
    stage_name,
    stage_run,
    stage_work,
    stages_of,
    stages_on_way,
    work_of,
    workflow_of,
)
from orchestrator_tui.core.workflow import StageWork

_SIGNS = {
    StageStatus.PENDING: "○",
    StageStatus.RUNNING: "→",
    StageStatus.GATE: "⚠",
    StageStatus.DONE: "✓",
    StageStatus.SKIPPED: "–",
    StageStatus.FAILED: "✗",
}


def identity(batch: Batch, track: Track) -> Section:
    """Section A: who the agent is, which stage is its own, and that none is left out."""
    run, work, workflow = stage_run(track), stage_work(batch, track, stage_run(track).stage), workflow_of(batch, track)
    whose = "" if track.slug == BATCH_TRACK else f"track {track.slug} in "
    stages = stages_on_way(batch, track)
    number = next((place for place, one in enumerate(stages, start=1) if one[0].index == run.stage), run.stage)
    place = (
        "the resolution of a conflict, beside the stages"
        if run.stage == RESOLVING
        else f"stage {number} of {len(stages)}, {one_line(stage_name(batch, track, run.stage), 120)}"
    )
    texts = [
        f"You are the {one_line(work.role, 40)} of {whose}the batch “{one_line(batch.title, 200)}” ({batch.id}), "
        "run by orch-tui.",
        f"Your pipeline is {one_line(workflow.name, 63)}: {one_line(workflow.ladder.title, 200)}. ALL {len(stages)} "
        f"STAGES ARE MANDATORY: each is done, one after the other. Yours now is {place}; do this one, whole, and end.",
    ]
    if run.entry > 1 and run.stage != RESOLVING:
        texts.append(f"This stage is entered for the {_ordinal(run.entry)} time.")
    return Section("A. Identity and pipeline", (Part(paragraphs(*texts)),))


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def pipeline(batch: Batch, track: Track, skill: str) -> Section:
    """Section B: the stage's own text, the whole ladder with its artefacts, and the skill where there is one."""
    run, workflow = stage_run(track), workflow_of(batch, track)
    work = stage_work(batch, track, run.stage)
    own = (
        artefact_path(batch, track, work.prompt)
        or f"Do what the name of the stage says: {stage_name(batch, track, run.stage)}."
    )
    shown = {stage.index: stage.status for stage in track.stages}
    rungs = "\n".join(
        _rung(batch, track, rule, how, shown.get(rule.index, StageStatus.PENDING), run.stage)
        for rule, how in stages_on_way(batch, track)
    )
    where = "the workflow's file, or `orch-tui status` for the stages"
    parts = [
        Part(f"The whole pipeline (✓ done, → now, ○ to come, – skipped by a person):\n{rungs}", where),
        Part("" if run.stage == RESOLVING else f"Your stage in full:\n{own}", where),
        *_wanted(batch, track, work),
    ]
    if skill.strip():
        named = one_line(workflow.skill, 60)
        parts.append(Part(f"The pipeline's skill, in full:\n{skill}", f"~/.claude/skills/{named}/SKILL.md"))
    return Section("B. Pipeline", tuple(parts))


def _rung(batch: Batch, track: Track, rule: StageRule, work: StageWork, status: StageStatus, now: int) -> str:
    sign = "→" if rule.index == now else _SIGNS[status]
    needs = artefacts(batch, track, rule, work)
    told = [f"{sign} {rule.index} {one_line(rule.name, 120)}"]
    told += [f"artefact {', '.join(needs)}"] if needs else []
    told += [f"catches {one_line(rule.catches, 200)}"] if rule.catches else []
    return " · ".join(told)


def artefacts(batch: Batch, track: Track, rule: StageRule | None, work: StageWork) -> tuple[str, ...]:
    """The paths that must exist when a stage is done, without the names that stood in them."""
    named = (*((rule.artefact,) if rule is not None and rule.artefact else ()), *work.artefacts)
    return tuple(dict.fromkeys(one_line(artefact_path(batch, track, one), 300) for one in named))


def _wanted(batch: Batch, track: Track, work: StageWork) -> list[Part]:
    run = stage_run(track)
    rule = None if run.stage == RESOLVING else stages_of(batch, track)[run.stage - 1][0]
    needs = artefacts(batch, track, rule, work)
    return [Part(f"These must exist, below your worktree, when you end:\n{bullets(needs)}")] if needs else []


def item(batch: Batch, track: Track) -> Section:
    """Section C: what is to be done, in the words of the plan, and how it will be judged."""
    planned, plan = work_of(track).planned, plan_of(batch)
    where = f"the plan, {one_line(plan.file, 200)}" if plan.file else "the plan; ask if you cannot find it"
    brief = planned.brief or (plan.describe if track.slug == BATCH_TRACK else "")
    parts = [Part(paragraphs(f"{one_line(planned.title or track.title, 300)} ({one_line(track.kind, 40)})"))]
    parts += [Part(f"Tasks of the list, no others: {one_line(', '.join(planned.tasks), 500)}")] if planned.tasks else []
    parts += [Part(brief, where)] if brief.strip() else []
    parts += [Part(f"**Priority Focus (from user):** {plan.session.focus}", where)] if plan.session.focus else []
    if planned.tests:
        parts.append(Part(f"Tests are part of it. {planned.test_scope}".rstrip()))
    parts += [Part(f"Accepted when:\n{bullets(planned.acceptance)}", where)] if planned.acceptance else []
    return Section("C. Work item", tuple(parts))


def scope(batch: Batch, track: Track) -> Section:
    """Section D: where the work is done, what may be changed, and what will be run to prove it."""
    run, plan, work = run_of(batch), plan_of(batch), work_of(track)
    base = one_line(plan.base, 200)
    at = f" at {work.base_sha[:12]}" if work.base_sha else ""
    own, areas = track.slug == BATCH_TRACK, work.planned.areas
    into = "" if own else f"; it is merged into {one_line(plan.integration, 200)} by the engine"
    places = [
        f"Worktree: {one_line(track.worktree, 400) or 'the directory you are started in'} (work nowhere else)",
        f"Branch: {one_line(track.branch, 200) or 'as checked out'}, from {base}{at}{into}",
        f"Spec folder: {spec_folder(batch, track)}/ below the worktree",
        *([f"Detected scope: {one_line(', '.join(areas), 300)}"] if areas else []),
        "Read CLAUDE.md or AGENTS.md of the repository for its build commands, where there is one.",
    ]
    parts = [
        Part("\n".join(places)),
        Part(
            _paths(work.planned.scope, of_another=stage_work(batch, track, stage_run(track).stage).reviews), "the plan"
        ),
    ]
    found = _found_before(batch, track)
    parts += [Part(found)] if found else []
    told = () if track.slug == BATCH_TRACK else answered(batch)
    parts += [
        Part(f"{question}\nThe person has answered: {answer}", "`orch-tui gates --all`") for question, answer in told
    ]
    commands = checks_text(batch, track)
    parts += [Part(commands, "the plan")] if commands else []
    places_out = _environments(batch, track)
    parts += [Part(places_out, "the plan")] if places_out else []
    turns = turn_limit(batch, track, stage_run(track).stage)
    if run.plan.limits.turns or turns:
        most = f"You have {turns} turns" if turns else "Your turns are limited"
        parts.append(Part(f"{most}; commit early, so that nothing is lost when they end."))
    return Section("D. Scope and context", tuple(parts))


def _paths(scope: Scope, *, of_another: bool) -> str:
    """What may be changed; of a review, what the author might change, which is a criterion."""
    who = "The author" if of_another else "You"
    if not scope.declared and not scope.read_only:
        return (
            f"No files are declared for this track: it runs alone. {who} may change what the work item needs, no more."
        )
    rows = (
        (f"{who} may change", scope.owned),
        (f"{who} may change, too", scope.allowed),
        ("Append-only: add at the END of the file, change nothing that is there", scope.append_only),
        ("Read-only: leave as it is", scope.read_only),
    )
    told = [f"{title}:\n{bullets(paths)}" for title, paths in rows if paths]
    return "\n".join([*told, "Every changed path is compared with this list; a change outside of it is not accepted."])


def _found_before(batch: Batch, track: Track) -> str:
    """What the stages of the batch have found out before: it is used again, not searched for again (seed 000)."""
    own = batch.tracks.get(BATCH_TRACK)
    if own is None or track.slug == BATCH_TRACK:
        return ""
    done = {stage.index for stage in own.stages if stage.status is StageStatus.DONE}
    paths = [
        path for rule, work in stages_of(batch, own) if rule.index in done for path in artefacts(batch, own, rule, work)
    ]
    if not paths:
        return ""
    where = one_line(own.worktree or run_of(batch).integration_path, 400)
    return f"Found out before for all tracks; read it instead of searching again, in {where}:\n{bullets(paths)}"


def checks_text(batch: Batch, track: Track) -> str:
    """The commands that decide, as they are run by the engine."""
    checks = checks_of(batch, track, stage_work(batch, track, stage_run(track).stage))
    known = checks or work_of(track).planned.checks
    if not known:
        return ""
    return (
        "Checks that the engine runs in the worktree; each must end with exit code 0. Run them yourself before you "
        f"end:\n{bullets(_check(one) for one in known)}"
    )


def _check(check: CheckCommand) -> str:
    return f"{check.name}: {check.command}"


def _environments(batch: Batch, track: Track) -> str:
    named = [plan_of(batch).environment(name) for name in work_of(track).planned.deploy]
    rows = [f"{one.name} ({one.risk})" for one in named if one is not None]
    if not rows:
        return ""
    return f"After the merge the engine deploys to these, one at a time; never deploy yourself:\n{bullets(rows)}"


def autonomy(batch: Batch, track: Track) -> Section:
    """Section F: when to decide, and when to ask."""
    text = artefact_path(batch, track, workflow_of(batch, track).autonomy)
    always = "Production, destructive steps and failures there are ALWAYS the person's, whatever else is said here."
    return Section("F. Gate autonomy", (Part(text, "the workflow's file"), Part(always)))


def constraints(batch: Batch, track: Track) -> Section:
    """Section G: what belongs to other tracks, and what all of them share."""
    others = [
        one for one in batch.tracks.values() if one.work is not None and one.slug not in (track.slug, BATCH_TRACK)
    ]
    told = others if workflow_of(batch, track).neighbours else []
    rows = [_ownership(one) for one in sorted(told, key=lambda one: one.slug)]
    parts = [Part(artefact_path(batch, track, workflow_of(batch, track).constraints), "the workflow's file")]
    if rows:
        parts.append(Part(f"Other tracks work beside you. You do NOT own:\n{bullets(rows)}", "the plan"))
    shared = sorted({path for one in (track, *others) for path in work_of(one).planned.scope.append_only})
    if shared:
        parts.append(Part(f"Shared files; anybody may only append to them, at the END:\n{bullets(shared)}", "the plan"))
    if track.depends_on:
        parts.append(Part(f"You build on: {one_line(', '.join(track.depends_on))}; what it merged is in your base."))
    return Section("G. Other tracks", tuple(parts))


def _ownership(track: Track) -> str:
    scope = work_of(track).planned.scope
    paths = ", ".join((*scope.owned, *scope.allowed)) or "files that are not declared"
    return f"{track.slug} ({track.state.value.replace('_', ' ')}): {paths}"


def adherence(batch: Batch, track: Track) -> Section:
    """Section H: no stage is left out, and how to go on when the context was lost."""
    text = artefact_path(batch, track, workflow_of(batch, track).adherence)
    look = f"look at `git log`, `git status` and {spec_folder(batch, track)}/ to see what is done; "
    if stage_work(batch, track, stage_run(track).stage).reviews:
        look = "look at the diff again; "
    recovery = (
        f"If your context is compressed or lost: read this prompt again; {look}fetch what waits for you "
        "(pending_decisions, or anything of orch-agent); go on at the next substep that is not done. Never skip "
        "forward, never abbreviate. That is a recovery, no shortcut."
    )
    return Section("H. Adherence", (Part(text, "the workflow's file"), Part(recovery)))


def tests_first(batch: Batch, track: Track) -> Section:
    """Tests before what they test, where the workflow wants that and the stage writes code."""
    work = stage_work(batch, track, stage_run(track).stage)
    wanted = workflow_of(batch, track).tests_first and work.writes and not work.reviews and track.slug != BATCH_TRACK
    text = (
        "Where behaviour changes, write the test first: see it fail for the right reason, commit it, then make it "
        "pass. A change of behaviour without a test in the diff does not pass the track's gate."
    )
    return Section("Tests first", (Part(text if wanted else ""),))
