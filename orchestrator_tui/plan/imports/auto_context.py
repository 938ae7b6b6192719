"""``.claude/auto-context.yaml`` of a repository: the pre-flight settings that go before a workflow's own (seed 003)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from orchestrator_tui.core.workflow import AGENT, StageWork, Workflow
from orchestrator_tui.plan.fields import Count, Line, Part, Says, Switch, choice, read_whole
from orchestrator_tui.plan.problems import WARNING, Problem, Unreadable, nearest_of
from orchestrator_tui.plan.reading import read_model
from orchestrator_tui.plan.text import Document, parse, read_text

SECTION = "parallelization"

_Tries = Annotated[int, BeforeValidator(partial(read_whole, 1, 20)), Says("whole number from 1 to 20")]


class ParallelizationFile(Part):
    """The section that says how tasks run in parallel; what it does not say is as the workflow has it."""

    enabled: Switch = Field(True, description="master switch; without it one task runs at a time")
    min_tasks: Count = Field(3, description="independent tasks from which on it is worth it")
    max_agents: Count = Field(5, description="agents at once, and tasks of one group")
    auto_cleanup: Switch = Field(True, description="worktrees are removed after the merge")
    retry_on_failure: _Tries = Field(3, description="tries of an agent, the first included")
    require_integration_validation: Switch = Field(True, description="the integration gate is asked")
    min_complexity: Annotated[str, choice("small", "medium", "large"), Says("small · medium · large")] = Field(
        "small", description="read and not used: tasks are as large as their plan says"
    )
    worktree_base: Line = Field("", description="read and not used: worktrees lie outside of the repository")
    branch_prefix: Line = Field("", description="read and not used: branches are named after batch and track")


ENVIRONMENT = "the environment"


def configured(
    workflow: Workflow, repository: Path, problems: list[Problem], environment: Mapping[str, str] | None = None
) -> Workflow:
    """A workflow with what the file that it names says of this repository, and what variables say before that file.

    What cannot be used is told and ignored: all of the file, or all of the variables.
    """
    if not workflow.config:
        return workflow
    said, document = _section(workflow, repository, problems)
    told = _variables(workflow, environment or {}, problems)
    if not said and not told:
        return workflow
    prefix = f"{SECTION}."
    lines = {place.removeprefix(prefix): line for place, line in document.lines.items() if place.startswith(prefix)}
    whole = Document({**said, **told}, {"": document.line(SECTION), **lines})
    model, found = read_model(ParallelizationFile, whole, workflow.config)
    if model is None:
        problems.extend(replace(one, message=f"{one.message}; the file is ignored", level=WARNING) for one in found)
        model, _ = read_model(ParallelizationFile, Document(told, {}), ENVIRONMENT)
    return workflow if model is None else _changed(workflow, model)


def _section(workflow: Workflow, repository: Path, problems: list[Problem]) -> tuple[dict[str, Any], Document]:
    """The section of the file, {} where there is none or it cannot be read; a section of another form as it is."""
    path, nothing = repository / workflow.config, Document({}, {})
    if not path.exists():
        return {}, nothing
    try:
        document = parse(read_text(path, follow=False))
    except Unreadable as error:
        problems.append(Problem(workflow.config, error.line, "", f"{error}; it is ignored", level=WARNING))
        return {}, nothing
    section = document.content.get(SECTION) if isinstance(document.content, dict) else None
    if section is None:
        names = list(document.content) if isinstance(document.content, dict) else []
        near = next((one for one in names if nearest_of(one, (SECTION,), 0.8)), "")
        if near:
            text = "there is no such section; it is ignored"
            problems.append(Problem(workflow.config, document.line(near), near, text, SECTION, level=WARNING))
        return {}, nothing
    if not isinstance(section, dict):
        text = "must hold `key: value` lines; the file is ignored"
        problems.append(Problem(workflow.config, document.line(SECTION), SECTION, text, level=WARNING))
        return {}, nothing
    return section, document


def _variables(workflow: Workflow, environment: Mapping[str, str], problems: list[Problem]) -> dict[str, str]:
    """What variables say of the same settings, by their names in the file; {} where any of them is wrong."""
    if not workflow.variables:
        return {}
    names = {f"{workflow.variables}{key.upper()}": key for key in ParallelizationFile.model_fields}
    told = {names[name]: value for name, value in environment.items() if name in names and value.strip()}
    model, found = read_model(ParallelizationFile, Document(told, dict.fromkeys(told, 0)), ENVIRONMENT)
    if model is not None:
        return told
    for one in found:
        name = f"{workflow.variables}{one.key.upper()}"
        problems.append(replace(one, key=name, message=f"{one.message}; it is ignored", level=WARNING))
    return {}


def _changed(workflow: Workflow, told: ParallelizationFile) -> Workflow:
    said = told.model_fields_set
    changes: dict[str, Any] = {}
    if "min_tasks" in said:
        changes["parallel_from"] = told.min_tasks
    if "max_agents" in said:
        changes |= {"concurrency": told.max_agents, "wave_size": told.max_agents}
    if not told.enabled:
        changes["concurrency"] = 1
    if "auto_cleanup" in said:
        changes["cleanup"] = told.auto_cleanup
    if "retry_on_failure" in said:
        changes["works"] = tuple(_tried(one, told.retry_on_failure) for one in workflow.works)
    if not told.require_integration_validation:
        changes["gates"] = tuple(one for one in workflow.gates if one != "integration")
    return replace(workflow, **changes)


def _tried(work: StageWork, attempts: int) -> StageWork:
    return replace(work, attempts=attempts) if work.runs == AGENT else work
