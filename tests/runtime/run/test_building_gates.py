"""What a person is asked around a build, and the reviews beside those of single chunks (seed 001)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.exports.build_result import build_result
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.workflow import StageWork
from tests.runtime.run.build_scene import BUILD, building, chunk
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, Scene

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


def test_only_blockers_are_gone_on_with_unasked() -> None:
    """[001-106] Before the agents and after the reviews a person is asked; between them a blocker is fixed at once."""
    scene = building(chunk("c1"), chunk("c2"), workflow=ASKED)
    raising(scene, "c2", "concern", "reads the whole file")

    def review(agent: Agent) -> tuple[int, str]:
        return (0, "the quotes are lost\nREWORK") if agent.attempt.id == "a-c1-2-1-1" else (0, "APPROVED")

    scene.world.acts[f"c1/{REVIEW}"] = review
    scene.play()
    assert (scene.world.jobs.started, [one.question.kind for one in scene.open_gates()]) == ([], ["spend"])
    scene.answer("spend", "approve")
    scene.play()
    assert [one.id for one in scene.track("c1").attempts] == ["a-c1-1-1-1", "a-c1-2-1-1", "a-c1-1-2-1", "a-c1-2-2-1"]
    assert [one.id for one in scene.track("c2").attempts] == ["a-c2-1-1-1", "a-c2-2-1-1"]
    assert scene.states() == dict.fromkeys(("c1", "c2"), S.APPROVED)
    assert [one.question.kind for one in scene.open_gates()] == ["concerns"]
    opened = [one.payload["kind"] for one in scene.ledger.events if one.kind == "gate_opened"]
    assert opened == ["spend", "concerns"]
    scene.answer("concerns", "accept")
    scene.play()
    assert scene.states() == dict.fromkeys(("c1", "c2"), S.DONE)


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
