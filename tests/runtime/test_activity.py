"""What agents are just doing is shown at once and journalled at most once in ten seconds a track (DESIGN §3)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.model import Liveness
from orchestrator_tui.runtime import activity
from tests.core.builders import asking, fact
from tests.runtime.stage import BATCH, MINUTE, SECOND, Process, Stage

KEY = (BATCH, "alpha")


def doing(progress: str, **fields: Any) -> TaskFact:
    return fact("1", **{"track": "alpha", "stage": 2, "stageStatus": "in_progress", "progress": progress, **fields})


def begun(stage: Stage) -> Process:
    cockpit = stage.start()
    stage.write(doing("reads"))
    cockpit.step()
    return cockpit


def shown(cockpit: Process) -> str:
    live = cockpit.engine.activity.get(KEY)
    return cockpit.track("alpha").progress if live is None else live.text


def test_ten_changes_a_second_are_shown_and_one_is_journalled(stage: Stage) -> None:
    cockpit = begun(stage)
    before = len(stage.events())
    for number in range(100):
        stage.clock.advance(100)
        stage.write(doing(f"step {number}"))
        cockpit.step()
        assert shown(cockpit) == f"step {number}"
    assert len(stage.events()) == before + 1
    assert cockpit.batch == stage.folded()


def test_the_last_of_them_is_journalled_when_ten_seconds_have_passed(stage: Stage) -> None:
    cockpit = begun(stage)
    stage.clock.advance(SECOND)
    stage.write(doing("the last word"))
    cockpit.step()
    written = stage.clock.now()
    assert cockpit.track("alpha").progress == "reads"
    stage.clock.advance(stage.limits.activity_ms - SECOND)
    cockpit.step(look=False)
    assert stage.folded().tracks["alpha"].progress == "the last word"
    assert stage.folded().tracks["alpha"].reported_at == written, "its agent is silent from then, not from now"
    assert KEY not in cockpit.engine.activity


def test_a_stage_a_question_or_an_end_is_journalled_at_once(stage: Stage) -> None:
    cockpit = begun(stage)
    for change in (
        doing("writes", stage=3),
        asking("Which way?", "left", "right", track="alpha", progress="waits"),
        doing("goes on", stage=3, owner="other"),
        doing("done", stage=3, status="completed"),
    ):
        stage.clock.advance(SECOND)
        stage.write(change)
        cockpit.step()
        assert cockpit.track("alpha").progress == change.metadata["progress"]
        assert KEY not in cockpit.engine.activity


def test_an_agent_that_was_asked_and_says_what_it_does_has_replied(stage: Stage) -> None:
    cockpit = begun(stage)
    stage.clock.advance(10 * MINUTE)
    cockpit.step()
    assert cockpit.track("alpha").liveness is Liveness.ASKED
    stage.write(doing("still here"))
    cockpit.step()
    assert cockpit.track("alpha").liveness is Liveness.REPORTING
    assert cockpit.track("alpha").progress == "still here"


def test_an_agent_that_only_says_what_it_does_is_not_silent(stage: Stage) -> None:
    cockpit = begun(stage)
    for minute in range(30):
        stage.clock.advance(MINUTE)
        stage.write(doing(f"minute {minute}"))
        cockpit.step()
    assert "agent_asked" not in stage.kinds()


def test_what_was_not_journalled_yet_is_by_the_next_holder(stage: Stage) -> None:
    cockpit = begun(stage)
    stage.clock.advance(SECOND)
    stage.write(doing("the last word"))
    cockpit.step()
    cockpit.die()
    after = stage.start()
    after.step()
    assert after.track("alpha").progress == "the last word"


def test_what_is_held_back_is_read_once_and_not_at_every_step(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    cockpit = begun(stage)
    stage.clock.advance(SECOND)
    stage.write(doing("writes"))
    cockpit.step()
    read: list[TaskFact] = []
    monkeypatch.setattr(activity, "read_metadata", read.append)
    for _ in range(3):
        stage.clock.advance(SECOND)
        cockpit.step(look=False)
    assert read == []
    assert shown(cockpit) == "writes"
