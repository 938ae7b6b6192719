"""The check of a plan: every kind of problem on its own line, and everything else that is known before a start."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.core.prompt_divide import TRACK_LIST_EXAMPLE
from orchestrator_tui.plan.check import check
from orchestrator_tui.plan.load import plan_from_tracks
from orchestrator_tui.plan.problems import has_errors
from tests.plan.samples import FILES, checked, loaded, told, workflows

HEAD = "title: t\nworkflow: small\nbase: main\nchecks: {unit: make}\n"
A = "  - {slug: a, brief: x, files: [src/billing/dates.py]}\n"
B = "  - {slug: b, brief: x, files: [src/signup/**]}\n"
ALONE = HEAD + "tracks:\n" + A

ERRORS = [
    (HEAD, "plan.yaml:1: tracks: is missing: small does not divide work into tracks by itself"),
    (
        HEAD + "tracks:\n  - slug: a\n",
        "plan.yaml:6: tracks[0].brief: a has neither brief nor title: what is to be done?",
    ),
    (
        ALONE.replace("base: main", "base: -x"),
        'plan.yaml:3: base: "-x" is no safe name for a branch: use letters, digits and - _ . / +',
    ),
    (
        ALONE.replace("base: main", "base: a..b"),
        'plan.yaml:3: base: "a..b" is no safe name for a branch: use letters, digits and - _ . / +',
    ),
    (
        ALONE.replace("base: main", "base: HEAD"),
        'plan.yaml:3: base: "HEAD" is no safe name for a branch: use letters, digits and - _ . / +',
    ),
    (
        ALONE.replace("base: main", "base: x.lock/y"),
        'plan.yaml:3: base: "x.lock/y" is no safe name for a branch: use letters, digits and - _ . / +',
    ),
    (
        ALONE.replace("base: main", 'base: "ma\\u202ein"'),
        'plan.yaml:3: base: "ma\\u202ein" is no safe name for a branch: use letters, digits and - _ . / +',
    ),
    (
        ALONE + "integration: main\n",
        "plan.yaml:7: integration: is the base branch; only an approved publish gate may touch that",
    ),
    (
        ALONE + B.replace("slug: b", "slug: a"),
        'plan.yaml:7: tracks[1].slug: "a" is the slug of another track tracks[0], first in line 6',
    ),
    (
        ALONE + B.replace("slug: b", "slug: batch"),
        'plan.yaml:7: tracks[1].slug: "batch" is taken: the batch itself uses it',
    ),
    (
        ALONE + B.replace("slug: b", "slug: integration"),
        'plan.yaml:7: tracks[1].slug: "integration" is taken: the batch itself uses it',
    ),
    (
        ALONE.replace("}\n", ", depends_on: [a]}\n", 2).replace("make, depends_on: [a]", "make"),
        "plan.yaml:6: tracks[0].depends_on: a depends on itself",
    ),
    (
        ALONE + B.replace("}", ", depends_on: [aa]}"),
        'plan.yaml:7: tracks[1].depends_on: there is no track "aa"; did you mean "a"?',
    ),
    (
        HEAD + "tracks:\n" + A.replace("}", ", depends_on: [b]}") + B.replace("}", ", depends_on: [a]}"),
        "plan.yaml:6: tracks[0].depends_on: waits for itself: a → b → a",
    ),
    (
        ALONE.replace("dates.py]}", "dates.py], wave: 2}") + B.replace("}", ", depends_on: [a], wave: 1}"),
        "plan.yaml:7: tracks[1].wave: wave 1 does not come after wave 2 of a, which it depends on",
    ),
    (
        ALONE + B.replace("src/signup/**", "src/billing/**"),
        "plan.yaml:7: tracks[1].files: b and a both own src/billing/dates.py; set priority, depends_on or append_only",
    ),
    (
        ALONE + B.replace("files: [src/signup/**]", "owned: ['**/*.py']"),
        "plan.yaml:7: tracks[1].owned: b and a both own src/billing/dates.py; set priority, depends_on or append_only",
    ),
    (
        ALONE + "limits: {cost_usd: 0.5}\n",
        "plan.yaml:7: limits.cost_usd: $0.50 is below the estimate of one attempt, $1.20",
    ),
    (
        ALONE + "limits: {track_cost_usd: 1}\n",
        "plan.yaml:7: limits.track_cost_usd: $1.00 is below the estimate of one attempt, $1.20",
    ),
    (ALONE + "limits: {wall: 30s}\n", "plan.yaml:7: limits.wall: is less than a minute: nothing can be done in it"),
    (
        ALONE.replace("workflow: small", "workflow: needy"),
        'plan.yaml:4: checks: workflow needy needs a check "style", and there is none',
    ),
]

WARNINGS = [
    (
        ALONE.replace("brief: x", "title: Fix it"),
        "plan.yaml:6: tracks[0].brief: a has no brief: its agents know nothing but its title",
    ),
    (
        ALONE.replace("checks: {unit: make}\n", ""),
        "plan.yaml:5: tracks[0].checks: a has no check: nothing but its reviewer tells whether it works",
    ),
    (ALONE + "  - {slug: b, brief: x}\n", "plan.yaml:7: tracks[1].files: b declares no files, so it runs alone"),
    (
        ALONE + "worktrees: trees\n",
        "plan.yaml:7: worktrees: lies inside the repository: git will list every worktree as untracked",
    ),
    (
        ALONE.replace("src/billing/dates.py", "src/limts/**"),
        'plan.yaml:6: tracks[0].files: "src/limts/**" matches nothing; did you mean "src/limits/**"?',
    ),
    (ALONE.replace("src/billing/dates.py", "docs/**"), 'plan.yaml:6: tracks[0].files: "docs/**" matches nothing'),
    (
        ALONE.replace("src/billing/dates.py", "src/billing/date.py"),
        'plan.yaml:6: tracks[0].files: "src/billing/date.py" is not there yet; did you mean "src/billing/dates.py"?',
    ),
    (
        ALONE.replace("dates.py]}", "dates.py], append_only: [HISTORY.md]}"),
        'plan.yaml:6: tracks[0].append_only: "HISTORY.md" is not there yet',
    ),
    (
        HEAD + "tracks:\n" + A.replace("src/billing/dates.py", "new/x.py") + B.replace("src/signup/**", "new/x.py"),
        "plan.yaml:7: tracks[1].files: b and a may both own new/x.py; they run one after the other",
    ),
    (
        ALONE + "environments: {dev: {}}\n",
        "plan.yaml:7: environments.dev.deploy: dev has no deploy command, so nothing is deployed there",
    ),
    (
        ALONE.replace("small", "prd-to-pr") + "rules: {worktree: none}\n",
        "plan.yaml:7: rules.worktree: none: nothing is merged, so that Self-Healing Deploy of prd-to-pr never begins",
    ),
    (
        ALONE + "environments: {dev: {deploy: go}}\n",
        "plan.yaml:7: environments.dev.health: dev has no health command: a deploy counts as healthy when it ends",
    ),
    (
        ALONE.replace("dates.py]}", "dates.py], deploy: [dev]}") + "environments: {dev: {deploy: go, health: ask}}\n",
        "plan.yaml:6: tracks[0].deploy: a deploys to dev, but small has no stage that deploys",
    ),
    (
        ALONE + B + "limits: {cost_usd: 1.5}\n",
        "plan.yaml:8: limits.cost_usd: $1.50 is below the estimate of $2.40: it will stop on the way",
    ),
    (
        ALONE + "limits: {cost_usd: 10, track_cost_usd: 11}\n",
        "plan.yaml:7: limits.track_cost_usd: $11.00 a track is more than the $10.00 of the whole batch",
    ),
    (
        ALONE.replace("{unit: make}", "{unit: {command: make, wall: 0}}"),
        "plan.yaml:4: checks.unit.wall: is 0: what never ends would hold the batch for ever",
    ),
]

NEEDY = """
workflow: needy
title: Needs a check
kind: work
models: {low: m1}
roles: {implementer: low}
stages:
  - {name: Do, prompt: do it, checks: [style]}
