"""A task's question becomes a gate at the hook of the call that wrote it, with its asker, and once (DESIGN §4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.agents import address
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.metadata import read_metadata
from orchestrator_tui.core.model import GateState
from tests.hook.scene import CHILD, GATE, QUESTION, SESSION, Scene


def test_a_question_opens_a_gate_that_knows_its_asker_and_its_ways(scene: Scene) -> None:
    gate = scene.asks(track="alpha", workflow="prd-to-pr")
    assert (gate.id, gate.state, gate.asker) == (GATE, GateState.OPEN, SESSION)
    assert gate.routes == ("hook", "task_file")
    assert (gate.track, gate.source, gate.question.stage) == ("alpha", "task:1", 3)
    assert [option.key for option in gate.question.options] == ["ship", "fix"]
    assert scene.kinds() == ["gate_opened"]


def test_a_long_name_is_that_of_the_track_as_who_watches_knows_it(scene: Scene) -> None:
    slug = "-".join(["rebuild-the-cache-of-answers"] * 2)
    watched = read_metadata(TaskFact("task:1", "1", "Build", "", "in_progress", {"track": slug}, 0)).slug
    assert scene.asks(track=slug).track == watched == slug


def test_a_sub_agent_asks_under_its_own_address(scene: Scene) -> None:
    assert scene.asks(agent=CHILD).asker == address(SESSION, CHILD)


def test_a_task_may_ask_as_soon_as_it_is_made(scene: Scene) -> None:
    scene.write("7", **QUESTION)
    made = {"subject": "Build the cache", "description": "", "metadata": QUESTION}
    response = {"task": {"id": "7", "subject": "Build the cache", "description": ""}}
    scene.answer(scene.call("PostToolUse.TaskCreate", tool_input=made, tool_response=response))
    assert scene.gate("task-7-stage-3").asker == SESSION


def test_the_same_question_again_is_the_same_gate(scene: Scene) -> None:
    for _ in range(3):
        scene.asks()
    assert scene.kinds() == ["gate_opened"]


def test_a_changed_question_is_a_new_revision(scene: Scene) -> None:
    scene.asks()
    assert scene.asks(decisionContext="Which cache, then?").revision == 2


def test_who_watches_may_have_opened_it_first(scene: Scene) -> None:
    """The watcher sees the file before the hook runs: it learns from the hook who asks and by which way."""
    scene.asks()
    opened = scene.events()[-1].payload
    scene.change("gate_withdrawn", why="for this test")
    again = {**opened, "revision": 2, "routes": ["task_file"]}
    del again["asker"], again["gate"]
    scene.change("gate_opened", **again)
    gate = scene.asks(agent=CHILD)
    assert (gate.revision, gate.routes, gate.asker) == (2, ("task_file", "hook"), address(SESSION, CHILD))


def test_an_update_by_somebody_else_does_not_take_the_answer_from_who_asked(scene: Scene) -> None:
    scene.asks(agent=CHILD)
    scene.answer(scene.updates(progress="still at it", stage=3))
    assert scene.gate().asker == address(SESSION, CHILD)
    scene.answer(scene.updates(**QUESTION))
    assert scene.gate().asker == SESSION, "who asked last is who gets the answer"


def test_a_question_that_is_carried_into_a_later_stage_is_no_new_one(scene: Scene) -> None:
    scene.asks()
    scene.answer(scene.updates(stage=4, stageStatus="in_progress"))
    assert scene.kinds() == ["gate_opened"]


def test_a_question_that_is_taken_down_is_withdrawn_though_nobody_watches(scene: Scene) -> None:
    scene.asks()
    scene.answer(scene.updates(needsDecision=False))
    assert scene.gate().state is GateState.WITHDRAWN


def test_taking_it_down_after_the_answer_came_acknowledges_it(scene: Scene) -> None:
    scene.asks()
    decision = scene.decide()
    assert decision in scene.told(scene.call("PostToolUse"))
    scene.answer(scene.updates(needsDecision=False, stageStatus="in_progress"))
    gate = scene.gate()
    assert (gate.state, gate.cleared) == (GateState.ACKNOWLEDGED, True)
    assert gate.steps[-1].route == "hook"


def test_an_answered_question_asked_anew_is_a_new_revision(scene: Scene) -> None:
    scene.asks()
    scene.decide()
    scene.told(scene.call("PostToolUse"))
    scene.answer(scene.updates(needsDecision=False))
    assert scene.asks().revision == 2


def test_the_track_is_called_as_its_batch_calls_it(scene: Scene) -> None:
    added = {"track": "alpha-2", "title": "alpha", "kind": "feature", "source": "task:1"}
    scene.hold_batch()(Draft("track_added", added))
    assert scene.asks(track="alpha").track == "alpha-2"


@pytest.mark.parametrize(
    "change",
    [
        {"tool_response": {"success": False, "taskId": "1", "updatedFields": [], "error": "refused"}},
        {"tool_response": "Task not found"},
        {"tool_input": {"taskId": "../1", "metadata": QUESTION}},
        {"tool_input": {"taskId": 1, "metadata": QUESTION}},
        {"tool_input": {"taskId": "2", "metadata": QUESTION}},
        {"tool_input": None},
    ],
    ids=["refused", "no object", "a path", "a number", "not there", "no input"],
)
def test_a_call_that_wrote_no_task_opens_nothing(scene: Scene, change: dict[str, Any]) -> None:
    scene.write("1", **QUESTION)
    assert scene.answer({**scene.call("PostToolUse.TaskUpdate"), **change}) is None
    assert scene.journal.batches() == ()


def test_progress_alone_makes_no_batch(scene: Scene) -> None:
    scene.write("1", stage=3)
    for metadata in ({"progress": "tests green"}, {"stage": 4, "stageStatus": "in_progress"}):
        assert scene.answer(scene.updates(**metadata)) is None
    assert scene.journal.batches() == ()


def test_a_file_that_cannot_be_read_is_left_to_whoever_watches(scene: Scene) -> None:
    scene.write("1")
    call = scene.updates(**QUESTION)
    (scene.tasks / "1.json").write_text('{"id": "1", "subj')
    assert scene.answer(call) is None
    assert scene.journal.batches() == ()
