"""No later stage and no completion while a gate is open; with the answer there it goes along (DESIGN §4.2)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.model import GateState
from tests.hook.scene import CHILD, GATE, QUESTION, Scene


def refusal(scene: Scene, call: dict[str, Any]) -> str:
    """Why the update was refused, or ""."""
    output = scene.answer(call)
    said = {} if output is None else output["hookSpecificOutput"]
    assert said.get("permissionDecision") in (None, "deny")
    return str(said.get("permissionDecisionReason", ""))


def completes(scene: Scene, task: str = "1", agent: str = "") -> str:
    """What a TaskCompleted hook says against it, or ""."""
    process = scene.process(scene.call("TaskCompleted", agent, task_id=task))
    out, errors = process.communicate(timeout=30)
    assert out == b""
    assert process.returncode == (2 if errors else 0)
    return errors.decode()


@pytest.mark.parametrize("agent", ["", CHILD], ids=["its asker", "another agent"])
@pytest.mark.parametrize(
    "update",
    [
        {"stage": 4},
        {"stage": 4, "stageStatus": "in_progress", "needsDecision": False},
        {"status": "completed"},
    ],
    ids=["a later stage", "a later stage, taking the question down", "completion"],
)
def test_an_open_gate_bars(scene: Scene, update: dict[str, Any], agent: str) -> None:
    scene.asks()
    words = refusal(scene, scene.would_update(agent=agent, **update))
    assert f"{GATE} r1 of stage 3 is open: Which cache?" in words
    assert scene.kinds() == ["gate_opened"]


@pytest.mark.parametrize(
    "update",
    [
        {"progress": "tests green"},
        {"stage": 3, "stageStatus": "completed"},
        {"needsDecision": False},
        {"stage": 2},
        QUESTION,
    ],
    ids=["progress", "its own stage", "taking it down", "an earlier stage", "asking again"],
)
def test_everything_else_goes_on(scene: Scene, update: dict[str, Any]) -> None:
    scene.asks()
    assert scene.answer(scene.would_update(**update)) is None


def test_a_later_stage_by_subject_is_one_too(scene: Scene) -> None:
    scene.write("1", subject="[WF-1] alpha (prd-to-pr) — Stage 3/8: Build")
    scene.answer(scene.updates(**{key: value for key, value in QUESTION.items() if key != "stage"}))
    update = {"taskId": "1", "subject": "[WF-1] alpha (prd-to-pr) — Stage 4/8: Review"}
    assert "is open" in refusal(scene, scene.call("PreToolUse.TaskUpdate", tool_input=update))


def test_other_tasks_go_on(scene: Scene) -> None:
    scene.asks()
    scene.write("2", stage=3)
    assert scene.answer(scene.would_update("2", status="completed")) is None
    assert completes(scene, "2") == ""


def test_what_the_file_does_not_ask_any_more_does_not_bar(scene: Scene) -> None:
    """Whoever watches has not seen yet that the question was taken down."""
    scene.asks()
    scene.write("1", stage=3)
    assert scene.answer(scene.would_update(stage=4)) is None
    assert completes(scene) == ""


def test_the_answer_goes_along_with_the_update_that_waited_for_it(scene: Scene) -> None:
    scene.asks()
    decision = scene.decide("fix", reason="leaks")
    output = scene.answer(scene.would_update(stage=4))
    assert output is not None
    said = output["hookSpecificOutput"]
    assert decision in said["additionalContext"]
    assert "permissionDecision" not in said, "it runs as it would have run"
    assert scene.gate().state is GateState.DELIVERED
    assert scene.answer(scene.would_update(stage=4)) is None, "nothing twice"


def test_an_answer_that_can_be_taken_back_bars_still(scene: Scene) -> None:
    scene.asks()
    scene.decide(undo_ms=5_000)
    assert "can still be taken back" in refusal(scene, scene.would_update(stage=4))
    assert scene.gate().state is GateState.DECIDED


def test_an_answer_that_somebody_is_taking_bars_nothing(scene: Scene) -> None:
    scene.asks()
    decision = scene.decide()
    scene.change("delivery_claimed", decision=decision, route="mcp", claimant="somewhere else")
    assert scene.answer(scene.would_update(stage=4)) is None


def test_completion_is_refused_as_a_second_lock(scene: Scene) -> None:
    scene.asks()
    words = completes(scene)
    assert f"{GATE} r1 of stage 3 is open" in words
    assert "Traceback" not in words
    scene.decide()
    assert completes(scene) == ""


def test_completing_what_is_not_there_is_not_our_matter(scene: Scene) -> None:
    assert completes(scene, "99") == ""
