"""Build args of seed 001: the chunks of a run in their waves, as its users pass them to their build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator_tui.core.exports.document import JSON, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.schedule.models import tier_of
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import plan_of, stages_of, work_of


def build_args_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``build-args.json``; none before there are chunks."""
    if batch.run is None or not planned_tracks(batch):
        return ()
    return (Document("build-args.json", JSON, build_args(batch)),)


def build_args(batch: Batch) -> dict[str, Any]:
    """The object of four keys: description, plan, testsRequired, waves (seed 001, Phase 5)."""
    plan, tracks = plan_of(batch), planned_tracks(batch)
    waves = sorted({one.wave for one in tracks})
    return {
        "description": plan.describe or plan.title,
        "plan": plan.outline,
        "testsRequired": bool(plan.tests_required),
        "waves": [[_chunk(batch, one, tracks) for one in tracks if one.wave == wave] for wave in waves],
    }


def _chunk(batch: Batch, track: Track, tracks: Sequence[Track]) -> dict[str, Any]:
    planned = work_of(track).planned
    chunk: dict[str, Any] = {
        "id": track.slug,
        "scope": planned.title,
        "files": list(planned.scope.owned),
        "model": planned.tier or _usual_tier(batch, track),
        "tests": planned.tests,
    }
    if planned.test_scope:
        chunk["testScope"] = planned.test_scope
    chunk["opusReview"] = planned.deep_review
    # Later version of seed 001: what names no dependencies depends on everything in earlier waves.
    if set(track.depends_on) != {one.slug for one in tracks if one.wave < track.wave}:
        chunk["dependsOn"] = list(track.depends_on)
    return chunk


def _usual_tier(batch: Batch, track: Track) -> str:
    stage = next((rule.index for rule, work in stages_of(batch, track) if work.writes and not work.reviews), 1)
    return tier_of(batch, track, stage, 1)
