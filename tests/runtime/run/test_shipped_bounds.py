"""The bounds of the workflows that ship, each just below and just at its edge in a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import TrackState
from tests.plan.test_built_in import BUILT_IN
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import WORKFLOW, WRITE, Scene, track, write_letter

S = TrackState
LETTERS = "abcdefghij"


@pytest.mark.parametrize(
    ("name", "most"), [("tracks", 2), ("prd-to-pr", 3), ("bug-to-pr", 3), ("pool", 5), ("waves", 6)]
)
def test_so_many_tracks_are_at_work_at_once_and_one_more_waits(name: str, most: int) -> None:
    """[000-035]"""
    bound = BUILT_IN[name].concurrency
    assert bound == most
    for number in (bound - 1, bound, bound + 1):
        scene = Scene(*map(track, LETTERS[:number]), workflow=replace(WORKFLOW, concurrency=bound))
        scene.world.settle()
        waiting = [slug for slug, state in scene.states().items() if state is S.QUEUED]
        assert (len(scene.world.jobs.running()), waiting) == (min(number, bound), list(LETTERS[bound:number]))


def test_the_pool_has_a_slot_for_so_many_tracks_and_the_next_waits_for_one() -> None:
    """[003-035]"""
    rules = BUILT_IN["pool"]
    assert (rules.worktree, rules.pool_size) == ("pool", 8)
    for number in (7, 8, 9):
        workflow = replace(WORKFLOW, worktree=rules.worktree, pool_size=rules.pool_size)
        scene = Scene(*map(track, LETTERS[:number]), workflow=workflow)
        scene.world.settle()
        assert sorted(scene.git.slots) == [f"wt-{slot}" for slot in range(1, min(number, 8) + 1)]
        why = [one.work.why for one in map(scene.track, LETTERS[:number]) if one.work and one.state is S.QUEUED]
        assert why == ["waits for a slot of the pool: 8 of 8 are taken"] * (number - 8)


@pytest.mark.parametrize(
    ("name", "most"), [("waves", 8), ("tracks", 12), ("prd-to-pr", 40), ("bug-to-pr", 40), ("pool", 50)]
)
@pytest.mark.parametrize("over", [0, 1])
def test_a_track_has_so_many_attempts_and_a_person_is_asked_before_one_more(name: str, most: int, over: int) -> None:
    """[000-060] All stages together: two of its attempts write and review, those before have failed."""
    budget = BUILT_IN[name].budget
    assert budget.attempts == most
    write, review = WORKFLOW.works
    failing = most - 2 + over

    def at_last(agent: Agent) -> tuple[int, str]:
        written = [one for one in scene.track("a").attempts if one.stage == WRITE]
        return (1, "it broke") if len(written) <= failing else write_letter(agent)

    works = (replace(write, attempts=most + 1), review)
    scene = Scene(track("a"), workflow=replace(WORKFLOW, works=works, budget=replace(WORKFLOW.budget, attempts=most)))
    scene.world.acts |= {f"*/{WRITE}": at_last}
    scene.play()
    assert len(scene.track("a").attempts) == most
    if over:
        assert f"{most} of {most} attempts" in scene.gate("escalation").question.question
        assert scene.states()["a"] is not S.MERGED
    else:
        assert scene.states() == {"a": S.MERGED}
