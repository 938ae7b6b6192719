"""Files of seed 003: its settings go before the workflow's, its progress is a plan of what is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.plan.explain import thresholds
from orchestrator_tui.plan.imports.auto_context import configured
from orchestrator_tui.plan.imports.auto_progress import convert
from orchestrator_tui.plan.load import load_plan
from orchestrator_tui.plan.problems import Problem

BUILT_IN = load_workflows(None, None).workflows
POOL = BUILT_IN["pool"]

SETTINGS = """\
session: {id: auto-1, status: in_progress}
work_type: FRONTEND
parallelization:
  enabled: true           # Master switch
  min_tasks: 4
  max_agents: 2
  auto_cleanup: false
  retry_on_failure: 1
  require_integration_validation: false
"""

PROGRESS = """\
session_id: auto-20260127-090000
parallel_group: 1
status: in_progress
tasks:
  task-login:
    name: Login form
    status: qa_rejected
    branch: auto/task-login
    group: 1
    qa_feedback: 2 type errors
  task-api: {name: API, status: done, group: 1}
  task-menu: {name: Menu, status: pending, group: 2, dependencies: [task-api, task-login]}
"""


def read(folder: Path, text: str) -> tuple[Workflow, list[Problem]]:
    place = folder / ".claude" / "auto-context.yaml"
    place.parent.mkdir()
    place.write_text(text, "utf-8")
    problems: list[Problem] = []
    return configured(POOL, folder, problems), problems


def test_the_workflow_has_the_defaults_of_the_seed() -> None:
    """[003-007] [003-008] [003-009] [003-074] [003-075]"""
    assert (POOL.parallel_from, POOL.concurrency, POOL.wave_size, POOL.pool_size) == (3, 5, 5, 8)
    assert (POOL.waves_per_session, POOL.context.tokens, POOL.context.checkpoint) == (1, 200_000, 0.8)
    assert POOL.cleanup
    assert [one.attempts for one in POOL.works] == [3, 3, 3]


def test_the_settings_of_a_repository_go_before_the_workflows(tmp_path: Path) -> None:
    """[003-006] [003-105]"""
    found, problems = read(tmp_path, SETTINGS)
    assert problems == []
    assert (found.parallel_from, found.concurrency, found.wave_size, found.cleanup) == (4, 2, 2, False)
    assert [one.attempts for one in found.works] == [1, 1, 1]
    assert "integration" not in found.gates
    (tmp_path / ".git").mkdir()
    assert load_workflows(tmp_path, None).workflows["pool"] == found


def test_a_switch_that_is_off_makes_it_sequential(tmp_path: Path) -> None:
    """[003-005] [003-007]"""
    found, _ = read(tmp_path, "parallelization: {enabled: false}\n")
    assert (found.concurrency, found.parallel_from) == (1, POOL.parallel_from)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "a: 1\nparallelization:\n  max_agent: 3\n",
            ":3: max_agent: there is no such key; the file is ignored",
        ),
        ("parallelization: {enabled: perhaps}\n", ":1: enabled:"),
        ("parallelization: [a\n", ":2:"),
        ("a: 1\nparallelisation: {enabled: false}\n", ":2: parallelisation: there is no such section"),
    ],
)
def test_settings_that_cannot_be_used_are_told_and_ignored(tmp_path: Path, text: str, line: str) -> None:
    found, problems = read(tmp_path, text)
    assert found == POOL
    assert [one.level for one in problems] == ["warning"]
    assert str(problems[0]).startswith(".claude/auto-context.yaml" + line)


def test_what_is_left_of_a_progress_file_is_a_plan(tmp_path: Path) -> None:
    """[003-123]"""
    path = tmp_path / "auto-progress.yaml"
    path.write_text(PROGRESS, "utf-8")
    found = load_plan(path, tmp_path, BUILT_IN)
    assert found.plan is not None
    assert (found.plan.title, found.plan.workflow) == ("auto-20260127-090000", "pool")
    login, menu = found.plan.tracks
    assert (login.slug, login.title, login.wave, login.brief) == (
        "task-login",
        "Login form",
        1,
        "Login form\nQA said: 2 type errors",
    )
    assert (menu.slug, menu.wave, menu.depends_on) == ("task-menu", 2, ("task-login",))


def test_a_progress_file_that_is_none_is_one_line() -> None:
    assert str(convert("status: done\n", "p.yaml").problems[0]) == "p.yaml:1: tasks: is missing, or holds no tasks"
    done = convert("tasks:\n  a: {status: done}\n", "p.yaml")
    assert (done.content, str(done.problems[0])) == (
        None,
        "p.yaml:1: tasks: every task is done: nothing is left to run",
    )
    odd = convert("tasks:\n  a: {status: pendin}\n", "p.yaml")
    assert 'p.yaml:2: tasks.a.status: "pendin" is no status of a task; did you mean "pending"?' in str(odd.problems[0])


@pytest.mark.parametrize("key", ["files", "dependencies"])
def test_a_value_of_a_progress_file_that_must_be_a_list_is_told(key: str) -> None:
    """What it owns, or waits for, would be left out without a word."""
    made = convert(f"tasks:\n  a:\n    status: pending\n    {key}: src/a.py\n", "p.yaml")
    assert (made.content, [str(one) for one in made.problems]) == (None, [f"p.yaml:4: tasks.a.{key}: must be a list"])
    assert convert(f"tasks:\n  a:\n    status: pending\n    {key}:\n", "p.yaml").problems == ()


def test_every_threshold_of_the_workflow_is_shown_by_check_explain() -> None:
    shown = {one.key: one.value for one in thresholds([POOL])}
    wanted = {
        "concurrency": "5",
        "parallel_from": "3",
        "wave_size": "5",
        "waves_per_session": "1",
        "checkpoints": "true",
        "context.tokens": "200000",
        "context.checkpoint": "0.8",
        "pool_size": "8",
        "cleanup": "true",
        "budget.attempts": "50",
        "stage 1 Task executor: attempts": "3",
        "stage 2 QA agent: rounds": "3",
    }
    assert {name: shown.get(name) for name in wanted} == wanted


# --- variables of the environment ------------------------------------------------------------------------------------


def with_variables(folder: Path, text: str, **said: str) -> tuple[Workflow, list[str]]:
    place = folder / ".claude" / "auto-context.yaml"
    place.parent.mkdir(exist_ok=True)
    place.write_text(text, "utf-8")
    problems: list[Problem] = []
    made = configured(POOL, folder, problems, {f"AUTO_PARALLEL_{name}": value for name, value in said.items()})
    return made, [str(one) for one in problems]


def test_variables_go_before_the_file(tmp_path: Path) -> None:
    """[003-125] What a variable does not say is as the file has it; one that is empty says nothing."""
    found, problems = with_variables(tmp_path, SETTINGS, MAX_AGENTS="7", MIN_TASKS="", ENABLED="true")
    assert problems == []
    assert (found.parallel_from, found.concurrency, found.wave_size, found.cleanup) == (4, 7, 7, False)


@pytest.mark.parametrize(("file", "variable", "agents"), [("false", "true", 5), ("true", "false", 1)])
def test_the_switch_of_the_environment_wins(tmp_path: Path, file: str, variable: str, agents: int) -> None:
    """[003-125]"""
    found, _ = with_variables(tmp_path, f"parallelization: {{enabled: {file}}}\n", ENABLED=variable)
    assert found.concurrency == agents


def test_variables_count_without_a_file(tmp_path: Path) -> None:
    """[003-125]"""
    problems: list[Problem] = []
    found = configured(POOL, tmp_path, problems, {"AUTO_PARALLEL_MIN_TASKS": "2", "HOME": "/home/ada"})
    assert (found.parallel_from, problems) == (2, [])
    own = load_workflows(tmp_path, None, {"AUTO_PARALLEL_MIN_TASKS": "2"}).workflows
    assert own["pool"].parallel_from == 2
    assert own["waves"].parallel_from == 0


def test_a_variable_that_cannot_be_read_is_told_and_all_are_ignored(tmp_path: Path) -> None:
    found, problems = with_variables(tmp_path, SETTINGS, MAX_AGENTS="many", MIN_TASKS="9")
    assert found.parallel_from == 4
    assert len(problems) == 1
    assert problems[0].startswith("the environment: AUTO_PARALLEL_MAX_AGENTS: ")
    assert problems[0].endswith("; it is ignored")


def test_a_broken_file_leaves_the_variables(tmp_path: Path) -> None:
    found, problems = with_variables(tmp_path, "parallelization: {min_tasks: few}\n", MIN_TASKS="6")
    assert found.parallel_from == 6
    assert problems == []
    found, problems = with_variables(tmp_path, "parallelization: {max_agents: few}\n", MIN_TASKS="6")
    assert found.parallel_from == 6
    assert "the file is ignored" in problems[0]
