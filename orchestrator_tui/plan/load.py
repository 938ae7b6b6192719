"""Plan files: read, checked by themselves, and made into :class:`orchestrator_tui.core.plan.Plan`.

What only the repository's files or other tracks tell (overlaps, cycles, patterns) is judged by ``plan.check``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.plan import (
    AgentChoice,
    CheckCommand,
    Environment,
    Plan,
    PlanLimits,
    PlannedTrack,
    Provision,
    Scope,
)
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.wave_roles import placed
from orchestrator_tui.core.workflow import DEPLOY, Workflow
from orchestrator_tui.plan.imports.registry import importer_for
from orchestrator_tui.plan.models import ENVIRONMENT_RISKS, CheckFile, PlanFile, TrackFile, TracksFile
from orchestrator_tui.plan.problems import WARNING, Problem, Unreadable, has_errors, nearest_of, shown
from orchestrator_tui.plan.reading import read_model
from orchestrator_tui.plan.session_models import session_of
from orchestrator_tui.plan.sorting import areas_of, sorted_to
from orchestrator_tui.plan.text import Document, decoded, parse, read_text
from orchestrator_tui.plan.workflow_file import override

_TITLE = 80


@frozen
class Loaded:
    """What a file gave.

    Attributes:
        plan: the plan, None where the file is not one; it may still have errors.
        workflows: the workflows that it uses, with its own ``rules``; the batch's is ``plan.workflow``.
        problems: what is wrong, in the order of the file.
        lines: the line of each place of the file, such as ``tracks[4].files[0]``.
        unreadable: nothing could be made of the file at all.
        file: the file's name in problems.
        first: how many tracks of the plan stood there before the file's own.
    """

    plan: Plan | None
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    unreadable: bool = False
    file: str = ""
    first: int = 0

    @property
    def usable(self) -> bool:
        """Whether there is a plan and nothing that keeps it from starting."""
        return self.plan is not None and not has_errors(self.problems)


def load_plan(
    path: Path,
    repository: Path,
    workflows: Mapping[str, Workflow],
    *,
    branch: str = "",
    broken: Mapping[str, str] | None = None,
) -> Loaded:
    """Read the plan at ``path`` for the main working tree ``repository``.

    Args:
        workflows: all that there are, by name.
        broken: files of workflows that cannot be used, by the name that they go by.
        branch: the current branch, for a plan that names no ``base``.
    """
    file = sanitise_line(str(path))
    try:
        document, noted = _read(path, file)
    except Unreadable as error:
        return Loaded(None, {}, (Problem(file, error.line, "", str(error)),), {}, True, file)
    if document is None:
        return Loaded(None, {}, noted, {}, False, file)
    model, problems = read_model(PlanFile, document, file)
    if model is None:
        return Loaded(None, {}, (*noted, *problems), document.lines, False, file)
    loaded = _loaded(model, document, file, path, repository, workflows, broken or {}, branch)
    return replace(loaded, problems=(*noted, *loaded.problems))


def _read(path: Path, file: str) -> tuple[Document | None, tuple[Problem, ...]]:
    """What stands in a plan, or in a file of another system that stands for one.

    Raises:
        Unreadable: nothing can be made of it.
    """
    text = read_text(path)
    foreign = importer_for(path, text)
    if foreign is None:
        return parse(text), ()
    imported = foreign.convert(text, file)
    if imported.content is None:
        return None, imported.problems
    return Document(imported.content, imported.lines or {}), imported.problems


def plan_from_tracks(data: bytes | str, file: str, plan: Plan, workflows: Mapping[str, Workflow]) -> Loaded:
    """``plan`` with the tracks of a list that a stage of its batch wrote; its problems name ``file``.

    Args:
        data: the content of the list, from an agent and therefore trusted in nothing.
        workflows: those of the batch, as they were recorded with it.
    """
    name = sanitise_line(file)
    try:
        document = parse(decoded(data) if isinstance(data, bytes) else data)
    except Unreadable as error:
        return Loaded(None, {}, (Problem(name, error.line, "", str(error)),), {}, True, name)
    model, problems = read_model(TracksFile, document, name)
    if model is None:
        return Loaded(None, {}, problems, document.lines, False, name)
    found = _foreign_workflows(model, workflows, document, name)
    made, wrong = _tracks(model.tracks, plan, workflows, document, name)
    found += wrong
    whole = replace(plan, tracks=(*plan.tracks, *made), outline=model.outline or plan.outline)
    if plan.workflow in workflows:
        whole = replace(whole, tracks=placed(whole, workflows[plan.workflow].sessions))
    return Loaded(whole, workflows, tuple(found), document.lines, False, name, len(plan.tracks))


def _foreign_workflows(
    model: TracksFile, workflows: Mapping[str, Workflow], document: Document, file: str
) -> list[Problem]:
    """Tracks on a ladder that the batch does not have: an agent chooses among its workflows and brings none."""
    found = []
    for place, track in enumerate(model.tracks):
        if track.workflow and track.workflow not in workflows:
            key, meant = f"tracks[{place}].workflow", nearest_of(track.workflow, workflows)
            text = f"this batch has no workflow {shown(track.workflow)}"
            found.append(Problem(file, document.line(key), key, text, meant))
    return found


# --- a plan -----------------------------------------------------------------------------------------------------


def _loaded(
    model: PlanFile,
    document: Document,
    file: str,
    path: Path,
    repository: Path,
    workflows: Mapping[str, Workflow],
    broken: Mapping[str, str],
    branch: str,
) -> Loaded:
    problems: list[Problem] = []
    used = _used_workflows(model, workflows, broken, document, file, problems)
    if model.workflow in used:
        used[model.workflow], found = override(used[model.workflow], model.rules, document, file)
        problems += found
    plan = Plan(
        title=model.title,
        workflow=model.workflow,
        base=model.base or branch,
        integration=model.integration,
        repository=str(repository),
        worktrees=_resolved(str(repository / Path(model.worktrees).expanduser())) if model.worktrees else "",
        agent=_agent(model, path.absolute().parent, document, file, problems),
        limits=_limits(model),
        checks=tuple(_check(name, one) for name, one in model.checks.items()),
        environments=_environments(model),
        provision=Provision(tuple(model.provision.copy_files), tuple(model.provision.link), model.provision.setup),
        describe=model.describe,
        outline=model.outline,
        tests_required=model.tests_required,
        file=str(path.absolute()),
        session=session_of(model.session),
    )
    problems += _unnamed_commands(model, document, file)
    tracks, wrong = _tracks(model.tracks, plan, used, document, file)
    problems += wrong
    problems.sort(key=lambda one: one.line)
    return Loaded(replace(plan, tracks=tracks), used, tuple(problems), document.lines, False, file)


def _resolved(path: str) -> str:
    """The path without ``..``; links are followed by who makes the folder."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def _used_workflows(
    model: PlanFile,
    workflows: Mapping[str, Workflow],
    broken: Mapping[str, str],
    document: Document,
    file: str,
    problems: list[Problem],
) -> dict[str, Workflow]:
    """The workflows that the plan names; unknown ones are problems."""
    named = {"workflow": model.workflow}
    named |= {f"tracks[{place}].workflow": one.workflow for place, one in enumerate(model.tracks) if one.workflow}
    used: dict[str, Workflow] = {}
    if model.workflow in workflows:
        # What is added later may be of another kind than anything that stands here.
        used |= {name: workflows[name] for name in workflows[model.workflow].sorts if name in workflows}
    for key, name in named.items():
        if name in workflows:
            used[name] = workflows[name]
        elif name in broken:
            text = f"the workflow {shown(name)} cannot be used before {broken[name]} is mended; see below"
            problems.append(Problem(file, document.line(key), key, text))
        else:
            meant = nearest_of(name, workflows)
            known = "" if meant else f"; there are {', '.join(sorted(workflows))}"
            problems.append(Problem(file, document.line(key), key, f"there is no workflow {shown(name)}{known}", meant))
    return used


