"""The plan file: every key arrives, and every mistake is one line with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.core.plan import (
    AgentChoice,
    CheckCommand,
    Environment,
    PlanLimits,
    PlannedTrack,
    Provision,
    Scope,
)
from orchestrator_tui.plan import models
from orchestrator_tui.plan.fields import Part
from orchestrator_tui.plan.load import load_plan, plan_from_tracks
from orchestrator_tui.plan.problems import REMARK
from orchestrator_tui.resources import sample_plans_directory
from tests.plan.samples import FILES, REPOSITORY, checked, loaded, told, workflows

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
    tasks: [task-3, task-4]
  - slug: second
    brief: "  Do the second thing  \\nand more"
    files: [src/limits/**]
"""


def test_every_key_of_a_plan_arrives(tmp_path: Path) -> None:
    """[002-41]"""
    found = loaded(tmp_path, WHOLE)
    assert told(found, tmp_path) == []
    plan = found.plan
    assert plan is not None
    unit, style = CheckCommand("unit", "make test"), CheckCommand("style", "make lint", 300_000)
    assert (plan.title, plan.workflow, plan.base, plan.integration) == ("Whole", "prd-to-pr", "trunk", "whole-branch")
    assert (plan.repository, plan.worktrees) == ("/home/me/shop", "/home/me/trees")
    assert (plan.describe, plan.file) == ("what is wanted", str(tmp_path / "plan.yaml"))
    assert plan.limits == PlanLimits(3, 60.0, 20.5, 100, 2_000_000, 5_400_000)
    assert plan.agent == AgentChoice(
        runner="command",
        command=("my-agent", "--file", "{prompt_file}", "two words"),
        scripts=str(tmp_path / "scripts"),
        permission_mode="acceptEdits",
        environment=("MY_TOKEN",),
        max_turns=40,
        models={"reviewer": "opus"},
    )
    assert plan.checks == (unit, style)
    assert plan.environments == (
        Environment("dev", "go dev"),
        Environment("live", "go live", "ask live", "production", 1_200_000),
    )
    assert plan.provision == Provision((".env",), ("node_modules",), "make setup")
    assert plan.tracks[0] == PlannedTrack(
        slug="first",
        title="The first",
        kind="bug",
        workflow="bug-to-pr",
        brief="Line one\nline two",
        scope=Scope(("src/billing/**",), ("README.md",), ("src/signup/**",), ("CHANGELOG.md",)),
        depends_on=("second",),
        priority=7,
        wave=2,
        checks=(unit, CheckCommand("own", "make own", 90_000)),
        acceptance=("it works",),
        tier="deep",
        deploy=("dev", "live"),
        areas=("backend",),
        tasks=("task-3", "task-4"),
    )
    assert set(found.workflows) == {"prd-to-pr", "bug-to-pr"}
    assert found.workflows["prd-to-pr"].concurrency == 1
    assert found.workflows["bug-to-pr"].concurrency == 3


def test_what_a_plan_does_not_say_has_its_default(tmp_path: Path) -> None:
    found = loaded(tmp_path, WHOLE).plan
    assert found is not None
    second = found.tracks[1]
    assert (second.title, second.kind, second.workflow) == ("Do the second thing", "feature", "prd-to-pr")
    assert second.scope == Scope(("src/limits/**",))
    assert second.checks == found.checks
    assert second.deploy == ("dev", "live")
    small = loaded(tmp_path, "title: t\nworkflow: small\nagent: claude\ntracks: [{slug: a}]\n", branch="trunk").plan
    assert small is not None
    assert (small.base, small.integration, small.worktrees) == ("trunk", "", "")
    assert small.agent == AgentChoice()
    assert small.limits == PlanLimits()
    assert small.tracks == (PlannedTrack("a", "a", "work", "small"),)


