"""More tracks at once than the workflow's own: asked first, with the reason, and only of tracks that are apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.schedule.readiness import cap
from orchestrator_tui.core.workflow import Workflow
from tests.runtime.run.scene import WORKFLOW, Scene, track


def fleet(concurrency: int = 4, alone: int = 2) -> Workflow:
    return replace(WORKFLOW, concurrency=concurrency, fleet=alone)


def begun(scene: Scene) -> list[str]:
    """The tracks whose agents have been started."""
    return [one.split("-")[1] for one in scene.world.jobs.started]


def test_more_at_once_is_asked_with_the_reason_and_not_done_before_the_answer() -> None:
    """[000-017] [000-018] [000-019] [000-020] [000-021] [000-036]"""
    scene = Scene(*(track(slug) for slug in "abcde"), workflow=fleet())
    scene.world.settle()
    assert begun(scene) == ["a", "b"]
    gate = scene.gate("fleet")
    assert gate.question.recommendation == "stay"
    assert "c: Letter c" in gate.question.context
    assert "more than 2 at once" in gate.question.question
    scene.answer("fleet", "widen", "they are far apart")
    scene.world.settle()
    assert begun(scene) == ["a", "b", "c", "d"]
    scene.play()
    assert set(scene.states().values()) == {TrackState.MERGED}


def test_who_says_no_is_not_asked_again() -> None:
    """[000-018] [000-021]"""
    scene = Scene(*(track(slug) for slug in "abcd"), workflow=fleet())
    scene.world.settle()
    scene.answer("fleet", "stay")
    scene.play()
    assert cap(scene.ledger.batch) == 2
    assert [one.question.kind for one in scene.open_gates()] == ["publish"]


@pytest.mark.parametrize(("slugs", "asks"), [("ab", False), ("abc", True)])
def test_only_more_than_two_ready_tracks_are_worth_the_question(slugs: str, asks: bool) -> None:
    """[000-020]"""
    scene = Scene(*(track(slug) for slug in slugs), workflow=fleet())
    scene.world.settle()
    assert bool(scene.open_gates()) is asks


def test_tracks_that_wait_for_something_else_are_no_reason_to_ask() -> None:
    """[000-020] [000-036]"""
    pairs: dict[str, object] = {"matrix": [{"a": "a", "b": "c", "consequence": "serialise"}]}
    scene = Scene(track("a"), track("b"), track("c"), track("d", depends_on=("a",)), workflow=fleet(), checked=pairs)
    scene.world.settle()
    assert scene.open_gates() == []


def test_a_question_that_is_moot_is_taken_down() -> None:
    scene = Scene(*(track(slug) for slug in "abc"), workflow=fleet())
    scene.play()
    assert set(scene.states().values()) == {TrackState.MERGED}
    assert [one.question.kind for one in scene.open_gates()] == ["publish"]


def test_a_plan_that_wants_no_more_is_not_asked() -> None:
    """[000-018] [000-035]"""
    scene = Scene(*(track(slug) for slug in "abc"), workflow=fleet(concurrency=2))
    scene.world.settle()
    assert (begun(scene), scene.open_gates()) == (["a", "b"], [])
