"""Workflow files: every key arrives, mistakes have their place, and nobody's name decides what a workflow can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.core.clocks import Clocks
from orchestrator_tui.core.codec import from_data, to_data
from orchestrator_tui.core.model import Risk
from orchestrator_tui.core.rules import AnswerRule
from orchestrator_tui.core.workflow import Budget, Convergence, Merging, StageWork, Stall, Workflow
from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.plan.load import load_plan
from orchestrator_tui.plan.text import parse
from orchestrator_tui.plan.workflow_file import read_workflow
from tests.plan.samples import REPOSITORY, SMALL, checked, told, workflow_of, write_plan

UNHEARD_OF = """
workflow: unheard-of
title: A ladder that nobody has seen
kind: chore
waves: barrier
concurrency: 4
worktree: pool
session: track
gates: [plan, integration]
ending: hard_stop
resends: 1
convergence: {exchanges: 1, growth: 4}
in_repository: [session]
inputs: [gates]
fleet: 5
sorts: {other: [bug, crash]}
areas: {WEB: [web/**, "*.css"]}
clocks: {stale: 4m, repeat: 90s}
stall: {checks: 5, interval: 30s, reply: 3m, rescues: 2, lower_concurrency: false}
budget: {turns: 10, tokens: 20, cost_usd: 1.5, wall: 2h, attempts: 7, soft: 0.5}
merging: {into: trunk, first: [chore], checks: [unit], resolve: 2}
models: {low: m1, high: m2}
roles: {implementer: low, reviewer: high}
track_gate: [checks, scope]
batch_gate: [tracks]
tests_first: false
autonomy: F
constraints: G
adherence: H
skill: my-skill
answers:
  - {id: mine, situation: a case, action: recommend, confidence: [high, none], max_risk: check, kinds: [ask],
     stages: [1, 2], words: [yes sir], instruction: do so, uses: 2}
batch_stages:
  - {name: Divide, role: planner, prompt: divide it, artefacts: ["{plan}"], writes: false, commits: false}
stages:
  - name: Do
    key: do
    prompt: do it
    artefacts: ["out/{slug}.md", more.md]
    checks: [unit, "*"]
    attempts: 4
    bump_at: 2
    gate: stage
    skip_by: nobody
    tier: high
    turns: 11
    wall: 10m
    cost_usd: 2.5
    form: {Summary: text, Shape: one | two}
    asks: Shape
    narrow: 3
    catches: what it catches
    skip_risk: what may happen
    risk: check
    words: {now: failure}
  - {name: Look, role: reviewer, prompt: look, reviews: true, writes: false, commits: false, back_to: do, rounds: 3,
     verdicts: {FINE: done, AGAIN: rework}}
  - {name: Try, runs: checks, back_to: 1}
  - {name: Ship, runs: deploy, after_merge: true}
  - {name: Say, runs: person, back_to: Look, after_merge: true}
"""


def test_every_key_of_a_workflow_arrives() -> None:
    found = workflow_of(UNHEARD_OF)
    assert (found.name, found.ladder.title, found.ladder.kind) == (
        "unheard-of",
        "A ladder that nobody has seen",
        "chore",
    )
    assert (found.waves, found.concurrency, found.worktree, found.session) == ("barrier", 4, "pool", "track")
    assert (found.gates, found.ending, found.resends) == (("plan", "integration"), "hard_stop", 1)
    assert found.convergence == Convergence(1, 4)
    assert (found.in_repository, found.inputs, found.fleet) == (("session",), ("gates",), 5)
    assert found.sorts == {"other": ("bug", "crash")}
    assert found.areas == {"WEB": ("web/**", "*.css")}
    assert found.clocks == Clocks(240_000, 90_000)
    assert found.stall == Stall(5, 30_000, 180_000, 2, False)
    assert found.budget == Budget(10, 20, 1.5, 7_200_000, 7, 0.5)
    assert found.merging == Merging("trunk", ("chore",), ("unit",), 2)
    assert (found.models, found.roles) == ({"low": "m1", "high": "m2"}, {"implementer": "low", "reviewer": "high"})
    assert (found.track_gate, found.batch_gate, found.tests_first) == (("checks", "scope"), ("tracks",), False)
    assert (found.autonomy, found.constraints, found.adherence, found.skill) == ("F", "G", "H", "my-skill")
    assert found.answers == (
        AnswerRule(
            "mine",
            frozenset({"high", ""}),
            Risk.CHECK,
            frozenset({"ask"}),
            frozenset({"unheard-of"}),
            frozenset({1, 2}),
            "recommend",
            "a case",
            ("yes sir",),
            "do so",
            2,
        ),
    )


def test_every_key_of_a_stage_arrives() -> None:
    found = workflow_of(UNHEARD_OF)
    first = found.ladder.stages[0]
    assert (first.index, first.name, first.artefact, first.catches) == (1, "Do", "out/{slug}.md", "what it catches")
    assert (first.skip_risk, first.risk, first.words) == ("what may happen", Risk.CHECK, {"now": Risk.FAILURE})
    assert found.works[0] == StageWork(
        prompt="do it",
        artefacts=("out/{slug}.md", "more.md"),
        checks=("unit", "*"),
        attempts=4,
        bump_at=2,
        gate="stage",
        skip_by="nobody",
        tier="high",
        turns=11,
        wall_ms=600_000,
        cost_usd=2.5,
        form={"Summary": "text", "Shape": "one | two"},
        asks="Shape",
        narrow=3,
    )
    assert found.works[1] == StageWork(
        role="reviewer",
        prompt="look",
        reviews=True,
        writes=False,
        commits=False,
        back_to=1,
        rounds=3,
        verdicts={"FINE": "done", "AGAIN": "rework"},
    )
    assert found.works[2:] == (
        StageWork(runs="checks", back_to=1),
        StageWork(runs="deploy", after_merge=True),
        StageWork(runs="person", back_to=2, after_merge=True),
    )
    assert found.batch_works == (
        StageWork(role="planner", prompt="divide it", artefacts=("{plan}",), writes=False, commits=False),
    )
    assert [one.name for one in found.batch_ladder.stages] == ["Divide"]


def test_an_unheard_of_workflow_is_recorded_and_checked_like_any_other(tmp_path: Path) -> None:
    config = tmp_path / "config"
    (config / "workflows").mkdir(parents=True)
    (config / "workflows" / "mine.yaml").write_text(UNHEARD_OF)
    found = load_workflows(None, config)
    assert found.problems == ()
    mine = found.workflows["unheard-of"]
    assert from_data(Workflow, to_data(mine)) == mine
    plan = "title: t\nworkflow: unheard-of\nchecks: {unit: make}\ndescribe: what is wanted\n"
    assert load_plan(write_plan(tmp_path, plan), REPOSITORY, found.workflows, branch="main").usable


MISTAKES = [
    (
        SMALL.replace("stages:", "waves_per_session: 1\nstages:"),
        "mine.yaml:7: waves_per_session: needs `waves: barrier`: without it waves have no end",
    ),
    (SMALL + "  - {name: Do, prompt: x}\n", 'mine.yaml:7: stages: two stages are called "Do"'),
    (
        SMALL + "  - {name: Look, prompt: x, back_to: Doo}\n",
        'mine.yaml:9: stages[1].back_to: "Doo" is no earlier stage; did you mean "Do"?',
    ),
    (SMALL + "  - {name: Look, prompt: x, back_to: 2}\n", 'mine.yaml:9: stages[1].back_to: "2" is no earlier stage'),
    (SMALL + "  - {name: Look, prompt: x, back_to: 9}\n", 'mine.yaml:9: stages[1].back_to: "9" is no earlier stage'),
    (SMALL + "  - {name: Look}\n", "mine.yaml:9: stages[1].prompt: is missing: its agent must be told what to do"),
    (
        SMALL + "  - {name: Look, prompt: x, verdicts: {NO: rework}}\n",
        "mine.yaml:9: stages[1].verdicts: a verdict means rework, and back_to names no stage that it leads to",
    ),
    (
        SMALL + "  - {name: Look, prompt: x, verdicts: {NO: reworkk}}\n",
        'mine.yaml:9: stages[1].verdicts: "reworkk" is none of done, rework, failed, blocked, partial, disputed, '
        'follow_up, mismatch; did you mean "rework"?',
    ),
    (
        SMALL + "  - {name: Look, prompt: x, verdicts: {NOT NOW: done}}\n",
        'mine.yaml:9: stages[1].verdicts: "NOT NOW" is no verdict: agents end with one word on a line of its own',
    ),
    (
        SMALL + "  - name: Look\n    prompt: x\n    artefacts:\n      - ok.md\n      - ../out.md\n",
        'mine.yaml:13: stages[1].artefacts: "../out.md" leaves the worktree',
    ),
    (
        SMALL + "  - {name: Look, prompt: x, artefacts: [/tmp/x]}\n",
        'mine.yaml:9: stages[1].artefacts: "/tmp/x" leaves the worktree',
    ),
    (
        SMALL + "  - {name: Look, prompt: x, tier: hihg}\n",
        'mine.yaml:9: stages[1].tier: "hihg" is no tier of `models`; did you mean "high"?',
    ),
    (
        SMALL.replace("implementer: low", "implementer: lo"),
        'mine.yaml:6: roles.implementer: "lo" is no tier of `models`; did you mean "low"?',
    ),
    (
        SMALL + "  - {name: Look, prompt: x, runs: checkss}\n",
        'mine.yaml:9: stages[1].runs: "checkss" is none of agent, checks, deploy, person; did you mean "checks"?',
    ),
    (
        SMALL + "  - {name: Look, prompt: x, attempts: 0}\n",
        'mine.yaml:9: stages[1].attempts: "0" is no whole number from 1 to 20',
    ),
    (
        SMALL + "  - {name: Look, prompt: x, back: 1}\n",
        'mine.yaml:9: stages[1].back: there is no such key; did you mean "back_to"?',
    ),
    (
        SMALL + "  - {name: Ship, runs: deploy}\n",
        "mine.yaml:9: stages[1].after_merge: must be true of a stage that deploys: what it deploys has been merged "
        "before",
    ),
    (
        SMALL + "  - {name: Ship, runs: deploy, after_merge: true}\n  - {name: Look, prompt: x}\n",
        "mine.yaml:10: stages[2].after_merge: must be true, too: a stage before it begins when its track has been "
        "merged",
    ),
    (
        SMALL + "gates: [publsh]\n",
        'mine.yaml:9: gates: "publsh" is none of plan, spend, dispatch, concerns, resume, integration, '
        'publish; did you mean "publish"?',
    ),
    (
        SMALL + "track_gate: [tests]\n",
        'mine.yaml:9: track_gate: "tests" is none of stages, artefacts, tests_first, checks, scope, findings,'
        ' committed, changes, worktree, report; did you mean "tests_first"?',
    ),
    (
        SMALL + "answers: [{id: a, max_risk: high}]\n",
        'mine.yaml:9: answers[0].max_risk: "high" is none of low, unknown, check, staging, failure,'
        " destructive, production",
    ),
    (SMALL + "stall: {check: 3}\n", 'mine.yaml:9: stall.check: there is no such key; did you mean "checks"?'),
    ("workflow: x\ntitle: t\nkind: k\nstages: []\n", "mine.yaml:4: stages: is empty"),
]


@pytest.mark.parametrize(("content", "line"), MISTAKES, ids=[line for _, line in MISTAKES])
def test_a_mistake_is_one_line_with_its_place(content: str, line: str) -> None:
    workflow, problems = read_workflow(parse(content), "mine.yaml")
    assert workflow is None
    assert [str(one) for one in problems] == [line]


def test_a_plan_changes_the_rules_that_it_names_and_no_others(tmp_path: Path) -> None:
    content = """
    title: t
    workflow: tracks
    checks: {unit: make}
    rules:
      concurrency: 5
      stall: {checks: 9}
      stages:
        Review: {rounds: 1, back_to: "1"}
        "1": {attempts: 2, wall: 1h}
    tracks: [{slug: a, brief: x, files: [README.md]}]
    """
    found = checked(tmp_path, content)
    assert told(found, tmp_path) == []
    mine, shipped = found.workflows["tracks"], load_workflows(None, None).workflows["tracks"]
    assert (mine.concurrency, mine.stall.checks, mine.stall.reply_ms) == (5, 9, shipped.stall.reply_ms)
    assert (mine.works[2].rounds, mine.works[2].back_to, mine.works[2].prompt) == (1, 1, shipped.works[2].prompt)
    assert (mine.works[0].attempts, mine.works[0].wall_ms, mine.works[0].bump_at) == (2, 3_600_000, 3)
    assert (mine.ladder, mine.answers, mine.autonomy) == (shipped.ladder, shipped.answers, shipped.autonomy)


def test_a_plan_has_nothing_deployed_before_it_is_merged(tmp_path: Path) -> None:
    content = """
    title: t
    workflow: tracks
    checks: {unit: make}
    rules: {stages: {Review: {runs: deploy}}}
    tracks: [{slug: a, brief: x, files: [README.md]}]
    """
    (problem,) = told(checked(tmp_path, content), tmp_path)
    assert "rules.stages.Review.after_merge: must be true of a stage that deploys" in problem


# --- where workflows are found ------------------------------------------------------------------------------------


def repository_with(root: Path, content: str) -> Path:
    folder = root / "repo"
    (folder / ".git").mkdir(parents=True)
    (folder / ".orch" / "workflows").mkdir(parents=True)
    (folder / ".orch" / "workflows" / "mine.yaml").write_text(content)
    return folder


def test_a_name_that_is_there_twice_is_said_and_the_repository_wins(tmp_path: Path) -> None:
    repository = repository_with(tmp_path, SMALL.replace("small", "tracks"))
    config = tmp_path / "config"
    (config / "workflows").mkdir(parents=True)
    (config / "workflows" / "own.yaml").write_text(SMALL.replace("small", "tracks").replace("One stage", "Mine"))
    found = load_workflows(repository, config)
    assert found.workflows["tracks"].ladder.title == "One stage"
    assert found.files["tracks"] == str(repository / ".orch" / "workflows" / "mine.yaml")
    own = str(config / "workflows" / "own.yaml")
    assert [str(one).partition(": workflow: ")[::2] for one in found.problems] == [
        (f"{own}:1", f'"tracks" of this file is used, not the one of {built_in("tracks")}'),
        (f"{found.files['tracks']}:1", f'"tracks" of this file is used, not the one of {own}'),
    ]
    assert {one.level for one in found.problems} == {"warning"}


def built_in(name: str) -> str:
    return load_workflows(None, None).files[name]


def test_workflows_in_a_worktree_are_ignored(tmp_path: Path) -> None:
    """An agent may have written them (reliability A-13)."""
    repository = repository_with(tmp_path, SMALL)
    (repository / ".git").rmdir()
    (repository / ".git").write_text("gitdir: /elsewhere/.git/worktrees/x\n")
    found = load_workflows(repository, None)
    assert "small" not in found.workflows
    assert [one.message for one in found.problems] == ["is ignored: workflows count only from the main working tree"]


def test_a_repository_workflow_may_be_no_link(tmp_path: Path) -> None:
    repository = repository_with(tmp_path, SMALL)
    outside = tmp_path / "elsewhere.yaml"
    outside.write_text(SMALL.replace("small", "smuggled"))
    (repository / ".orch" / "workflows" / "link.yaml").symlink_to(outside)
    found = load_workflows(repository, None)
    assert "small" in found.workflows
    assert "smuggled" not in found.workflows
    assert len(found.problems) == 1


def test_a_broken_file_stops_no_other(tmp_path: Path) -> None:
    repository = repository_with(tmp_path, "workflow: [\n")
    (repository / ".orch" / "workflows" / "small.yml").write_text(SMALL)
    found = load_workflows(repository, tmp_path / "absent")
    assert "small" in found.workflows
    assert [one.message.partition(":")[0] for one in found.problems] == ["not YAML"]
