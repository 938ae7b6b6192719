"""The MCP server alone under the real Claude Code: no hooks, no cockpit, whoever decides writes the journal."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.core.agents import agent_of, session_of
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.sqlite import SqliteJournal, open_journal
from tests.claude_rig import ClaudeRig, Conversation, ModelRequest, Step, ToolCall, call, say, wait_until
from tests.claude_rig.cleanup import marked

pytestmark = pytest.mark.e2e_claude

SERVER = "mcp__orch-tui__"
ROUNDS = 5
OPTIONS = ["red: as it is", "blue: as it was"]


class Asked:
    """A rig whose Claude Code has our server, and the journal that its agents' questions go to."""

    def __init__(self, rig: ClaudeRig) -> None:
        self.rig = rig
        self._clock = SystemClock()
        self._journal: SqliteJournal | None = None
        state = json.loads((rig.home / ".claude.json").read_text("utf-8"))
        command = ["-I", "-m", "orchestrator_tui.mcp_server"]
        state["mcpServers"] = {"orch-tui": {"type": "stdio", "command": sys.executable, "args": command}}
        (rig.home / ".claude.json").write_text(json.dumps(state))

    @property
    def journal(self) -> SqliteJournal:
        if self._journal is None:
            self._journal = open_journal(self.rig.project, self.rig.environment(), create=False)
        return self._journal

    def waiting(self, question: str) -> Gate:
        """The gate of a question, once a call waits for its answer."""

        def look() -> Gate | None:
            if not (journal_directory(self.rig.orch_home, self.rig.project) / "journal.db").exists():
                return None
            found = [gate for gate in self.journal.gates() if gate.question.question == question]
            return next((one for one in found if self.journal.waiters.live(one.batch, one.id)), None)

        return wait_until(look, f"the question {question!r}", context=self.rig.requests.describe)

    def decide(self, gate: Gate, option: str) -> tuple[str, float]:
        """Decide as a key does; the decision's id, and when it was committed, in seconds since the epoch."""
        decision = f"d-{os.urandom(4).hex()}"
        payload = {"gate": gate.id, "revision": gate.revision, "digest": gate.digest, "decision": decision}
        chosen = {"options": [option], "label": option, "by": "ann", "origin": "key", "undo_ms": 0}
        draft = Draft("gate_decided", {**payload, **chosen})
        assert isinstance(self.journal.change_gate(gate.batch, draft, self._clock.now(), "cockpit"), Event)
        return decision, time.time()

    def now(self, gate: Gate) -> Gate:
        found = self.journal.gate(gate.batch, gate.id)
        assert found is not None
        return found

    def servers(self) -> list[int]:
        """The processes of our server under this rig."""
        named = b"orchestrator_tui.mcp_server"
        return [one for one in marked(self.rig.id) if named in Path(f"/proc/{one}/cmdline").read_bytes()]

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()


@pytest.fixture
def asked(claude_rig: ClaudeRig) -> Iterator[Asked]:
    made = Asked(claude_rig)
    yield made
    made.close()


@pytest.fixture
def asked_each(each_claude_rig: ClaudeRig) -> Iterator[Asked]:
    made = Asked(each_claude_rig)
    yield made
    made.close()


def ask(question: str, **more: Any) -> Step:
    return call(SERVER + "request_decision", question=question, options=OPTIONS, **more)


def sub_agent(prompt: str) -> ToolCall:
    started = {"description": "works on a part", "prompt": prompt, "subagent_type": "general-purpose"}
    return ToolCall("Agent", {**started, "run_in_background": True})


def test_a_headless_session_is_held_and_told_at_once(asked: Asked) -> None:
    rig = asked.rig
    questions = [f"Round {number}, red or blue?" for number in range(ROUNDS)]
    session = rig.start(rig.script("rounds", [*(ask(question) for question in questions), say("done")]))
    latencies = []
    for number, question in enumerate(questions):
        gate = asked.waiting(question)
        assert (gate.asker, gate.routes) == (session_of(gate.asker), ("mcp",)), "its own agent asks; no hooks are there"
        decision, at = asked.decide(gate, "blue")
        told = rig.requests.wait_for_step("rounds", number + 1)
        assert "Decided: blue" in told.new_text
        assert decision in told.new_text
        latencies.append(told.arrived_at - at)
    assert session.finish() == 0
    print(f"{rig.cli.version} decided → model request: {', '.join(f'{1000 * one:.0f}' for one in latencies)} ms")

    def left() -> bool:
        living = asked.journal.gates(gate.batch)
        return [(one.question.question, one.state) for one in living] == [(questions[-1], GateState.DELIVERED)]

    wait_until(left, "nothing but the last answer is unproven")


