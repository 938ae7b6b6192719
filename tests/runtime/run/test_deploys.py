"""Deploys: once each, one track at a time in an environment, of the tip that was approved, stopped by a failure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.commands import Pause, Resume, Stop
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Gate, GateState, TrackState
from orchestrator_tui.core.plan import Environment
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.schedule.rules import run_of
from orchestrator_tui.core.workflow import DEPLOY, StageWork
from orchestrator_tui.runtime.run_world import JobOrder, JobSeen
from tests.runtime.run.scene import WORKFLOW, Scene, track

S = TrackState
PUT = 2
DEPLOYING = replace(
    WORKFLOW,
    ladder=Ladder("letters", "Letters", "feature", (StageRule(1, "Write"), StageRule(PUT, "Deploy"))),
    works=(WORKFLOW.works[0], StageWork(runs=DEPLOY, after_merge=True)),
)
LIVE = Environment("live", "put", "see", "staging")


def deploying(*slugs: str, places: tuple[Environment, ...] = (LIVE,)) -> Scene:
    """Tracks that are deployed to every place, in this order."""
    names = tuple(one.name for one in places)
    return Scene(*(track(one, deploy=names) for one in slugs), workflow=DEPLOYING, environments=places)


def approve(scene: Scene, slug: str) -> None:
    scene.answer_gate(scene.gate_of(slug), "approve")


def started(scene: Scene, prefix: str) -> list[str]:
    return [one.split("-")[1] for one in scene.world.jobs.started if one.startswith(prefix)]


def test_a_deploy_and_its_health_check_are_made_once() -> None:
    scene = deploying("a")
    scene.play()
    scene.answer("deploy_staging", "approve")
    for _ in range(5):
        scene.world.settle()
    assert started(scene, "d-") == ["a"]
    scene.play()
    assert (started(scene, "d-"), started(scene, "h-")) == (["a"], ["a"])
    assert scene.states() == {"a": S.MERGED}


def test_an_environment_takes_one_track_after_the_other_with_its_health() -> None:
    """[002-100] [002-34]"""
    scene = deploying("a", "b")
    scene.play()
    approve(scene, "b")
    approve(scene, "a")
    seen: list[list[str]] = []
    for _ in range(20):
        scene.world.settle()
        running = scene.world.jobs.running()
        seen.append(running)
        assert len(running) <= 1
        if running:
            scene.world.jobs.let(running[0])
    assert [one.split("-")[0] + one.split("-")[1] for one in scene.world.jobs.started if one[0] in "dh"] == [
        "da",
        "ha",
        "db",
        "hb",
    ]
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}


def test_a_failing_deploy_stops_the_queue_of_its_environment_until_it_is_decided() -> None:
    """[002-101]"""
    scene = deploying("a", "b")
    scene.world.checks["see"] = lambda cwd: 1
    scene.play()
    approve(scene, "a")
    approve(scene, "b")
    scene.play()
    assert started(scene, "d-") == ["a"]
    scene.world.checks.clear()
    scene.answer("deploy_failure", "leave")
    scene.play()
    assert started(scene, "d-") == ["a", "b"]
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}


def test_a_deploy_that_is_made_again_is_looked_at_again() -> None:
    scene = deploying("a")
    scene.world.checks["put"] = lambda cwd: 1
    scene.play()
    approve(scene, "a")
    scene.play()
    scene.world.checks.clear()
    scene.answer("deploy_failure", "again")
    scene.play()
    assert started(scene, "d-") == ["a", "a"]
    assert scene.states() == {"a": S.MERGED}


def approved_first() -> tuple[Scene, Gate]:
    """The first of two tracks is approved, and the answer has led to nothing yet; its gate."""
    scene = deploying("a", "b")
    scene.world.settle()
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    first = scene.gate_of("a")
    scene.answer_gate(first, "approve", deliver=False)
    return scene, first


def test_an_approval_is_not_used_for_another_tip() -> None:
    scene, first = approved_first()
    tip = run_of(scene.ledger.batch).integration_sha
    scene.ledger.must(Draft("base_brought", {"sha": "1" * 40, "from_sha": tip, "to_sha": "2" * 40}))
    scene.deliver()
    scene.world.settle()
    again = scene.gate_of("a")
    assert (again.id, again.revision) == (first.id, 2)
    assert again.question.subject["tip"] != first.question.subject["tip"]
    assert started(scene, "d-") == []


def test_nothing_is_merged_between_an_answer_and_its_deploy_so_that_it_is_asked_once() -> None:
    scene, first = approved_first()
    scene.play()
    assert scene.states()["b"] is S.APPROVED
    scene.deliver()
    scene.play()
    assert started(scene, "d-") == ["a"]
    assert scene.ledger.gate(first.id).revision == 1
    assert scene.ledger.batch.merged == ("a", "b")


def test_a_deploy_that_could_not_be_begun_holds_up_no_merge_while_its_question_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = deploying("a", "b")
    scene.world.settle()
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()

    def fails(identifier: str, order: JobOrder) -> JobSeen:
        raise OSError("no process can be started")

    with monkeypatch.context() as broken:
        broken.setattr(scene.world.jobs, "start", fails)
        approve(scene, "a")
        scene.world.settle()
    assert scene.gate("worktree").track == "a"
    scene.play()
    assert scene.ledger.batch.merged == ("a", "b")


def test_a_question_that_waits_is_asked_anew_when_the_tip_has_moved() -> None:
    scene = deploying("a", "b")
    scene.world.settle()
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    before = scene.gate_of("a")
    scene.play()
    assert scene.gate_of("a").revision == before.revision + 1


def test_nothing_is_merged_into_the_tree_that_is_being_deployed() -> None:
    scene = deploying("a", "b")
    scene.world.settle()
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    approve(scene, "a")
    scene.world.settle()
    assert scene.world.jobs.running() == ["a-b-1-1-1", *[one for one in scene.world.jobs.started if one[0] == "d"]]
    scene.world.jobs.let("a-b-1-1-1")
    scene.world.settle()
    assert scene.states()["b"] is S.APPROVED
    scene.play()
    assert "b" in scene.ledger.batch.merged


def test_tracks_keep_their_place_in_the_order_of_merging_while_they_are_deployed() -> None:
    scene = deploying("a", "b")
    scene.play()
    assert scene.ledger.batch.merged == ("a", "b")
    approve(scene, "b")
    scene.play()
    assert scene.ledger.batch.merged == ("a", "b")


def test_a_paused_batch_deploys_nothing() -> None:
    scene = deploying("a")
    scene.play()
    assert scene.carry_out(Pause("list-1")) is None
    approve(scene, "a")
    scene.play()
    assert started(scene, "d-") == []
    assert scene.carry_out(Resume("list-1")) is None
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def lost_deploy() -> Scene:
    scene = deploying("a")
    scene.play()
    approve(scene, "a")
    scene.world.settle()
    scene.world.jobs.jobs[scene.world.jobs.running()[0]].status = "lost"
    scene.world.settle()
    return scene


def test_a_deploy_of_which_nobody_knows_is_asked_about_and_done_again_only_by_a_person() -> None:
    for option, deploys in (("again", 2), ("done", 1)):
        scene = lost_deploy()
        scene.answer("unknown_effect", option)
        scene.play()
        assert len(started(scene, "d-")) == deploys
        assert scene.states() == {"a": S.MERGED}


def test_a_track_that_is_given_up_leaves_no_effect_behind() -> None:
    scene = lost_deploy()
    scene.answer("unknown_effect", "abandon", "enough")
    scene.play()
    assert scene.ledger.batch.run is not None
    assert scene.ledger.batch.run.effects == {}
    assert scene.ledger.batch.run.phase == "awaiting_user"


def test_a_batch_stops_although_nobody_knows_of_a_deploy() -> None:
    scene = lost_deploy()
    assert scene.carry_out(Stop("list-1", reason="enough")) is None
    scene.play()
    assert scene.ledger.batch.ended_at is not None
    assert not [one for one in scene.ledger.batch.gates.values() if one.state is GateState.OPEN]
