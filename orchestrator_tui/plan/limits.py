"""Limits that cannot work: below what a single attempt costs, or contradicting each other."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator_tui.plan.case import Case
from orchestrator_tui.plan.checked import Estimate
from orchestrator_tui.plan.problems import WARNING, Problem

LEAST_WALL_MS = 60_000
"""No batch can do anything in less."""


def limit_problems(case: Case, estimate: Estimate, attempt_usd: float) -> tuple[Problem, ...]:
    """What of a plan's limits cannot be kept with any work done; ``attempt_usd`` is the dearest single attempt."""
    return tuple(_money(case, estimate, attempt_usd)) + tuple(_time(case))


def _money(case: Case, estimate: Estimate, attempt_usd: float) -> Iterator[Problem]:
    limits, whole = case.plan.limits, estimate.usd_uncut
    for key, value in (("cost_usd", limits.cost_usd), ("track_cost_usd", limits.track_cost_usd)):
        if value and value < attempt_usd:
            text = f"${value:.2f} is below the estimate of one attempt, ${attempt_usd:.2f}"
            yield case.problem(f"limits.{key}", text)
    if attempt_usd <= limits.cost_usd < whole:
        text = f"${limits.cost_usd:.2f} is below the estimate of ${whole:.2f}: it will stop on the way"
        yield case.problem("limits.cost_usd", text, level=WARNING)
    if limits.cost_usd and limits.track_cost_usd > limits.cost_usd:
        text = f"${limits.track_cost_usd:.2f} a track is more than the ${limits.cost_usd:.2f} of the whole batch"
        yield case.problem("limits.track_cost_usd", text, level=WARNING)


def _time(case: Case) -> Iterator[Problem]:
    plan = case.plan
    walls = [("limits.wall", plan.limits.wall_ms)]
    walls += [(f"checks.{one.name}.wall", one.wall_ms) for one in plan.checks]
    walls += [(f"environments.{one.name}.wall", one.wall_ms) for one in plan.environments]
    for key, value in walls:
        if key == "limits.wall" and 0 < value < LEAST_WALL_MS:
            yield case.problem(key, "is less than a minute: nothing can be done in it")
        elif key != "limits.wall" and value == 0:
            yield case.problem(key, "is 0: what never ends would hold the batch for ever", level=WARNING)
