"""The hook that hears of a stage leaves word of it: the next update may overwrite it before anybody looks."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.facts import StageSaid
from orchestrator_tui.core.stage_said import STAGE_SAID, read_payload
from tests.hook.scene import CHILD, Scene


def said(scene: Scene) -> list[tuple[int | None, str | None]]:
    """What was left for the holder: stage and status of each update."""
    found = [read_payload(one) for one in scene.requests(STAGE_SAID)]
    assert all(one.source == "task:1" and one.wall_ms > 0 for one in found)
    return [(one.stage, one.status) for one in found]


@pytest.fixture
def known(scene: Scene) -> Scene:
    """A scene whose batch is open, with one task."""
    scene.open_batch()
    scene.write()
    return scene


def test_every_update_of_a_stage_is_left_in_its_order(known: Scene) -> None:
    for stage, status in ((1, "in_progress"), (1, "completed"), (2, "in_progress")):
        assert known.answer(known.updates(agent=CHILD, stage=stage, stageStatus=status)) is None
    assert said(known) == [(1, "in_progress"), (1, "completed"), (2, "in_progress")]


def test_what_is_left_is_what_the_task_says_then(known: Scene) -> None:
    """Metadata is merged: an update of the status alone is one of its stage."""
    known.answer(known.updates(stage=3, stageName="Counsel", stageStatus="in_progress"))
    known.answer(known.updates(stageStatus="completed", skippedStages=[2]))
    one = read_payload(known.requests(STAGE_SAID)[-1])
    assert one == StageSaid("task:1", 3, "completed", "Counsel", (2,), one.wall_ms)
    assert one.wall_ms == (known.tasks / "1.json").stat().st_mtime_ns // 1_000_000


@pytest.mark.parametrize("update", [{"progress": "at it"}, {"status": "in_progress"}, {"needsDecision": False}])
def test_an_update_without_a_stage_leaves_nothing(known: Scene, update: dict[str, Any]) -> None:
    known.answer(known.updates(stage=1))
    known.answer(known.updates(**update))
    assert len(said(known)) == 1


def test_an_update_that_was_refused_leaves_nothing(known: Scene) -> None:
    call = known.updates(stage=1)
    call["tool_response"]["success"] = False
    known.answer(call)
    assert said(known) == []


def test_a_batch_that_nobody_has_opened_gets_nothing(scene: Scene) -> None:
    scene.write()
    scene.answer(scene.updates(stage=1))
    assert scene.journal.batches() == ()


def test_a_question_is_asked_all_the_same(known: Scene) -> None:
    known.asks()
    assert said(known) == [(3, "gate_blocked")]
