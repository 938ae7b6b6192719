"""What a wave does not get done goes on in the next one: partial work is merged, failed work is sent again narrower."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.commands import Retry
from orchestrator_tui.core.exports.session_metrics import session_row
from orchestrator_tui.core.exports.wave_facts import status_of
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.report.carry_over import carry_over
from orchestrator_tui.core.schedule.rules import work_of
from orchestrator_tui.core.workflow import CARRY
from orchestrator_tui.runtime.requests_run import take_tracks
from tests.core.builders import START
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import Scene, track, write_letter
from tests.runtime.run.test_between import ONE, TWO, wave, without_gates

S = TrackState

VERDICTS = {"done": "done", "partial": "partial", "failed": "failed"}
PLAIN = without_gates()
CARRYING = replace(PLAIN, works=(replace(PLAIN.works[0], attempts=2, spent=CARRY, verdicts=VERDICTS), *PLAIN.works[1:]))


def played(word: str, *tracks: object, times: int = 2, writes: bool = True) -> Scene:
    """A session whose track ``a`` ends so often with ``word``."""
    scene = Scene(*(tracks or (ONE, TWO)), workflow=CARRYING)  # type: ignore[arg-type]
    tried: list[str] = []

    def act(agent: Agent) -> tuple[int, str]:
        if agent.attempt.track.startswith("a") and len(tried) < times:
            tried.append(agent.attempt.id)
            if writes:
                agent.append("a.txt", f"try {len(tried)}\n")
            return 0, f"{word}\nhalf of it is there"
        if agent.attempt.track == "a-2":
            agent.append("a.txt", "the rest\n")
            return 0, "all of it is there\ndone"
        return (write_letter(agent)[0], "written\ndone")

    scene.world.acts["*/1"] = act
    scene.play()
    return scene


def test_partial_work_is_merged_and_the_rest_of_it_is_a_track_of_the_next_wave() -> None:
    """[004-139] Partial is carried into the next wave with its context."""
    scene = played("partial")
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED, "a-2": S.MERGED}
    planned = work_of(scene.track("a-2")).planned
    assert (planned.wave, planned.role, planned.scope) == (3, "Core", work_of(scene.track("a")).planned.scope)
    assert "It left: half of it is there" in planned.brief
    assert next((one.wave, one.what) for one in scene.run.deviations) == (3, "a-2 is added")
    assert wave(scene, 2).adaptations == (f"Carried on: {ONE.title}",)
    batch = scene.ledger.batch
    assert (status_of(batch, batch.tracks["a"]), carry_over(batch)) == ("partial", ())


@pytest.mark.parametrize(("word", "writes"), [("failed", True), ("failed", False), ("partial", False)])
def test_what_failed_is_sent_again_narrower_in_the_next_wave(word: str, writes: bool) -> None:
    """[004-140] Failed is re-dispatched narrower in the next wave; so is a part of which there is nothing to merge."""
    scene = played(word, writes=writes)
    assert scene.states() == {"a": S.FAILED, "b": S.MERGED, "a-2": S.MERGED}
    planned = work_of(scene.track("a-2")).planned
    assert "take the smallest part that stands by itself first" in planned.brief
    assert work_of(scene.track("a")).why == "goes on as a-2 in wave 3"
    assert carry_over(scene.ledger.batch) == ()


def test_work_that_goes_on_and_comes_through_is_completed_and_nothing_emergent() -> None:
    """[004-31] [004-139]"""
    row = session_row(played("partial").ledger.batch, START)
    said = {"planned_issues": 2, "completed": 2, "carryover": 0, "emergent": 0, "completion_rate": 1.0}
    assert row["effectiveness"] == said


def test_one_try_less_and_nothing_is_carried() -> None:
    """[004-139] Just below: the second try of the wave is the one that counts."""
    scene = played("partial", times=1)
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}


def test_two_long_names_that_differ_at_their_end_go_on_as_two_tracks() -> None:
    """[004-140] A name is cut to make room for its number."""
    slugs = [f"{'a' * 58}{letter}" for letter in "xy"]
    scene = Scene(*(track(one, wave=2, role="Core") for one in slugs), TWO, workflow=CARRYING)
    scene.world.acts["*/1"] = lambda agent: (0, "failed") if agent.attempt.track in slugs else write_letter(agent)
    scene.play()
    assert [one for one in scene.states() if one not in (*slugs, "b")] == [f"{'a' * 56}-2", f"{'a' * 56}-3"]


def test_after_the_last_wave_or_a_second_time_a_person_is_asked() -> None:
    """[004-110] What is left once more, or has nowhere to go, is a person's."""
    last = played("failed", replace(ONE, wave=3), TWO)
    assert "is not accepted after 2 tries" in last.gate("cap").question.question
    twice = played("failed", times=4)
    assert twice.gate("cap").question.question.startswith("a-2: ")


