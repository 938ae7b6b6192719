"""What is looked at while agents of a run work: shared files, settings, limits, stalls, budgets."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import Provision
from tests.runtime.run.scene import WORKFLOW, Scene, track

S = TrackState


def test_on_a_shared_file_the_later_track_waits_until_the_other_is_merged() -> None:
    """[002-122]"""
    scene = Scene(track("a", "a.txt", "same.txt"), track("b", "b.txt", "same.txt"), files={"same.txt": "line\n"})
    scene.world.settle()
    scene.git.overlapping = (("a", "b", "same.txt"),)
    scene.ledger.tick(11_000)
    scene.world.settle()
    scene.world.settle()
    work = scene.track("b").work
    assert work is not None
    assert work.paused == "same.txt is changed by a, too: waits until that is merged"
    scene.git.overlapping = ()
    scene.play()
    assert scene.ledger.batch.merged == ("a", "b")


def test_nothing_is_merged_while_it_is_not_known_who_changed_the_settings() -> None:
    scene = Scene(track("a"))
    scene.world.settle()
    scene.git.tampering = ("the setting core.fsmonitor was added",)
    scene.ledger.tick(11_000)
    scene.play()
    assert scene.states() == {"a": S.APPROVED}
    assert "core.fsmonitor" in scene.gate("tampered").question.context
    scene.answer("tampered", "go_on", "it was me")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_what_is_changed_later_is_asked_about_together_with_what_was_changed_before() -> None:
    scene = Scene(track("a"))
    scene.git.tampering = ("the setting core.fsmonitor was added",)
    scene.play()
    scene.git.tampering = ("the hook post-merge was added", "the setting core.fsmonitor was added")
    scene.ledger.tick(20_000)
    scene.world.settle()
    scene.play()
    (gate,) = [one for one in scene.open_gates() if one.question.kind == "tampered"]
    assert "post-merge" in gate.question.context
    assert "core.fsmonitor" in gate.question.context


def test_a_rate_limit_parks_a_track_until_its_time() -> None:
    scene = Scene(track("a"))
    scene.world.settle()
    until = scene.ledger.now.wall_ms + 60_000
    pause = {"track": "a", "why": "rate limit", "until": "rate limit", "by": "orch-tui", "resumes_wall_ms": until}
    scene.ledger.must(Draft("track_paused", pause))
    scene.play()
    assert scene.states()["a"] is not S.MERGED
    scene.ledger.tick(61_000)
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_an_agent_without_progress_is_nudged_then_rescued_then_asked_about() -> None:
    """[002-111] [000-055] [000-058] [000-107] [000-108] [000-110]"""
    scene = Scene(track("a"), track("b"))
    scene.world.settle()
    scene.ledger.tick(180_001)
    scene.world.settle()
    assert scene.states()["a"] is S.STALLED
    assert b"what stage" in scene.world.jobs.jobs["a-a-1-1-1"].said[0]
    scene.ledger.tick(120_001)
    scene.world.settle()
    assert "a-a-1-1-2" in scene.world.jobs.started
    assert scene.world.jobs.jobs["a-a-1-1-1"].stopping
    assert scene.ledger.batch.run is not None
    assert scene.ledger.batch.run.agents == 1
    for _ in range(2):
        scene.ledger.tick(180_001)
        scene.world.settle()
    assert {gate.track for gate in scene.open_gates() if gate.question.kind == "escalation"} == {"a"}
    # One agent at once from now on: the fresh agent of b waits for its place.
    assert "a-b-1-1-2" not in scene.world.jobs.started


def test_a_budget_ends_an_agent_and_asks() -> None:
    """[000-056]"""
    scene = Scene(track("a"), workflow=replace(WORKFLOW, budget=replace(WORKFLOW.budget, cost_usd=1.0)))
    scene.world.settle()
    scene.ledger.must(Draft("cost_recorded", {"track": "a", "cost_usd": 0.85}))
    scene.world.settle()
    assert [one.kind for one in scene.ledger.batch.signals.values()] == ["budget_soft"]
    scene.ledger.must(Draft("cost_recorded", {"track": "a", "cost_usd": 1.01}))
    scene.world.settle()
    assert scene.track("a").attempts[0].outcome == "stopped"
    assert "cost: $1.01 of $1.00" in scene.gate("escalation").question.question


def test_what_git_ignores_is_asked_about_before_any_worktree_is_made() -> None:
    scene = Scene(track("a"))
    offered = replace(scene.plan, tracks=(), offered=Provision(copy=(".env",), link=("node_modules",)))
    scene.ledger.must(Draft("plan_recorded", {"plan": to_data(offered)}))
    scene.play()
    assert scene.git.calls == []
    assert "Copied: .env" in scene.gate("provision").question.context
    scene.answer("provision", "take")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert scene.ledger.batch.run is not None
    assert scene.ledger.batch.run.plan.provision == Provision(copy=(".env",), link=("node_modules",))
