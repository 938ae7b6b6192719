"""The discovery brief in the shape of seed 000: what the scout wrote, or what is known without one, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestrator_tui.core.exports.document import TEXT, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, StageStatus, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.report.scrub import Scrubber
from orchestrator_tui.core.schedule.forms import fields
from orchestrator_tui.core.schedule.judging import form_path
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import plan_of, stages_of, work_of

FIELDS = (
    "Task summary",
    "Task shape",
    "Relevant files",
    "Task boundaries",
    "Validation commands",
    "Dependencies",
    "Comparison baseline",
    "Open questions",
    "Skip reason",
)


def discovery_brief_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``discovery-brief.md``; none before the stage with such a form was done or skipped."""
    if batch.run is None or BATCH_TRACK not in batch.tracks:
        return ()
    own, scrub = batch.tracks[BATCH_TRACK], Scrubber(batch)
    said = _written(batch, own) or _skipped(batch, own)
    if not said:
        return ()
    lines = [f"{name}: {scrub.text(said.get(name, '')) or 'none'}" for name in FIELDS]
    return (Document("discovery-brief.md", TEXT, "\n".join(lines) + "\n"),)


def _written(batch: Batch, own: Track) -> Mapping[str, str]:
    for _, work in stages_of(batch, own):
        text = work_of(own).texts.get(form_path(batch, own, work), "")
        if text and FIELDS[-1] in work.form:
            return fields(text, FIELDS)
    return {}


def _skipped(batch: Batch, own: Track) -> Mapping[str, str]:
    """The brief of what needed no discovery: the plan says it all, and the reason is there."""
    rungs = {rule.index: work for rule, work in stages_of(batch, own)}
    reasons = [
        one.detail or "skipped by a person"
        for one in own.stages
        if one.status is StageStatus.SKIPPED and FIELDS[-1] in rungs[one.index].form
    ]
    plan, tracks = plan_of(batch), planned_tracks(batch)
    if not reasons:
        return {}
    checks = [one.command for one in plan.checks]
    checks += [one.command for track in tracks for one in work_of(track).planned.checks]
    scopes = [work_of(one).planned.scope for one in tracks]
    needs = [f"{one.slug} after {', '.join(one.depends_on)}" for one in tracks if one.depends_on]
    return {
        "Task summary": plan.describe or plan.title,
        "Task shape": "single-track" if len(tracks) == 1 else "multi-track-batch",
        "Relevant files": ", ".join(dict.fromkeys(path for one in scopes for path in (*one.owned, *one.allowed))),
        "Task boundaries": f"in: {', '.join(one.title or one.slug for one in tracks)}; out: everything else",
        "Validation commands": ", ".join(dict.fromkeys(checks)),
        "Dependencies": "; ".join(needs),
        "Comparison baseline": f"{plan.base}@{plan.base_sha[:7]}" if plan.base_sha else plan.base,
        "Skip reason": reasons[0],
    }
