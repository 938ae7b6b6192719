"""The spend gate once the tracks are known: what each is, and the tiers that a person may change there (seed 001)."""

from __future__ import annotations

import re
from dataclasses import replace

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Option, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.acting import grant
from orchestrator_tui.core.schedule.models import tier_of
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, divides, stages_of, work_of, workflow_of
from orchestrator_tui.core.schedule.stages import enter

DISPATCH = "dispatch"
"""The gate of a workflow that asks for money once, when its tracks are known."""

TIERS = Option("tiers", "other tiers first: write them as c1: opus, c2: haiku")

ADJUST = Option("adjust", "divide anew first: write what is to be otherwise", "reject")

_PAIR = re.compile(r"([a-z0-9][a-z0-9-]{0,62})\s*[:=]\s*([A-Za-z0-9_.-]{1,63})")


def options(batch: Batch) -> tuple[Option, ...]:
    """What can be changed at the gate before anything is dispatched."""
    workflow = batch_workflow(batch)
    if DISPATCH not in workflow.gates or not planned_tracks(batch):
        return ()
    return (*((ADJUST,) if _dividing(batch) else ()), *((TIERS,) if workflow.tiers else ()))


def _dividing(batch: Batch) -> int:
    """The stage whose agent has divided the batch, or 0: of a plan that a person wrote there is none."""
    own = batch.tracks[BATCH_TRACK]
    rungs = (rule.index for rule, work in stages_of(batch, own) if divides(own, rule, work))
    done = {one.stage for one in own.attempts}
    return next((index for index in rungs if index in done), 0)


def divided_anew(batch: Batch, by: str, told: str) -> list[Draft]:
    """The tracks go, none of which has begun, and the stage that made them is done again with what a person wrote."""
    own, stage = batch.tracks[BATCH_TRACK], _dividing(batch)
    slugs = [one.slug for one in planned_tracks(batch)]
    return [
        Draft("tracks_dropped", {"tracks": slugs, "why": told, "by": by}),
        *enter(own, stage, "divided anew"),
        *grant(own, stage, by, told or "Divide it otherwise."),
    ]


def line(batch: Batch, track: Track) -> str:
    """One track as the gate lists it: with wave, tier and files where the tiers can be changed."""
    if not options(batch):
        return f"{track.slug}: {track.title}"
    planned = work_of(track).planned
    marks = [tier_of(batch, track, 1, 1), *(["tests"] if planned.tests else [])]
    marks += ["deep review"] if planned.deep_review else []
    files = f" · {', '.join(planned.scope.owned[:4])}" if planned.scope.owned else ""
    return f"wave {track.wave} {track.slug} ({', '.join(marks)}): {track.title}{files}"


def retiered(batch: Batch, text: str) -> tuple[list[Draft], str]:
    """The events that give tracks the tiers that a person wrote, and in words what was done."""
    drafts, done, unknown = [], [], []
    for slug, tier in _PAIR.findall(text):
        track = batch.tracks.get(slug)
        if track is None or track.work is None or tier not in workflow_of(batch, track).tiers:
            unknown.append(f"{slug}: {tier}")
            continue
        planned = replace(work_of(track).planned, tier=tier)
        drafts.append(Draft("track_planned", {"track": slug, "planned": to_data(planned)}))
        done.append(f"{slug}: {tier}")
    words = f"tiers: {', '.join(done)}" if done else "no tier was changed"
    return drafts, words + (f"; not known: {', '.join(unknown)}" if unknown else "")
