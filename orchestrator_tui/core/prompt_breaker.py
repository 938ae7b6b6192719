"""What an agent is told of the breaker: its turns, and after going in circles how to do otherwise (seed 004)."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.prompt_parts import Part, Section, bullets, one_line
from orchestrator_tui.core.schedule.breaker import TURN_LIMIT, trip_words, turn_limit
from orchestrator_tui.core.schedule.rules import stage_run, work_of, workflow_of

_NARROW = (
    "Do one thing of this stage at a time, the smallest first, in another way than the one above. Do not make the same "
    "call twice without a change in between; when you are stuck for the same reason, ask at once."
)


def turns(batch: Batch, track: Track) -> Section:
    """How many turns an attempt has, where the workflow's breaker bounds them."""
    most = turn_limit(batch, track, stage_run(track).stage)
    if not most or not workflow_of(batch, track).breaker.turns:
        return Section("", ())
    told = (
        f"You have a maximum of {most} turns. If you cannot complete within them, commit what is done, and say what is "
        "done and what remains: another try goes on from there."
    )
    return Section("Turn limit", (Part(told),))


def narrowed(batch: Batch, track: Track) -> Section:
    """What stopped the tries before at this stage, and how the next one is narrowed."""
    run, rules = stage_run(track), workflow_of(batch, track).breaker
    mine = [one for one in work_of(track).trips if one.stage == run.stage and one.action == "stopped"]
    if not mine:
        return Section("", ())
    last = mine[-1]
    text = rules.narrow.get(last.pattern, "" if last.pattern == TURN_LIMIT else _NARROW)
    text = text.replace("{file}", one_line(last.file, 160) or "it")
    told = Part(bullets(trip_words(one) for one in mine), "`orch-tui status`", "why agents before you were stopped")
    return Section("Not in circles", (told, Part(text)) if text else (told,))
