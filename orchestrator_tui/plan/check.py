"""The check of a plan: everything that can be known before anything starts, as one result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestrator_tui.core.plan import Plan
from orchestrator_tui.core.wave_roles import changes_files
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.case import Case
from orchestrator_tui.plan.checked import Checked
from orchestrator_tui.plan.conflicts import conflict_matrix, settled
from orchestrator_tui.plan.estimate import dearest_attempt, estimate_of
from orchestrator_tui.plan.explain import thresholds
from orchestrator_tui.plan.judging import judge
from orchestrator_tui.plan.limits import limit_problems
from orchestrator_tui.plan.load import Loaded
from orchestrator_tui.plan.models_chain import ProjectModels
from orchestrator_tui.plan.sizing import sizing_remarks
from orchestrator_tui.plan.tree import Tree
from orchestrator_tui.plan.verdict import verdict_of
from orchestrator_tui.plan.waves import readiness_of, waves_of

NO_MODELS = ProjectModels({})


def check(
    loaded: Loaded,
    files: Sequence[str],
    project: ProjectModels = NO_MODELS,
    confirmed: Mapping[str, str] | None = None,
) -> Checked | None:
    """The check of a plan that was loaded, None where there is no plan.

    Args:
        files: the tracked files of the repository, as ``git ls-files`` names them.
        project: what the project's own file says of models.
        confirmed: models by role that the person confirmed before.
    """
    if loaded.plan is None:
        return None
    return check_plan(loaded.plan, loaded.workflows, files, project, confirmed, loaded)


def check_plan(
    plan: Plan,
    workflows: Mapping[str, Workflow],
    files: Sequence[str],
    project: ProjectModels = NO_MODELS,
    confirmed: Mapping[str, str] | None = None,
    loaded: Loaded | None = None,
) -> Checked:
    """The check of a plan, wherever it came from; ``loaded`` gives its problems their file and lines."""
    source = loaded or Loaded(plan, workflows, file=plan.file)
    tree = Tree(files)
    case = Case(plan, workflows, tree, source.file, source.lines, source.first)
    matrix = conflict_matrix(plan, tree, source.first)
    main = workflows.get(plan.workflow)
    reading = _reading(plan, workflows)
    waves = waves_of(plan, matrix, 0 if main is None else main.wave_size, reading)
    estimate = estimate_of(plan, workflows, waves, project, confirmed)
    problems = [
        *source.problems,
        *judge(case, matrix),
        *limit_problems(case, estimate, dearest_attempt(plan, workflows, project, confirmed)),
        *project.problems,
        *sizing_remarks(case),
    ]
    problems.sort(key=lambda one: (one.file != case.file, one.line))
    return Checked(
        plan=settled(plan, matrix),
        workflows=workflows,
        problems=tuple(dict.fromkeys(problems)),
        matrix=matrix,
        waves=waves,
        readiness=readiness_of(plan, main, matrix, waves, reading),
        verdict=verdict_of(plan, main, matrix, waves),
        estimate=estimate,
        explain=thresholds(workflows.values()),
    )


def _reading(plan: Plan, workflows: Mapping[str, Workflow]) -> frozenset[str]:
    """The tracks whose every stage only reads."""
    known = [one for one in plan.tracks if one.workflow in workflows]
    return frozenset(one.slug for one in known if not changes_files(one, workflows[one.workflow]))
