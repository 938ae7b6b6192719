"""Tracks of a workflow with a pool: a slot each, given back after the merge, kept with a reason, never leaked (003)."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from orchestrator_tui.core.commands import Stop
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.report.summary import batch_summary
from orchestrator_tui.core.schedule.rules import run_of
from tests.runtime.run.memory_git import Crash
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.random_player import Later
from tests.runtime.run.scene import WORKFLOW, WRITE, Scene, track, write_letter

S = TrackState
POOL = replace(WORKFLOW, worktree="pool", pool_size=2)


def test_slots_are_used_again_and_no_track_starts_without_one() -> None:
    """[003-016] [003-019] [003-021] [003-035] [003-037] [003-068] [003-109]"""
    scene = Scene(*(track(slug) for slug in "abcde"), workflow=POOL)
    scene.world.settle()
    assert scene.states() == {"a": S.RUNNING, "b": S.RUNNING, "c": S.QUEUED, "d": S.QUEUED, "e": S.QUEUED}
    waiting = scene.track("c").work
    assert waiting is not None
    assert waiting.why == "waits for a slot of the pool: 2 of 2 are taken"
    assert scene.git.slots == {"wt-1": "a", "wt-2": "b"}
    scene.play()
    assert set(scene.states().values()) == {S.MERGED}
    assert {one.worktree for one in map(scene.track, "abcde")} == {"/trees/pool/wt-1", "/trees/pool/wt-2"}
    assert scene.git.slots == {}
    assert [one for one in scene.git.calls if one.startswith("worktree")] == []


def test_each_track_of_a_pool_works_in_a_tree_and_on_a_branch_of_its_own() -> None:
    """[003-032] [003-033] [003-034]"""
    scene = Scene(track("a"), track("b"), workflow=POOL)
    scene.world.settle()
    places = [(scene.track(slug).worktree, scene.track(slug).branch) for slug in "ab"]
    assert places == [("/trees/pool/wt-1", "orch/a"), ("/trees/pool/wt-2", "orch/b")]


def test_a_slot_that_holds_work_is_kept_with_its_reason_and_the_others_go_round() -> None:
    scene = Scene(*(track(slug) for slug in "abc"), workflow=POOL)
    scene.world.settle()
    scene.git.write("/trees/pool/wt-1", "a.txt", "half")
    assert scene.carry_out(Stop("list-1", "a", "not wanted")) is None
    scene.play()
    assert scene.states() == {"a": S.ABANDONED, "b": S.MERGED, "c": S.MERGED}
    work = scene.track("a").work
    assert work is not None
    assert work.kept == "it holds changes"
    assert scene.track("c").worktree == "/trees/pool/wt-2"
    assert scene.git.read("/trees/pool/wt-1")["a.txt"] == "half"


def test_when_every_slot_is_kept_a_person_is_asked_and_goes_on_when_one_is_cleared() -> None:
    scene = Scene(track("a"), track("b"), workflow=replace(POOL, pool_size=1))
    scene.world.settle()
    scene.git.write("/trees/pool/wt-1", "a.txt", "half")
    assert scene.carry_out(Stop("list-1", "a", "not wanted")) is None
    scene.play()
    gate = scene.gate("worktree")
    assert (gate.track, gate.question.context) == ("b", "no slot is free")
    del scene.git.slots["wt-1"], scene.git.trees["/trees/pool/wt-1"]
    scene.answer("worktree", "again")
    scene.play()
    assert scene.states()["b"] is S.MERGED


def test_a_workflow_may_keep_what_it_has_merged() -> None:
    """[003-074]"""
    scene = Scene(track("a"), track("b"), workflow=replace(POOL, cleanup=False))
    scene.play()
    works = [scene.track(slug).work for slug in "ab"]
    assert [None if one is None else one.kept for one in works] == ["its workflow keeps worktrees"] * 2
    assert scene.git.slots == {"wt-1": "a", "wt-2": "b"}


@pytest.mark.parametrize("after", [False, True])
def test_no_crash_leaks_or_doubles_a_slot(after: bool) -> None:
    """Killed before or after any single change, the run ends as it would have, every slot free."""

    def slow(agent: Agent) -> tuple[int, str]:
        agent.append(f"{agent.attempt.track}.txt", f"more of {agent.attempt.track}\n")
        return 0, ""

    for place in range(60):
        scene = Scene(*(track(slug) for slug in "abc"), workflow=POOL)
        scene.world.acts[f"*/{WRITE}"] = slow
        scene.git.crash_at = (place, after)
        for _ in range(3):
            try:
                scene.play()
                break
            except Crash:
                scene.world.restart()
        assert set(scene.states().values()) == {S.MERGED}, place
        assert scene.git.slots == {}, place
        assert set(scene.git.trees) == {"/trees/integration"}, place


def test_a_task_that_fails_three_times_is_a_persons_and_told_at_the_end() -> None:
    """[003-048] [003-049] [003-050] [003-075] [003-108]"""
    scene = Scene(track("a"), track("b"), workflow=POOL)
    scene.world.acts[f"a/{WRITE}"] = lambda agent: (1, "TASK_FAILED")
    scene.play()
    assert len(scene.track("a").attempts) == 3
    assert "is not accepted after 3 tries" in scene.gate("cap").question.question
    scene.answer("cap", "abandon", "nobody needs it")
    scene.play()
    assert scene.states() == {"a": S.ABANDONED, "b": S.MERGED}
    (told,) = [one for one in batch_summary(scene.ledger.batch, scene.ledger.now).tracks if one.slug == "a"]
    assert "nobody needs it" in told.why


def test_a_task_that_fails_twice_and_then_comes_through_asks_nobody() -> None:
    """[003-048] [003-075] Just below the third failure."""
    scene = Scene(track("a"), track("b"), workflow=POOL)
    tries: list[str] = []

    def act(agent: Agent) -> tuple[int, str]:
        tries.append(agent.attempt.id)
        return (1, "TASK_FAILED") if len(tries) <= 2 else write_letter(agent)

    scene.world.acts[f"a/{WRITE}"] = act
    scene.play()
    assert len(tries) == 3
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}


def test_a_conflict_gets_one_try_of_an_agent_and_is_then_a_persons() -> None:
    """[003-065] [003-066] [003-067] [003-110]"""
    scene = Scene(track("a", "same.txt"), track("b", "same.txt"), workflow=POOL, files={"same.txt": "line\n"})

    def same(agent: Agent) -> tuple[int, str]:
        if agent.attempt.purpose == "resolve":
            return 1, "cannot"
        agent.write("same.txt", f"{agent.attempt.track}\n")
        return 0, ""

    scene.world.acts |= {f"*/{WRITE}": same, "*/0": same}
    scene.play()
    assert [one.purpose for one in scene.track("b").attempts][-1] == "resolve"
    assert scene.gate("conflict").question.subject["files"] == ["same.txt"]
    assert scene.merged_files()["same.txt"] == "a\n"
    assert scene.git.slots == {"wt-2": "b"}


def test_a_slot_is_not_given_back_beside_an_agent_that_is_just_being_started() -> None:
    scene = Scene(track("a"), workflow=POOL)
    later = Later()
    scene.world.executor = later
    scene.world.restart()
    while "a-a-1-1-1" not in run_of(scene.ledger.batch).effects:
        scene.world.settle()
        if later.waiting and "a-a-1-1-1" not in run_of(scene.ledger.batch).effects:
            later.let(Random(0))
    assert scene.carry_out(Stop("list-1", "a", "not wanted")) is None
    scene.world.settle()
    assert [one.kind for one in run_of(scene.ledger.batch).effects.values()] == ["attempt"]
    while later.waiting:
        later.let(Random(0))
        scene.world.settle()
    scene.play()
    assert scene.states() == {"a": S.ABANDONED}
    assert scene.git.slots == {}
