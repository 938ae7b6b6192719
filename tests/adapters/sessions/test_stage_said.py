"""What updates of tasks said of their stages, as transcripts show them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.sessions.homes import answer, result
from tests.adapters.sessions.test_transcript import fed


def updated(identifier: str, update: dict[str, Any], seconds: int, **more: Any) -> list[dict[str, Any]]:
    return [
        answer(seconds, (identifier, "TaskUpdate", {"taskId": "7", **update})),
        {**result(seconds + 1, identifier), **more},
    ]


def test_what_updates_of_tasks_said_of_their_stages() -> None:
    transcript = fed(
        *updated("toolu_1", {"metadata": {"stage": 2, "stageStatus": "in_progress", "stageName": "Plan"}}, 1),
        *updated("toolu_2", {"metadata": {"stageStatus": "completed"}}, 3),
        *updated("toolu_3", {"subject": "[WF-7] login (ladder) — Stage 3/8: Counsel"}, 5),
        *updated("toolu_4", {"status": "completed"}, 7),
    )
    said = transcript.take_said()
    assert [(one.source, one.stage, one.status, one.stage_name) for one in said] == [
        ("task:7", 2, "in_progress", "Plan"),
        ("task:7", None, "completed", ""),
        ("task:7", 3, None, "Counsel"),
    ]
    ended = [call.wall_ms for call in transcript.take_ended()]
    assert [one.wall_ms for one in said] == ended[:3]
    assert transcript.take_said() == ()


def test_an_update_that_was_not_carried_out_said_nothing() -> None:
    stage = {"metadata": {"stage": 2}}
    refused = updated("toolu_1", stage, 1, toolUseResult={"success": False, "taskId": "7", "updatedFields": []})
    failed = answer(5, ("toolu_2", "TaskUpdate", {"taskId": "7", **stage})), result(6, "toolu_2", failed=True)
    in_flight = answer(8, ("toolu_3", "TaskUpdate", {"taskId": "7", **stage}))
    assert fed(*refused, *failed, in_flight).take_said() == ()


@pytest.mark.parametrize("update", [{}, {"metadata": 7}, {"metadata": {"stage": []}}, {"subject": 7}])
def test_an_update_of_no_known_shape_says_nothing(update: dict[str, Any]) -> None:
    assert fed(*updated("toolu_1", update, 1)).take_said() == ()
