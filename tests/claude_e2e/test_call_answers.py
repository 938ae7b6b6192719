"""Calls that wait, answered from the command line with no cockpit and no holder: the hook alone does what is needed.

What a cockpit sees of the same is in ``test_calls.py``; here nothing but the hook and ``orch-tui decide`` takes part.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest

from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.hook.racing import REFUSED, WENT_ON
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.sqlite import SqliteJournal
from tests.claude_e2e.test_calls import parent
from tests.claude_e2e.test_thin_thread import add_hooks, make_journal, orch, somebody_present
from tests.claude_rig import ClaudeRig, Conversation, HeadlessSession, Step, ToolCall, call, say, wait_until

pytestmark = pytest.mark.e2e_claude

PLAN_FILE = re.compile(r"(/[^\s\"\\]+/plans/[^\s\"\\]+\.md)")
WHICH = {
    "question": "Which ones?",
    "header": "Parts",
    "multiSelect": True,
    "options": [{"label": "red one", "description": "r"}, {"label": "blue one", "description": "b"}],
}
WHERE = {
    "question": "Where to?",
    "header": "Place",
    "multiSelect": False,
    "options": [{"label": "here", "description": "h"}, {"label": "there", "description": "t"}],
}


class Thread:
    """A rig with the hooks, a journal, and somebody present; ``journal`` is read as any other process may read it."""

    def __init__(self, rig: ClaudeRig, journal: SqliteJournal) -> None:
        self.rig, self.journal = rig, journal

    def gates(self, count: int = 1, ask: str = "") -> list[Gate]:
        """Wait for so many open questions that hold these words, in the order of their ids."""

        def found() -> list[Gate] | None:
            open_gates = [
                one for one in self.journal.gates() if one.state is GateState.OPEN and ask in str(one.question)
            ]
            return sorted(open_gates, key=lambda one: one.id) if len(open_gates) == count else None

        return wait_until(found, f"{count} open questions {ask!r}")

    def decide(self, gate: Gate, *arguments: str) -> None:
        done = orch(self.rig, "decide", gate.id, *arguments)
        assert done.returncode == 0, done.stderr

    def until(self, gate: Gate, *states: GateState) -> Gate:
        def found() -> Gate | None:
            now = self.journal.gate(gate.batch, gate.id)
            return now if now is not None and now.state in states else None

        return wait_until(found, f"{gate.id} in {states}")

    def hook(self, gate: Gate) -> int:
        """Wait until a hook waits for the gate; its process."""
        return wait_until(
            lambda: next((one.pid for one in self.journal.waiters.live(gate.batch, gate.id)), None), "the waiting hook"
        )

    def nobody_waits(self, gate: Gate) -> bool:
        """Whether no hook waits for the gate any more."""
        return not self.journal.waiters.live(gate.batch, gate.id)


@contextmanager
def thread(rig: ClaudeRig) -> Iterator[Thread]:
    add_hooks(rig)
    make_journal(rig)
    journal = SqliteJournal(journal_directory(rig.orch_home, rig.project), create=False)
    try:
        with somebody_present(rig):
            yield Thread(rig, journal)
    finally:
        journal.close()


def hosted(rig: ClaudeRig, prompt: str, mode: str = "default") -> HeadlessSession:
    """A headless session with a host that never answers: only such are offered questions and plans."""
    session = rig.stream("--permission-prompt-tool", "stdio", permissions="ask")
    session.send_control("start", {"subtype": "initialize", "hooks": {}})
    session.send_control("mode", {"subtype": "set_permission_mode", "mode": mode})
    session.send_user(prompt)
    return session


def test_several_questions_of_one_call_are_answered_together(each_claude_rig: ClaudeRig) -> None:
    rig = each_claude_rig
    with thread(rig) as there:
        session = hosted(rig, rig.script("two", [call("AskUserQuestion", questions=[WHICH, WHERE]), say("done")]))
        which, where = there.gates(2)
        there.decide(where, "--text", "to the moon")
        assert len(rig.requests.all("two")) == 1, "one answer is not all of them"
        there.decide(which, "1,2", "--text", "a green one", "--reason", "they match")
        request = rig.requests.wait_for_step("two", 1)

        assert '"Which ones?"="red one, blue one, a green one" notes: they match' in request.new_text
        assert '"Where to?"="to the moon"' in request.new_text
        session.wait_type("result")
        assert session.finish() == 0
        for gate in (which, where):
            there.until(gate, GateState.ACKNOWLEDGED)


def test_a_changed_command_runs_as_it_was_changed(claude_rig: ClaudeRig) -> None:
    rig = claude_rig
    with thread(rig) as there:
        prompt = rig.script("edit", [call("Bash", command="touch asked", description="makes it"), say("done")])
        session = rig.start(prompt, permissions="ask")
        (gate,) = there.gates()
        there.decide(gate, "edit", "--text", "touch 'as changed'")
        assert session.finish() == 0

        assert (rig.project / "as changed").exists()
        assert not (rig.project / "asked").exists()
        taken = there.until(gate, GateState.ACKNOWLEDGED)
        assert taken.decision is not None
        assert taken.decision.text == "touch 'as changed'"


def planning(conversation: Conversation) -> Step:
    """Plans, asks for approval until it has it, and then writes a file."""
    if conversation.step == 0:
        file = PLAN_FILE.search(str(conversation.messages))
        assert file is not None, "plan mode names no file"
        return call("Write", file_path=file[1], content="# Cache it\n\n1. measure\n")
    if "User has approved your plan" not in str(conversation.messages):
        return call("ExitPlanMode")
    if "made.txt" not in str(conversation.messages[-2:]):
        return call("Write", file_path="made.txt", content="made")
    return say("done")


@pytest.mark.parametrize(("option", "asks"), [("approve-accept-edits", False), ("approve-ask-edits", True)])
def test_a_plan_is_approved_in_the_mode_that_was_chosen(claude_rig: ClaudeRig, option: str, asks: bool) -> None:
    rig = claude_rig
    with thread(rig) as there:
        session = hosted(rig, rig.script("plan", planning), mode="plan")
        (gate,) = there.gates(ask="Cache it")
        assert gate.question.context == "# Cache it\n\n1. measure\n"
        there.decide(gate, "keep-planning", "--reason", "measure twice")
        assert "measure twice" in rig.requests.wait_for_step("plan", 2).new_text
        (again,) = there.gates(ask="Cache it")
        there.decide(again, option)
        if asks:
            (write,) = there.gates(ask="made.txt")
            there.decide(write, "allow")
        session.wait_type("result")
        assert session.finish() == 0
        assert (rig.project / "made.txt").read_text() == "made"
        assert there.until(again, GateState.ACKNOWLEDGED).revision == 2


@pytest.mark.parametrize("key", ["1", "3", "Escape"])
def test_the_hook_finds_out_by_itself_that_the_terminal_was_first(each_claude_rig: ClaudeRig, key: str) -> None:
    rig = each_claude_rig
    with thread(rig) as there:
        terminal = rig.interactive(permissions="ask")
        made = rig.project / "race.txt"
        terminal.enter(rig.script("race", [call("Write", file_path=str(made), content="made"), say("RACE DONE")]))
        (gate,) = there.gates()
        terminal.answer_dialog(key, "create race.txt")

        ended = there.until(gate, GateState.ANSWERED_ELSEWHERE, GateState.WITHDRAWN)
        wait_until(lambda: there.nobody_waits(gate), "the hook's end")
        assert ended.decision is None
        assert ended.state is GateState.ANSWERED_ELSEWHERE, ended.closed_why
        assert ended.closed_why == (WENT_ON if key == "1" else REFUSED)
        assert made.exists() == (key == "1")


def transcripts(rig: ClaudeRig) -> str:
    """What all transcripts of the rig hold."""
    return "".join(path.read_text() for path in (rig.config / "projects").rglob("*.jsonl"))


@pytest.mark.parametrize("first", ["terminal", "here"])
def test_who_was_first_is_known_by_the_transcript_alone(each_claude_rig: ClaudeRig, first: str) -> None:
    """Our hook has printed; whether Claude Code had read it when its person was at the dialog, only that tells."""
    rig, thinks = each_claude_rig, Event()
    with thread(rig) as there:
        terminal = rig.interactive(permissions="ask")
        made = rig.project / "first.txt"
        read = Step(calls=(ToolCall("Read", {"file_path": str(made)}),), hold=thinks)
        write = call("Write", file_path=str(made), content="made")
        terminal.enter(rig.script("first", [write, read, say("FIRST DONE")]))
        (gate,) = there.gates()
        terminal.wait_for("create first.txt")
        shell = parent(there.hook(gate))
        if first == "terminal":
            os.kill(shell, signal.SIGSTOP)
        there.decide(gate, "allow")
        if first == "terminal":
            there.until(gate, GateState.DELIVERED)
            terminal.answer_dialog("1", "create first.txt")
        rig.requests.wait_for_step("first", 1)

        between = there.until(gate, GateState.DELIVERED)
        wait_until(lambda: "tool_result" in transcripts(rig), "the result in the transcript, which is written late")
        thinks.set()
        terminal.wait_for("FIRST DONE")
        ended = there.until(gate, GateState.ACKNOWLEDGED, GateState.ANSWERED_ELSEWHERE)

        if first == "terminal":
            os.kill(shell, signal.SIGCONT)
        assert made.read_text() == "made"
        assert [step.step for step in between.steps] == ["claimed", "delivered"]
        assert (ended.state is GateState.ACKNOWLEDGED) == (first == "here")


def test_a_hook_whose_claude_code_was_killed_ends_and_asks_no_more(claude_rig: ClaudeRig) -> None:
    rig = claude_rig
    with thread(rig) as there:
        prompt = rig.script("killed", [call("Write", file_path="x", content="x"), say("never said")])
        session = rig.start(prompt, permissions="ask")
        (gate,) = there.gates()
        os.kill(session.process.pid, signal.SIGKILL)
        there.until(gate, GateState.WITHDRAWN)
        wait_until(lambda: there.nobody_waits(gate), "the hook's end")


def test_what_the_host_answered_first_is_answered_elsewhere(claude_rig: ClaudeRig) -> None:
    rig = claude_rig
    with thread(rig) as there:
        session = hosted(rig, rig.script("host", [call("AskUserQuestion", questions=[WHERE]), say("done")]))
        (gate,) = there.gates()
        asked: dict[str, Any] = session.wait_type("control_request", "can_use_tool")
        answers = {**asked["request"]["input"], "answers": {"Where to?": "there"}}
        session.answer_control(asked, {"behavior": "allow", "updatedInput": answers})
        assert '"Where to?"="there"' in rig.requests.wait_for_step("host", 1).new_text
        there.until(gate, GateState.ANSWERED_ELSEWHERE)
        session.wait_type("result")
        assert session.finish() == 0
