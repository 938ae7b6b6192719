"""The gates of single stages: begin it, is it done, skip it; and what a person is shown there."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Option, Track
from orchestrator_tui.core.schedule.gates import ABANDON, APPROVE, ask, chosen, gate_id, lines
from orchestrator_tui.core.schedule.judging import ACCEPTED
from orchestrator_tui.core.schedule.rules import (
    RESOLVING,
    plan_of,
    stage_name,
    stage_run,
    stage_work,
    stages_of,
    work_of,
)
from orchestrator_tui.core.text import plural


def skip_option(batch: Batch, track: Track) -> tuple[Option, ...]:
    """Skipping the stage at hand, with its risk, where a person may."""
    run = stage_run(track)
    if stage_work(batch, track, run.stage).skip_by != "person":
        return ()
    rule = stages_of(batch, track)[run.stage - 1][0]
    risk = f": {rule.skip_risk}" if rule.skip_risk else ""
    return (Option("skip", f"skip this stage{risk}", "skip"),)


def where(track: Track) -> str:
    """Where a person finds the work."""
    return f"Worktree: {track.worktree}" if track.worktree else ""


def stage_status(track: Track, verdict: str) -> list[Draft]:
    """The end of a stage that was accepted, as everybody sees it."""
    run = stage_run(track)
    if verdict != ACCEPTED or run.stage == RESOLVING:
        return []
    return [Draft("stage_changed", {"track": track.slug, "stage": run.stage, "status": "done"})]


def stage_gate(track: Track) -> str:
    """The name of the gate in front of the stage at hand, as it was entered now."""
    run = stage_run(track)
    return gate_id("stage", track.slug, run.stage, run.entry)


def _last_said(track: Track) -> str:
    """What the agent of the stage before has summed up: what a person is to agree to."""
    return track.attempts[-1].summary if track.attempts else ""


def ask_first(batch: Batch, track: Track) -> list[Draft]:
    """Ask whether the stage at hand may begin, or what it is to go back for."""
    run = stage_run(track)
    rule, work = stages_of(batch, track)[run.stage - 1]
    words = work.gate_words
    return ask(
        batch,
        stage_gate(track),
        work.gate,
        track.slug,
        words.get("question") or f"{track.slug}: begin {rule.name}?",
        (
            Option(APPROVE, words.get(APPROVE, "begin"), "approve"),
            *((Option("back", words.get("back", "back, with what you write"), "reject"),) if work.back_to else ()),
            *skip_option(batch, track),
            replace(ABANDON, label=words.get("abandon", ABANDON.label)),
        ),
        context=lines(_last_said(track) if work.back_to else "", _so_far(batch, track), where(track)),
        free_text=bool(work.back_to),
        recommend=APPROVE,
        confidence="medium",
        risk="check",
        stage=run.stage,
    )


def ask_person(batch: Batch, track: Track) -> list[Draft]:
    """Ask whether a stage that is a person's own is done."""
    run = stage_run(track)
    name = stage_name(batch, track, run.stage)
    asked = gate_id("stage", track.slug, run.stage, run.entry, "done")
    if chosen(batch, asked) == APPROVE:
        payload = {"track": track.slug, "stage": run.stage, "verdict": ACCEPTED}
        return [Draft("stage_judged", payload), *stage_status(track, ACCEPTED)]
    return ask(
        batch,
        asked,
        "stage",
        track.slug,
        f"{track.slug}: {name} is yours. Is it done?",
        (Option(APPROVE, "it is done", "approve"), *skip_option(batch, track), ABANDON),
        context=lines(stage_work(batch, track, run.stage).prompt, where(track)),
        risk="check",
        stage=run.stage,
    )


def _so_far(batch: Batch, track: Track) -> str:
    work = work_of(track)
    if work.inspection is None:
        return f"Base: {plan_of(batch).base}"
    seen = work.inspection
    return f"So far: {plural(len(seen.files), 'file')}, +{seen.added} −{seen.removed}, head {seen.head[:10]}"
