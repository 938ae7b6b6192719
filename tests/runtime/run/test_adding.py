"""Tracks that are added while a run is under way: refused where they cannot start, and never before their wave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.commands import Stop
from orchestrator_tui.core.model import GateState, TrackState
from orchestrator_tui.core.plan import PlannedTrack
from orchestrator_tui.core.schedule.readiness import conflicting
from orchestrator_tui.runtime.requests_run import take_tracks
from tests.runtime.run.scene import WORKFLOW, Scene, track

S = TrackState
BARRIER = replace(WORKFLOW, waves="barrier")


def add(scene: Scene, *tracks: PlannedTrack) -> str:
    """Add tracks as a request asks for it; what became of it."""
    drafts, outcome = take_tracks(scene.ledger.batch, {"tracks": [to_data(one) for one in tracks]}, "ann")
    scene.ledger.must(*drafts)
    return outcome


def test_a_track_that_waits_for_nobody_known_is_refused() -> None:
    scene = Scene(track("a"))
    assert add(scene, track("b", depends_on=("z",))) == "refused: b depends on z, which is not there"
    assert list(scene.states()) == ["a"]


def test_tracks_that_wait_for_each_other_are_refused() -> None:
    scene = Scene(track("a"))
    assert add(scene, track("b", depends_on=("c",)), track("c", depends_on=("b",))) == (
        "refused: b and c wait for each other"
    )
    assert add(scene, track("b", depends_on=("b",))) == "refused: b waits for itself"


def test_a_track_is_added_behind_what_it_depends_on() -> None:
    """[002-117]"""
    workflow = BARRIER
    scene = Scene(
        track("a"),
        track("b", depends_on=("a",)),
        workflow=workflow,
        files={"c.txt": "c\n"},
        checked={"waves": [{"wave": 1, "tracks": ["a"]}, {"wave": 2, "tracks": ["b"]}]},
    )
    scene.world.settle()
    assert add(scene, track("c", depends_on=("b",))) == "done"
    assert scene.track("c").wave == 3
    scene.play()
    assert scene.states() == dict.fromkeys("abc", S.MERGED)


def test_what_was_asked_about_publishing_is_asked_again_when_tracks_were_added() -> None:
    scene = Scene(track("a"), files={"b.txt": "b\n"})
    scene.play()
    before = scene.gate("publish")
    assert add(scene, track("b")) == "done"
    assert scene.ledger.gate(before.id).state is GateState.WITHDRAWN
    scene.play()
    after = scene.gate("publish")
    assert (after.id, after.revision) == (before.id, 2)
    assert after.question.subject["head"] != before.question.subject["head"]


def test_an_approval_to_publish_is_of_one_tip_alone() -> None:
    scene = Scene(track("a"), files={"b.txt": "b\n"})
    scene.play()
    scene.answer_gate(scene.gate("publish"), "approve", deliver=False)
    assert add(scene, track("b")) == "done"
    scene.deliver()
    scene.play()
    assert "publish" not in scene.git.calls
    assert scene.gate("publish").revision == 2


def test_nothing_is_added_to_a_batch_that_is_stopped() -> None:
    scene = Scene(track("a"))
    scene.world.settle()
    assert scene.carry_out(Stop("list-1", reason="enough")) is None
    assert add(scene, track("b")) == "refused: the batch is being stopped"


def test_what_is_kept_apart_stays_so_when_a_check_knew_nothing_of_it() -> None:
    """[002-117] A wave that ended while a person's tracks were being checked has made tracks of its own."""
    pairs = [
        {"a": a, "b": b, "consequence": consequence}
        for a, b, consequence in (("a", "b", "serialise"), ("b", "c", "serialise"), ("a", "c", "order"))
    ]
    scene = Scene(*(track(one) for one in "abc"), checked={"matrix": pairs})
    payload = {"tracks": [to_data(track("d"))], "checked": {"matrix": [{**pairs[0], "a": "b", "b": "a"}]}}
    drafts, _ = take_tracks(scene.ledger.batch, payload, "ann")
    scene.ledger.must(*drafts)
    assert [(one["a"], one["b"]) for one in scene.run.checked["matrix"]] == [("b", "a"), ("b", "c")]


@pytest.mark.parametrize("consequence", ["append-only", "order", "deploy queue"])
def test_what_is_kept_apart_stays_so_when_a_check_would_do_with_less(consequence: str) -> None:
    """[002-117] By its rules one of them should only append; but it works already, and was never told."""
    pair = {"a": "a", "b": "b", "consequence": "serialise"}
    scene = Scene(track("a", "x.txt", priority=2), track("b", "x.txt"), checked={"matrix": [pair]})
    payload = {"tracks": [to_data(track("c"))], "checked": {"matrix": [{**pair, "consequence": consequence}]}}
    drafts, _ = take_tracks(scene.ledger.batch, payload, "ann")
    scene.ledger.must(*drafts)
    assert conflicting(scene.ledger.batch, scene.track("b"), (scene.track("a"),)) == "a"
    assert [one["consequence"] for one in scene.run.checked["matrix"]] == ["serialise"]
