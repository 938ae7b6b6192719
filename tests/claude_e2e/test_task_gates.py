"""A task's gate, on the real Claude Code: it holds nobody back, and its decision comes by the next occasion."""

from __future__ import annotations

from threading import Event

import pytest

from orchestrator_tui.core.model import Gate, GateState
from tests.claude_e2e.beside import Answered, Beside
from tests.claude_e2e.scripts import SERVER, TEAMS, agent, answered, ask, bash, create, ours, update
from tests.claude_rig import ModelRequest, Step, ToolCall, call, say

pytestmark = pytest.mark.e2e_claude

RED, BLUE = 1, 2
"""Positions of the two options that every question of this file has."""


def assert_told(request: ModelRequest, answer: Answered, words: str) -> None:
    """What reached the model names the decision, the gate and the answer."""
    assert answer.told(request)
    assert f"{answer.gate.id} r{answer.gate.revision}" in request.new_text
    assert words in request.new_text


def test_a_decision_comes_with_the_next_tool_call_of_an_agent_that_worked_on(beside: Beside) -> None:
    """The agent goes on past its gate; what it does next brings it the decision, and is the receipt."""
    rig, thinks = beside.rig, Event()
    steps = [
        create("s"),
        ask("Mail, red or blue?", "red", "blue"),
        bash("echo past the gate"),
        bash("echo next", hold=thinks),
        answered(),
        say("done"),
    ]
    session = rig.start(rig.script("mail", steps))
    worked_on = rig.requests.wait_for_step("mail", 3)
    gate = beside.wait_gate("Mail, red or blue?")
    assert "past the gate" in worked_on.new_text, "nothing held it"
    answer = beside.answer(gate, BLUE)
    thinks.set()

    told = rig.requests.wait_for_step("mail", 4)
    answer.report("mail, with the next tool call", told)
    assert_told(told, answer, "blue")
    assert session.finish() == 0
    acknowledged = beside.wait_acknowledged(gate)
    assert [step.route for step in acknowledged.steps if step.step == "delivered"] == ["hook"]
    assert not [request for request in rig.requests.all("mail")[5:] if answer.decision.id in request.new_text]


def test_a_headless_session_is_held_at_its_end_until_its_gate_is_decided(beside: Beside) -> None:
    rig = beside.rig
    steps = [create("s"), ask("Stop, red or blue?", "red", "blue"), say("waiting"), answered(), say("done")]
    session = rig.start(rig.script("stop", steps))
    gate = beside.wait_gate("Stop, red or blue?")
    rig.requests.wait_for_step("stop", 2)
    beside.wait_held(gate)
    assert not [message for message in session.messages if message["type"] == "result"], "its turn has not ended"

    answer = beside.answer(gate, RED)

    told = rig.requests.wait_for_step("stop", 3)
    answer.report("Stop, headless", told)
    assert_told(told, answer, "red")
    assert session.finish() == 0
    assert beside.wait_acknowledged(gate).steps[-1].route == "hook"


def test_a_session_that_owes_two_gates_is_held_for_both(beside: Beside) -> None:
    rig = beside.rig
    steps = [
        create("s"),
        create("t"),
        ask("First of two, red or blue?", "red", "blue"),
        ask("Second of two, red or blue?", "red", "blue", task="2"),
        say("waiting"),
        say("one known"),
        say("both known"),
    ]
    session = rig.start(rig.script("two", steps))
    first, second = beside.wait_gate("First of two, red or blue?"), beside.wait_gate("Second of two, red or blue?")
    rig.requests.wait_for_step("two", 4)

    answer_first = beside.answer(first, RED)
    assert_told(rig.requests.wait_for_step("two", 5), answer_first, "red")
    assert beside.now(second).state is GateState.OPEN
    answer_second = beside.answer(second, BLUE)

    assert_told(rig.requests.wait_for_step("two", 6), answer_second, "blue")
    assert session.finish() == 0


def test_a_foreground_sub_agent_is_held_at_its_end(beside: Beside) -> None:
    rig = beside.rig
    child = [create("s"), ask("Child, red or blue?", "red", "blue"), say("waiting"), say("child done")]
    session = rig.start(rig.script("parent", [agent(rig.script("child", child)), say("parent done")]))
    gate = beside.wait_gate("Child, red or blue?")
    rig.requests.wait_for_step("child", 2)

    answer = beside.answer(gate, BLUE)

    told = rig.requests.wait_for_step("child", 3)
    answer.report("SubagentStop, foreground", told)
    assert_told(told, answer, "blue")
    assert "child done" in rig.requests.wait_for_step("parent", 1).new_text
    assert session.finish() == 0
    beside.wait_acknowledged(gate)


def test_a_teammate_is_held_at_its_end(beside: Beside) -> None:
    rig = beside.rig
    mate = [create("s"), ask("Mate, red or blue?", "red", "blue"), say("waiting"), say("mate done")]
    terminal = rig.interactive(variables=TEAMS)
    terminal.enter(rig.script("lead", [agent(rig.script("mate", mate), background=True, name="mate1"), say("led")]))
    gate = beside.wait_gate("Mate, red or blue?")
    rig.requests.wait_for_step("mate", 2)

    answer = beside.answer(gate, RED)

    told = rig.requests.wait_for_step("mate", 3)
    answer.report("SubagentStop, teammate", told)
    assert_told(told, answer, "red")
    beside.wait_acknowledged(gate)


