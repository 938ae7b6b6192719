"""The circuit breaker in a run: an agent that goes in circles is stopped while it works, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.live_rules import ERROR_ECHO, PAGINATION, SPIRAL, TURN_REPEAT, Breaker
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import AgentChoice
from orchestrator_tui.core.repetition import Repeated
from orchestrator_tui.core.run import Trip, Work
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.runtime.run_world import AttemptEnd, AttemptNews, AttemptOrder, Follower
from tests.runtime.run.memory_world import Agent, MemoryRunner
from tests.runtime.run.scene import WORKFLOW, Scene, track

S = TrackState

BREAKER = Breaker(
    turns={"housekeeping": 8, "feature": 15, "deep": 25},
    repeats=3,
    edits=3,
    errors={"edit-format-friction": ("old_string not found", "not unique"), "scope-denied": ("outside of its scope",)},
    narrow={PAGINATION: "Read the lines that you need of {file}, by range."},
)


class _Follower:
    """Tells what a test says that an agent is doing."""

    def __init__(self, runner: CirclingRunner) -> None:
        self._runner = runner

    def feed(self, data: bytes) -> AttemptNews | None:
        return self._runner.news

    def end(self, exit_code: int | None, reason: str, errors: bytes) -> AttemptEnd:
        return replace(self._runner.end, claim="done" if exit_code == 0 else "failed")


class CirclingRunner(MemoryRunner):
    """Agents whose news are ``news`` and whose end is ``end``."""

    news = AttemptNews()
    end = AttemptEnd("done")

    def follower(self, attempt: AttemptOrder, words: frozenset[str]) -> Follower:
        return _Follower(self)


BROKEN = replace(WORKFLOW, breaker=BREAKER)


class Circles(Scene):
    """A run whose only track's agent does what ``sees`` says."""

    def __init__(self, kind: str = "feature", workflow: Workflow = BROKEN) -> None:
        super().__init__(track("a", kind=kind), workflow=workflow)
        self.runner = CirclingRunner(self.world)
        self.world.runner = self.runner
        self.world.restart()
        self.world.settle()

    def sees(self, *repeated: Repeated, turns: int = 0, idle: bool = False) -> None:
        """Have the agent at work show this at the next looks."""
        self.runner.news = AttemptNews(activity="works", turns=turns, idle=idle, repeated=repeated)
        last = self.world.jobs.started[-1]
        self.world.jobs.jobs[last].output += "more\n"
        for _ in range(3):
            self.world.settle()

    @property
    def work(self) -> Work:
        work = self.track("a").work
        assert work is not None
        return work

    def patterns(self) -> list[str]:
        """What the breaker has noticed so far."""
        return [one.pattern for one in self.work.trips]

    def kinds(self) -> list[str]:
        """The kinds of the signals so far."""
        return [one.kind for one in self.ledger.batch.signals.values()]


def repeats(pattern: str, times: int, **more: Any) -> Repeated:
    return Repeated(pattern, times, "Bash pnpm test", **more)


@pytest.mark.parametrize("pattern", [PAGINATION, TURN_REPEAT, ERROR_ECHO])
def test_a_pattern_trips_at_three_repeats_and_not_at_two(pattern: str) -> None:
    """[004-102] The harness does not hope that agents correct themselves: it sees each pattern while they work."""
    scene = Circles()
    scene.sees(repeats(pattern, 2))
    assert (scene.kinds(), scene.work.trips) == ([], ())
    assert scene.world.jobs.running() == ["a-a-1-1-1"]
    scene.sees(repeats(pattern, 3, file="a.txt"))
    assert scene.kinds() == [pattern]
    (trip,) = scene.work.trips
    assert (trip.pattern, trip.times, trip.action, trip.file) == (pattern, 3, "stopped", "a.txt")
    assert scene.world.jobs.jobs["a-a-1-1-1"].stopping


def test_the_first_spiral_is_sent_again_narrowed_the_second_is_a_persons() -> None:
    """[004-107] [004-110] Re-scoped mechanically with line ranges; stopped twice, a person is asked."""
    scene = Circles()
    scene.sees(repeats(PAGINATION, 3, file="a.txt"))
    assert scene.world.jobs.running() == ["a-a-1-1-2"]
    prompt = scene.world.attempts["a-a-1-1-2"].prompt
    assert "Read the lines that you need of a.txt, by range." in prompt
    assert "reads on in the same file without an edit, 3 times" in prompt
    scene.sees(repeats(TURN_REPEAT, 3))
    assert scene.world.jobs.running() == []
    gate = scene.gate("escalation")
    assert "makes the same call again, 3 times: Bash pnpm test" in gate.question.question
    assert scene.states() == {"a": S.ESCALATED}
    scene.runner.news = AttemptNews()
    scene.answer("escalation", "retry", "run one test alone")
    scene.world.settle()
    assert scene.world.jobs.running() == ["a-a-1-1-3"]


def test_a_fresh_agent_takes_over_after_a_spiral() -> None:
    workflow = replace(WORKFLOW, breaker=BREAKER, session="track")
    scene = Circles(workflow=workflow)
    scene.sees(repeats(TURN_REPEAT, 3), turns=4)
    assert scene.world.attempts["a-a-1-1-2"].resume == ""


@pytest.mark.parametrize(
    ("error", "named"),
    [
        ("Edit failed: old_string not found in file", "edit-format-friction"),
        ("b.py lies outside of its scope", "scope-denied"),
        ("connection reset", "other"),
    ],
)
def test_an_error_that_echoes_is_classified(error: str, named: str) -> None:
    """[004-106] Exactly one class of the taxonomy, which is the workflow's data; ``other`` when none matches."""
    scene = Circles()
    scene.sees(repeats(ERROR_ECHO, 3, error=error))
    assert scene.work.trips[0].error_class == named
    (signal,) = scene.ledger.batch.signals.values()
    assert error in signal.evidence


