"""Whether a batch is too small to be worth running in parallel, by its workflow (seed 003: three independent tasks)."""

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
