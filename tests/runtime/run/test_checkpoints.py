"""The checkpoint after each track gate: written once a merge, and one that cannot be written holds up nothing."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.model import TrackState
from tests.runtime.run.scene import WORKFLOW, Scene, track

S = TrackState
CHECKPOINTED = replace(WORKFLOW, in_repository=("session", "handoff"))


def test_each_track_gate_writes_one_checkpoint() -> None:
    """[000-090] [000-111]"""
    scene = Scene(track("a"), track("b"), workflow=CHECKPOINTED)
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert scene.world.kept == [("a", "session", "handoff"), ("b", "session", "handoff")]


def test_a_checkpoint_that_cannot_be_written_warns_and_blocks_nothing() -> None:
    """[000-101]"""
    scene = Scene(track("a"), track("b"), workflow=CHECKPOINTED)
    scene.world.keeping_fails = "the disk is full"
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    signals = scene.ledger.batch.signals.values()
    assert [(one.kind, one.track) for one in signals] == [("checkpoint_failed", "a"), ("checkpoint_failed", "b")]
    assert all("the disk is full" in one.text for one in signals)
    assert scene.gate("publish").track == "batch"


def test_a_workflow_without_checkpoints_writes_none() -> None:
    scene = Scene(track("a"))
    scene.play()
    assert scene.world.kept == []