def test_only_an_echo_has_an_error_class() -> None:
    """[004-113] What is recorded of a pattern: attempt, pattern, error class, file, how often, and when."""
    scene = Circles()
    scene.sees(repeats(TURN_REPEAT, 3))
    (trip,) = scene.work.trips
    assert trip == Trip("a-a-1-1-1", TURN_REPEAT, 3, "stopped", trip.at, 1, what="Bash pnpm test")


def test_what_does_not_stop_is_said_once() -> None:
    """[004-108] The same file edited three times is possible thrashing: noticed, not ended."""
    scene = Circles()
    scene.sees(repeats(SPIRAL, 2))
    assert scene.kinds() == []
    scene.sees(repeats(SPIRAL, 3))
    scene.sees(repeats(SPIRAL, 4))
    assert scene.kinds() == [SPIRAL]
    assert scene.work.trips[0].action == "noticed"
    assert scene.world.jobs.running() == ["a-a-1-1-1"]


def test_a_stage_that_only_reads_may_page() -> None:
    works = (replace(WORKFLOW.works[0], writes=False, commits=False), WORKFLOW.works[1])
    scene = Circles(workflow=replace(WORKFLOW, breaker=BREAKER, works=works))
    scene.sees(repeats(PAGINATION, 3, file="a.txt"))
    assert scene.kinds() == [PAGINATION]
    assert scene.world.jobs.running() == ["a-a-1-1-1"]


def test_without_a_breaker_nothing_is_noticed() -> None:
    scene = Circles(workflow=WORKFLOW)
    scene.sees(repeats(TURN_REPEAT, 30), repeats(SPIRAL, 30), turns=1_000)
    assert scene.kinds() == []
    assert "Turn limit" not in scene.world.attempts["a-a-1-1-1"].prompt


@pytest.mark.parametrize(("kind", "most"), [("housekeeping", 8), ("feature", 15), ("deep", 25)])
def test_turns_are_bounded_by_the_kind_of_the_track(kind: str, most: int) -> None:
    """[004-97] [004-101] [004-71] 8, 15 and 25 turns: told in the prompt, and ended at the bound, not one before."""
    scene = Circles(kind)
    assert f"You have a maximum of {most} turns." in scene.world.attempts["a-a-1-1-1"].prompt
    assert scene.world.attempts["a-a-1-1-1"].turns == most
    scene.sees(turns=most - 1)
    assert scene.patterns() == []
    scene.sees(turns=most)
    assert scene.patterns() == ["turn_limit"]
    assert scene.world.jobs.running() == ["a-a-1-1-2"]


def test_who_has_used_up_its_turns_and_is_through_is_not_stopped() -> None:
    scene = Circles()
    scene.sees(turns=15, idle=True)
    assert scene.work.trips == ()


def test_a_bound_of_the_plan_goes_before_the_workflows() -> None:
    """[004-20] max-turns: an explicit number is the bound, ``auto`` leaves it to the kind of session."""
    said = Scene(track("a"), workflow=BROKEN)
    plan = replace(said.plan, tracks=(), agent=AgentChoice(max_turns=4))
    said.ledger.must(Draft("plan_recorded", {"plan": to_data(plan)}))
    said.world.settle()
    assert said.world.attempts["a-a-1-1-1"].turns == 4
    works = (replace(WORKFLOW.works[0], turns=3), WORKFLOW.works[1])
    scene = Circles(workflow=replace(BROKEN, works=works))
    assert scene.world.attempts["a-a-1-1-1"].turns == 3


def test_using_up_turns_is_no_spiral() -> None:
    """What was cut short by its turns is carried on with its context, as often as the stage is tried."""
    scene = Circles()
    for number in (1, 2):
        scene.sees(turns=15)
        assert scene.world.jobs.running() == [f"a-a-1-1-{number + 1}"]
    assert scene.open_gates() == []


def claims_done(agent: Agent) -> tuple[int, str]:
    agent.append("a.txt", "more\n")
    return 0, "all done"


def test_what_an_agent_claims_counts_for_nothing_once_it_went_in_circles() -> None:
    """[004-111] SPIRAL and STAGNANT override the agent's own word, even where it ended before it could be stopped."""
    scene = Circles()
    scene.world.acts["*/1"] = claims_done
    scene.runner.news = AttemptNews(activity="works", repeated=(repeats(TURN_REPEAT, 3),))
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    assert scene.track("a").attempts[0].outcome == "stopped"
    assert scene.world.jobs.running() == ["a-a-1-1-2"]


def test_an_agent_that_ended_at_its_bound_of_turns_is_tried_again() -> None:
    scene = Circles()
    scene.runner.end = AttemptEnd("failed", turns=15, bound="turns", summary="error max turns")
    scene.world.acts["*/1"] = lambda agent: (1, "")
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    assert [one.pattern for one in scene.work.trips] == ["turn_limit"]
    assert scene.world.jobs.running() == ["a-a-1-1-2"]


def test_a_pattern_is_recorded_once_however_often_it_is_looked_at() -> None:
    scene = Circles()
    seen: Sequence[Repeated] = (repeats(TURN_REPEAT, 3), repeats(ERROR_ECHO, 3, error="no"))
    scene.sees(*seen)
    scene.world.restart()
    scene.sees()
    assert sorted((one.attempt, one.pattern, one.action) for one in scene.work.trips) == [
        ("a-a-1-1-1", ERROR_ECHO, "noticed"),
        ("a-a-1-1-1", TURN_REPEAT, "stopped"),
    ]
