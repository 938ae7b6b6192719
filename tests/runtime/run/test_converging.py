"""Rules of convergence: what stops a loop of review and revision, what a person is asked, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.prompt import dispatch_prompt
from orchestrator_tui.core.workflow import Convergence, Workflow
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, WORKFLOW, WRITE, Scene, track, write_letter

S = TrackState


def workflow(exchanges: int = 0, growth: int = 0, rounds: int = 9) -> Workflow:
    """Letters, whose author may disagree, with these bounds."""
    write = replace(WORKFLOW.works[0], verdicts={"DISAGREE": "disputed"})
    review = replace(WORKFLOW.works[1], rounds=rounds)
    return replace(WORKFLOW, works=(write, review), convergence=Convergence(exchanges, growth))


def complaining(scene: Scene, times: int, file: str = "a.txt") -> Callable[[Agent], tuple[int, str]]:
    """A reviewer who finds something else each of the first times."""
    reviews: list[str] = []

    def review(agent: Agent) -> tuple[int, str]:
        reviews.append(agent.attempt.id)
        if len(reviews) > times:
            return 0, "APPROVED"
        found = {"finding": f"f-{len(reviews)}", "severity": "blocker", "title": f"fault {len(reviews)}", "file": file}
        scene.ledger.must(Draft("finding_added", {"track": "a", **found}))
        return 0, "REWORK"

    return review


def revising(scene: Scene, *files: str, after: str = "") -> Callable[[Agent], tuple[int, str]]:
    """An author whose revisions touch these files beside the letter, and end with this word."""

    def write(agent: Agent) -> tuple[int, str]:
        if "-1-1-" in agent.attempt.id:
            return write_letter(agent)
        for file in files:
            agent.append(file, "more\n")
        return 0, f"the other way is the contract\n{after}" if after else "revised"

    return write


def history(scene: Scene) -> list[tuple[str, str, str]]:
    """Trigger, action and outcome of everything in the rescue history."""
    work = scene.track("a").work
    assert work is not None
    return [(trigger, action, outcome) for trigger, action, _, outcome, _ in work.rescues]


# --- a repeated issue ------------------------------------------------------------------------------------------


def same_issue(scene: Scene, times: int) -> None:
    """A reviewer who raises one issue so often, and then approves."""
    raised: list[str] = []

    def review(agent: Agent) -> tuple[int, str]:
        if len(raised) == times:
            return 0, "APPROVED"
        raised.append(agent.attempt.id)
        finding = {"finding": "f-1", "severity": "blocker", "title": "clock skew", "file": "a.txt", "line": 3}
        scene.ledger.must(Draft("finding_added", {"track": "a", **finding}))
        return 0, "REWORK"

    scene.world.acts[f"a/{REVIEW}"] = review


def test_an_issue_that_survives_its_resends_is_rescoped_by_a_person_and_recorded() -> None:
    """[000-068] [000-069] [000-070] [000-074]"""
    scene = Scene(track("a"), workflow=workflow())
    same_issue(scene, times=3)
    scene.play()
    gate = scene.gate("review")
    assert "raised 3 times" in gate.question.question
    assert gate.question.recommendation == "rescope"
    assert [one.stage for one in scene.track("a").attempts] == [WRITE, REVIEW] * 3
    assert history(scene) == [("repeated issue", "stopped the revision", "asked a person")]
    scene.answer("review", "rescope", "the clock alone")
    scene.world.settle()
    assert "the clock alone" in dispatch_prompt(scene.ledger.batch, scene.track("a"))
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert history(scene)[-1] == ("repeated issue", "rescope", "re-scoped: one more round, narrower")


def test_an_issue_that_is_settled_by_its_second_resend_asks_nobody() -> None:
    """[000-068]"""
    scene = Scene(track("a"), workflow=workflow())
    same_issue(scene, times=2)
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert history(scene) == []


# --- scope growth --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("files", "stops"), [(2, False), (3, True)])
def test_a_revision_that_touches_too_many_new_files_is_a_gap_of_the_plan(files: int, stops: bool) -> None:
    """[000-071]"""
    names = tuple(f"new-{number}.txt" for number in range(files))
    scene = Scene(track("a", "a.txt", "new-*.txt"), workflow=workflow(growth=3))
    scene.world.acts[f"a/{REVIEW}"] = complaining(scene, times=1)
    scene.world.acts[f"a/{WRITE}"] = revising(scene, *names)
    scene.play()
    if not stops:
        assert scene.states() == {"a": S.MERGED}
        return
    gate = scene.gate("scope")
    assert (gate.question.recommendation, gate.track) == ("rescope", "a")
    assert all(name in gate.question.context for name in names)
    assert history(scene) == [("scope growth", "stopped the revision", "asked a person")]


def test_a_revision_outside_of_its_scope_stops_at_once_and_the_scope_may_be_widened() -> None:
    """[004-138] [000-071]"""
    scene = Scene(track("a"), workflow=workflow(growth=3))
    scene.world.acts[f"a/{REVIEW}"] = complaining(scene, times=1)
    scene.world.acts[f"a/{WRITE}"] = revising(scene, "schema.txt")
    scene.play()
    assert scene.track("a").attempts[-1].stage == WRITE
    assert len([one for one in scene.track("a").attempts if one.stage == WRITE]) == 2
    scene.answer("scope", "widen")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    work = scene.track("a").work
    assert work is not None
    assert work.planned.scope.allowed == ("schema.txt",)
    assert history(scene)[-1] == ("scope growth", "widen", "its scope is wider from now on")


def test_a_scope_is_not_widened_over_what_another_track_owns() -> None:
    scene = Scene(track("a"), track("b"), workflow=workflow(growth=1))
    scene.world.acts[f"a/{REVIEW}"] = complaining(scene, times=1)
    scene.world.acts[f"a/{WRITE}"] = revising(scene, "b.txt")
    scene.play()
    assert [one.key for one in scene.gate("scope").question.options] == ["rescope", "abandon"]


def test_a_file_that_a_finding_names_is_no_growth() -> None:
    scene = Scene(track("a", "a.txt", "b.txt"), workflow=workflow(growth=1))
    scene.world.acts[f"a/{REVIEW}"] = complaining(scene, times=1, file="b.txt")
    scene.world.acts[f"a/{WRITE}"] = revising(scene, "b.txt")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_a_first_try_outside_of_its_scope_is_sent_back_as_before() -> None:
    scene = Scene(track("a"), workflow=workflow(growth=1))

    def stray(agent: Agent) -> tuple[int, str]:
        agent.write("b.txt", "b\n")
        return 0, "done"

    scene.world.acts[f"a/{WRITE}"] = stray
    scene.play()
    assert scene.gate("cap").question.recommendation == "retry"


# --- a disagreement ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("exchanges", "rounds"), [(1, 1), (2, 2)])
def test_a_disagreement_that_lasts_is_decided_by_a_person(exchanges: int, rounds: int) -> None:
    """[000-072]"""
    scene = Scene(track("a"), workflow=workflow(exchanges=exchanges))
    scene.world.acts[f"a/{REVIEW}"] = complaining(scene, times=9)
    scene.world.acts[f"a/{WRITE}"] = revising(scene, after="DISAGREE")
    scene.play()
    gate = scene.gate("disagreement")
    assert gate.question.recommendation == "again"
    assert f"after {exchanges} exchange" in gate.question.question
    assert "DISAGREE)" in gate.question.question
    assert len([one for one in scene.track("a").attempts if one.verdict == "DISAGREE"]) == rounds
    scene.answer("disagreement", "accept")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert {one.state for one in scene.track("a").findings} == {"accepted"}
    assert history(scene)[-1][:2] == ("material disagreement", "accept")


def test_a_review_that_gives_way_settles_a_disagreement() -> None:
    """[000-072]"""
    scene = Scene(track("a"), workflow=workflow(exchanges=1))
    scene.world.acts[f"a/{REVIEW}"] = complaining(scene, times=1)
    scene.world.acts[f"a/{WRITE}"] = revising(scene, after="DISAGREE")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_a_reviewer_never_hears_why_the_author_disagrees() -> None:
    """[000-014] [000-016]"""
    scene = Scene(track("a"), workflow=workflow(exchanges=2))
    told: list[str] = []

    def listen(agent: Agent) -> tuple[int, str]:
        told.append(agent.attempt.prompt)
        return complain(agent)

    complain = complaining(scene, times=2)
    scene.world.acts[f"a/{REVIEW}"] = listen
    scene.world.acts[f"a/{WRITE}"] = revising(scene, after="DISAGREE")
    scene.play()
    assert len(told) >= 2
    assert not any("the other way is the contract" in one or "DISAGREE" in one for one in told)


# --- the bound of rounds -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("times", "asks"), [(2, False), (3, True)])
def test_at_the_last_round_a_person_gets_what_is_open_and_decides(times: int, asks: bool) -> None:
    """[000-009] [000-073]"""
    scene = Scene(track("a"), workflow=workflow(rounds=2))
    scene.world.acts[f"a/{REVIEW}"] = complaining(scene, times=times)
    scene.play()
    if not asks:
        assert scene.states() == {"a": S.MERGED}
        return
    gate = scene.gate("review")
    assert "2 rounds of rework" in gate.question.question
    assert "fault 3" in gate.question.context
    assert gate.question.recommendation == "again"
    assert history(scene) == [("maximum revision rounds", "stopped the revision", "asked a person")]
