"""The plan and the workflow of the runs in the tests of the screens, and what the check of that plan found."""

from __future__ import annotations

from typing import Any

from orchestrator_tui.core.plan import AgentChoice, CheckCommand, Environment, Plan, PlanLimits, PlannedTrack, Scope
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.workflow import StageWork, Workflow
from orchestrator_tui.plan.checked import (
    Checked,
    Estimate,
    ModelChoice,
    Pair,
    Readiness,
    Verdict,
    Wave,
)
from orchestrator_tui.plan.problems import Problem

BATCH = "checkout-1a2b3c4d"
TITLE = "Checkout hardening"

STAGES = (
    StageRule(1, "Write the tests", catches="work that nobody can check", skip_risk="a bug that comes back unseen"),
    StageRule(2, "Implement"),
    StageRule(3, "Review", catches="mistakes that tests do not see", skip_risk="they are found in production"),
    StageRule(4, "Simplify", catches="code that nobody needs", skip_risk="more to maintain"),
    StageRule(5, "Deploy to dev"),
)
_WORKS = (
    StageWork(role="tester"),
    StageWork(checks=("*",), bump_at=3),
    StageWork(
        role="reviewer",
        reviews=True,
        writes=False,
        back_to=2,
        rounds=2,
        verdicts={"APPROVED": "done", "REQUIRES_REWORK": "rework"},
    ),
    StageWork(),
    StageWork(runs="deploy", after_merge=True),
)
WORKFLOW = Workflow(
    Ladder("careful", "Careful", "feature", STAGES),
    _WORKS,
    Ladder("careful", "Careful", "batch", ()),
    concurrency=3,
)
_TESTS = (CheckCommand("tests", "make test"), CheckCommand("lint", "make lint"))


def planned(slug: str, kind: str, *owned: str, after: tuple[str, ...] = (), **fields: Any) -> PlannedTrack:
    """One track of the plan."""
    scope = Scope(owned=owned, append_only=fields.pop("append_only", ()))
    title = slug.replace("-", " ")
    return PlannedTrack(slug, title, kind, "careful", scope=scope, depends_on=after, checks=_TESTS, **fields)


TRACKS = (
    planned("fix-auth-race", "bug", "src/session/**", "tests/session/**"),
    planned("cart-totals", "bug", "src/cart/**"),
    planned("fix-typo", "bug", "docs/**"),
    planned("rate-limit", "feature", "src/limits/**", append_only=("src/session/rules.py",)),
    planned("pay-webhook", "feature", "src/pay/**", deploy=("dev",)),
    planned("pdf-export", "feature", "src/pdf/**"),
    planned("search-index", "feature", "src/search/**", after=("cart-totals",)),
    planned("audit-log", "feature", "src/audit/**", after=("rate-limit",)),
    planned("pdf-mail", "feature", "src/mail/**", after=("pdf-export",)),
)
PLAN = Plan(
    title=TITLE,
    workflow="careful",
    base="main",
    integration="orch/checkout",
    repository="/shop",
    worktrees="/shop-worktrees/checkout",
    tracks=TRACKS,
    base_sha="4f2c1aa9d04e",
    agent=AgentChoice("claude"),
    limits=PlanLimits(agents=3, cost_usd=60.0, track_cost_usd=20.0),
    checks=_TESTS,
    environments=(Environment("dev", "make deploy"), Environment("production", "make live", risk="production")),
    file="/shop/checkout.yaml",
)
_MODELS = {
    "implementer": ModelChoice("claude-opus-4-1-20250805", "deep", ".claude/models.yaml"),
    "reviewer": ModelChoice("claude-sonnet-4-5-20250929", "standard", "the plan"),
}
CHECKED = Checked(
    plan=PLAN,
    workflows={"careful": WORKFLOW},
    problems=(
        Problem("checkout.yaml", 31, "tracks[3].files", '"src/limts/**" matches nothing', "src/limits/**", "warning"),
    ),
    matrix=(
        Pair(
            "fix-auth-race", "rate-limit", "append-only", "src/session/rules.py: fix-auth-race owns, rate-limit appends"
        ),
        Pair("pay-webhook", "search-index", "deploy queue", "both deploy to dev"),
    ),
    waves=(
        Wave(1, tuple(one.slug for one in TRACKS if not one.depends_on)),
        Wave(2, tuple(one.slug for one in TRACKS if one.depends_on)),
    ),
    readiness=tuple(
        Readiness(one.slug, 2 if one.depends_on else 1, " ".join((*one.depends_on, "must be merged first")))
        if one.depends_on
        else Readiness(one.slug, 1)
        for one in TRACKS
    ),
    verdict=Verdict("parallel", "Parallel: 6 independent tracks of 9, at most 3 at a time.", 3, 6),
    estimate=Estimate(
        usd=24.5,
        usd_low=18.0,
        usd_high=31.0,
        usd_max=60.0,
        attempts=36,
        reviews=9,
        attempts_max=90,
        agents=3,
        models=_MODELS,
        as_of="2026-07",
        assumption="an attempt reads 400k tokens and writes 20k",
    ),
    explain=(),
)
