"""How many tracks a workflow works on by itself: one where a batch is too small, no more than it does without leave."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator_tui.core.plan import PlannedTrack
from orchestrator_tui.core.workflow import Workflow


def independent(tracks: Collection[PlannedTrack]) -> int:
    """Tracks that wait for no other one."""
    slugs = {one.slug for one in tracks}
    return sum(not any(needed in slugs for needed in one.depends_on) for one in tracks)


def too_few(tracks: Collection[PlannedTrack], workflow: Workflow | None) -> bool:
    """Whether fewer tracks wait for no other one than are worth running beside each other."""
    return workflow is not None and independent(tracks) < workflow.parallel_from


def without_leave(most: int, workflow: Workflow | None) -> int:
    """How many of ``most`` tracks (0 for no bound) are at work before a person allows more; 0 for no bound."""
    alone = workflow.fleet if workflow is not None else 0
    return alone if alone and (most <= 0 or most > alone) else most