def test_background_sub_agents_wait_beside_each_other_and_are_told_apart(asked_each: Asked) -> None:
    rig, latencies = asked_each.rig, []
    for name in ("one", "two"):
        rig.script(name, [ask(f"Asks {name}?"), call(SERVER + "note", text=f"note of {name}"), say(f"{name} done")])
    both = Step(calls=(sub_agent("[[script:one]] go"), sub_agent("[[script:two]] go")))
    session = rig.start(rig.script("main", [both, say("led"), say("over"), say("over")]))
    gates = {name: asked_each.waiting(f"Asks {name}?") for name in ("one", "two")}

    for name, option in (("two", "red"), ("one", "blue")):
        decision, at = asked_each.decide(gates[name], option)
        told = rig.requests.wait_for_step(name, 1)
        assert decision in told.new_text
        latencies.append(told.arrived_at - at)

    assert session.finish() == 0
    print(f"{rig.cli.version} decided → model request: {', '.join(f'{1000 * one:.0f}' for one in latencies)} ms")
    transcripts = rig.config.glob("projects/*/*/subagents/agent-*.jsonl")
    agents = {path.stem.removeprefix("agent-") for path in transcripts}
    assert {agent_of(gate.asker) for gate in gates.values()} == agents
    for name, gate in gates.items():
        ended = asked_each.now(gate)
        assert ended.state is GateState.ACKNOWLEDGED
        assert ended.steps[-1].evidence == "its next MCP call"
        note = next(one for one in asked_each.journal.requests(gate.batch) if one.payload["text"] == f"note of {name}")
        assert note.payload["asker"] == gate.asker


def test_a_question_survives_the_end_of_its_server(asked_each: Asked) -> None:
    """The model is told that the connection is lost; when it asks again it is the same question."""
    rig = asked_each.rig
    again = ask("Survives, red or blue?", request_id="survives")
    session = rig.start(rig.script("killed", [again, again, say("done")]))
    gate = asked_each.waiting("Survives, red or blue?")
    for process in asked_each.servers():
        os.kill(process, signal.SIGKILL)
    lost = rig.requests.wait_for_step("killed", 1)
    assert "Decided" not in lost.new_text
    same = asked_each.waiting("Survives, red or blue?")
    assert (same.id, same.revision) == (gate.id, 1)
    decision, _ = asked_each.decide(same, "red")
    assert decision in rig.requests.wait_for_step("killed", 2).new_text
    assert session.finish() == 0


def test_a_call_that_its_person_interrupts_leaves_its_question(asked: Asked) -> None:
    rig = asked.rig
    terminal = rig.interactive()
    terminal.enter(rig.script("escaped", [ask("Escaped, red or blue?", wait_seconds=600), say("done")]))
    gate = asked.waiting("Escaped, red or blue?")
    terminal.press("Escape")
    wait_until(lambda: not asked.journal.waiters.live(gate.batch, gate.id), "the end of the wait")
    assert asked.now(gate).state is GateState.OPEN
    decision, _ = asked.decide(gate, "blue")
    terminal.enter(rig.script("fetch", [call(SERVER + "pending_decisions"), say("FETCHED")]))
    fetched: ModelRequest = rig.requests.wait_for_step("fetch", 1)
    assert decision in fetched.new_text


def test_a_cleared_session_asks_as_the_new_one(asked: Asked) -> None:
    rig = asked.rig
    terminal = rig.interactive()
    terminal.enter(rig.script("before", [ask("Asked before?"), say("SAID IT")]))
    terminal.wait_for("SAID IT")
    (first,) = registered(rig)
    terminal.enter("/clear")
    wait_until(lambda: registered(rig) != [first], "another session")
    terminal.enter(rig.script("after", [ask("Asked after?"), say("SAID MORE")]))
    terminal.wait_for("SAID MORE")
    askers = {gate.question.question: gate.asker for gate in asked.journal.gates()}
    assert askers == {"Asked before?": first, "Asked after?": registered(rig)[0]}


def registered(rig: ClaudeRig) -> list[str]:
    """The sessions of the registry."""
    return [json.loads(path.read_text("utf-8"))["sessionId"] for path in rig.config.glob("sessions/*.json")]


def test_what_an_agent_needs_first_is_there_without_searching(asked: Asked) -> None:
    rig = asked.rig
    rig.variables["ENABLE_TOOL_SEARCH"] = "true"

    def looks(conversation: Conversation) -> Step:
        # Claude Code does not wait for servers with its first request.
        there = any(name.startswith(SERVER) for name in conversation.tools)
        return say("done") if there or conversation.step > 20 else call("Bash", command="sleep 0.2")

    rig.run(rig.script("tools", looks))
    tools = rig.requests.all("tools")[-1].tools
    shown = {name.removeprefix(SERVER) for name in tools if name.startswith(SERVER)}
    assert shown == {"request_decision", "report_stage", "pending_decisions"}
