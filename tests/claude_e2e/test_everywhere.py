"""One cockpit over every repository of the machine, and the way from a cockpit into a session's terminal."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event

import pytest

from orchestrator_tui.cli.itself import ORCH_TUI
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.sqlite import SqliteJournal
from tests.claude_e2e.beside import Beside
from tests.claude_e2e.cockpit import Cockpit
from tests.claude_e2e.scripts import ask, bash, create
from tests.claude_rig import ClaudeRig, HeadlessSession, Step, say, wait_until

pytestmark = pytest.mark.e2e_claude

HEADLESS = ("-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions")


@contextmanager
def everywhere(rig: ClaudeRig) -> Iterator[Cockpit]:
    """The cockpit over all repositories."""
    cockpit = Cockpit(rig, 99, "--all")
    try:
        yield cockpit
    finally:
        cockpit.close()


def test_one_queue_over_all_repositories(claude_rig: ClaudeRig) -> None:
    """A repository that nobody has opened before is in it, too, and its session is answered from there."""
    rig, seen = claude_rig, Event()
    other = rig.project.parent / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    with Beside(rig) as beside, everywhere(rig) as cockpit:
        beside.connect()
        terminal = rig.interactive()
        terminal.enter(rig.script("here", [create("s"), ask("Here, red or blue?", "red", "blue"), say("yours")]))
        works = Step(calls=bash("sleep 0.2").calls, until=lambda _: seen.is_set())
        there = [create("t"), ask("There, red or blue?", "red", "blue"), works, say("on"), say("done")]
        session = HeadlessSession([*rig.cli.command, *HEADLESS], other, rig.environment(), rig.log / "there.jsonl")
        try:
            session.send_prompt(rig.script("there", there))
            wait_until(
                lambda: all(words in cockpit.screen() for words in ("Here, red", "There, red", "2 repositories")),
                "both questions in one queue",
                context=cockpit.screen,
            )
            with closing(SqliteJournal(journal_directory(rig.orch_home, other), create=False)) as journal:
                gate = asked(journal)
                cockpit.answer(gate, 2, decided=lambda: now(journal, gate).decision is not None)
                decision = now(journal, gate).decision
                assert decision is not None
                assert "blue" in rig.requests.wait_for(decision.id, "there").new_text
                seen.set()
                assert session.finish() == 0
                wait_until(lambda: now(journal, gate).state is GateState.ACKNOWLEDGED, "the receipt")
        finally:
            session.close()


def asked(journal: SqliteJournal) -> Gate:
    """The one gate of a journal."""
    (gate,) = journal.gates()
    return gate


def now(journal: SqliteJournal, gate: Gate) -> Gate:
    """The gate as it is now."""
    found = journal.gate(gate.batch, gate.id)
    assert found is not None
    return found


def test_enter_takes_the_person_to_the_pane_of_a_session(claude_rig: ClaudeRig) -> None:
    """The cockpit sits in another window of the same tmux."""
    rig = claude_rig
    terminal = rig.interactive()
    terminal.enter(rig.script("here", [say("I sit here")]))
    terminal.wait_for("I sit here")

    def tmux(*arguments: str) -> str:
        return terminal._tmux(*arguments).strip()

    def screen() -> str:
        return tmux("capture-pane", "-p", "-t", "cockpit")

    tmux("new-window", "-n", "cockpit", "-c", str(rig.project), shlex.join([*ORCH_TUI, str(rig.project)]))
    wait_until(lambda: "registry: idle" in screen(), "the session in the cockpit", context=screen)
    assert "I sit here" not in tmux("capture-pane", "-p")
    for key in ("v", "Enter"):
        tmux("send-keys", "-t", "cockpit", key)

    wait_until(lambda: "I sit here" in tmux("capture-pane", "-p"), "the session's window", context=screen)
