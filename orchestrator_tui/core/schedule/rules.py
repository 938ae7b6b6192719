"""Whose rules hold: the workflow of a track or batch, its stages, and how each is done."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.plan import BATCH_TRACK, Plan
from orchestrator_tui.core.rules import AnswerRule, Rules, StageRule
from orchestrator_tui.core.run import Run, StageRun, Work
from orchestrator_tui.core.scope import expand
from orchestrator_tui.core.wave_roles import of_role
from orchestrator_tui.core.workflow import AGENT, StageWork, Workflow

RESOLVING = 0
"""The number of the stage that no ladder has: an agent resolves a conflict of merging in its track's worktree."""

_RULES: dict[tuple[int, int], Rules] = {}


def run_of(batch: Batch) -> Run:
    """The run of a batch that has one."""
    assert batch.run is not None
    return batch.run


def plan_of(batch: Batch) -> Plan:
    """The plan of a run."""
    return run_of(batch).plan


def work_of(track: Track) -> Work:
    """The work of a track that is planned."""
    assert track.work is not None
    return track.work


def stage_run(track: Track) -> StageRun:
    """The stage at hand of a track that has entered one."""
    run = work_of(track).run
    assert run is not None
    return run


def is_batch_track(track: Track) -> bool:
    """Whether the track stands for the batch itself."""
    return track.slug == BATCH_TRACK


def batch_workflow(batch: Batch) -> Workflow:
    """The workflow whose batch rules hold."""
    run = run_of(batch)
    return run.workflows[run.plan.workflow]


def workflow_of(batch: Batch, track: Track) -> Workflow:
    """The workflow on whose ladder a track is."""
    return run_of(batch).workflows.get(track.workflow) or batch_workflow(batch)


def stages_of(batch: Batch, track: Track) -> tuple[tuple[StageRule, StageWork], ...]:
    """The stages of a track with how each is done, in order; of the batch's own track those of the batch."""
    workflow = workflow_of(batch, track)
    if is_batch_track(track):
        return tuple(zip(workflow.batch_ladder.stages, workflow.batch_works, strict=True))
    return tuple(zip(workflow.ladder.stages, workflow.works, strict=True))


def stages_on_way(batch: Batch, track: Track) -> tuple[tuple[StageRule, StageWork], ...]:
    """Those of its stages that a track goes through: without the ones that are for other roles of waves."""
    if is_batch_track(track):
        return stages_of(batch, track)
    planned, workflow = work_of(track).planned, workflow_of(batch, track)
    return tuple(one for one in stages_of(batch, track) if of_role(planned, workflow, one[0].index))


def stage_work(batch: Batch, track: Track, index: int) -> StageWork:
    """How the stage of this number is done; the resolution of a conflict is done like a stage."""
    if index == RESOLVING:
        workflow = batch_workflow(batch)
        tries = max(1, workflow.merging.resolve)
        return StageWork(role=workflow.resolving_role, checks=("*",), attempts=tries, rounds=0)
    work = stages_of(batch, track)[index - 1][1]
    if not work.back_to or is_batch_track(track):
        return work
    if of_role(work_of(track).planned, workflow_of(batch, track), work.back_to):
        return work
    return replace(work, back_to=_back_on_way(batch, track, index))


def _back_on_way(batch: Batch, track: Track, index: int) -> int:
    """Where rework leads when the stage that was meant is for other roles of waves: the last one before that writes."""
    before = [rule.index for rule, work in stages_on_way(batch, track) if rule.index < index and work.writes]
    agents = [one for one in before if stages_of(batch, track)[one - 1][1].runs == AGENT]
    return agents[-1] if agents else 0


def stage_name(batch: Batch, track: Track, index: int) -> str:
    """What a stage is called."""
    return "Resolve the conflict" if index == RESOLVING else stages_of(batch, track)[index - 1][0].name


def next_stage(batch: Batch, track: Track, after: int) -> int | None:
    """The next stage that is neither skipped nor put behind the merge while the track is not merged; None for none."""
    merged = bool(work_of(track).merged_sha)
    for rule, work in stages_of(batch, track)[after:]:
        if not work.after_merge and passed_over(batch, track, rule, work):
            continue
        if work.over_tracks:
            # It begins when its tracks have come to their review.
            continue
        if not is_batch_track(track) and not of_role(work_of(track).planned, workflow_of(batch, track), rule.index):
            # It is for other roles of waves.
            continue
        if work.after_merge and not merged:
            return None
        if rule.index not in track.skipped_stages and applies(track, work):
            return rule.index
    return None


def passed_over(batch: Batch, track: Track, rule: StageRule, work: StageWork) -> str:
    """Why the way leads past a stage of the track's ladder, or "" where it does not."""
    divided = any(slug != track.slug for slug in batch.tracks)
    if divided and (work.undivided or divides(track, rule, work)):
        return "the tracks are there already"
    return "" if applies(track, work) else "not for this track"


def applies(track: Track, work: StageWork) -> bool:
    """Whether a stage is for this track: by the areas that it names, or by the files that it has changed so far."""
    if not work.only_areas and not work.only_files:
        return True
    done = work_of(track)
    if set(work.only_areas) & set(done.planned.areas):
        return True
    return bool(done.inspection is not None and expand(work.only_files, done.inspection.files))


TRACK_LIST = "{plan}"
"""In the artefacts of a stage of the batch: the list of tracks, which the stage that divides writes."""


def divides(track: Track, rule: StageRule, work: StageWork) -> bool:
    """Whether this stage writes the track list of its batch."""
    return is_batch_track(track) and any(TRACK_LIST in one for one in (rule.artefact, *work.artefacts))


def _answers(batch: Batch) -> tuple[AnswerRule, ...]:
    """The answer rules of the batch's workflow, then those of a track's own workflow beside them, for it alone."""
    run = run_of(batch)
    if not run.workflows:
        return ()
    first = batch_workflow(batch)
    known = {one.id for one in first.answers}
    others = (workflow for name, workflow in run.workflows.items() if name != first.name)
    own = [
        replace(rule, workflows=rule.workflows or frozenset({workflow.name}))
        for workflow in others
        for rule in workflow.answers
        if rule.id not in known
    ]
    return (*first.answers, *own)


def rules_of(batch: Batch, shipped: Rules) -> Rules:
    """The rules by which gates of a run are judged and answered: those that it was started with."""
    if batch.run is None:
        return shipped
    key = (id(batch.run.workflows), id(shipped))
    if key not in _RULES:
        ladders = {name: one.ladder for name, one in batch.run.workflows.items()}
        _RULES.clear()
        _RULES[key] = Rules({**shipped.ladders, **ladders}, _answers(batch) or shipped.answers)
    return _RULES[key]