"""


@pytest.fixture(autouse=True)
def needy(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.plan import samples

    known = {**workflows(), "needy": samples.workflow_of(NEEDY)}
    monkeypatch.setattr(samples, "workflows", lambda: known)


@pytest.mark.parametrize(("content", "line"), ERRORS, ids=[line for _, line in ERRORS])
def test_an_error_is_one_line_and_keeps_the_batch_from_starting(content: str, line: str, tmp_path: Path) -> None:
    found = checked(tmp_path, content)
    errors = [str(one).replace(f"{tmp_path}/", "") for one in found.problems if one.level == "error"]
    assert errors == [line]
    assert not found.usable


@pytest.mark.parametrize(("content", "line"), WARNINGS, ids=[line for _, line in WARNINGS])
def test_a_warning_is_one_line_and_keeps_nothing_from_starting(content: str, line: str, tmp_path: Path) -> None:
    found = checked(tmp_path, content)
    assert told(found, tmp_path) == [line]
    assert found.usable


@pytest.mark.parametrize(
    ("scope", "level"),
    [
        ("files: [src/billing/date.py]", "remark"),
        ("files: [src/billing/dates.py], append_only: [HISTORY.md]", "remark"),
        ("files: [src/billing/dates.py], read_only: [HISTORY.md]", "warning"),
        ("files: [src/biling/*.py]", "warning"),
    ],
)
def test_a_file_that_a_track_may_be_to_make_is_a_remark(scope: str, level: str, tmp_path: Path) -> None:
    outcome = checked(tmp_path, ALONE.replace("files: [src/billing/dates.py]", scope))
    assert [one.level for one in outcome.problems] == [level]


def test_a_file_that_is_new_and_like_no_other_is_nothing_to_speak_of(tmp_path: Path) -> None:
    assert checked(tmp_path, ALONE.replace("dates.py]", "dates.py, doc/brand-new-thing.md]")).problems == ()


def test_a_part_of_a_command_may_be_a_small_script(tmp_path: Path) -> None:
    script = "set -e; " + "true; " * 500
    written = ALONE + f'agent: {{runner: command, command: [sh, -c, "{script}"]}}\n'
    assert checked(tmp_path, written).problems == ()
    longer = loaded(tmp_path, ALONE + f"agent: {{runner: command, command: [sh, -c, {'x' * 4_001}]}}\n")
    assert str(longer.problems[0]).endswith("plan.yaml:7: agent.command: is longer than 4,000 characters")


def test_a_good_plan_has_nothing_wrong_with_it(tmp_path: Path) -> None:
    found = checked(tmp_path, ALONE + B)
    assert found.problems == ()
    assert found.verdict.mode == "parallel"
    assert [one.tracks for one in found.waves] == [("a", "b")]


def test_a_priority_an_order_or_appending_settles_what_both_own(tmp_path: Path) -> None:
    both = B.replace("src/signup/**", "src/billing/**")
    for more in ("priority: 1", "depends_on: [a]"):
        assert checked(tmp_path, ALONE + both.replace("}", f", {more}}}")).usable
    appending = "  - {slug: b, brief: x, files: [src/signup/**], append_only: [src/billing/dates.py]}\n"
    assert checked(tmp_path, ALONE + appending).usable


def test_a_plan_without_tracks_needs_a_sentence_where_its_workflow_divides(tmp_path: Path) -> None:
    from tests.plan import samples

    divides = NEEDY.replace("needy", "divides").replace(", checks: [style]", "") + (
        'batch_stages:\n  - {name: Divide, prompt: divide, artefacts: ["{plan}"]}\n'
    )
    samples.workflows()["divides"] = samples.workflow_of(divides)
    plan = "title: t\nworkflow: divides\nchecks: {unit: make}\n"
    assert told(checked(tmp_path, plan), tmp_path) == [
        "plan.yaml:1: describe: is missing: without tracks it says what is to be divided"
    ]
    found = checked(tmp_path, plan + "describe: make it fast\n")
    assert found.usable
    assert found.verdict.mode == "none"


def test_a_track_list_is_checked_beside_the_tracks_that_are_there(tmp_path: Path) -> None:
    there = loaded(tmp_path, ALONE)
    assert there.plan is not None
    text = "tracks:\n" + A.replace("slug: a", "slug: c") + A
    listed = plan_from_tracks(text, "out.yaml", there.plan, there.workflows)
    found = check(listed, FILES)
    assert found is not None
    assert [str(one) for one in found.problems if one.level == "error"] == [
        "out.yaml:2: tracks[0].files: c and a both own src/billing/dates.py; set priority, depends_on or append_only",
        'out.yaml:3: tracks[1].slug: "a" is the slug of another track',
        "out.yaml:3: tracks[1].files: a and a both own src/billing/dates.py; set priority, depends_on or append_only",
        "out.yaml:3: tracks[1].files: a and c both own src/billing/dates.py; set priority, depends_on or append_only",
    ]


def test_the_track_list_that_agents_are_shown_is_one(tmp_path: Path) -> None:
    there = loaded(tmp_path, "title: t\nworkflow: tracks\nchecks: {unit: make}\ndescribe: limits\n")
    assert there.plan is not None
    found = plan_from_tracks(TRACK_LIST_EXAMPLE, "out.yaml", there.plan, there.workflows)
    result = check(found, FILES)
    assert result is not None
    assert [one for one in result.problems if one.level == "error"] == []
    assert [one.tracks for one in result.waves] == [("rate-limit",), ("document-limits",)]


def test_a_track_that_is_too_large_for_the_journal_is_refused(tmp_path: Path) -> None:
    acceptance = ", ".join(f'"{number} {"y" * 20_000}"' for number in range(4))
    plan = ALONE.replace("}\n", f", acceptance: [{acceptance}]}}\n").replace(
        f"make, acceptance: [{acceptance}]", "make"
    )
    found = checked(tmp_path, plan)
    assert told(found, tmp_path) == [
        "plan.yaml:6: tracks[0]: a takes 78 KiB; put long texts into a file and name it in the brief"
    ]


def test_nothing_is_said_of_a_file_that_holds_no_plan(tmp_path: Path) -> None:
    found = loaded(tmp_path, "title: t\n")
    assert check(found, FILES) is None
    assert has_errors(found.problems)


def test_every_threshold_is_explained(tmp_path: Path) -> None:
    found = checked(tmp_path, ALONE.replace("workflow: small", "workflow: tracks"))
    said = {one.key: one.value for one in found.explain}
    expected = {
        "concurrency": "2",
        "resends": "2",
        "fleet": "2",
        "inputs": "files, checks, gates",
        "convergence.exchanges": "1",
        "convergence.growth": "3",
        "in_repository": "session, handoff",
        "batch stage 1 Scout: narrow": "1",
        "stall.checks": "3",
        "stall.interval": "1m",
        "stall.reply": "2m",
        "stall.rescues": "1",
        "budget.attempts": "12",
        "budget.soft": "0.8",
        "gates": "plan, spend, integration, publish",
        "models": "fast: haiku, standard: sonnet, deep: opus",
        "batch stage 1 Scout: wall": "15m",
        "stage 1 Implement: attempts": "3",
        "stage 3 Review: rounds": "2",
    }
    assert {key: said[key] for key in expected} == expected
    assert all(one.meaning for one in found.explain)
    assert {one.workflow for one in found.explain} == {"tracks"}
