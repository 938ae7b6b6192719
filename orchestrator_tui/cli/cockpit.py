"""``orch-tui [REPO]``: the cockpit over everything that runs in a repository (DESIGN §4.4)."""

from __future__ import annotations

import gc
import os
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command
from orchestrator_tui.cli.faults import BadInput
from orchestrator_tui.cli.journals import Place, existing_directory, find_place
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.runtime.ports import Recorded, Session

if TYPE_CHECKING:
    from orchestrator_tui.adapters.evidence import TrackEvidence
    from orchestrator_tui.cli.arguments import Commands
    from orchestrator_tui.core.rules import Rules

SNAPSHOTS = "snapshots"
"""Directory beside the journal that gets the pictures saved by key: a repository is no place for them."""

STALE_AFTER = "ORCH_STALE_AFTER"
"""Environment variable: after how many seconds a gate is stale, as ``--stale-after``."""


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(
        commands,
        "cockpit",
        "the cockpit of a repository",
        "Watch what runs in a repository and answer its questions, full screen. `orch-tui --help` lists the commands.",
    )
    parser.add_argument("repository", nargs="?", metavar="REPO", default=".", help="a directory of the repository")
    parser.add_argument(
        "--tasks", action="append", metavar="DIR", default=[], help="a task list to watch too; may be repeated"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        dest="everywhere",
        help="every repository of this machine that is watched or where Claude Code works, in one queue",
    )
    parser.add_argument(
        "--stale-after",
        metavar="SECONDS",
        type=stale_seconds,
        help="a question is stale after so long (300); holds for batches that open from now on",
    )


def run(arguments: Namespace) -> int:
    """Open the cockpit; it needs a terminal."""
    if arguments.everywhere:
        if arguments.repository != "." or arguments.tasks:
            raise BadInput("--all shows every repository: REPO and --tasks cannot narrow it")
        return open_everywhere(arguments.stale_after)
    return open_cockpit(arguments.repository, arguments.tasks, stale_after=arguments.stale_after)


def open_cockpit(
    repository: str,
    tasks: Sequence[str],
    *,
    stale_after: float | None = None,
    tour: Sequence[str] = (),
    connectable: bool = True,
    batch: str = "",
) -> int:
    """Open the cockpit on a repository and more task lists; ``tour`` are hints shown one after the other.

    ``batch`` is a run that is shown whatever waits. Not ``connectable``, it offers no connection of Claude Code:
    whoever tries a demo out means not to change that.

    Raises:
        BadInput: there is no such directory, or no terminal.
    """
    # As in `ui.app.run`, which turns it on again: what is made from here to the first frame stays.
    gc.disable()
    place = find_place(repository)
    asked_for = tuple(str(existing_directory(one)) for one in tasks)
    limits = settings_limits(stale_after)
    _need_terminal()
    session, evidence = compose(place, asked_for, limits, batch)
    from orchestrator_tui.cli.adder import adder
    from orchestrator_tui.cli.connector import ClaudeConnector
    from orchestrator_tui.cli.world import panes
    from orchestrator_tui.ui.app import run as show

    return show(
        session,
        evidence=evidence,
        panes=panes(),
        connector=ClaudeConnector(place) if connectable else None,
        adder=adder(place),
        replays=replay_past,
        snapshots=place.directory / SNAPSHOTS,
        tour=tour,
    )


def open_everywhere(stale_after: float | None) -> int:
    """Open the cockpit on every repository of this machine.

    Raises:
        BadInput: there is no terminal.
    """
    gc.disable()
    limits = settings_limits(stale_after)
    _need_terminal()
    from orchestrator_tui.cli.connector import USER, ClaudeConnector
    from orchestrator_tui.cli.machine import compose_all
    from orchestrator_tui.cli.world import panes
    from orchestrator_tui.ui.app import run as show

    session, evidence = compose_all(limits)
    place = find_place(".")
    return show(
        session,
        evidence=evidence,
        panes=panes(),
        connector=ClaudeConnector(place, (USER,)),
        replays=replay_past,
        snapshots=place.home / SNAPSHOTS,
    )


def replay_past(recorded: Recorded) -> str:
    """Show the replay of a batch that is over, as its key does."""
    from orchestrator_tui.cli.replaying import replay_here

    return replay_here(recorded)


def _need_terminal() -> None:
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise BadInput("the cockpit needs a terminal; without one use `orch-tui gates`, `status` and `decide`")


def compose(place: Place, asked_for: tuple[str, ...], limits: Limits, batch: str = "") -> tuple[Session, TrackEvidence]:
    """The live session of a repository, with the journal made if need be, and what can be looked up of its tracks.

    Raises:
        JournalError: there can be no journal here.
    """
    from pathlib import Path

    from orchestrator_tui.cli.authority import Authority
    from orchestrator_tui.cli.guard import GuardedSession
    from orchestrator_tui.cli.world import surroundings
    from orchestrator_tui.journal.sqlite import open_journal
    from orchestrator_tui.runtime.live import LiveSession
    from orchestrator_tui.runtime.nudging import BackgroundNudges
    from orchestrator_tui.runtime.rules import load_rules

    journal = open_journal(place.start, os.environ)
    around = surroundings(place, [Path(one) for one in asked_for], "cockpit")
    # A pane takes seconds to show what was pasted; a command that ends at once waits for that, an engine does not.
    world = replace(around.world, nudges=BackgroundNudges(around.world.nudges))

    def learn() -> Rules:
        # Loaded in the session's thread, since the first frame needs none of it.
        from orchestrator_tui.cli.own_ladders import learned_rules

        return learned_rules(place)

    session = LiveSession(journal, world, around.watch, load_rules(place.directory), limits, batch, learn)
    return GuardedSession(session, Authority(os.environ)), around.evidence


def stale_seconds(text: str) -> float:
    """A number of seconds from 1 to a day."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 86_400:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds from 1 to 86400")
    return seconds


def settings_limits(stale_after: float | None) -> Limits:
    """The limits of the settings; what was typed goes before the environment, and that before the settings."""
    from orchestrator_tui.ui.settings import load, settings_file

    limits = load(settings_file(os.environ))[0].limits
    said = os.environ.get(STALE_AFTER, "").strip()
    if stale_after is None and said:
        try:
            stale_after = stale_seconds(said)
        except ArgumentTypeError as error:
            raise BadInput(f"{STALE_AFTER}: {error}") from None
    if stale_after is None:
        return limits
    return replace(limits, gate_stale_ms=round(stale_after * 1000))
