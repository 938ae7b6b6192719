"""Stages that are done in a fresh copy: independent quality assurance, where nobody approves their own work (003)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import CheckCommand, Provision
from orchestrator_tui.core.workflow import StageWork
from tests.runtime.run.memory_git import Crash
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, WORKFLOW, WRITE, Scene, track, write_letter

S = TrackState
QA = replace(
    WORKFLOW,
    session="track",
    works=(
        StageWork(prompt="write", verdicts={"READY_FOR_QA": "done", "TASK_DONE": "done", "TASK_FAILED": "failed"}),
        StageWork(
            role="qa",
            prompt="judge",
            reviews=True,
            writes=False,
            commits=False,
            fresh=True,
            checks=("*",),
            back_to=WRITE,
            rounds=3,
            verdicts={"TASK_APPROVED": "done", "TASK_REJECTED": "rework", "QA_BLOCKED": "blocked"},
        ),
    ),
)


def scene_of(*words: str, **more: object) -> Scene:
    """A track whose executor writes, and whose QA says these words, one an attempt, the last for ever."""
    scene = Scene(track("a"), workflow=QA, **more)  # type: ignore[arg-type]
    left = list(words)

    def execute(agent: Agent) -> tuple[int, str]:
        agent.append("a.txt", f"try {len(scene.track('a').attempts)}\n")
        return 0, "READY_FOR_QA"

    def judge(agent: Agent) -> tuple[int, str]:
        return 0, f"looked\n{left.pop(0) if len(left) > 1 else left[0]}"

    scene.world.acts = {f"*/{WRITE}": execute, f"*/{REVIEW}": judge}
    return scene


def test_qa_works_in_a_second_tree_at_the_same_commit_set_up_anew() -> None:
    """[003-051] [003-052] [003-053] [003-059] [003-060] [003-061] [003-121]"""
    check = CheckCommand("unit", "unit")
    scene = scene_of("TASK_APPROVED", checks=(check,), provision=Provision(setup="install"))
    places: list[tuple[str, str]] = []

    def ran(name: str, cwd: str) -> int:
        places.append((name, cwd))
        return 0

    scene.world.checks |= {"unit": partial(ran, "unit"), "install": partial(ran, "install")}
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    copy = "/trees/fresh/a-2-1-1"
    assert [one.cwd for one in scene.track("a").attempts] == ["/trees/a", copy]
    assert places[:3] == [("install", "/trees/a"), ("install", copy), ("unit", copy)]
    assert set(scene.git.trees) == {"/trees/integration"}


@pytest.mark.parametrize("word", ["TASK_APPROVED", "<promise>TASK_APPROVED: a</promise>", "APPROVED"])
def test_an_executor_can_never_approve_itself(word: str) -> None:
    """[003-045] [003-057]: its own approval is no verdict of its stage; QA has the last word whatever it said."""
    scene = scene_of("TASK_REJECTED")

    def boast(agent: Agent) -> tuple[int, str]:
        write_letter(agent)
        return 0, word

    scene.world.acts[f"*/{WRITE}"] = boast
    scene.play()
    assert [one.stage for one in scene.track("a").attempts] == [WRITE] * 3
    assert scene.states() == {"a": S.ESCALATED}
    assert "it ended without a verdict" in scene.gate("cap").question.context
    assert scene.track("a").work is not None
    assert scene.track("a").slug not in scene.ledger.batch.merged


def test_task_done_only_says_that_it_is_ready_for_qa() -> None:
    """[003-045] [003-054]"""
    scene = scene_of("TASK_REJECTED", "TASK_APPROVED")

    def done(agent: Agent) -> tuple[int, str]:
        agent.append("a.txt", f"try {len(scene.track('a').attempts)}\n")
        return 0, "TASK_DONE"

    scene.world.acts[f"*/{WRITE}"] = done
    scene.play()
    assert [one.stage for one in scene.track("a").attempts] == [WRITE, REVIEW, WRITE, REVIEW]
    assert [one.cwd for one in scene.track("a").attempts if one.stage == REVIEW] == [
        "/trees/fresh/a-2-1-1",
        "/trees/fresh/a-2-2-1",
    ]
    assert scene.states() == {"a": S.MERGED}


def test_a_blocked_qa_asks_a_person_about_its_environment() -> None:
    """[003-055]"""
    scene = scene_of("QA_BLOCKED", "TASK_APPROVED")
    scene.play()
    gate = scene.gate("escalation")
    assert "its agent is blocked" in gate.question.question
    scene.answer("escalation", "retry", "the database is up again")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_an_environment_that_cannot_be_set_up_is_asked_about_before_any_qa() -> None:
    scene = scene_of("TASK_APPROVED", provision=Provision(setup="install"))
    failing = {"left": 2}

    def install(cwd: str) -> int:
        failing["left"] -= "fresh" in cwd
        return int("fresh" in cwd and failing["left"] >= 0)

    scene.world.checks["install"] = install
    for _ in range(2):
        scene.play()
        assert "its fresh environment cannot be set up" in scene.gate("escalation").question.question
        scene.answer("escalation", "retry")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert len([one for one in scene.track("a").attempts if one.stage == REVIEW]) == 1


def test_what_qa_leaves_in_its_copy_is_kept_and_said() -> None:
    scene = scene_of("TASK_APPROVED")

    def judge(agent: Agent) -> tuple[int, str]:
        agent.write("notes.txt", "mine", commit=False)
        return 0, "TASK_APPROVED"

    scene.world.acts[f"*/{REVIEW}"] = judge
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert "/trees/fresh/a-2-1-1" in scene.git.trees
    (told,) = [one.text for one in scene.ledger.batch.signals.values() if one.kind == "copy_kept"]
    assert told == "a fresh copy is kept at /trees/fresh/a-2-1-1: it holds changes"


@pytest.mark.parametrize("after", [False, True])
def test_no_crash_leaves_a_copy_or_asks_qa_twice(after: bool) -> None:
    for place in range(14):
        scene = scene_of("TASK_APPROVED")
        scene.git.crash_at = (place, after)
        for _ in range(3):
            try:
                scene.play()
                break
            except Crash:
                scene.world.restart()
        assert scene.states() == {"a": S.MERGED}, place
        assert set(scene.git.trees) == {"/trees/integration"}, place
        assert [one.stage for one in scene.track("a").attempts] == [WRITE, REVIEW], place


@pytest.mark.parametrize(("rejections", "state"), [(3, S.MERGED), (4, S.ESCALATED)])
def test_qa_sends_back_three_times_and_then_a_person_is_asked(rejections: int, state: TrackState) -> None:
    """[003-054] [003-055]"""
    scene = scene_of(*["TASK_REJECTED"] * rejections, "TASK_APPROVED")
    scene.play()
    assert scene.states() == {"a": state}
    if state is S.ESCALATED:
        assert "3 rounds of rework" in scene.gate("review").question.question


def test_the_second_try_of_a_judgement_has_a_copy_of_its_own_while_it_works() -> None:
    scene = scene_of("says nothing", "TASK_APPROVED")
    stood: list[bool] = []
    judge = scene.world.acts[f"*/{REVIEW}"]

    def look(agent: Agent) -> tuple[int, str]:
        stood.append(agent.attempt.worktree in scene.git.trees)
        return judge(agent)

    scene.world.acts[f"*/{REVIEW}"] = look
    scene.play()
    assert stood == [True, True]
    assert [one.cwd for one in scene.track("a").attempts][1:] == ["/trees/fresh/a-2-1-1", "/trees/fresh/a-2-1-2"]
    assert scene.states() == {"a": S.MERGED}
    assert set(scene.git.trees) == {"/trees/integration"}
