"""`orch-tui check`: what a plan would do, as text of 80 columns and as JSON; nothing is created."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator_tui.resources import sample_plans_directory
from tests.cli.scene import ROOT, Ended, orch
from tests.plan.samples import FILES, SMALL

GITS = os.path.dirname(shutil.which("git") or "")
"""A search path with git, and without a Claude Code."""

PLAN = """\
title: Two things
workflow: tracks
base: main
checks: {unit: make}
limits: {agents: 2, cost_usd: 30}
tracks:
  - {slug: rates, brief: x, files: [src/limits/**], append_only: [CHANGELOG.md], priority: 1}
  - {slug: dates, brief: x, files: [src/billing/**], append_only: [CHANGELOG.md]}
  - {slug: view, brief: x, files: [src/signup/**], depends_on: [rates]}
"""


def git(tree: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    ended = subprocess.run(("git", *identity, *arguments), cwd=tree, check=True, capture_output=True, text=True)
    return ended.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    tree = tmp_path / "shop"
    for file in FILES:
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_text("x\n")
    git(tree, "init", "-q", "-b", "main", ".")
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "one")
    return tree


def plan_file(tree: Path, content: str = PLAN) -> Path:
    path = tree.parent / "plan.yaml"
    path.write_text(content)
    return path


def check(tree: Path, *arguments: str, content: str = PLAN, agents: bool = True) -> Ended:
    """The check on a machine that has git and, with ``agents``, a Claude Code."""
    programs = tree.parent / "bin"
    programs.mkdir(exist_ok=True)
    if agents:
        (programs / "claude").unlink(missing_ok=True)
        (programs / "claude").symlink_to("/bin/true")
    path = f"{programs if agents else tree}{os.pathsep}{GITS}"
    return orch("check", str(plan_file(tree, content)), *arguments, cwd=tree, env={"PATH": path})


def everything(tree: Path) -> set[str]:
    return {str(path.relative_to(tree.parent)) for path in tree.parent.rglob("*")} | {git(tree, "branch", "--list")}


def test_a_good_plan_is_shown_on_eighty_columns_and_nothing_is_made(repository: Path) -> None:
    check(repository)
    before = everything(repository)
    found = check(repository)
    assert found.code == 0, found.err
    assert everything(repository) == before
    assert max(map(len, found.out.splitlines())) <= 80
    for line in (
        "Two things",
        "  workflow tracks, from main, 3 tracks",
        "  ✓ 3 tracks, 2 waves, no cycle",
        "                              1 2 3",
        "   1 rates                    – ≡ →",
        "   2 dates                    ≡ – ·",
        "   3 view                     → · –",
        "    rates + dates: CHANGELOG.md: both append at the end",
        "    rates + view: view starts when rates is merged",
        "   1  rates                     starts at once",
        "      dates                     starts at once",
        "   2  view                      waits for rates to merge",
        "Parallel: 2 independent tracks of 3, at most 2 at a time.",
    ):
        assert line in found.out.splitlines(), found.out
    assert "the plan allows $30.00" in found.out
    assert "Thresholds" not in found.out


def test_without_unicode_the_signs_are_ascii(repository: Path) -> None:
    found = orch("check", str(plan_file(repository)), cwd=repository, env={"ORCH_ASCII": "1"})
    assert "   1 rates                    - = >" in found.out.splitlines()


def test_every_threshold_is_listed_when_it_is_asked_for(repository: Path) -> None:
    found = check(repository, "--explain")
    assert "Thresholds of tracks" in found.out
    assert "  stall.checks: 3\n      looks in a row without any sign of progress\n" in found.out
    assert max(map(len, found.out.splitlines())) <= 80


def test_errors_are_one_line_each_and_the_code_is_one(repository: Path) -> None:
    content = PLAN.replace("depends_on: [rates]", "depends_on: [rats]").replace("src/limits/**", "src/limts/**")
    found = check(repository, content=content)
    assert found.code == 1
    lines = found.out.replace(f"{repository.parent}/", "").splitlines()
    assert '  ✗ plan.yaml:9: tracks[2].depends_on: there is no track "rats"; did you mean "rates"?' in lines
    assert '  ⚠ plan.yaml:7: tracks[0].files: "src/limts/**" matches nothing; did you mean "src/limits/**"?' in lines


def test_a_file_that_holds_no_plan_is_told_and_the_code_is_one(repository: Path) -> None:
    found = check(repository, content="titel: x\nworkflow: tracks\n")
    assert found.code == 1
    assert 'plan.yaml:1: titel: there is no such key; did you mean "title"?' in found.out
    told = json.loads(check(repository, "--json", content="titel: x\nworkflow: tracks\n").out)
    assert (told["usable"], told["title"], told["tracks"], told["verdict"], told["estimate"]) == (
        False,
        None,
        [],
        None,
        None,
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [("a: &x 1\n", "plan.yaml:1: anchors (&x) are not accepted"), ("", "plan.yaml:1: is empty"), ("a: [", "not YAML")],
)
def test_a_file_that_cannot_be_read_is_bad_input(content: str, why: str, repository: Path) -> None:
    found = check(repository, content=content)
    assert (found.code, found.out) == (2, "")
    assert why in found.err
    assert found.err.count("\n") == 1


def test_an_absent_plan_names_the_nearest(repository: Path) -> None:
    plan_file(repository)
    found = orch("check", str(repository.parent / "plans.yaml"), cwd=repository)
    assert found.code == 2
    assert 'did you mean "plan.yaml"?' in found.err


def test_outside_of_a_repository_it_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    found = orch("check", "plan.yaml", cwd=tmp_path)
    assert found.code == 2
    assert "git repository" in found.err


def test_what_keeps_a_batch_from_starting_now_is_an_error(repository: Path) -> None:
    """[004-11] [004-12]"""
    (repository / "README.md").write_text("changed\n")
    git(repository, "branch", "busy")
    found = check(repository, content=PLAN.replace("base: main", "base: main\nintegration: busy"))
    assert found.code == 1
    assert "changes that are not committed: README.md" in found.out
    assert "busy is there already" in found.out
    (repository / "README.md").write_text("x\n")
    assert check(repository).code == 0
    git(repository, "checkout", "-q", "--detach")
    found = check(repository, content=PLAN.replace("base: main\n", ""))
    assert "has no branch checked out, and the plan names no base" in found.out


def test_the_current_branch_is_the_base_and_a_worktree_means_its_repository(repository: Path) -> None:
    tree = repository.parent / "tree"
    git(repository, "worktree", "add", "-q", "-b", "side", str(tree))
    plan = plan_file(repository, PLAN.replace("base: main\n", ""))
    found = json.loads(orch("check", str(plan), "--json", "--repo", str(tree), cwd=repository.parent).out)
    assert (found["base"], found["usable"]) == ("main", True)


def test_own_workflows_are_used_and_broken_ones_only_warned_of(repository: Path, tmp_path: Path) -> None:
    own = tmp_path / "orch-home" / "config" / "workflows"
    own.mkdir(parents=True)
    (own / "small.yaml").write_text(SMALL)
    (repository / ".orch" / "workflows").mkdir(parents=True)
    (repository / ".orch" / "workflows" / "broken.yaml").write_text("workflow: [\n")
    found = check(repository, "--json", content=PLAN.replace("workflow: tracks", "workflow: small"))
    told = json.loads(found.out)
    assert (found.code, told["usable"]) == (0, True)
    assert [(one["level"], Path(one["file"]).name) for one in told["problems"]] == [("warning", "broken.yaml")]


def test_a_broken_workflow_that_the_plan_names_is_told_as_that(repository: Path) -> None:
    """It was said that there is no such workflow, as if there were no such file."""
    (repository / ".orch" / "workflows").mkdir(parents=True)
    broken = repository / ".orch" / "workflows" / "mine.yaml"
    broken.write_text(f"{SMALL.replace('small', 'mine')}no_such_key_at_all: 1\n")
    told = json.loads(check(repository, "--json", content=PLAN.replace("workflow: tracks", "workflow: mine")).out)
    (error,) = [one for one in told["problems"] if one["level"] == "error"]
    assert (error["key"], error["message"]) == (
        "workflow",
        f'the workflow "mine" cannot be used before {broken} is mended; see below',
    )
    (unknown,) = [one for one in told["problems"] if one["key"] == "no_such_key_at_all"]
    assert re.search(r"there is no such key; there are (\w+, ){11}\w+ and \d+ more$", unknown["message"])


def test_a_base_that_is_not_there_is_told_of_the_plan_with_the_nearest(repository: Path) -> None:
    content = PLAN.replace("base: main", "base: mian")
    told = json.loads(check(repository, "--json", content=content).out)
    (error,) = [one for one in told["problems"] if one["level"] == "error"]
    assert (Path(error["file"]).name, error["key"]) == ("plan.yaml", "base")
    assert content.splitlines()[error["line"] - 1] == "base: mian"
    assert error["message"] == 'there is no branch "mian" to begin from; did you mean "main"?'


def test_the_json_is_the_one_that_is_described(repository: Path) -> None:
    told = json.loads(check(repository, "--json", "--explain").out)
    page = (ROOT / "docs" / "reference" / "json.md").read_text("utf-8")
    section = page.partition("## `orch-tui check")[2].partition("\n## ")[0]
    rows = [
        name
        for row in re.findall(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|", section, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    ]
    assert sorted(rows) == sorted(told)
    inner = [
        told["tracks"][0],
        told["matrix"][0],
        told["waves"][0],
        told["readiness"][0],
        told["verdict"],
        told["estimate"],
    ]
    inner += [told["explain"][0], told["estimate"]["models"]["scout"]]
    assert [name for one in inner for name in one if f"`{name}`" not in section] == []
    assert told["matrix"][0]["consequence"] == "append-only"
    assert told["tracks"][0]["append_only"] == ["CHANGELOG.md"]
    assert [one["why"] for one in told["readiness"]] == ["", "", "waits for rates to merge"]


def test_hostile_text_reaches_no_terminal(repository: Path) -> None:
    content = PLAN.replace("title: Two things", 'title: "\\e]0;x\\a\\e[2J \\u202e"').replace(
        "brief: x", 'title: "[@click=app.quit]x[/]"'
    )
    found = check(repository, content=content)
    assert "\x1b" not in found.out + found.err
    assert "\u202e" not in found.out
    assert "\\x1b]0;x\\x07" in found.out


@pytest.mark.parametrize("plan", sorted(path.name for path in sample_plans_directory().glob("*.yaml")))
def test_the_sample_plans_can_be_checked(plan: str, repository: Path) -> None:
    # Sessions of waves begin only in a project that is set up for them.
    (repository / ".orchestrator").mkdir()
    (repository / ".orchestrator" / "bootstrap.lock").write_text("version: 1\n")
    found = orch("check", str(sample_plans_directory() / plan), cwd=repository)
    assert found.code == 0, found.out + found.err


def test_agents_that_are_not_on_this_machine_are_said_before_anything_is_spent(repository: Path) -> None:
    """Once for the whole plan, and not by every track after three tries; only a warning, as it may be run elsewhere."""
    found = check(repository, content=PLAN + "agent: {permission_mode: acceptEdits}\n", agents=False)
    line = "plan.yaml:10: agent: there is no `claude` on PATH: install Claude Code, or name other agents below `agent`"
    assert found.code == 0
    assert line in found.out
    assert "on PATH" not in check(repository).out
    begun = orch("run", str(plan_file(repository)), "--headless", cwd=repository, env={"PATH": GITS})
    assert begun.code == 3
    assert "there is no `claude` on PATH" in begun.err
    assert git(repository, "branch", "--list").split() == ["*", "main"], "nothing was made"


def test_of_an_unknown_workflow_nothing_is_estimated(repository: Path) -> None:
    """No waves and no dollars that would be those of a workflow without rules; and what is no plan begins at once."""
    found = check(repository, content=PLAN.replace("workflow: tracks", "workflow: track"))
    assert found.code == 1
    assert 'did you mean "tracks"?' in found.out
    for word in ("Estimate", "Waves", "$0.00"):
        assert word not in found.out
    assert check(repository, content=PLAN.replace("tracks:", "trakcs:")).out.startswith("Findings\n")