def test_no_key_of_a_model_is_forgotten_here() -> None:
    written: dict[type[Part], str] = {
        models.PlanFile: "title workflow base integration worktrees describe outline tests_required limits agent "
        "checks environments provision rules session tracks",
        models.TrackFile: "slug title kind workflow brief tasks files owned allowed read_only append_only depends_on "
        "priority wave checks acceptance tier deploy areas tests test_scope deep_review role",
        models.LimitsFile: "agents cost_usd track_cost_usd turns tokens wall",
        models.AgentFile: "runner command scripts permission_mode environment max_turns models",
        models.EnvironmentFile: "deploy health risk wall",
        models.ProvisionFile: "copy link setup",
        models.CheckFile: "command wall",
    }
    for model, names in written.items():
        assert [one.alias or name for name, one in model.model_fields.items()] == names.split()
        assert all(one.description for one in model.model_fields.values())


HEAD = "title: t\nworkflow: small\n"
TRACK = HEAD + "tracks:\n  - slug: a\n"

MISTAKES = [
    ("titel: t\nworkflow: small\n", 'plan.yaml:1: titel: there is no such key; did you mean "title"?'),
    ("workflow: small\n", "plan.yaml:1: title: is missing"),
    ("title: t\nworkflow: smal\n", 'plan.yaml:2: workflow: there is no workflow "smal"; did you mean "small"?'),
    ("title: [a]\nworkflow: small\n", "plan.yaml:1: title: must be a text"),
    ("title:\nworkflow: small\n", "plan.yaml:1: title: has no value; give it one, or leave the key out"),
    (HEAD + "limits:\n  agents: 0\n", 'plan.yaml:4: limits.agents: "0" is no whole number from 1 to 64'),
    (HEAD + "limits: {agents: 012}\n", 'plan.yaml:3: limits.agents: "012" is no whole number from 1 to 64'),
    (HEAD + "limits: {agents: many}\n", 'plan.yaml:3: limits.agents: "many" is no whole number from 1 to 64'),
    (HEAD + "limits: {cost_usd: -1}\n", 'plan.yaml:3: limits.cost_usd: "-1" is no number from 0 to 100,000'),
    (
        HEAD + "limits: {wall: 30}\n",
        'plan.yaml:3: limits.wall: "30" is no length of time; write 90s, 30m, 2h or 1h30m; did you mean "30m"?',
    ),
    (HEAD + "limits: {wall: 31d}\n", 'plan.yaml:3: limits.wall: "31d" is longer than 30 days'),
    (HEAD + "limits: [a]\n", "plan.yaml:3: limits: must hold `key: value` lines"),
    (
        HEAD + "agent: {permission_mode: acceptEdit}\n",
        'plan.yaml:3: agent.permission_mode: "acceptEdit" is none of manual, default, acceptEdits, auto, plan, '
        'dontAsk, bypassPermissions; did you mean "acceptEdits"?',
    ),
    (
        HEAD + "agent: {runner: claud}\n",
        'plan.yaml:3: agent.runner: "claud" is none of claude, command, scripted; did you mean "claude"?',
    ),
    (
        HEAD + "agent: command\ntracks: [{slug: a}]\n",
        "plan.yaml:3: agent.command: is missing: the runner command needs it",
    ),
    (
        HEAD + "agent: scripted\ntracks: [{slug: a}]\n",
        "plan.yaml:3: agent.scripts: is missing: the runner scripted needs it",
    ),
    (
        HEAD + "agent: {environment: [A-B]}\n",
        'plan.yaml:3: agent.environment: "A-B" is no name of an environment variable',
    ),
    (
        HEAD + 'agent: {runner: command, command: "a \'b"}\n',
        "plan.yaml:3: agent.command: cannot be split into words: No closing quotation",
    ),
    (HEAD + "checks: {a b: x}\n", 'plan.yaml:3: checks: "a b" is no name: use letters, digits and _ . -, at most 63'),
    (HEAD + "checks:\n  unit: ''\ntracks: [{slug: a}]\n", "plan.yaml:4: checks.unit: has no command"),
    (
        HEAD + "checks: {unit: {command: x, wal: 3m}}\n",
        'plan.yaml:3: checks.unit.wal: there is no such key; did you mean "wall"?',
    ),
    (
        HEAD + "environments: {dev: {risk: prod}}\n",
        'plan.yaml:3: environments.dev.risk: "prod" is none of dev, staging, production; did you mean "production"?',
    ),
    (HEAD + "tracks: a\n", "plan.yaml:3: tracks: must be a list"),
    (HEAD + "tracks:\n  - a\n", "plan.yaml:4: tracks[0]: must hold `key: value` lines"),
    (
        HEAD + "tracks:\n  - slug: Fix Typo\n",
        'plan.yaml:4: tracks[0].slug: "Fix Typo" is no slug: use a-z, 0-9 and -, at most 63, beginning with a letter or'
        ' digit; did you mean "fix-typo"?',
    ),
    (
        HEAD + "tracks:\n  - slug: con\n",
        'plan.yaml:4: tracks[0].slug: "con" names a device on Windows, where no directory may be called so',
    ),
    (HEAD + "tracks:\n  - title: x\n", "plan.yaml:4: tracks[0].slug: is missing"),
    (TRACK + "    file: [x]\n", 'plan.yaml:5: tracks[0].file: there is no such key; did you mean "files"?'),
    (
        TRACK + "    files:\n      - a\n      - /etc/passwd\n",
        'plan.yaml:7: tracks[0].files: "/etc/passwd" leaves the worktree; name paths below the repository, with /',
    ),
    (
        TRACK + "    files: a/../../b\n",
        'plan.yaml:5: tracks[0].files: "a/../../b" leaves the worktree; name paths below the repository, with /',
    ),
    (
        TRACK + "    append_only: ['C:\\x']\n",
        'plan.yaml:5: tracks[0].append_only: "C:\\x" leaves the worktree; name paths below the repository, with /',
    ),
    (
        TRACK + "    files: [.git/hooks/**]\n",
        'plan.yaml:5: tracks[0].files: ".git/hooks/**" is git\'s own; no agent may change it',
    ),
    (TRACK + "    files: [a, a]\n", 'plan.yaml:5: tracks[0].files: names "a" twice'),
    (
        TRACK + "    files: [a]\n    owned: [b]\n",
        "plan.yaml:6: tracks[0].owned: and `files` mean the same; use one of them",
    ),
    (
        TRACK + "    checks: [unit]\n",
        'plan.yaml:5: tracks[0].checks: there is no check of the plan "unit"; there is none',
    ),
    (TRACK + "    tier: hig\n", 'plan.yaml:5: tracks[0].tier: there is no tier of small "hig"; did you mean "high"?'),
    (
        TRACK + "    deploy: [dev]\n",
        'plan.yaml:5: tracks[0].deploy: there is no environment of the plan "dev"; there is none',
    ),
    (
        TRACK + "    workflow: smalll\n",
        'plan.yaml:5: tracks[0].workflow: there is no workflow "smalll"; did you mean "small"?',
    ),
    (TRACK + '    title: "two\\nlines"\n', "plan.yaml:5: tracks[0].title: must be on one line"),
    (TRACK + "    wave: 0\n", 'plan.yaml:5: tracks[0].wave: "0" is no whole number from 1 to 1,000'),
    (HEAD + "session: {waves: 0}\n", 'plan.yaml:3: session.waves: "0" is no whole number from 1 to 1,000'),
    (TRACK + "    priority: high\n", 'plan.yaml:5: tracks[0].priority: "high" is no whole number from 0 to 1,000'),
    (
        HEAD + "rules: {stages: {Doo: {attempts: 2}}}\ntracks: [{slug: a}]\n",
        'plan.yaml:3: rules.stages.Doo: small has no stage "Doo"; did you mean "Do"?',
    ),
    (
        HEAD + "rules: {waves: barier}\n",
        'plan.yaml:3: rules.waves: "barier" is none of ready, barrier; did you mean "barrier"?',
    ),
    (
        HEAD + "rules: {tests_first: NO}\n",
        'plan.yaml:3: rules.tests_first: "NO" is neither true nor false; did you mean "false"?',
    ),
    (HEAD + "- x\n", "plan.yaml:3: not YAML: did not find expected key"),
    ("- x\n", "plan.yaml:1: must hold `key: value` lines"),
]


