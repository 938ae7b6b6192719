"""``orch-tui demo``: a real repository, real agent processes (scripted), real gates; no account, no server."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_json
from orchestrator_tui.cli.faults import DONE, UNFINISHED, BadInput, Fault
from orchestrator_tui.cli.tables import local_zone, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator_tui.cli.arguments import Commands
    from orchestrator_tui.plan.answers import Answer
    from orchestrator_tui.demo.eye import Eye
    from orchestrator_tui.demo.keys import Told
    from orchestrator_tui.demo.stage import Stage

SETTLED_S = 3.0
"""How long nothing but gates that a file may not answer must be left before a run from a file is over."""

LONGEST_S = 120.0


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "demo")
    parser.add_argument("--headless", action="store_true", help="without a person: the real cockpit, scripted keys")
    parser.add_argument("--dir", metavar="DIR", help="where to make it (a new temporary directory)")
    parser.add_argument("--answers", metavar="FILE", help="answer by pattern from a YAML file instead of by keys")
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Set the stage, let the agents work, and let a person or a script decide."""
    from orchestrator_tui.plan.answers import AnswersError, load_answers
    from orchestrator_tui.demo.repository import DemoError
    from orchestrator_tui.demo.stage import set_stage, start_agents

    headless = arguments.headless or arguments.json or arguments.answers or not _at_a_terminal()
    try:
        answers = None if arguments.answers is None else load_answers(Path(arguments.answers))
    except AnswersError as error:
        raise BadInput(str(error)) from error
    directory = _directory(arguments.dir)
    # The demo's journal lies beside its repository: nothing of it reaches the person's own.
    os.environ["ORCH_HOME"] = str(directory / "state")
    try:
        stage = set_stage(directory)
        start_agents(stage)
        if not headless:
            return _by_hand(stage)
        return _headless(stage, arguments, answers)
    except DemoError as error:
        raise Fault(f"{error} (everything is kept in {directory})") from error


def _at_a_terminal() -> bool:
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def _directory(named: str | None) -> Path:
    if named is None:
        return Path(tempfile.mkdtemp(prefix="orch-tui-demo-")).resolve()
    path = Path(named).expanduser()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BadInput(f"{named} is there already and not an empty directory")
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def _by_hand(stage: Stage) -> int:
    """Open the cockpit for the person, and say afterwards where everything is and how to come back."""
    from orchestrator_tui.cli.cockpit import open_cockpit

    code = open_cockpit(str(stage.repository), [str(stage.tasks)], tour=_TOUR, connectable=False)
    say(f"The demo is in {stage.directory}; agents that have not finished wait for their answers.")
    say(f"Come back:  ORCH_HOME={stage.directory / 'state'} orch-tui {stage.repository} --tasks {stage.tasks}")
    say(f"Replay it:  ORCH_HOME={stage.directory / 'state'} orch-tui replay {stage.batch} --repo {stage.repository}")
    return code


_TOUR = (
    "Three agents work in their own worktrees. Press w for the question that needs you most.",
    "A digit marks an answer, Enter sends it; the card then shows it decided, delivered, acknowledged.",
    "Production wants a reason and its name typed. u takes an answer back while it can be. ? shows all keys.",
)


def _headless(stage: Stage, arguments: Namespace, answers: Sequence[Answer] | None) -> int:
    from orchestrator_tui.cli.json_view import gate_view, print_json
    from orchestrator_tui.demo.eye import Eye
    from orchestrator_tui.demo.stage import stop_agents
    from orchestrator_tui.demo.summary import Summary, as_json, lines, prove

    began = time.monotonic()
    eye = Eye(stage)
    try:
        told = _by_keys(stage, eye) if answers is None else _from_file(stage, eye, answers)
        export = stage.directory / "demo.jsonl"
        checks = (*told.checks, *prove(stage, export, _orch(stage)))
        summary = Summary(stage, eye.revisions(), tuple(told.frames), checks, export, time.monotonic() - began)
        if arguments.json:
            from orchestrator_tui.adapters.clock import SystemClock

            now, state = SystemClock().now(), eye.look()
            print_json(as_json(summary, lambda gate: gate_view(gate, state.batches[gate.batch], now)))
        else:
            for line in lines(summary, local_zone()):
                sys.stdout.write(line + "\n")
        return UNFINISHED if summary.waiting else DONE
    finally:
        stop_agents(eye.tracks().values())
        eye.close()


def _by_keys(stage: Stage, eye: Eye) -> Told:
    from orchestrator_tui.demo.keys import Person
    from orchestrator_tui.demo.terminal import CockpitTerminal

    return Person(eye, lambda: CockpitTerminal(stage.repository, stage.tasks, stage.frames), say).play()


def _from_file(stage: Stage, eye: Eye, answers: Sequence[Answer]) -> Told:
    """A headless session that answers from the file until only what it may not answer is left."""
    from orchestrator_tui.cli.cockpit import compose
    from orchestrator_tui.cli.journals import find_place
    from orchestrator_tui.core.limits import Limits
    from orchestrator_tui.plan.answers import answer_all
    from orchestrator_tui.demo.keys import Told
    from orchestrator_tui.demo.repository import DemoError

    asked: set[str] = set()
    session, _ = compose(find_place(str(stage.repository)), (str(stage.tasks),), Limits())
    refused: list[str] = []
    session.start(lambda picture: None, lambda outcome: refused.append(outcome.refused) if outcome.refused else None)
    started = quiet_since = time.monotonic()
    try:
        while not eye.finished() and time.monotonic() - quiet_since < SETTLED_S:
            if time.monotonic() - started > LONGEST_S:
                raise DemoError("the agents did not come to their end")
            before = len(asked)
            answer_all(eye.queue, answers, session.dispatch, asked)
            if len(asked) > before or not eye.stuck():
                quiet_since = time.monotonic()
            time.sleep(0.05)
    finally:
        session.close()
    return Told(checks=[f"answered {len(asked)} gates from the file", *(f"refused: {why}" for why in refused)])


def _orch(stage: Stage) -> Callable[..., tuple[int, str]]:
    from orchestrator_tui.demo.terminal import ORCH_TUI

    def orch(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [*ORCH_TUI, *arguments], cwd=stage.repository, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        return done.returncode, done.stdout

    return orch