def test_an_interactive_session_is_not_held_but_nudged_and_looks_itself(beside: Beside) -> None:
    """Its person can go on talking; what is typed says only that something waits, our hook brings what."""
    rig = beside.rig
    terminal = rig.interactive()
    terminal.enter(rig.script("idle", [create("s"), ask("Idle, red or blue?", "red", "blue"), say("yours")]))
    gate = beside.wait_gate("Idle, red or blue?")
    terminal.wait_for("yours")
    terminal.enter(rig.script("talk", [say("WE TALK")]))
    terminal.wait_for("WE TALK")
    terminal.enter(rig.script("again", [say("back"), ours("pending_decisions"), say("done")]))
    terminal.wait_for("back")

    answer = beside.answer(gate, BLUE)

    nudged = rig.requests.wait_for_step("again", 1)
    answer.report("nudge in tmux", nudged)
    typed = [message["content"] for message in nudged.new_messages if message["role"] == "user"]
    assert "pending_decisions" in str(typed)
    assert answer.decision.id not in str(typed), "what is typed decides nothing"
    assert_told(nudged, answer, "blue")
    rig.requests.wait_for_step("again", 2)
    terminal.wait_for("done")
    assert "nudged" in [step.step for step in beside.wait_acknowledged(gate).steps]


def test_a_busy_interactive_session_pulls_the_answer_itself(beside: Beside) -> None:
    rig, thinks = beside.rig, Event()
    pull = Step(calls=(ToolCall(f"{SERVER}pending_decisions", {}),), hold=thinks)
    terminal = rig.interactive()
    terminal.enter(rig.script("pull", [create("s"), ask("Pull, red or blue?", "red", "blue"), pull, say("PULLED")]))
    gate = beside.wait_gate("Pull, red or blue?")
    rig.requests.wait_for_step("pull", 2)

    answer = beside.answer(gate, RED)
    thinks.set()

    told = rig.requests.wait_for_step("pull", 3)
    answer.report("pending_decisions, with the time until the agent looks", told)
    assert_told(told, answer, "red")
    results = [message["content"] for message in told.new_messages if message["role"] == "user"]
    assert answer.decision.id in str(results), "it is the tool's own result"
    terminal.wait_for("PULLED")
    beside.wait_acknowledged(gate)


def test_a_later_stage_is_refused_while_the_gate_is_open(beside: Beside) -> None:
    rig = beside.rig
    steps = [
        create("s"),
        ask("Later, red or blue?", "red", "blue", stage=3),
        update(4),
        say("then I wait"),
        update(4),
        say("done"),
    ]
    session = rig.start(rig.script("later", steps))
    gate = beside.wait_gate("Later, red or blue?")
    refused = rig.requests.wait_for_step("later", 3)
    assert gate.id in refused.new_text
    assert "Later, red or blue?" in refused.new_text
    assert next(iter(rig.tasks().values()))["metadata"]["stage"] == 3 or stage_of(beside, gate) == 3

    answer = beside.answer(gate, RED)
    told = rig.requests.wait_for_step("later", 4)
    answer.report("Stop, after a refused stage", told)
    assert_told(told, answer, "red")

    assert "Updated task" in rig.requests.wait_for_step("later", 5).new_text, "with the decision it may go on"
    assert session.finish() == 0
    assert stage_of(beside, gate) == 4


def test_a_task_is_not_completed_while_its_gate_is_open(beside: Beside) -> None:
    rig = beside.rig
    complete = call("TaskUpdate", taskId="1", status="completed")
    steps = [create("s"), ask("Complete, red or blue?", "red", "blue"), complete, say("I wait"), complete, say("done")]
    session = rig.start(rig.script("complete", steps))
    gate = beside.wait_gate("Complete, red or blue?")
    refused = rig.requests.wait_for_step("complete", 3)
    assert gate.id in refused.new_text
    assert task_of(beside, gate)["status"] == "pending"

    answer = beside.answer(gate, BLUE)
    told = rig.requests.wait_for(answer.decision.id, "complete")
    answer.report("Stop, after a refused completion", told)
    assert_told(told, answer, "blue")
    assert "Updated task" in rig.requests.wait_for_step("complete", 5).new_text

    assert session.finish() == 0
    assert task_of(beside, gate)["status"] == "completed"


def test_a_gate_that_asks_to_be_held_holds_its_agent_at_once(beside: Beside) -> None:
    rig = beside.rig
    steps = [create("s"), ask("Hold, red or blue?", "red", "blue", hold=True), say("done")]
    session = rig.start(rig.script("hold", steps))
    gate = beside.wait_gate("Hold, red or blue?")
    assert len(rig.requests.all("hold")) == 2, "the agent is held at its own call"

    answer = beside.answer(gate, RED)

    told = rig.requests.wait_for_step("hold", 2)
    answer.report("PostToolUse, held", told)
    assert_told(told, answer, "red")
    assert session.finish() == 0


def task_of(beside: Beside, gate: Gate) -> dict[str, object]:
    """The file of the task that asked the gate."""
    lists = {name.partition("/")[0]: task for name, task in beside.rig.tasks().items() if name.endswith("/1")}
    return lists[beside.now(gate).asker.partition("/")[0]]


def stage_of(beside: Beside, gate: Gate) -> object:
    """The stage that the task says it is in."""
    metadata = task_of(beside, gate)["metadata"]
    assert isinstance(metadata, dict)
    return metadata["stage"]
