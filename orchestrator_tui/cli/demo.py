"""``orch-tui demo``: a plan with scripted agents, run on a real repository by the real engine; no account needed."""

from __future__ import annotations

import os
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
    from collections.abc import Sequence

    from orchestrator_tui.cli.arguments import Commands
    from orchestrator_tui.demo.eye import Eye
    from orchestrator_tui.demo.keys import Told
    from orchestrator_tui.demo.stage import Stage
    from orchestrator_tui.plan.answers import Answer

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
    """Set the stage, run its plan, and let a person or a script decide."""
    from orchestrator_tui.demo.repository import DemoError
    from orchestrator_tui.demo.stage import set_stage
    from orchestrator_tui.plan.answers import AnswersError, load_answers

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
    from orchestrator_tui.cli.run import show

    code = show(stage.place, stage.batch, tasks=[str(stage.tasks)], tour=_TOUR, connectable=False)
    home = f"ORCH_HOME={stage.directory / 'state'}"
    say(f"The demo is in {stage.directory}; its run goes on without the cockpit, and what asks waits.")
    say(f"Come back:  {home} orch-tui attach {stage.batch} --repo {stage.repository} --tasks {stage.tasks}")
    say(f"Replay it:  {home} orch-tui replay {stage.batch} --repo {stage.repository}")
    return code


_TOUR = (
    "A plan for three agents waits for your approval. Press w for the question that needs you most.",
    "A digit marks an answer, Enter sends it; the card then shows it decided, delivered, acknowledged.",
    "Production wants a reason and its name typed. u takes an answer back while it can be. ? shows all keys.",
)


def _headless(stage: Stage, arguments: Namespace, answers: Sequence[Answer] | None) -> int:
    from orchestrator_tui.cli.json_view import gate_view, print_json
    from orchestrator_tui.demo.ending import end_run
    from orchestrator_tui.demo.eye import Eye
    from orchestrator_tui.demo.summary import Summary, as_json, lines, prove, prove_run

    began = time.monotonic()
    eye = Eye(stage)
    try:
        told = _by_keys(stage, eye) if answers is None else _from_file(stage, eye, answers)
        export = stage.directory / "demo.jsonl"
        run = eye.run()
        completed = prove_run(stage, run, eye.starts()) if run.state == "completed" else ()
        checks = (*told.checks, *completed, *prove(stage, export))
        report = stage.repository / run.run.report if run.run is not None and run.run.report else None
        frames, seconds = tuple(told.frames), time.monotonic() - began
        summary = Summary(stage, eye.revisions(), frames, checks, report, export, seconds)
        if arguments.json:
            from orchestrator_tui.adapters.clock import SystemClock

            now, state = SystemClock().now(), eye.look()
            print_json(as_json(summary, lambda gate: gate_view(gate, state.batches[gate.batch], now)))
        else:
            for line in lines(summary, local_zone()):
                sys.stdout.write(line + "\n")
        return UNFINISHED if summary.waiting else DONE
    finally:
        end_run(stage, eye)
        eye.close()


def _by_keys(stage: Stage, eye: Eye) -> Told:
    from orchestrator_tui.demo.keys import Person
    from orchestrator_tui.demo.terminal import CockpitTerminal

    attach = ["attach", stage.batch, "--repo", str(stage.repository), "--tasks", str(stage.tasks)]
    return Person(eye, lambda: CockpitTerminal(attach, stage.frames), say).play()


def _from_file(stage: Stage, eye: Eye, answers: Sequence[Answer]) -> Told:
    """A cockpit without a screen that answers from the file until only what it may not answer is left."""
    from orchestrator_tui.cli.cockpit import compose, settings_limits
    from orchestrator_tui.cli.run import start_host
    from orchestrator_tui.demo.keys import Told
    from orchestrator_tui.demo.repository import DemoError
    from orchestrator_tui.plan.answers import answer_all

    asked: set[str] = set()
    start_host(stage.place, stage.batch)
    session, _ = compose(stage.place, (str(stage.tasks),), settings_limits(None), stage.batch)
    refused: list[str] = []
    session.start(lambda picture: None, lambda outcome: refused.append(outcome.refused) if outcome.refused else None)
    started = quiet_since = time.monotonic()
    try:
        while not eye.finished() and time.monotonic() - quiet_since < SETTLED_S:
            if time.monotonic() - started > LONGEST_S:
                raise DemoError("the run did not come to its end")
            before = len(asked)
            answer_all(eye.queue, answers, session.dispatch, asked)
            if len(asked) > before or not eye.stuck():
                quiet_since = time.monotonic()
            time.sleep(0.05)
    finally:
        session.close()
    return Told(checks=[f"answered {len(asked)} gates from the file", *(f"refused: {why}" for why in refused)])
