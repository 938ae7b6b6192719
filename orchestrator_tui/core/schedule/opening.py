"""How a run begins in the journal: its batch, plan, rules and tracks, all before anything is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import FORMAT_VERSION, Draft
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.plan import BATCH_TRACK, Plan, PlannedTrack
from orchestrator_tui.core.rules import StageRule
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.wave_roles import of_role
from orchestrator_tui.core.workflow import Workflow

RUN = "run"
"""The kind of a batch that follows a plan."""


def run_batch(plan: Plan, directory: str, limits: Limits | None = None) -> Draft:
    """The ``batch_opened`` of a run whose task list is ``directory`` (a real path)."""
    payload = {
        "title": sanitise_line(plan.title, 200),
        "kind": RUN,
        "workflow": plan.workflow,
        "repository": plan.repository,
        "source": directory,
        "limits": asdict(limits or Limits()),
        "trust": "same user",
        "min_reader": FORMAT_VERSION,
    }
    return Draft("batch_opened", payload)


def planned(plan: Plan, workflows: Mapping[str, Workflow], checked: Mapping[str, Any]) -> tuple[Draft, ...]:
    """The events that tell what a run is to do; each fits into one event, however many tracks there are."""
    sorts = workflows[plan.workflow].sorts
    used = {plan.workflow, *(track.workflow for track in plan.tracks), *(name for name in sorts if name in workflows)}
    drafts = [Draft("plan_recorded", {"plan": to_data(replace(plan, tracks=()))})]
    drafts += [
        Draft("workflow_recorded", {"workflow": name, "rules": to_data(workflows[name])}) for name in sorted(used)
    ]
    own = workflows[plan.workflow]
    batch_track = PlannedTrack(BATCH_TRACK, plan.title, BATCH_TRACK, plan.workflow, plan.describe)
    drafts += _added(batch_track, own.batch_ladder.stages, 0)
    waves = {slug: one["wave"] for one in checked.get("waves", ()) for slug in one["tracks"]}
    for track in plan.tracks:
        drafts += added(track, workflows[track.workflow], track.wave or waves.get(track.slug, 1))
    return (*drafts, Draft("plan_checked", {"checked": dict(checked)}))


def added(track: PlannedTrack, workflow: Workflow, wave: int) -> list[Draft]:
    """The events that add one planned track, with those stages of its ladder that are for its role."""
    stages = workflow.ladder.stages
    return _added(track, tuple(one for one in stages if of_role(track, workflow, one.index)), wave)


def _added(track: PlannedTrack, stages: Sequence[StageRule], wave: int) -> list[Draft]:
    payload = {
        "track": track.slug,
        "title": sanitise_line(track.title, 200),
        "kind": track.kind,
        "workflow": track.workflow,
        "wave": wave,
        "stages": [[stage.index, stage.name] for stage in stages],
    }
    return [Draft("track_added", payload), Draft("track_planned", {"track": track.slug, "planned": to_data(track)})]
