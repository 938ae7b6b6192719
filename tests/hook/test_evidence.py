"""Whose answer let a sub-agent's call run, by the hook after it: for transcripts that do not tell (DESIGN §4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.model import Gate, GateState
from tests.hook.call_scene import SESSION, CallScene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[CallScene]:
    made = CallScene(tmp_path)
    yield made
    made.close()


CHILD: dict[str, Any] = {"agent_id": "a7", "agent_type": "reviewer"}
LONG_MS = 3_600_000
"""Longer than any hook of a test: a tool that took as long began before all of them."""


def printed_to_child(scene: CallScene, answer: str, tool_input: dict[str, Any], text: str = "") -> Gate:
    """A permission of a sub-agent that our hook has answered."""
    hook = scene.hook("Bash", tool_input, **CHILD)
    (gate,) = scene.asked()
    scene.decide(gate, answer, text=text)
    assert hook.ended() is not None
    return scene.gate(gate.id)


@pytest.mark.parametrize("event", ["PostToolUse", "PostToolUseFailure"])
@pytest.mark.parametrize("held", [False, True], ids=["nobody looks", "a cockpit looks"])
def test_a_tool_that_began_after_our_answer_was_let_run_by_it(scene: CallScene, event: str, held: bool) -> None:
    gate = printed_to_child(scene, "allow", {"command": "make"})
    assert scene.has_mail(), "or the hook after the call would not run"
    if held:
        assert not isinstance(scene.journal.take_lease(scene.batch, "test", scene.clock.now()), str)
    scene.hook("Bash", {"command": "true"}, "PostToolUse", **CHILD).ended()
    assert scene.gate(gate.id).state is GateState.DELIVERED, "another call says nothing of it"
    assert scene.has_mail(), "it is still to be looked for"
    scene.hook("Bash", {"command": "make"}, event, duration_ms=0, **CHILD).ended()
    assert "began" in scene.until(gate, GateState.ACKNOWLEDGED).steps[-1].evidence
    assert not scene.has_mail()


@pytest.mark.parametrize("event", ["PostToolUse", "PostToolUseFailure"])
def test_a_tool_that_began_before_our_answer_was_let_run_at_the_terminal(scene: CallScene, event: str) -> None:
    """It ran for long; we printed meanwhile, and nobody read it."""
    gate = printed_to_child(scene, "allow", {"command": "make"})
    scene.hook("Bash", {"command": "make"}, event, duration_ms=LONG_MS, **CHILD).ended()
    assert scene.until(gate, GateState.ANSWERED_ELSEWHERE).closed_why == "its call ran before our answer was printed"


@pytest.mark.parametrize("took", [{}, {"duration_ms": "1"}, {"duration_ms": -1}])
def test_where_nothing_tells_when_it_began_our_answer_stays_delivered(scene: CallScene, took: dict[str, Any]) -> None:
    gate = printed_to_child(scene, "allow", {"command": "make"})
    scene.hook("Bash", {"command": "make"}, "PostToolUse", **took, **CHILD).ended()
    assert scene.gate(gate.id).state is GateState.DELIVERED


def test_a_command_that_ran_as_it_was_changed_here_was_let_run_here(scene: CallScene) -> None:
    gate = printed_to_child(scene, "edit", {"command": "make", "description": "d"}, "make -n")
    scene.hook("Bash", {"command": "make -k", "description": "d"}, "PostToolUse", duration_ms=0, **CHILD).ended()
    assert scene.gate(gate.id).state is GateState.DELIVERED
    scene.hook("Bash", {"command": "make -n", "description": "d"}, "PostToolUse", duration_ms=0, **CHILD).ended()
    assert scene.until(gate, GateState.ACKNOWLEDGED).steps[-1].evidence == "its Bash ran as it was changed here"


def test_where_the_transcript_will_tell_the_clock_decides_nothing(scene: CallScene) -> None:
    path = scene.transcript.parent / SESSION / "subagents" / "agent-a7.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"type":"user","version":"2.1.100"}\n{"type":"user","version":"2.1.328"}\n')
    gate = printed_to_child(scene, "allow", {"command": "make"})
    scene.hook("Bash", {"command": "make"}, "PostToolUse", duration_ms=0, **CHILD).ended()
    assert scene.gate(gate.id).state is GateState.DELIVERED
