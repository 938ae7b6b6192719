"""An agent that ends without a word: what it counts as is the workflow's, and a word goes before it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.exports.wave_facts import status_of
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.run import Trip
from orchestrator_tui.core.schedule.breaker import BREAKER, STOPPED
from orchestrator_tui.core.schedule.rules import work_of
from orchestrator_tui.core.schedule.unsaid import meaning_of
from orchestrator_tui.core.workflow import Workflow
from tests.core.builders import START
from tests.plan.test_built_in import BUILT_IN
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import Scene, write_letter
from tests.runtime.run.test_between import ONE, TWO
from tests.runtime.run.test_carrying import CARRYING

S = TrackState

UNSAID = BUILT_IN["waves"].works[1].unsaid
INFERRING = replace(CARRYING, works=(replace(CARRYING.works[0], unsaid=UNSAID), *CARRYING.works[1:]))


def played(*ends: tuple[int, str, bool], workflow: Workflow = INFERRING) -> Scene:
    """A session whose track ``a`` ends so: its exit code, what it says, and whether it changes its file."""
    scene = Scene(ONE, TWO, workflow=workflow)
    left = list(ends)

    def act(agent: Agent) -> tuple[int, str]:
        if agent.attempt.track == "a" and left:
            code, said, writes = left.pop(0)
            if writes:
                agent.append("a.txt", f"{len(left)}\n")
            return code, said
        if agent.attempt.track == "a-2":
            agent.append("a.txt", "the rest\n")
            return 0, "the rest\ndone"
        return write_letter(agent)[0], "written\ndone"

    scene.world.acts["*/1"] = act
    scene.play()
    return scene


def tries(scene: Scene) -> int:
    return sum(one.stage == 1 for one in scene.track("a").attempts)


def test_the_shipped_sessions_take_it_as_the_seed_has_it() -> None:
    """[004-112]"""
    assert UNSAID == {"cut_off": "partial", "errors": "failed", "changes": "done"}
    reading = BUILT_IN["waves"].works[0]
    assert not reading.writes
    assert reading.unsaid == {"cut_off": "partial", "errors": "failed"}
    assert all(not one.unsaid for one in BUILT_IN["waves"].works if one.reviews)


def test_changes_without_a_word_are_done_and_checks_and_review_follow() -> None:
    """[004-112] Changes present are done."""
    scene = played((0, "I have written it", True))
    assert (tries(scene), scene.states()) == (1, {"a": S.MERGED, "b": S.MERGED})
    assert [one.stage for one in scene.track("a").attempts] == [1, 2]


def test_without_a_change_and_without_a_word_it_is_sent_again() -> None:
    """[004-112] Just below: nothing is there that could be done."""
    scene = played((0, "I have looked at it", False), (0, "done", True))
    assert (tries(scene), scene.states()["a"]) == (2, S.MERGED)
    assert "it ended without a verdict" in scene.world.attempts["a-a-1-1-2"].prompt


def test_a_word_goes_before_what_is_there() -> None:
    """[004-112] [004-139]"""
    scene = played(*[(0, "half of it\npartial", True)] * 2)
    assert (tries(scene), scene.states()) == (2, {"a": S.MERGED, "b": S.MERGED, "a-2": S.MERGED})


def test_an_error_without_a_word_is_failed_and_sent_again_narrower() -> None:
    """[004-112] Reported errors are failed: nothing of it is merged, whatever it has changed."""
    scene = played(*[(1, "it broke", True)] * 2)
    assert scene.states() == {"a": S.FAILED, "b": S.MERGED, "a-2": S.MERGED}
    assert status_of(scene.ledger.batch, scene.track("a")) == "failed"


def cut_off(writes: bool, left: bool = False) -> Scene:
    """A session whose track ``a`` loses its agent, after it has changed its file or before; ``left``: uncommitted."""
    once = replace(INFERRING, works=(replace(INFERRING.works[0], attempts=1), *INFERRING.works[1:]))
    scene = Scene(ONE, TWO, workflow=once)

    def act(agent: Agent) -> tuple[int, str]:
        slug = agent.attempt.track
        agent.append(f"{slug[0]}.txt", f"by {slug}\n")
        if slug == "a" and left:
            agent.write("a.txt", "more\n", commit=False)
        return 0, "done"

    scene.world.acts["*/1"] = act
    scene.world.settle()
    (identifier,) = scene.world.jobs.running()
    job = scene.world.jobs.jobs[identifier]
    if writes:
        job.end()
    job.status = "lost"
    scene.play()
    return scene


@pytest.mark.parametrize(
    ("writes", "left", "state"), [(True, False, S.MERGED), (True, True, S.FAILED), (False, False, S.FAILED)]
)
def test_who_was_cut_off_is_partial_and_what_it_left_in_order_is_merged(
    writes: bool, left: bool, state: TrackState
) -> None:
    """[004-112] Truncated is partial: the rest is work of the next wave, and what is uncommitted is not merged."""
    scene = cut_off(writes, left)
    assert scene.states() == {"a": state, "b": S.MERGED, "a-2": S.MERGED}
    assert status_of(scene.ledger.batch, scene.track("a")) == "partial"
    assert work_of(scene.track("a-2")).planned.wave == 3


@pytest.mark.parametrize(("pattern", "meaning"), [("spiral", ""), ("turn_repeat", ""), ("turn_limit", "partial")])
def test_a_pattern_goes_before_what_is_there_and_a_turn_limit_is_a_cut(pattern: str, meaning: str) -> None:
    """[004-111] [004-112]"""
    track = cut_off(True).track("a")
    last = replace(track.attempts[-1], stopping=f"{BREAKER}: {pattern}")
    trip = Trip(last.id, pattern, 3, STOPPED, START, 1)
    stopped = replace(track, attempts=(last,), work=replace(work_of(track), trips=(trip,)))
    assert meaning_of(stopped, INFERRING.works[0], "", "stopped") == meaning
    assert meaning_of(stopped, INFERRING.works[0], "failed", "stopped") == "failed"


def test_where_the_workflow_says_nothing_of_it_nothing_is_taken_for_granted() -> None:
    scene = played((0, "written", True), (0, "done", True), workflow=CARRYING)
    assert (tries(scene), scene.states()["a"]) == (2, S.MERGED)
    assert "Without such a word the stage counts as not done." in scene.world.attempts["a-a-1-1-1"].prompt
    assert "Do not leave it out." in played((0, "x", True)).world.attempts["a-a-1-1-1"].prompt
