"""How long it takes from the key to the model's next request, over many rounds: printed, never asserted."""

from __future__ import annotations

import pytest

from tests.claude_e2e.beside import Beside, percentile
from tests.claude_e2e.scripts import ask, create, ours
from tests.claude_rig import Step, say

pytestmark = pytest.mark.e2e_claude

ROUNDS = 20


def test_from_the_key_to_the_model(beside: Beside) -> None:
    """A hook that holds its agent, and an MCP call: every decision arrives, in the round it belongs to."""
    hook: list[Step] = [create("s")]
    for number in range(ROUNDS):
        hook += [ask(f"Hook round {number:02}?", "red", "blue", stage=number + 1), say(f"waits {number:02}")]
    rounds(beside, "hook", [*hook, say("done")], "Hook")
    asked = [ours("request_decision", question=f"MCP round {n:02}?", options=["red", "blue"]) for n in range(ROUNDS)]
    rounds(beside, "tool", [*asked, say("done")], "MCP")


def rounds(beside: Beside, script: str, steps: list[Step], route: str) -> None:
    """Decide every round by key, and print how long the model waited."""
    session = beside.rig.start(beside.rig.script(script, steps))
    took: list[float] = []
    for number in range(ROUNDS):
        gate = beside.wait_gate(f"{route} round {number:02}?")
        if route == "Hook":
            beside.wait_held(gate)
        answer = beside.answer(gate, 1 + number % 2)
        told = beside.rig.requests.wait_for(answer.decision.id, script)
        took.append(1000 * (told.arrived_at - answer.pressed_at))
    assert session.finish() == 0
    took.sort()
    print(f"{route}: key → model request, {ROUNDS} rounds: p50 {percentile(took, 0.5):.0f} ms, ", end="")
    print(f"p95 {percentile(took, 0.95):.0f} ms, most {took[-1]:.0f} ms")
