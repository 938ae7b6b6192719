"""The ladder of a track's budget: each step at its edge, and what a person is shown of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.schedule.ladder import Step, step
from orchestrator_tui.core.workflow import Budget
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.run_track import run_sections
from tests.plan.test_built_in import BUILT_IN
from tests.runtime.run.scene import WORKFLOW, Scene, track

STALL = BUILT_IN["tracks"].stall
BOUND_MS = STALL.checks * STALL.interval_ms


def begun(attempts: int = 12) -> Scene:
    """Two tracks whose agents have just begun, by the stall rules of tracks."""
    rules = replace(WORKFLOW, stall=STALL, budget=Budget(attempts=attempts))
    scene = Scene(track("a"), track("b"), workflow=rules)
    scene.world.settle()
    return scene


def at(scene: Scene) -> Step:
    found = step(scene.ledger.batch, scene.track("a"), scene.ledger.now)
    assert found is not None
    return found


def works(scene: Scene) -> None:
    """The agents print something."""
    for slug in "ab":
        scene.ledger.must(Draft("activity_seen", {"track": slug, "text": "writing"}))


def test_it_begins_in_its_soft_budget_and_shows_progress() -> None:
    """[000-055] [000-056] [000-057]"""
    scene = begun()
    assert at(scene) == Step("soft budget", 0, 3, 1, 12)
    scene.ledger.tick(1_000)
    works(scene)
    assert at(scene).name == "progress visible"


def test_a_soft_budget_that_is_used_up_interrupts_no_progress() -> None:
    """[000-056] [000-057]"""
    scene = begun()
    for _ in range(5):
        scene.ledger.tick(BOUND_MS - 1)
        works(scene)
        scene.world.settle()
    scene.ledger.must(Draft("cost_recorded", {"track": "a", "cost_usd": 99.0}))
    scene.world.settle()
    assert (scene.states()["a"], at(scene).name) == (TrackState.RUNNING, "progress visible")
    assert scene.track("a").messages == ()


@pytest.mark.parametrize(("quiet_ms", "stalled"), [(BOUND_MS - 1, False), (BOUND_MS, True)])
def test_at_the_third_look_without_progress_it_is_nudged_and_not_before(quiet_ms: int, stalled: bool) -> None:
    """[000-055] [000-058]"""
    scene = begun()
    works(scene)
    scene.ledger.tick(quiet_ms)
    assert at(scene) == Step("stall suspected" if stalled else "progress visible", 3 if stalled else 2, 3, 1, 12)
    scene.world.settle()
    assert bool(scene.track("a").messages) is stalled
    assert at(scene).name == ("nudged" if stalled else "progress visible")


@pytest.mark.parametrize(("reply_ms", "rescued"), [(STALL.reply_ms - 1, False), (STALL.reply_ms, True)])
def test_only_who_does_not_reply_to_the_nudge_in_time_is_rescued(reply_ms: int, rescued: bool) -> None:
    """[000-058] [000-107]"""
    scene = begun()
    works(scene)
    scene.ledger.tick(BOUND_MS)
    scene.world.settle()
    scene.ledger.tick(reply_ms)
    scene.world.settle()
    assert at(scene).name == ("rescue" if rescued else "nudged")
    assert ("a-a-1-1-2" in scene.world.jobs.started) is rescued


def test_a_reply_starts_the_count_again() -> None:
    """[000-057] [000-058]"""
    scene = begun()
    scene.ledger.tick(BOUND_MS)
    scene.world.settle()
    works(scene)
    scene.world.settle()
    assert (scene.states()["a"], at(scene)) == (TrackState.RUNNING, Step("progress visible", 0, 3, 1, 12))


@pytest.mark.parametrize(("attempts", "hard"), [(3, False), (2, True)])
def test_the_hard_budget_counts_delegation_rounds(attempts: int, hard: bool) -> None:
    """[000-060] [000-062]"""
    scene = begun(attempts)
    scene.world.acts = {"*/1": lambda agent: (1, "it broke")}
    for _ in range(2):
        scene.world.jobs.let(next(one for one in scene.world.jobs.running() if one.startswith("a-a-")))
        scene.world.settle()
    assert len(scene.track("a").attempts) == min(attempts, 3)
    assert at(scene).name == ("hard budget" if hard else "soft budget")
    if hard:
        assert "budget: 2 of 2 attempts" in scene.gate_of("a").question.question


@pytest.mark.parametrize(("cost_usd", "said", "stopped"), [(0.79, 0, False), (0.8, 1, False), (1.0, 1, True)])
def test_a_budget_is_said_at_its_soft_share_and_acts_at_the_whole(cost_usd: float, said: int, stopped: bool) -> None:
    """[000-056] [000-060]"""
    rules = replace(WORKFLOW, budget=Budget(cost_usd=1.0, soft=BUILT_IN["tracks"].budget.soft))
    scene = Scene(track("a"), workflow=rules)
    scene.world.settle()
    for spent in (min(cost_usd, 0.9), cost_usd):
        scene.ledger.must(Draft("cost_recorded", {"track": "a", "cost_usd": spent}))
        scene.world.settle()
    assert [one.kind for one in scene.ledger.batch.signals.values()] == ["budget_soft"] * said
    assert bool(scene.track("a").attempts[0].stopping) is stopped


@pytest.mark.parametrize(("rescues", "asked"), [(1, True), (2, False)])
def test_after_its_rescues_a_stuck_track_is_a_persons(rescues: int, asked: bool) -> None:
    """[000-058] [000-107] [000-108]"""
    stall = replace(STALL, rescues=rescues, lower_concurrency=False)
    scene = Scene(track("a"), workflow=replace(WORKFLOW, stall=stall))
    scene.world.settle()
    for _ in range(2):
        for wait_ms in (BOUND_MS, STALL.reply_ms):
            scene.ledger.tick(wait_ms)
            scene.world.settle()
    assert [one.question.kind for one in scene.open_gates()] == (["escalation"] if asked else [])
    assert len(scene.track("a").attempts) == (2 if asked else 3)
    assert scene.states()["a"] is not TrackState.ABANDONED


def test_what_is_given_up_has_stopped_and_keeps_what_it_has() -> None:
    """[000-061] [000-108]"""
    scene = begun(1)
    scene.world.acts = {"*/1": lambda agent: (1, "it broke")}
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    scene.answer_gate(scene.gate_of("a"), "abandon")
    assert at(scene).name == "stopped"
    assert "/trees/a" in scene.git.trees


def test_the_step_is_shown_with_its_counts() -> None:
    """[000-055] [000-062]"""
    scene = begun()
    scene.ledger.tick(BOUND_MS)
    scene.world.settle()
    sections = dict(run_sections(scene.track("a"), scene.ledger.batch, scene.ledger.now, UNICODE))
    lines = ["".join(part.text for part in line) for line in sections["Now"]]
    assert "budget    nudged, 3 of 3 looks without progress, 1 of 12 attempts" in lines
