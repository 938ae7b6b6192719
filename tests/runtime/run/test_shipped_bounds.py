"""The bounds of the workflows that ship, each just below and just at its edge in a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import CheckCommand
from orchestrator_tui.runtime.run_world import TreeMade
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


@pytest.mark.parametrize(
    ("failed", "unproved", "state"), [(0, 4, S.MERGED), (0, 5, S.ESCALATED), (2, 4, S.MERGED), (3, 0, S.ESCALATED)]
)
def test_a_claim_that_does_not_hold_is_tried_again_so_often_apart_from_tries_that_fail(
    failed: int, unproved: int, state: S
) -> None:
    """[003-129] Just below and just at both bounds: five claims whose checks fail, three tries that fail themselves."""
    rules = BUILT_IN["pool"].works[0]
    assert (rules.attempts, rules.verifications) == (3, 5)
    works = (replace(WORKFLOW.works[0], attempts=rules.attempts, verifications=rules.verifications), WORKFLOW.works[1])
    scene = Scene(track("a"), workflow=replace(WORKFLOW, works=works), checks=(CheckCommand("spelling", "spell"),))

    def tries() -> list[str]:
        return [one.id for one in scene.track("a").attempts if one.stage == WRITE]

    def write(agent: Agent) -> tuple[int, str]:
        write_letter(agent)
        return int(len(scene.track("a").attempts) <= failed), "written"

    scene.world.acts[f"a/{WRITE}"] = write
    scene.world.checks["spell"] = lambda cwd: int(len(tries()) <= failed + unproved)
    scene.play()
    assert (scene.states()["a"], len(tries())) == (state, failed + unproved + (state is S.MERGED))


def test_without_a_bound_of_their_own_claims_count_as_tries() -> None:
    assert BUILT_IN["tracks"].works[0].verifications == 0
    scene = Scene(track("a"), checks=(CheckCommand("spelling", "spell"),))
    scene.world.checks["spell"] = lambda cwd: 1
    scene.play()
    assert len([one for one in scene.track("a").attempts if one.stage == WRITE]) == WORKFLOW.works[0].attempts


def test_the_phases_of_the_pool_have_their_tokens() -> None:
    """[003-130]"""
    rules = BUILT_IN["pool"]
    assert [one.tokens for one in (*rules.batch_works, *rules.works)] == [30_000, 100_000, 15_000, 0]


@pytest.mark.parametrize(("used", "told"), [(99_999, False), (100_000, True), (250_000, True)])
def test_a_phase_that_takes_more_tokens_than_it_should_is_told_once_and_goes_on(used: int, told: bool) -> None:
    """[003-130] Just below nothing is said, at it it is."""
    works = (replace(WORKFLOW.works[0], tokens=BUILT_IN["pool"].works[0].tokens), WORKFLOW.works[1])
    scene = Scene(track("a"), workflow=replace(WORKFLOW, works=works))
    scene.world.settle()
    for _ in range(2):
        scene.ledger.must(Draft("cost_recorded", {"track": "a", "cost_usd": 0.0, "tokens": used}))
        scene.world.settle()
    said = [one.text for one in scene.ledger.batch.signals.values() if one.kind == "budget_soft"]
    assert said == ([f"Write: {used} tokens of 100000 for its phase"] if told else [])
    scene.play()
    assert scene.states() == {"a": S.MERGED}


@pytest.mark.parametrize(("broken", "asked"), [(2, False), (3, True)])
def test_a_worktree_that_cannot_be_made_is_tried_again_so_often_before_a_person_is_asked(
    broken: int, asked: bool
) -> None:
    """[003-132] Twice is no question, three times is; an answer gives as many tries again."""
    tries = BUILT_IN["pool"].worktree_tries
    assert (tries, WORKFLOW.worktree_tries) == (3, 1)
    scene = Scene(track("a"), workflow=replace(WORKFLOW, worktree_tries=tries))
    left, make = [broken], scene.git.worktree

    def worktree(*given: Any) -> TreeMade:
        left[0] -= 1
        if left[0] >= 0:
            raise OSError("another git process holds a lock")
        return make(*given)

    scene.git.worktree = worktree  # type: ignore[method-assign]
    scene.play()
    assert scene.states() == {"a": S.PREPARING if asked else S.MERGED}
    if asked:
        assert "holds a lock" in scene.gate("worktree").question.context
        left[0] = 2
        scene.answer("worktree", "again")
        scene.play()
        assert scene.states() == {"a": S.MERGED}
