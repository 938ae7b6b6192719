"""Whether a plan is worth running in parallel, and why: said before anything is spent."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.plan import Plan
from orchestrator_tui.core.schedule.sequential import independent as independent_of
from orchestrator_tui.core.schedule.sequential import too_few, without_leave
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.checked import Pair, Verdict, Wave
from orchestrator_tui.plan.waves import cap_of

PARALLEL, SEQUENTIAL, SINGLE, NO_TRACKS = "parallel", "sequential", "single", "none"


def verdict_of(plan: Plan, workflow: Workflow | None, matrix: Sequence[Pair], waves: Sequence[Wave]) -> Verdict:
    """Parallel or sequential, with its reason and how many tracks are at work at once at most."""
    count, most = len(plan.tracks), cap_of(plan, workflow)
    if count == 0:
        return Verdict(NO_TRACKS, "The batch's own stages divide the work into tracks.", 0, 0)
    if count == 1:
        return Verdict(SINGLE, "Sequential: there is one track.", 1, 1, 1)
    widest = max(len(one.tracks) for one in waves)
    width = min(widest, most) if most else widest
    independent = independent_of(plan.tracks)
    if width > 1:
        alone = without_leave(most, workflow)
        first = min(width, alone) if alone else width
        bound = f", at most {width} at a time" if width < count else ""
        if first < width:
            bound = f", {first} at a time, {width} once you allow more (fleet gate)"
        many = f"{independent} independent {'track' if independent == 1 else 'tracks'} of {count}"
        return Verdict(PARALLEL, f"Parallel: {many}{bound}.", width, independent, first)
    if workflow is not None and too_few(plan.tracks, workflow):
        few = f"only {independent} of {count} tracks are" if independent != 1 else f"only one of {count} tracks is"
        why = f"{few} independent, fewer than {workflow.parallel_from}; order: {_order(waves)}"
        return Verdict(SEQUENTIAL, f"Sequential: {why}.", 1, independent, 1)
    return Verdict(SEQUENTIAL, f"Sequential: {_why_one(plan, most)}.", width, independent, width)


_SHOWN = 8


def _order(waves: Sequence[Wave]) -> str:
    """The tracks as they come one after the other."""
    slugs = [slug for wave in waves for slug in wave.tracks]
    return " → ".join(slugs[:_SHOWN]) + (" …" if len(slugs) > _SHOWN else "")


def _why_one(plan: Plan, most: int) -> str:
    if most == 1:
        return "one track at a time is allowed"
    undeclared = [one.slug for one in plan.tracks if not one.scope.declared]
    if undeclared:
        return f"{', '.join(undeclared[:3])}{' …' if len(undeclared) > 3 else ''} declare no files, so each runs alone"
    if independent_of(plan.tracks) == 1:
        return "each track waits for another one"
    return "the tracks change the same files"
