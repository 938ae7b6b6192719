"""Decisions while our own processes are killed and started again: nothing but the journal joins them."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from tests.claude_e2e.beside import Beside
from tests.claude_e2e.scripts import ask, bash, create, ours
from tests.claude_rig import ClaudeRig, say, wait_until

pytestmark = pytest.mark.e2e_claude


@pytest.fixture
def killed(claude_rig: ClaudeRig) -> Iterator[Beside]:
    """A workplace of its own, with a cockpit that the test kills."""
    with Beside(claude_rig) as beside:
        beside.connect()
        beside.open_cockpit()
        yield beside


def test_a_held_agent_survives_the_cockpit_and_gets_its_answer_from_the_next_one(killed: Beside) -> None:
    """One session held at its end, one in an MCP call: neither notices that the screen died."""
    rig = killed.rig
    held = rig.start(
        rig.script("held", [create("s"), ask("Held, red or blue?", "red", "blue"), say("I wait"), say("on")])
    )
    called = rig.start(
        rig.script(
            "called", [ours("request_decision", question="Called, red or blue?", options=["red", "blue"]), say("on")]
        )
    )
    gates = [killed.wait_gate("Held, red or blue?"), killed.wait_gate("Called, red or blue?")]
    killed.wait_held(gates[0])
    killed.kill_cockpit()

    killed.open_cockpit()
    answers = [killed.answer(gate, 2) for gate in gates]

    for script, answer in zip(("held", "called"), answers, strict=True):
        answer.report(f"{script}, in a cockpit opened anew", rig.requests.wait_for(answer.decision.id, script))
    assert (held.finish(), called.finish()) == (0, 0)
    for gate in gates:
        killed.wait_acknowledged(gate)


def test_a_decision_made_while_no_cockpit_lives_arrives_with_the_next_tool_call(killed: Beside) -> None:
    rig, thinks = killed.rig, Event()
    steps = [create("s"), ask("Alone, red or blue?", "red", "blue"), bash("echo next", hold=thinks), say("done")]
    session = rig.start(rig.script("alone", steps))
    gate = killed.wait_gate("Alone, red or blue?")
    rig.requests.wait_for_step("alone", 2)
    killed.kill_cockpit()

    killed.orch("decide", gate.id, "blue")
    thinks.set()

    decision = killed.now(gate).decision
    assert decision is not None
    assert decision.id in rig.requests.wait_for_step("alone", 3).new_text
    assert session.finish() == 0
    killed.open_cockpit()
    killed.wait_acknowledged(gate)


def test_a_cockpit_killed_right_after_enter_loses_nothing(killed: Beside) -> None:
    rig = killed.rig
    session = rig.start(
        rig.script("right", [create("s"), ask("Right after?", "red", "blue"), say("I wait"), say("on")])
    )
    gate = killed.wait_gate("Right after?")
    killed.wait_held(gate)

    answer = killed.answer(gate, 1)
    killed.kill_cockpit()

    rig.requests.wait_for(answer.decision.id, "right")
    assert session.finish() == 0
    killed.open_cockpit()
    wait_until(lambda: killed.now(gate).closed_at is not None, "the end of the gate", context=killed.describe)