@pytest.mark.parametrize(("content", "line"), MISTAKES, ids=[line for _, line in MISTAKES])
def test_a_mistake_is_one_line_with_its_place(content: str, line: str, tmp_path: Path) -> None:
    """[002-44]"""
    assert told(loaded(tmp_path, content), tmp_path) == [line]


def test_all_mistakes_are_told_at_once_in_their_order(tmp_path: Path) -> None:
    found = loaded(tmp_path, "titel: x\nworkflow: small\nlimits: {agents: 0}\ntracks:\n  - {slug: A}\n  - {slg: b}\n")
    assert [one.line for one in found.problems] == [1, 3, 5, 6]
    assert found.plan is None
    assert not found.usable


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    found = load_plan(tmp_path / "absent.yaml", REPOSITORY, workflows())
    assert found.unreadable
    assert told(found, tmp_path) == ["absent.yaml: cannot be read: No such file or directory"]


def test_a_track_list_of_a_stage_becomes_tracks(tmp_path: Path) -> None:
    plan = loaded(tmp_path, "title: t\nworkflow: small\nchecks: {unit: make}\n").plan
    assert plan is not None
    text = "tracks:\n  - {slug: one, brief: do, files: [src/billing/**]}\n"
    text += "  - {slug: two, checks: [unit], depends_on: [one]}\n"
    found = plan_from_tracks(text.encode(), "out/tracks.yaml", plan, {"small": workflows()["small"]})
    assert found.usable
    assert found.plan is not None
    assert [(one.slug, one.checks) for one in found.plan.tracks] == [("one", plan.checks), ("two", plan.checks)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "tracks:\n  - {slug: one, workflow: tracks}\n",
            'out.yaml:2: tracks[0].workflow: this batch has no workflow "tracks"',
        ),
        (
            "tracks:\n  - {slug: one, checks: [unti]}\n",
            'out.yaml:2: tracks[0].checks: there is no check of the plan "unti"; did you mean "unit"?',
        ),
        ("title: mine\ntracks: []\n", "out.yaml:1: title: there is no such key; there are outline, tracks"),
        ("{}\n", "out.yaml:1: tracks: is missing"),
        ("tracks: &a []\n", "out.yaml:1: anchors (&a) are not accepted"),
    ],
)
def test_a_wrong_track_list_names_its_own_file(text: str, line: str, tmp_path: Path) -> None:
    plan = loaded(tmp_path, "title: t\nworkflow: small\nchecks: {unit: make}\n").plan
    assert plan is not None
    found = plan_from_tracks(text, "out.yaml", plan, {"small": workflows()["small"]})
    assert [str(one) for one in found.problems] == [line]


@pytest.mark.parametrize("name", sorted(path.name for path in sample_plans_directory().glob("*.yaml")))
def test_the_sample_plans_are_without_a_fault(name: str, tmp_path: Path) -> None:
    content = (sample_plans_directory() / name).read_text("utf-8")
    tree = [f"{folder}/{part}/x.py" for folder in ("src", "tests") for part in PARTS]
    found = checked(tmp_path, content, [*FILES, *tree])
    assert [str(one) for one in found.problems if one.level != REMARK] == []


PARTS = ("signup", "billing", "limits", "audit", "search", "money", "dates")
