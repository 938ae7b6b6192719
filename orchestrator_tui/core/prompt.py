"""The prompt by which an agent is sent to a stage: everything it needs, and nothing that another role concluded.

Bounded to :data:`~orchestrator_tui.core.prompt_parts.MAX_BYTES`: what is too long is cut, and the text says where the
rest can be read. Words of agents, and diffs, are fenced as data (seed 002, sections A–H; seed 000, what crosses roles).
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.prompt_breaker import narrowed, turns
from orchestrator_tui.core.prompt_divide import division
from orchestrator_tui.core.prompt_follow_up import conflict, instruction, rescue, resend, takes_over
from orchestrator_tui.core.prompt_grounding import grounding
from orchestrator_tui.core.prompt_parts import Part, Section, render
from orchestrator_tui.core.prompt_protocol import ending, protocol
from orchestrator_tui.core.prompt_review import review_sections
from orchestrator_tui.core.prompt_sections import (
    adherence,
    autonomy,
    constraints,
    identity,
    item,
    pipeline,
    scope,
    tests_first,
)
from orchestrator_tui.core.schedule.rules import RESOLVING, stage_run, stage_work
from orchestrator_tui.core.workflow import StageWork


def dispatch_prompt(
    batch: Batch,
    track: Track,
    *,
    skill: str = "",
    diff: str = "",
    part: str = "",
    shown: Sequence[tuple[str, str]] = (),
) -> str:
    """What the agent of the stage at hand is told, whole; what the sections hold follows from the state alone.

    A stage that reviews gets ``diff`` and the criteria. A further try gets what was not accepted, one that takes over
    gets what was left behind, the resolver of a conflict the files and both sides, and a stage that divides the form
    of the track list.

    Args:
        batch: a run.
        track: one of its tracks, or the batch's own, that has entered a stage.
        skill: text of the workflow's skill, where the person has it; reviews do not get it.
        part: the angle of the stage that is this agent's own, where several do it at once.
        shown: files with their text that the agent is shown first, since edits of them went wrong before.
        diff: the track's changes against its base, for a review; both sides of the conflict, for its resolver.
    """
    return render((*grounding(shown), *_sections(batch, track, skill, diff, part)))


def _sections(batch: Batch, track: Track, skill: str, diff: str, part: str) -> tuple[Section, ...]:
    run = stage_run(track)
    work = stage_work(batch, track, run.stage)
    if work.reviews:
        return review_sections(batch, track, diff)
    first = (
        conflict(batch, track, diff)
        if run.stage == RESOLVING
        else rescue(batch, track)
        if takes_over(track)
        else resend(batch, track)
    )
    return (
        identity(batch, track),
        instruction(track),
        first,
        narrowed(batch, track),
        pipeline(batch, track, skill),
        _angle(work, part),
        item(batch, track),
        scope(batch, track),
        division(batch, track, work),
        tests_first(batch, track),
        protocol(batch, track),
        autonomy(batch, track),
        constraints(batch, track),
        adherence(batch, track),
        turns(batch, track),
        ending(batch, track, work),
    )


def _angle(work: StageWork, part: str) -> Section:
    """The part of a stage that several agents do at once; the others do theirs at the same time."""
    own = next((one for one in work.angles if one.key == part), None)
    if own is None:
        return Section("", ())
    others = ", ".join(one.key for one in work.angles if one.key != part)
    told = f"Your angle is {own.key}, and no other; other agents do the rest at the same time: {others}."
    return Section("Your angle", (Part(told), Part(own.prompt)))
