"""Which model each role uses, and who says so: seed 000's chain.

Plan → the project's ``.claude/models.yaml`` or ``.copilot/models.yaml`` → what was confirmed before → the workflow's
own defaults. A role that one link does not name falls back for that role alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.plan import AgentChoice
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.workflow import AGENT, Workflow
from orchestrator_tui.plan.checked import ModelChoice
from orchestrator_tui.plan.problems import WARNING, Problem, Unreadable, nearest_of
from orchestrator_tui.plan.text import parse, read_text

CLAUDE_FILE = ".claude/models.yaml"
COPILOT_FILE = ".copilot/models.yaml"

PLAN, CONFIRMED, NOTHING = "the plan", "confirmed before", "the agent's own default"
"""Who names a model, beside a project file and a workflow."""

MAX_MODEL = 100

KNOWN_ROLES = (
    *("implementer", "reviewer", "scout", "planner", "structured-check", "final-reviewer"),
    *("coordinator", "domain", "synthesizer", "resolver", "qa", "validator", "senior"),
)
"""Keys that such a file may hold: those of the source's own users, and the roles of the shipped workflows."""


@frozen
class ProjectModels:
    """What a project's file says of models by role; ``file`` is "" where there is none."""

    models: Mapping[str, str]
    file: str = ""
    problems: tuple[Problem, ...] = ()


def models_file(agent: AgentChoice) -> str:
    """The project file that counts for a kind of agent."""
    program = agent.command[0].rpartition("/")[2] if agent.command else ""
    return COPILOT_FILE if "copilot" in program.lower() else CLAUDE_FILE


def read_project_models(repository: Path, agent: AgentChoice, workflows: Iterable[Workflow] = ()) -> ProjectModels:
    """The models that the project names; a file that cannot be used counts as none, and that is said.

    Args:
        workflows: all that there are, the project's own too: what their roles are called is never a slip.
    """
    known = (*KNOWN_ROLES, *(role for one in workflows for role in (*roles_of(one), *one.roles)))
    name = models_file(agent)
    path = repository / name
    try:
        document = parse(read_text(path, follow=False))
    except Unreadable as error:
        if not path.is_file() and not path.is_symlink():
            return ProjectModels({})
        return ProjectModels({}, "", (Problem(name, error.line, "", f"{error}; it is ignored", level=WARNING),))
    if not isinstance(document.content, dict):
        text = "must hold `role: model` lines; it is ignored"
        return ProjectModels({}, "", (Problem(name, 1, "", text, level=WARNING),))
    models: dict[str, str] = {}
    problems: list[Problem] = []
    for role, model in document.content.items():
        meant = "" if role in known else nearest_of(role, known, 0.8)
        if meant:
            text = "is no role that is known here; it counts for a role of that name alone"
            problems.append(Problem(name, document.line(role), role, text, meant, level=WARNING))
        if isinstance(model, str) and model.strip():
            models[role] = sanitise_line(model, MAX_MODEL)
        else:
            text = "is no model; it is ignored"
            problems.append(Problem(name, document.line(role), role, text, level=WARNING))
    return ProjectModels(models, name, tuple(problems))


def roles_of(workflow: Workflow) -> tuple[str, ...]:
    """The roles whose agents a workflow needs, in the order of its stages."""
    works = (*workflow.batch_works, *workflow.works)
    return tuple(dict.fromkeys(one.role for one in works if one.runs == AGENT))


def choose_models(
    workflow: Workflow, agent: AgentChoice, project: ProjectModels, confirmed: Mapping[str, str] | None = None
) -> dict[str, ModelChoice]:
    """The model of each role of a workflow, by the chain; a role that nobody names takes what its agent takes."""
    found = {}
    for role in (*roles_of(workflow), *(one for one in workflow.roles if one not in roles_of(workflow))):
        tier = workflow.roles.get(role, "")
        default = workflow.models.get(tier, "")
        links = (
            (agent.models.get(role, ""), PLAN),
            (project.models.get(role, ""), project.file),
            ((confirmed or {}).get(role, ""), CONFIRMED),
            (default, f"workflow {workflow.name}"),
        )
        model, source = next(((model, source) for model, source in links if model), ("", NOTHING))
        found[role] = ModelChoice(model, tier, source)
    return found
