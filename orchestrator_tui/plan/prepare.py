"""From a plan's file to its check in one step: what ``check`` and ``run`` both begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.plan import AgentChoice
from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.plan.check import check
from orchestrator_tui.plan.checked import Checked
from orchestrator_tui.plan.load import Loaded, load_plan
from orchestrator_tui.plan.models_chain import read_project_models
from orchestrator_tui.plan.problems import WARNING, Problem
from orchestrator_tui.plan.sessions import settle


@frozen
class Prepared:
    """A plan with everything that is known of it; ``checked`` is None where the file holds no plan.

    ``problems`` are all of them: of workflow files, of the plan, of the repository.
    """

    loaded: Loaded
    checked: Checked | None
    problems: tuple[Problem, ...]


def prepare(
    path: Path,
    repository: Path,
    config: Path | None,
    files: Sequence[str],
    *,
    branch: str = "",
    confirmed: Mapping[str, str] | None = None,
    focus: str = "",
    environment: Mapping[str, str] | None = None,
) -> Prepared:
    """Read and check the plan at ``path`` for the main working tree ``repository``.

    Args:
        config: the folder of the person's settings, with their workflows.
        files: the tracked files.
        branch: the current branch, "" where none is checked out.
        confirmed: models by role that the person confirmed before.
        environment: variables that go before settings of workflows.
        focus: what the person wants first, before what the plan says of it.
    """
    catalogue = load_workflows(repository, config, environment)
    read = load_plan(path, repository, catalogue.workflows, branch=branch, broken=catalogue.broken)
    loaded = settle(read, repository, focus)
    # A file that the plan does not use may be as broken as it likes.
    aside = tuple(replace(one, level=WARNING) for one in catalogue.problems)
    if loaded.plan is None:
        project = read_project_models(repository, AgentChoice(), catalogue.workflows.values())
        return Prepared(loaded, None, (*loaded.problems, *aside, *project.problems))
    project = read_project_models(repository, loaded.plan.agent, catalogue.workflows.values())
    checked = check(loaded, files, project, confirmed)
    assert checked is not None
    whole = replace(checked, problems=(*checked.problems, *aside))
    return Prepared(loaded, whole, whole.problems)