def _agent(model: PlanFile, folder: Path, document: Document, file: str, problems: list[Problem]) -> AgentChoice:
    agent = model.agent
    for key, needed, given in (("command", "command", agent.command), ("scripts", "scripted", agent.scripts)):
        if agent.runner == needed and not given:
            line, text = document.line("agent"), f"is missing: the runner {needed} needs it"
            problems.append(Problem(file, line, f"agent.{key}", text))
    return AgentChoice(
        runner=agent.runner,
        command=tuple(agent.command),
        scripts=_resolved(str(folder / Path(agent.scripts).expanduser())) if agent.scripts else "",
        permission_mode=agent.permission_mode,
        environment=tuple(agent.environment),
        max_turns=agent.max_turns,
        models=dict(agent.models),
    )


def _limits(model: PlanFile) -> PlanLimits:
    limits = model.limits
    return PlanLimits(
        agents=limits.agents,
        cost_usd=limits.cost_usd,
        track_cost_usd=limits.track_cost_usd,
        turns=limits.turns,
        tokens=limits.tokens,
        wall_ms=limits.wall,
    )


def _check(name: str, check: CheckFile) -> CheckCommand:
    return CheckCommand(name, check.command, check.wall)


def _environments(model: PlanFile) -> tuple[Environment, ...]:
    """The environments from the least to the most dangerous, otherwise as written."""
    made = [Environment(name, one.deploy, one.health, one.risk, one.wall) for name, one in model.environments.items()]
    return tuple(sorted(made, key=lambda one: ENVIRONMENT_RISKS.index(one.risk)))


