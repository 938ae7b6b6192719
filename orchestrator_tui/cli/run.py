"""``orch-tui run PLAN``: a plan from its check to an integrated branch, in the foreground or behind the cockpit."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.faults import BAD_INPUT, DONE, REFUSED, UNFINISHED, BadInput, Fault, Refusal
from orchestrator_tui.cli.itself import ORCH_TUI
from orchestrator_tui.cli.journals import Place, existing_file, find_place
from orchestrator_tui.cli.leaving import told_to_end
from orchestrator_tui.cli.tables import say

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands
    from orchestrator_tui.core.limits import Limits
    from orchestrator_tui.core.model import Batch
    from orchestrator_tui.journal.sqlite import SqliteJournal
    from orchestrator_tui.plan.answers import Answer
    from orchestrator_tui.plan.checked import Checked
    from orchestrator_tui.runtime.host import Host

SETTLED_S = 2.0
"""How long nothing but questions that a file may not answer must be left before a run from a file is left."""

HOST_STARTS_S = 10.0


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "run")
    parser.add_argument("plan", nargs="?", metavar="PLAN", help="the plan file")
    parser.add_argument(
        "--describe", metavar="TEXT", help="start from a sentence: the workflow's stages find the tracks"
    )
    parser.add_argument("--workflow", metavar="NAME", default="tracks", help="the workflow for --describe (tracks)")
    parser.add_argument("--focus", metavar="TEXT", default="", help="what comes first: every agent is told it")
    parser.add_argument("--resume", metavar="BATCH", help="go on with a run whose host has ended")
    waits = "what no answer fits waits for `orch-tui decide`"
    parser.add_argument("--headless", action="store_true", help=f"follow it here until it ends; {waits}")
    parser.add_argument("--answers", metavar="FILE", help="answer questions by pattern from a YAML file; headless")
    parser.add_argument("--yes", action="store_true", help="approve the plan and what it may cost")
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Check a plan, record its run, and follow it here or behind the cockpit."""
    from orchestrator_tui.cli.authority import Authority
    from orchestrator_tui.cli.cockpit import settings_limits
    from orchestrator_tui.journal.sqlite import open_journal
    from orchestrator_tui.plan.answers import AnswersError, load_answers

    if [arguments.plan, arguments.describe, arguments.resume].count(None) != 2:
        raise BadInput("name one of: a plan file, a sentence with --describe, a batch with --resume")
    headless = bool(arguments.headless or arguments.answers or arguments.json or not _at_a_terminal())
    try:
        answers = () if arguments.answers is None else load_answers(Path(arguments.answers))
    except AnswersError as error:
        raise BadInput(str(error)) from error
    place, limits = find_place(arguments.repo), settings_limits(None)
    # Before the journal is made: a plan that is refused leaves nothing behind.
    checked = _checked(place, arguments) if arguments.resume is None else None
    if checked is None and arguments.resume is None:
        return BAD_INPUT
    journal = open_journal(place.start, os.environ)
    try:
        if checked is None:
            batch = known_batch(journal, arguments.resume)
        else:
            made = _begin(place, journal, checked, limits)
            if isinstance(made, int):
                return made
            batch = made
            say(f"{batch} is recorded.")
        if arguments.yes:
            refused = Authority(os.environ).refusal(_load(journal, place, batch))
            if refused is not None:
                raise Refusal(refused)
        if headless:
            return follow(place, journal, batch, limits, answers if arguments.answers else None, arguments)
    finally:
        journal.close()
    return show(place, batch, yes=arguments.yes)


def _checked(place: Place, arguments: Namespace) -> Checked | None:
    """The checked plan of a new run; None for one that cannot start, its reasons told."""
    from orchestrator_tui.cli.beginning import NotUsable, describe, read_plan

    try:
        if arguments.describe is not None:
            checked = describe(place, arguments.describe, arguments.workflow, arguments.focus)
        else:
            checked = read_plan(place, existing_file(arguments.plan), arguments.focus)
    except NotUsable as error:
        for line in error.lines:
            say(line)
        return None
    for problem in checked.problems:
        say(str(problem))
    return checked


