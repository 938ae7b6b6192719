"""Rounds of review and the order of merges: what a finding leads to, and where a track stands among the merged."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.commands import Decide
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.rules import StageRule
from orchestrator_tui.core.workflow import StageWork
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, WORKFLOW, WRITE, Scene, approve, track

S = TrackState


def test_a_finding_that_comes_back_after_its_resends_is_a_persons() -> None:
    workflow = replace(WORKFLOW, works=(WORKFLOW.works[0], replace(WORKFLOW.works[1], rounds=9)))
    scene = Scene(track("a"), workflow=workflow)

    def complain(agent: Agent) -> tuple[int, str]:
        number = len(scene.track("a").findings) + 1
        finding = {"finding": f"f-{number}", "severity": "blocker", "title": "clock skew", "file": "a.txt", "line": 3}
        scene.ledger.must(Draft("finding_added", {"track": "a", **finding}))
        return 0, "REWORK"

    scene.world.acts[f"a/{REVIEW}"] = complain
    scene.play()
    assert "raised 3 times" in scene.gate("review").question.question


def test_a_finding_that_the_next_round_does_not_raise_again_is_fixed() -> None:
    scene = Scene(track("a"))

    def complain_once(agent: Agent) -> tuple[int, str]:
        if agent.attempt.id != "a-a-2-1-1":
            return approve(agent)
        finding = {"finding": "f-1", "severity": "blocker", "title": "clock skew", "file": "a.txt", "line": 3}
        scene.ledger.must(Draft("finding_added", {"track": "a", **finding}))
        # A blocker leads back whatever the verdict says.
        return approve(agent)

    scene.world.acts[f"a/{REVIEW}"] = complain_once
    scene.play()
    assert [one.stage for one in scene.track("a").attempts] == [WRITE, REVIEW, WRITE, REVIEW]
    assert [one.state for one in scene.track("a").findings] == ["fixed"]
    assert scene.states() == {"a": S.MERGED}


def test_tracks_stand_in_the_order_of_their_merges_whichever_ends_first() -> None:
    """[002-96]"""
    rules = (*WORKFLOW.ladder.stages, StageRule(3, "Look at it"))
    works = (*WORKFLOW.works, StageWork(runs="person", after_merge=True))
    scene = Scene(
        track("a"), track("b"), workflow=replace(WORKFLOW, ladder=replace(WORKFLOW.ladder, stages=rules), works=works)
    )
    scene.play()
    assert scene.ledger.batch.merged == ("a", "b")
    for slug in ("b", "a"):
        (gate,) = [one for one in scene.open_gates() if one.track == slug]
        decide = Decide(gate.batch, gate.id, gate.revision, gate.digest, options=("approve",), confirm="twice")
        assert scene.carry_out(decide) is None
        scene.deliver()
        scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert scene.ledger.batch.merged == ("a", "b")
