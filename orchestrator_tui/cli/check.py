"""``orch-tui check PLAN``: findings, conflict matrix, waves, verdict and estimate of a plan; nothing is created."""

from __future__ import annotations

import os
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.git.command import git
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import missing_base
from orchestrator_tui.adapters.git.port import RunGit
from orchestrator_tui.adapters.git.state import TreeState, tree_state
from orchestrator_tui.adapters.runners.presence import absent
from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.check_programs import command_problems
from orchestrator_tui.cli.check_text import explain_lines, lines
from orchestrator_tui.cli.faults import DONE, UNFINISHED, BadInput
from orchestrator_tui.cli.journals import existing_file, find_place
from orchestrator_tui.cli.json_view import print_json
from orchestrator_tui.cli.tables import tell
from orchestrator_tui.core.plan import Plan, PlannedTrack
from orchestrator_tui.plan.checked import Checked, checked_data, problem_data, threshold_data
from orchestrator_tui.plan.load import Loaded
from orchestrator_tui.plan.prepare import Prepared, prepare
from orchestrator_tui.plan.problems import WARNING, Problem, has_errors
from orchestrator_tui.ui.settings import config_directory

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands

_NOTHING: dict[str, Any] = {"matrix": [], "waves": [], "readiness": [], "verdict": None, "estimate": None}


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "check")
    parser.add_argument("plan", metavar="PLAN", help="the plan, a YAML file")
    parser.add_argument(
        "--explain", action="store_true", help="list every threshold of its workflows, with value and meaning"
    )
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Check; 0 without errors, 1 with errors, 2 when the plan cannot be read."""
    path = existing_file(arguments.plan)
    prepared, problems = examined(path, arguments.repo)
    if prepared.loaded.unreadable:
        raise BadInput(str(problems[0]))
    checked = prepared.checked
    if arguments.json:
        print_json(_view(path, checked, problems, explain=arguments.explain))
    else:
        for line in lines(path, checked, problems):
            tell(line)
        for line in explain_lines(checked) if arguments.explain and checked is not None else ():
            tell(line)
    return UNFINISHED if has_errors(problems) else DONE


def examined(path: Path, start: str) -> tuple[Prepared, tuple[Problem, ...]]:
    """A plan prepared for the repository that ``start`` is in, and its problems with those of the repository.

    Raises:
        BadInput: there is no such directory, or it is in no git repository.
    """
    repository = find_place(start).repository
    try:
        state = tree_state(repository)
        files = _tracked(repository, state)
    except GitError as error:
        raise BadInput(str(error)) from error
    config = config_directory(os.environ)
    prepared = prepare(path, repository, config, files, branch=state.branch, environment=os.environ)
    plan = prepared.loaded.plan
    found = prepared.problems
    if plan is not None:
        found = (
            *found,
            *_agent_problems(plan, prepared.loaded, repository),
            *command_problems(prepared.loaded, plan, repository),
            *start_problems(prepared.loaded, plan, state),
        )
    if prepared.checked is not None:
        prepared = replace(prepared, checked=replace(prepared.checked, problems=found))
    return prepared, found


def start_problems(loaded: Loaded, plan: Plan, state: TreeState) -> tuple[Problem, ...]:
    """What of the repository keeps a batch from starting now, one line each."""
    texts, missing = [], ""
    if state.bare:
        return (Problem(plan.repository, 0, "", "is a bare repository: a batch needs a working tree"),)
    if state.nested:
        texts.append("lies inside the working tree of another repository")
    if not state.head:
        texts.append("has no commit yet: there is nothing to begin from")
    elif not plan.base:
        texts.append("has no branch checked out, and the plan names no base")
    else:
        texts += RunGit("", SystemClock()).beginning(plan).problems
        missing = missing_base(Path(plan.repository), plan.base)
    found = [Problem(plan.repository, 0, "", text) for text in texts if text != missing]
    if missing:
        # The plan is to blame, and not the repository.
        found.append(Problem(loaded.file, loaded.lines.get("base", 0), "base", missing))
    return tuple(found)


def _agent_problems(plan: Plan, loaded: Loaded, repository: Path) -> tuple[Problem, ...]:
    """Agents that could not start on this machine: no error, since a plan may be checked elsewhere than it is run."""
    text = absent(plan.agent, repository, os.environ)
    line = loaded.lines.get("agent", 0)
    return (Problem(loaded.file, line, "agent", text, level=WARNING),) if text else ()


def _tracked(repository: Path, state: TreeState) -> tuple[str, ...]:
    if state.bare:
        return ()
    return tuple(one for one in git(repository, "ls-files", "-z").split("\0") if one)


def _view(path: Path, checked: Checked | None, problems: tuple[Problem, ...], *, explain: bool) -> dict[str, Any]:
    plan = None if checked is None else checked.plan
    data = _NOTHING if checked is None else checked_data(checked)
    return {
        "file": str(path),
        "usable": checked is not None and not has_errors(problems),
        "title": None if plan is None else plan.title,
        "workflow": None if plan is None else plan.workflow,
        "base": None if plan is None else plan.base,
        "tracks": [] if plan is None else [_track(one) for one in plan.tracks],
        **{name: data[name] for name in _NOTHING},
        "problems": [problem_data(one) for one in problems],
        "explain": [threshold_data(one) for one in checked.explain] if explain and checked is not None else [],
    }


def _track(track: PlannedTrack) -> dict[str, Any]:
    return {
        "slug": track.slug,
        "title": track.title,
        "kind": track.kind,
        "workflow": track.workflow,
        "priority": track.priority,
        "depends_on": list(track.depends_on),
        "owned": list(track.scope.owned),
        "allowed": list(track.scope.allowed),
        "read_only": list(track.scope.read_only),
        "append_only": list(track.scope.append_only),
        "checks": [one.name for one in track.checks],
        "deploy": list(track.deploy),
    }
