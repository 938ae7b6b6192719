"""What a file does not say is what the engine does by itself."""

from __future__ import annotations

from dataclasses import fields

import pytest

from orchestrator_tui.core.live_rules import BaselineRules, Between, Breaker, Freshness, GroundingRules, Isolation
from orchestrator_tui.core.plan import (
    PlanLimits,
    Provision,
)
from orchestrator_tui.core.session import GuardRules, Session, SessionRules
from orchestrator_tui.core.workflow import Budget, Convergence, Merging, StageWork, Stall, Workflow
from orchestrator_tui.plan import live_rules_models, models, rule_groups, session_models, workflow_models
from orchestrator_tui.plan.fields import Part

WHOLE = """
title: Whole
workflow: prd-to-pr
base: trunk
integration: whole-branch
worktrees: ../trees
describe: what is wanted
limits: {agents: 3, cost_usd: 60, track_cost_usd: 20.5, turns: 100, tokens: 2000000, wall: 1h30m}
agent:
  runner: command
  command: my-agent --file {prompt_file} 'two words'
  scripts: scripts
  permission_mode: acceptEdits
  environment: [MY_TOKEN]
  max_turns: 40
  models: {reviewer: opus}
checks:
  unit: make test
  style: {command: make lint, wall: 5m}
environments:
  live: {deploy: go live, health: ask live, risk: production, wall: 20m}
  dev: {deploy: go dev}
provision: {copy: [.env], link: [node_modules], setup: make setup}
rules:
  concurrency: 1
tracks:
  - slug: first
    title: The first
    kind: bug
    workflow: bug-to-pr
    brief: |
      Line one
      line two
    owned: [src/billing/**]
    allowed: README.md
    read_only: [src/signup/**]
    append_only: [CHANGELOG.md]
    depends_on: [second]
    priority: 7
    wave: 2
    checks: {unit: "", own: {command: make own, wall: 90s}}
    acceptance: it works
    tier: deep
    deploy: [live, dev]
    areas: [backend]
  - slug: second
    brief: "  Do the second thing  \\nand more"
    files: [src/limits/**]
"""

_RENAMED = {
    "wall": "wall_ms",
    "interval": "interval_ms",
    "reply": "reply_ms",
    "quick": "quick_ms",
    "keep": "keep_ms",
    "copy_files": "copy",
}


@pytest.mark.parametrize(
    ("part", "made"),
    [
        (rule_groups.ConvergenceFile, Convergence()),
        (rule_groups.StallFile, Stall()),
        (rule_groups.BudgetFile, Budget()),
        (rule_groups.MergingFile, Merging()),
        (live_rules_models.BreakerFile, Breaker()),
        (live_rules_models.FreshnessFile, Freshness()),
        (live_rules_models.BetweenFile, Between()),
        (live_rules_models.IsolationFile, Isolation()),
        (live_rules_models.BaselineFile, BaselineRules()),
        (live_rules_models.GroundingFile, GroundingRules()),
        (workflow_models.StageRulesFile, StageWork()),
        (models.LimitsFile, PlanLimits()),
        (models.ProvisionFile, Provision()),
        (session_models.SessionsFile, SessionRules()),
        (session_models.GuardFile, GuardRules()),
        (session_models.SessionFile, Session()),
    ],
)
def test_the_defaults_of_files_are_those_of_the_engine(part: type[Part], made: object) -> None:
    file = part.model_validate({})
    for name in part.model_fields:
        value = getattr(file, name)
        own = _RENAMED.get(name, name)
        expected = getattr(made, own)
        if name == "back_to":
            assert (value, expected) == ("", 0)
        else:
            assert (tuple(value) if isinstance(value, list) else value) == expected, name


def test_the_rules_of_files_are_those_of_the_engine() -> None:
    file = workflow_models.RulesFile.model_validate({})
    bare = {one.name: one.default for one in fields(Workflow)}
    for name in workflow_models.RulesFile.model_fields:
        value = getattr(file, name)
        if isinstance(value, (Part, dict)):
            # Groups have defaults of their own, and a mapping is empty.
            continue
        assert (tuple(value) if isinstance(value, list) else value) == bare[name], name
