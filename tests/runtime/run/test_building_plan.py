"""What comes before a build: earlier work, exploration from several angles, the plan and its refinement (seed 001)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import StageStatus, TrackState
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.workflow import Angle, StageWork
from tests.runtime.run.build_scene import BUILD, build, building, chunk
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import WRITE, Scene

S = TrackState

PLANNING = replace(
    BUILD,
    batch_ladder=Ladder(
        "letters", "Letters", "batch", (StageRule(1, "Explore"), StageRule(2, "Plan"), StageRule(3, "Go"))
    ),
    batch_works=(
        StageWork(
            role="scout",
            prompt="look",
            commits=False,
            angles=(Angle("locate", "locate it"), Angle("adjacent", "map it", "sonnet"), Angle("tests", "find them")),
            artefacts=("locate.md", "adjacent.md", "tests.md"),
        ),
        StageWork(role="planner", prompt="plan", commits=False, artefacts=("plan.md",)),
        StageWork(
            role="planner",
            prompt="go",
            commits=False,
            gate="refine",
            back_to=2,
            skip_by="nobody",
            gate_words={"approve": "Approve, proceed", "back": "More refinement needed", "abandon": "Stop here"},
        ),
    ),
    roles={**BUILD.roles, "scout": "haiku", "planner": "sonnet"},
)


def planning() -> Scene:
    scene = building(chunk("c1"), workflow=PLANNING)

    def look(agent: Agent) -> tuple[int, str]:
        agent.write(f"{agent.attempt.part}.md", "found", commit=False)
        return 0, "found"

    def plan(agent: Agent) -> tuple[int, str]:
        agent.write("plan.md", "plan", commit=False)
        return 0, "two files change; open is the name of the flag"

    scene.world.acts |= {"batch/1": look, "batch/2": plan, "batch/3": lambda agent: (0, "divided")}
    return scene


def test_angles_are_explored_at_once_each_with_its_own_prompt_and_tier() -> None:
    """[001-24] [001-26] [001-28] [001-29] [001-30]"""
    scene = planning()
    scene.world.settle()
    assert scene.world.jobs.running() == ["a-batch-1-1-1-locate", "a-batch-1-1-1-adjacent", "a-batch-1-1-1-tests"]
    told = {one.part: one for one in scene.world.attempts.values()}
    assert {key: one.model for key, one in told.items()} == {
        "locate": "m-haiku",
        "adjacent": "m-sonnet",
        "tests": "m-haiku",
    }
    assert "locate it" in told["locate"].prompt
    assert "map it" not in told["locate"].prompt
    scene.play()
    assert scene.gate("refine").track == "batch"
    assert [one.stage for one in scene.track("batch").attempts] == [1, 1, 1, 2]


def test_only_the_angle_that_failed_is_explored_again() -> None:
    scene = planning()
    look = scene.world.acts["batch/1"]

    def failing(agent: Agent) -> tuple[int, str]:
        return (1, "no") if agent.attempt.id == "a-batch-1-1-1-tests" else look(agent)

    scene.world.acts["batch/1"] = failing
    scene.play()
    explored = [one for one in scene.world.jobs.started if one.startswith("a-batch-1-")]
    assert explored == [
        "a-batch-1-1-1-locate",
        "a-batch-1-1-1-adjacent",
        "a-batch-1-1-1-tests",
        "a-batch-1-1-2-tests",
    ]
    assert scene.gate("refine").track == "batch"


def test_a_batch_that_is_stopped_stops_every_angle() -> None:
    scene = planning()
    scene.world.settle()
    scene.ledger.must(Draft("batch_moved", {"to": "stopped"}))
    scene.world.settle()
    assert {one.stopping for one in scene.track("batch").attempts} == {"batch stopped"}


def test_the_plan_is_refined_as_often_as_the_person_wants_and_divided_only_then() -> None:
    """[001-39] [001-40] [001-41] [001-43] [001-44] [001-33]"""
    scene = planning()
    scene.play()
    gate = scene.gate("refine")
    assert [one.label for one in gate.question.options] == ["Approve, proceed", "More refinement needed", "Stop here"]
    assert "two files change; open is the name of the flag" in gate.question.context
    scene.answer("refine", "back", "call the flag --csv")
    scene.play()
    again = scene.world.attempts["a-batch-2-2-1"]
    assert "call the flag --csv" in again.prompt
    assert not scene.track("c1").attempts
    scene.answer("refine", "approve")
    scene.play()
    assert scene.states() == {"c1": S.DONE}


def test_who_stops_at_the_plan_has_built_nothing() -> None:
    """[001-43]"""
    scene = planning()
    scene.play()
    scene.answer("refine", "abandon")
    scene.play()
    assert scene.ledger.batch.state == "stopped"
    assert not scene.track("c1").attempts


def test_what_only_finds_the_tracks_is_left_out_where_they_are_known() -> None:
    works = tuple(replace(one, undivided=True) for one in PLANNING.batch_works)
    scene = building(chunk("c1"), workflow=replace(PLANNING, batch_works=works))
    scene.world.acts[f"c1/{WRITE}"] = build
    scene.play()
    own = scene.track("batch")
    assert not own.attempts
    told = [(one.status, one.detail) for one in own.stages]
    assert told == [(StageStatus.SKIPPED, "the tracks are there already")] * len(works)
    assert scene.states() == {"c1": S.DONE}


# --- earlier work -------------------------------------------------------------------------------------------


def earlier(*tracks: Any, signs: tuple[str, ...] = ("the branch wip-export",)) -> Scene:
    """A run that may go on from its plan, its last stage, or the reviews of its tracks."""
    explore, plan, go = PLANNING.batch_works
    write, review = PLANNING.works
    resumable = replace(
        PLANNING,
        gates=("resume",),
        batch_works=(explore, replace(plan, resumable=True), replace(go, resumable=True)),
        works=(write, replace(review, resumable=True)),
    )
    scene = building(*tracks, workflow=resumable)
    if signs:
        scene.ledger.must(Draft("earlier_work_seen", {"signs": list(signs)}))

    def plan_it(agent: Agent) -> tuple[int, str]:
        agent.write("plan.md", "plan", commit=False)
        return 0, "planned"

    scene.world.acts |= {"batch/2": plan_it, "batch/3": lambda agent: (0, "divided")}
    return scene


def test_earlier_work_is_asked_about_before_anything_is_done() -> None:
    """[001-11] [001-16]"""
    scene = earlier()
    scene.play()
    gate = scene.gate("resume")
    assert [one.label for one in gate.question.options][:2] == ["resume from Plan", "resume from Go"]
    assert gate.question.options[-1].key == "fresh"
    assert "the branch wip-export" in gate.question.context
    assert scene.world.jobs.started == []


def test_who_resumes_from_the_plan_explores_nothing_and_is_told_what_is_there() -> None:
    """[001-16]"""
    scene = earlier()
    scene.play()
    scene.answer("resume", "batch-2")
    scene.play()
    assert scene.world.jobs.started == ["a-batch-2-1-1"]
    assert "the branch wip-export" in scene.world.attempts["a-batch-2-1-1"].prompt
    assert scene.gate("refine").track == "batch"


def test_who_resumes_from_the_review_builds_nothing() -> None:
    """[001-16]"""
    scene = earlier(chunk("c1"))
    scene.play()
    assert [one.key for one in scene.gate("resume").question.options] == ["track-2", "fresh"]
    scene.answer("resume", "track-2")
    scene.play()
    assert scene.world.jobs.started == ["a-c1-2-1-1"]
    assert scene.states() == {"c1": S.DONE}


def test_who_starts_fresh_begins_at_the_beginning() -> None:
    """[001-16]"""
    scene = earlier()
    scene.play()
    scene.answer("resume", "fresh")
    scene.world.settle()
    assert [one.split("-")[2] for one in scene.world.jobs.running()] == ["1", "1", "1"]


def test_without_earlier_work_nobody_is_asked() -> None:
    """[001-17]"""
    scene = earlier(signs=())
    scene.world.settle()
    assert scene.open_gates() == []
    assert len(scene.world.jobs.running()) == 3
