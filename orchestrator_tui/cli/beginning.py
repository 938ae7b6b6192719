"""From a plan file to a run in the journal: read, checked against the repository, recorded before anything is made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from orchestrator_tui.adapters.actor import system_actor
from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.git.earlier import before
from orchestrator_tui.adapters.git.port import RunGit, tracked_files, worktrees_root
from orchestrator_tui.adapters.git.state import tree_state
from orchestrator_tui.adapters.runners.models import confirmed_models
from orchestrator_tui.adapters.runners.presence import absent
from orchestrator_tui.cli.check_programs import command_problems
from orchestrator_tui.cli.faults import BadInput, Fault, Refusal, nearest
from orchestrator_tui.cli.hosting import RUNS
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.cli.provisioning import provisioned
from orchestrator_tui.core import earlier
from orchestrator_tui.core.clocks import with_clocks
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.core.plan import Plan
from orchestrator_tui.core.schedule.opening import planned, run_batch
from orchestrator_tui.core.text import sanitise, sanitise_line
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.plan.check import check
from orchestrator_tui.plan.checked import Checked, journalled
from orchestrator_tui.plan.load import Loaded
from orchestrator_tui.plan.models_chain import read_project_models
from orchestrator_tui.plan.prepare import prepare
from orchestrator_tui.plan.problems import Problem, Unreadable
from orchestrator_tui.plan.sessions import settle
from orchestrator_tui.plan.test_infrastructure import has_tests
from orchestrator_tui.plan.text import read_text
from orchestrator_tui.ui.settings import config_directory

_TRIES = 1000


class NotUsable(BadInput):
    """A plan that cannot start; ``lines`` say why, one line each."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__(lines[0])
        self.lines = lines


def read_plan(place: Place, file: Path, focus: str = "") -> Checked:
    """The plan of a file, checked against the tracked files of its repository.

    Raises:
        NotUsable: it is no plan, or has errors.
        Fault: git cannot be asked.
    """
    files, branch = _repository(place.repository)
    config = config_directory(os.environ)
    confirmed = confirmed_models(place.directory)
    made = prepare(
        file,
        place.repository,
        config,
        files,
        branch=branch,
        confirmed=confirmed,
        focus=focus,
        environment=os.environ,
    )
    checked = made.checked
    if checked is not None:
        # Shown with the plan before anything is spent.
        more = command_problems(made.loaded, checked.plan, place.repository)
        checked = replace(checked, problems=(*checked.problems, *more))
    return _usable(checked, made.problems)


def describe(place: Place, text: str, workflow: str, focus: str = "") -> Checked:
    """The plan of a batch that starts from a sentence: its workflow's own stages find the tracks.

    Raises:
        NotUsable: there is no such workflow, or it does not divide work.
        Fault: git cannot be asked.
    """
    files, branch = _repository(place.repository)
    catalogue = load_workflows(place.repository, config_directory(os.environ), os.environ)
    found = catalogue.workflows.get(workflow)
    if found is None:
        raise NotUsable((f"there is no workflow {workflow!r}{nearest(workflow, catalogue.workflows)}",))
    plan = Plan(
        title=sanitise_line(text, 60),
        workflow=workflow,
        base=branch,
        integration="",
        repository=str(place.repository),
        worktrees="",
        describe=sanitise(text, 32_000),
    )
    project = read_project_models(place.repository, plan.agent, catalogue.workflows.values())
    loaded = settle(Loaded(plan, {workflow: found}, file="--describe"), place.repository, focus)
    checked = check(loaded, files, project, confirmed_models(place.directory))
    return _usable(checked, loaded.problems if checked is None else checked.problems)


def _usable(checked: Checked | None, problems: tuple[Problem, ...]) -> Checked:
    errors = tuple(str(one) for one in problems if one.level == "error")
    if checked is None or errors:
        raise NotUsable(errors or ("there is no plan in it",))
    return checked


def _repository(repository: Path) -> tuple[tuple[str, ...], str]:
    """The tracked files of a repository, and the branch that is checked out."""
    try:
        seen = tree_state(repository)
        return (() if seen.bare else tracked_files(repository)), seen.branch
    except OSError as error:
        raise Fault(str(error)) from error


def begin(place: Place, journal: SqliteJournal, checked: Checked, limits: Limits) -> str:
    """Record a run of a checked plan; its batch id. Nothing but its task list's directory is made.

    Raises:
        Refusal: the repository is in no state to begin from, or no agent of the plan could start here; one line each.
    """
    lacking = absent(checked.plan.agent, place.repository, os.environ)
    if lacking:
        raise Refusal(lacking)
    directory = _directory(place, checked.plan)
    batch = list_batch_id(str(directory))
    clock = SystemClock()
    plan = _settled(checked.plan, place, batch)
    beginning = RunGit(batch, clock).beginning(plan)
    if beginning.problems:
        directory.rmdir()
        raise Refusal("; ".join(beginning.problems))
    if plan.tests_required is None:
        plan = replace(plan, tests_required=_has_tests(place.repository))
    plan = replace(provisioned(place, plan), base_sha=beginning.base_sha, fingerprint=beginning.fingerprint)
    seen = before(place.repository)
    workflows = {name: earlier.placed(one, seen, plan.base) for name, one in checked.workflows.items()}
    signs = earlier.signs(seen, workflows[plan.workflow].earlier)
    now = clock.now()
    clocks = checked.workflows[plan.workflow].clocks
    journal.open_batch(batch, run_batch(plan, str(directory), with_clocks(limits, clocks)), now, "host")
    lease = journal.take_lease(batch, f"opening of {system_actor(os.environ).name}", now)
    if isinstance(lease, str):
        raise Refusal(f"{batch} is held by {lease}")
    try:
        drafts = planned(plan, workflows, journalled(checked))
        told = [Draft("earlier_work_seen", {"signs": list(signs)})] if signs else []
        journal.append(lease, [*drafts, *told, *_models(checked)], now, "host")
    finally:
        lease.release(now)
    return batch


def _has_tests(repository: Path) -> bool:
    """Whether the repository has tests that new work must join, by its tracked files."""
    files, _ = _repository(repository)

    def text(name: str) -> str:
        try:
            return read_text(repository / name, follow=False)
        except Unreadable:
            return ""

    return has_tests(files, text)


def _settled(plan: Plan, place: Place, batch: str) -> Plan:
    """The plan with the names and places that it leaves to us."""
    return replace(
        plan,
        repository=str(place.repository),
        integration=plan.integration or f"orch/{batch}/integration",
        worktrees=plan.worktrees or str(worktrees_root(place.repository, batch)),
    )


def _models(checked: Checked) -> list[Draft]:
    chosen = checked.estimate.models
    if not chosen:
        return []
    models: Mapping[str, str] = {role: one.model for role, one in chosen.items()}
    sources = {role: one.source for role, one in chosen.items()}
    return [Draft("models_chosen", {"models": dict(models), "sources": sources})]


def _directory(place: Place, plan: Plan) -> Path:
    """A new directory for the run's task list, named after the plan; nobody else gets the same."""
    root = place.directory / RUNS
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = slugify(plan.title)[:40].strip("-") or "run"
    for number in range(1, _TRIES):
        path = root / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return Path(os.path.realpath(path))
    raise Fault(f"there are {_TRIES} runs called {name} already")