def test_what_goes_on_elsewhere_is_not_tried_again_beside_it() -> None:
    """[004-140] Two agents would do the same work."""
    scene = Scene(ONE, TWO, workflow=CARRYING)
    scene.world.acts["*/1"] = lambda agent: (0, "failed")
    for _ in range(2):
        scene.world.settle()
        scene.world.jobs.let(scene.world.jobs.running()[0])
    scene.world.settle()
    assert scene.states()["a"] is S.FAILED
    assert scene.carry_out(Retry("list-1", "a")) == "a goes on as a-2: try that again"


def test_what_others_wait_for_is_a_persons() -> None:
    scene = played("failed", ONE, replace(TWO, depends_on=("a",)))
    assert "a: " in scene.gate("cap").question.question


def test_what_strays_outside_of_its_scope_is_a_persons() -> None:
    """[004-84] That is no unfinished work: nobody goes on with it unseen."""
    scene = Scene(ONE, TWO, workflow=CARRYING)

    def strays(agent: Agent) -> tuple[int, str]:
        agent.append("other.txt", "x\n")
        return 0, "done"

    scene.world.acts["*/1"] = strays
    scene.play()
    assert scene.gate("cap").track == "a"


def test_where_the_workflow_does_not_carry_a_person_is_asked() -> None:
    scene = Scene(
        replace(track("a"), wave=1),
        replace(track("b"), wave=2),
        workflow=replace(PLAIN, works=(replace(PLAIN.works[0], attempts=1, verdicts=VERDICTS), *PLAIN.works[1:])),
    )
    scene.world.acts["*/1"] = lambda agent: (0, "no\nfailed")
    scene.play()
    assert "What now?" in scene.gate("cap").question.question


def test_a_file_that_a_track_of_the_next_wave_owns_is_allowed_to_who_goes_on() -> None:
    scene = played("failed", ONE, replace(TWO, scope=replace(TWO.scope, owned=("*.txt",))))
    scope = work_of(scene.track("a-2")).planned.scope
    assert (scope.owned, scope.allowed) == ((), ("a.txt",))


def test_nobody_takes_the_name_that_a_track_goes_on_under() -> None:
    """[004-139] What is added meanwhile is refused, and the rest is not lost."""
    scene = Scene(ONE, replace(track("c"), role="Core", wave=2), TWO, workflow=CARRYING)
    outcomes: list[str] = []

    def act(agent: Agent) -> tuple[int, str]:
        slug = agent.attempt.track
        if slug == "c" and work_of(scene.track("a")).carried and not outcomes:
            drafts, outcome = take_tracks(scene.ledger.batch, {"tracks": [to_data(track("a-2"))]}, "ann")
            outcomes.append(outcome)
            scene.ledger.must(*drafts)
        if slug == "c" and not outcomes:
            return 0, "failed"
        return (0, "failed") if slug == "a" else (write_letter(agent)[0], "written\ndone")

    scene.world.acts["*/1"] = act
    scene.play()
    assert outcomes == ["refused: a goes on as a-2 in its next wave"]

    assert "Wave 2 did not get this done" in work_of(scene.track("a-2")).planned.brief