def _unnamed_commands(model: PlanFile, document: Document, file: str) -> list[Problem]:
    found = []
    for name, check in model.checks.items():
        if not check.command:
            key = f"checks.{name}"
            found.append(Problem(file, document.line(key), key, "has no command"))
    return found


# --- its tracks -------------------------------------------------------------------------------------------------


def _tracks(
    models: Sequence[TrackFile], plan: Plan, workflows: Mapping[str, Workflow], document: Document, file: str
) -> tuple[tuple[PlannedTrack, ...], list[Problem]]:
    problems: list[Problem] = []
    made = []
    for place, model in enumerate(models):
        reader = _TrackReader(model, f"tracks[{place}]", plan, workflows, document, file, problems)
        made.append(reader.track())
    return tuple(made), problems


@frozen
class _TrackReader:
    """One track, with everything around it that it names."""

    model: TrackFile
    at: str
    plan: Plan
    workflows: Mapping[str, Workflow]
    document: Document
    file: str
    problems: list[Problem]

    def track(self) -> PlannedTrack:
        model = self.model
        rules = self.workflows.get(self.plan.workflow)
        name = model.workflow or self._sorted(rules) or self.plan.workflow
        workflow, scope = self.workflows.get(name), self._scope()
        return PlannedTrack(
            slug=model.slug,
            title=model.title or _first_line(model.brief) or model.slug,
            kind=model.kind or (workflow.ladder.kind if workflow is not None else ""),
            workflow=name,
            brief=model.brief,
            tasks=tuple(model.tasks),
            scope=scope,
            depends_on=tuple(model.depends_on),
            priority=model.priority,
            wave=model.wave,
            checks=self._checks(),
            acceptance=tuple(model.acceptance),
            tier=self._tier(workflow),
            deploy=self._deploy(workflow),
            areas=tuple(model.areas) or areas_of(scope, rules),
            tests=model.tests,
            test_scope=model.test_scope,
            deep_review=model.deep_review,
            role=model.role,
        )

    def _sorted(self, rules: Workflow | None) -> str:
        """The workflow that its words mean; said, since a person may mean another one."""
        name = sorted_to(self.model, rules)
        if name not in self.workflows:
            return ""
        key = f"{self.at}.slug"
        text = f"{self.model.slug} is taken for {name} by its words; write `workflow:` to say which it is"
        self.problems.append(Problem(self.file, self.document.line(key), key, text, level=WARNING))
        return name

    def _scope(self) -> Scope:
        model = self.model
        if model.files and model.owned:
            self._problem("owned", "and `files` mean the same; use one of them")
        owned = (*model.files, *(one for one in model.owned if one not in model.files))
        return Scope(owned, tuple(model.allowed), tuple(model.read_only), tuple(model.append_only))

    def _checks(self) -> tuple[CheckCommand, ...]:
        """Its own checks and those of the plan that it names; where it names none, all of the plan."""
        shared = {one.name: one for one in self.plan.checks}
        found = []
        for name, check in self.model.checks.items():
            if check.command:
                found.append(_check(name, check))
            elif name in shared:
                found.append(shared[name])
            else:
                self._unknown("checks", name, shared, "check of the plan")
        return tuple(found) if self.model.checks else self.plan.checks

    def _tier(self, workflow: Workflow | None) -> str:
        tier = self.model.tier
        if tier and workflow is not None and tier not in workflow.models:
            self._unknown("tier", tier, workflow.models, f"tier of {workflow.name}")
        return tier

    def _deploy(self, workflow: Workflow | None) -> tuple[str, ...]:
        """The environments that it is deployed to, from the least to the most dangerous."""
        names = [one.name for one in self.plan.environments]
        if self.model.deploy is None:
            deploys = workflow is not None and any(work.runs == DEPLOY for work in workflow.works)
            return tuple(names) if deploys else ()
        for name in self.model.deploy:
            if name not in names:
                self._unknown("deploy", name, names, "environment of the plan")
        return tuple(sorted((one for one in self.model.deploy if one in names), key=names.index))

    def _unknown(self, key: str, name: str, known: Any, what: str) -> None:
        meant = nearest_of(name, known, 0.5)
        listed = "" if meant else f"; there are {', '.join(sorted(known))}" if known else "; there is none"
        self._problem(key, f"there is no {what} {shown(name)}{listed}", meant)

    def _problem(self, key: str, text: str, meant: str = "") -> None:
        place = f"{self.at}.{key}"
        self.problems.append(Problem(self.file, self.document.line(place), place, text, meant))


def _first_line(brief: str) -> str:
    return sanitise_line(brief.partition("\n")[0], _TITLE)