def _begin(place: Place, journal: SqliteJournal, checked: Checked, limits: Limits) -> str | int:
    """The batch of a new run, or the exit code of one that cannot begin here now, the reasons told."""
    from orchestrator_tui.cli.beginning import begin

    try:
        return begin(place, journal, checked, limits)
    except Refusal as error:
        for line in str(error).split("; "):
            say(line)
        return REFUSED


# --- in the foreground ----------------------------------------------------------------------------------------


def follow(
    place: Place,
    journal: SqliteJournal,
    batch_id: str,
    limits: Limits,
    answers: Sequence[Answer] | None,
    arguments: Namespace,
) -> int:
    """Be the host of a run until it ends; with answers, until only what no answer fits is left."""
    from orchestrator_tui.cli.hosting import host
    from orchestrator_tui.cli.progress import Progress

    batch = _load(journal, place, batch_id)
    if batch.run is None:
        raise Fault(f"{batch_id} has no plan: nothing of it was started")
    if batch.ended_at is not None:
        say(f"{batch_id} has ended: {batch.state.replace('_', ' ')}.")
        return DONE if batch.state == "completed" else UNFINISHED
    one = host(place, journal, batch, limits)
    held = None
    try:
        held = one.take()
        if held:
            raise Refusal(f"{batch_id} is held by {held}; look at it with orch-tui attach {batch_id}")
        by_itself = ("*",) if answers is not None else ("spend",) if arguments.yes else ()
        progress = Progress(quiet=arguments.json, since=batch.seq if arguments.resume else 0, answered=by_itself)
        person = _Person(one, answers, yes=arguments.yes)
        with told_to_end():
            batch = one.run(lambda now: progress.tell_problem(one.problem) or progress.tell(now) or person.is_done(now))
        _keep_answers(place, batch)
        _report_the_end(place, batch)
    except KeyboardInterrupt:
        say(f"Left; its agents go on. Go on with: orch-tui run --resume {batch_id}")
        return 130
    except Exception:
        # Whatever it was is said in a line of its own; nothing of the run is lost by it.
        if held == "":
            say(f"{batch_id} was left in the middle; its agents go on. Go on with: orch-tui run --resume {batch_id}")
        raise
    finally:
        one.close()
    return _tell_end(batch, place, arguments)


def _report_the_end(place: Place, batch: Batch) -> None:
    """The report on disk says how the batch has ended; what was written before said that it goes on."""
    from orchestrator_tui.adapters.clock import SystemClock
    from orchestrator_tui.cli.reporting import write_reports

    if batch.ended_at is not None or _is_handed_over(batch):
        write_reports(place, batch, SystemClock().now())


def _is_handed_over(batch: Batch) -> bool:
    """Whether the session is complete and the run goes on in the next one."""
    from orchestrator_tui.core.run import HANDED_OVER

    return batch.run is not None and batch.run.phase == HANDED_OVER


def _keep_answers(place: Place, batch: Batch) -> None:
    """What was answered for the repository is not asked again (seed 000: asked once, then cached)."""
    from orchestrator_tui.adapters.runners.models import confirm_models
    from orchestrator_tui.cli.provisioning import remember

    assert batch.run is not None
    if batch.run.phase != "planned" and batch.run.models:
        confirm_models(place.directory, batch.run.models)
    remember(place, batch)


def _tell_end(batch: Batch, place: Place, arguments: Namespace) -> int:
    from orchestrator_tui.adapters.clock import SystemClock
    from orchestrator_tui.cli.json_view import print_json, status
    from orchestrator_tui.core.report.summary import batch_summary
    from orchestrator_tui.core.report.text import as_text

    now = SystemClock().now()
    if arguments.json:
        print_json(status(batch, now))
    else:
        sys.stdout.write(as_text(batch_summary(batch, now)))
    if batch.ended_at is None:
        waiting = [gate for gate in batch.gates.values() if gate.state.value == "open"]
        for gate in waiting:
            say(f"waits for a person: {gate.question.question}")
        complete = "Session complete. " if _is_handed_over(batch) else ""
        say(f"{complete}Go on with: orch-tui run --resume {batch.id}")
    return DONE if batch.state == "completed" else UNFINISHED


