"""What a person is asked around a build, and the reviews beside those of single chunks (seed 001)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.exports.build_result import build_result
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.workflow import Angle, StageWork
from tests.runtime.run.build_scene import BUILD, build, building, chunk
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, WRITE, Scene

S = TrackState
ASKED = replace(BUILD, gates=("dispatch", "concerns"))


def finding(scene: Scene, slug: str, severity: str, title: str, **more: Any) -> None:
    """A finding as a reviewer has recorded it."""
    number = sum(len(one.findings) for one in scene.ledger.batch.tracks.values()) + 1
    told = {"track": slug, "finding": f"f-{number}", "severity": severity, "title": title}
    scene.ledger.must(Draft("finding_added", {**told, **more}))


def raising(scene: Scene, slug: str, severity: str, title: str, entries: int = 1) -> None:
    """The reviewer of a chunk raises this in its first entries, and says that it is clean."""

    def review(agent: Agent) -> tuple[int, str]:
        if int(agent.attempt.id.split("-")[-2]) <= entries:
            finding(scene, slug, severity, title)
        return 0, "APPROVED"

    scene.world.acts[f"{slug}/{REVIEW}"] = review


# --- the spend gate -----------------------------------------------------------------------------------------


def test_nothing_is_dispatched_before_the_spend_gate() -> None:
    """[001-62] [001-63] [001-66] [001-67]"""
    scene = building(chunk("c1", deep_review=True, tests=True), chunk("c2", 2), workflow=ASKED)
    scene.play()
    gate = scene.gate("spend")
    assert scene.world.jobs.started == []
    assert "wave 1 c1 (sonnet, tests, deep review): Letter c1 · c1.txt" in gate.question.context
    assert [one.key for one in gate.question.options] == ["approve", "tiers", "reject"]
    scene.answer("spend", "approve")
    scene.play()
    assert set(scene.states().values()) == {S.DONE}


def test_tiers_are_changed_one_by_one_and_the_gate_is_asked_again() -> None:
    """[001-65]"""
    scene = building(chunk("c1"), chunk("c2"), workflow=ASKED)
    scene.play()
    scene.answer("spend", "tiers", "c1: opus, c2=haiku, c9: opus, c1: huge")
    scene.play()
    gate = scene.gate("spend")
    assert gate.revision == 2
    assert "c1 (opus)" in gate.question.context
    assert "c2 (haiku)" in gate.question.context
    assert scene.world.jobs.started == []
    scene.answer("spend", "approve")
    scene.play()
    assert scene.track("c1").attempts[0].tier == "opus"


def test_who_cancels_has_started_nothing() -> None:
    """[001-63]"""
    scene = building(chunk("c1"), workflow=ASKED)
    scene.play()
    scene.answer("spend", "reject")
    scene.play()
    assert scene.ledger.batch.state == "stopped"
    assert scene.world.jobs.started == []


# --- concerns -----------------------------------------------------------------------------------------------


def dispatched(*tracks: Any, **more: Any) -> Scene:
    return building(*tracks, workflow=replace(BUILD, gates=("concerns",)), **more)


@pytest.mark.parametrize(("option", "state"), [("defer", "deferred"), ("accept", "accepted")])
def test_concerns_are_a_question_when_everything_is_built(option: str, state: str) -> None:
    """[001-80] [001-96] [001-99]"""
    scene = dispatched(chunk("c1"), chunk("c2"))
    raising(scene, "c1", "concern", "reads the whole file")
    scene.play()
    gate = scene.gate("concerns")
    assert [one.key for one in gate.question.options] == ["fix", "defer", "accept"]
    assert "c1: f-1 reads the whole file" in gate.question.context
    assert scene.states() == dict.fromkeys(("c1", "c2"), S.APPROVED)
    scene.answer("concerns", option)
    scene.play()
    assert scene.states() == dict.fromkeys(("c1", "c2"), S.DONE)
    assert [one.state for one in scene.track("c1").findings] == [state]
    assert build_result(scene.ledger.batch)["concerns"] == [
        {"chunkId": "c1", "severity": "concern", "title": "reads the whole file"}
    ]
    assert (scene.ledger.batch.state, scene.open_gates()) == ("awaiting_user", [])


def test_concerns_that_are_addressed_go_to_their_chunks_alone_and_are_reviewed_again() -> None:
    """[001-97]"""
    scene = dispatched(chunk("c1"), chunk("c2"))
    raising(scene, "c1", "concern", "reads the whole file")
    scene.play()
    scene.answer("concerns", "fix")
    scene.play()
    assert [one.id for one in scene.track("c1").attempts][2:] == ["a-c1-1-2-1", "a-c1-2-2-1"]
    assert len(scene.track("c2").attempts) == 2
    fix = scene.world.attempts["a-c1-1-2-1"]
    assert "reads the whole file" in fix.prompt
    assert [one.state for one in scene.track("c1").findings] == ["fixed"]
    assert set(scene.states().values()) == {S.DONE}
    assert build_result(scene.ledger.batch)["clean"] == ["c1", "c2"]


def test_a_concern_that_stays_is_asked_about_again() -> None:
    scene = dispatched(chunk("c1"))
    raising(scene, "c1", "concern", "reads the whole file", entries=2)
    scene.play()
    scene.answer("concerns", "fix")
    scene.play()
    gate = scene.gate("concerns")
    assert "reads the whole file" in gate.question.context
    assert [one.state for one in scene.track("c1").findings] == ["fixed", "open"]


def test_nits_are_listed_and_nobody_is_asked() -> None:
    """[001-80] [001-98]"""
    scene = dispatched(chunk("c1"))
    raising(scene, "c1", "nit", "a name of one letter")
    scene.play()
    assert scene.open_gates() == []
    assert scene.states() == {"c1": S.DONE}
    assert [one["title"] for one in build_result(scene.ledger.batch)["nits"]] == ["a name of one letter"]


# --- the senior review --------------------------------------------------------------------------------------

SENIOR = replace(
    BUILD,
    batch_ladder=Ladder("letters", "Letters", "batch", (StageRule(1, "Senior"),)),
    batch_works=(
        StageWork(
            role="senior",
            prompt="review all",
            reviews=True,
            writes=False,
            commits=False,
            bump_at=0,
            over_tracks=True,
            verdicts={"REVIEWED": "done"},
        ),
    ),
)


def seniors(scene: Scene) -> list[str]:
    return [one for one in scene.world.jobs.started if one.startswith("a-batch-")]


def test_one_senior_looks_at_all_marked_chunks_beside_their_own_reviewers() -> None:
    """[001-77] [001-58] [001-76]"""
    scene = building(chunk("c1", deep_review=True), chunk("c2"), chunk("c3", 2, deep_review=True), workflow=SENIOR)
    scene.world.acts["batch/1"] = lambda agent: (0, "REVIEWED")
    scene.play()
    assert seniors(scene) == ["a-batch-1-1-1"]
    told = scene.world.attempts["a-batch-1-1-1"]
    assert (told.model, told.role) == ("m-opus", "senior")
    assert "c1: Letter c1 — c1.txt" in told.prompt
    assert "c3: Letter c3 — c3.txt" in told.prompt
    assert "c2: Letter" not in told.prompt
    assert set(scene.states().values()) == {S.DONE}
    assert [one.role for one in scene.track("c1").attempts] == ["implementer", "reviewer"]


def test_without_marked_chunks_there_is_no_senior_review() -> None:
    """[001-77]"""
    scene = building(chunk("c1"), workflow=SENIOR)
    scene.play()
    assert seniors(scene) == []
    assert scene.states() == {"c1": S.DONE}


def test_a_blocker_of_the_senior_leads_back_and_only_that_chunk_is_looked_at_again() -> None:
    """[001-77] [001-78]"""
    scene = building(chunk("c1", deep_review=True), chunk("c2", deep_review=True), workflow=SENIOR)

    def senior(agent: Agent) -> tuple[int, str]:
        if agent.attempt.id == "a-batch-1-1-1":
            finding(scene, "c1", "blocker", "a race")
        return 0, "REVIEWED"

    scene.world.acts["batch/1"] = senior
    scene.play()
    assert seniors(scene) == ["a-batch-1-1-1", "a-batch-1-2-1"]
    assert "c2: Letter" not in scene.world.attempts["a-batch-1-2-1"].prompt
    assert "a race" in scene.world.attempts["a-c1-1-2-1"].prompt
    fixed = scene.track("c1").work
    assert fixed is not None
    assert fixed.inspection is not None
    assert fixed.inspection.files == ("c1.txt",)
    assert len(scene.track("c2").attempts) == 2
    assert set(scene.states().values()) == {S.DONE}
    assert [one.state for one in scene.track("c1").findings] == ["fixed"]


# --- exploration, plan, refine ------------------------------------------------------------------------------

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
    assert not scene.track("batch").attempts
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