class _Person:
    """Who answers in the foreground: a file, and the word that was given with the command."""

    def __init__(self, host: Host, answers: Sequence[Answer] | None, *, yes: bool) -> None:
        self._host, self._answers, self._yes = host, answers, yes
        self._asked: set[str] = set()
        self._quiet_since = time.monotonic()

    def is_done(self, batch: Batch) -> bool:
        """Answer what can be answered; whether nothing is left but what only a person can."""
        from orchestrator_tui.core.model import State
        from orchestrator_tui.core.queries import gate_queue
        from orchestrator_tui.core.schedule.failing import is_unknown
        from orchestrator_tui.plan.answers import answer_all

        before = len(self._asked)
        if self._yes:
            self._approve(batch)
        if self._answers is not None:
            queue = [gate for gate in gate_queue(State({batch.id: batch})) if gate.batch == batch.id]
            answer_all(lambda: queue, self._answers, lambda command: self._tell(command), self._asked)
        assert batch.run is not None
        under_way = [one for one in batch.run.effects.values() if not is_unknown(batch, one)]
        moving = bool(under_way) or len(self._asked) > before
        if moving:
            self._quiet_since = time.monotonic()
        return self._answers is not None and time.monotonic() - self._quiet_since >= SETTLED_S

    def _approve(self, batch: Batch) -> None:
        from orchestrator_tui.core.commands import Decide

        for gate in batch.gates.values():
            if gate.question.kind == "spend" and gate.state.value == "open" and gate.id not in self._asked:
                self._asked.add(gate.id)
                self._tell(
                    Decide(
                        batch.id,
                        gate.id,
                        gate.revision,
                        gate.digest,
                        options=("approve",),
                        reason="approved with --yes",
                        confirm="twice",
                        origin="cli",
                    )
                )

    def _tell(self, command: object) -> None:
        from orchestrator_tui.core.commands import Decide

        assert isinstance(command, Decide)
        outcome = self._host.carry_out(command)
        if outcome.refused:
            say(f"{command.gate}: {outcome.refused}")


# --- behind the cockpit ---------------------------------------------------------------------------------------


def show(
    place: Place,
    batch: str,
    *,
    yes: bool = False,
    tasks: Sequence[str] = (),
    tour: Sequence[str] = (),
    connectable: bool = True,
) -> int:
    """Start the host of a run behind the screen, unless one lives, and open the cockpit on it."""
    from orchestrator_tui.cli.cockpit import open_cockpit

    start_host(place, batch, yes=yes)
    return open_cockpit(str(place.repository), tasks, batch=batch, tour=tour, connectable=connectable)


def start_host(place: Place, batch: str, *, yes: bool = False) -> None:
    """Start the host of a run as a process of its own, which outlives us; nothing where one lives.

    Raises:
        Fault: it does not come up.
    """
    log = place.directory / "hosts" / f"{batch}.log"
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _hosted(place, batch):
        return
    more = ["--yes"] if yes else []
    command = [*ORCH_TUI, "run", "--resume", batch, "--headless", *more, "--repo", str(place.repository)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=place.repository,
            start_new_session=True,
        )
    _wait(lambda: _hosted(place, batch) or process.poll() is not None)
    if process.poll() not in (None, 0):
        lines = log.read_text("utf-8", "replace").strip().splitlines()
        raise Fault(f"the host of {batch} does not come up: {lines[-1] if lines else 'no word from it'}")


def _wait(ready: Callable[[], bool]) -> None:
    until = time.monotonic() + HOST_STARTS_S
    while not ready() and time.monotonic() < until:
        time.sleep(0.02)


def _hosted(place: Place, batch: str) -> bool:
    """Whether somebody holds the batch."""
    from orchestrator_tui.journal.lease import lease_holder

    return lease_holder(place.directory, batch) is not None


def known_batch(journal: SqliteJournal, name: str) -> str:
    """The batch of this name, or the only run whose id begins so."""
    ids = [head.id for head in journal.batches()]
    found = [one for one in ids if one == name] or [one for one in ids if one.startswith(name)]
    if len(found) != 1:
        from orchestrator_tui.cli.faults import nearest

        raise BadInput(f"there is no batch {name!r}{nearest(name, ids)}" if not found else f"{name!r} is not unique")
    return found[0]


def _load(journal: SqliteJournal, place: Place, batch: str) -> Batch:
    from orchestrator_tui.runtime.follower import Follower

    follower = Follower(journal, str(place.repository))
    follower.show([batch])
    return follower.state.batches[batch]


def _at_a_terminal() -> bool:
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
