"""Untracked files of the person's own tree where a wave is about to work: nothing, a word, or a question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import TrackState
from tests.runtime.run.scene import WORKFLOW, Scene, track

S = TrackState


def begun(rule: str, *lying_about: str) -> Scene:
    scene = Scene(track("a"), workflow=replace(WORKFLOW, untracked=rule))
    scene.git.lying_about = lying_about
    scene.world.settle()
    return scene


def kinds(scene: Scene) -> list[str]:
    return [one.kind for one in scene.ledger.batch.signals.values()]


@pytest.mark.parametrize(
    ("rule", "files", "decision", "signals"),
    [
        ("warn", ("b.txt",), "ok", []),
        ("warn", ("b.txt", "a.txt"), "warn", ["untracked_overlap"]),
        ("block", ("b.txt",), "ok", []),
    ],
)
def test_overlap_is_looked_for_before_a_wave(
    rule: str, files: tuple[str, ...], decision: str, signals: list[str]
) -> None:
    """[004-120] ok without an overlap, warn is logged and dispatched all the same."""
    scene = begun(rule, *files)
    assert [one.decision for one in scene.run.untracked] == [decision]
    assert kinds(scene) == signals
    assert scene.states() == {"a": S.RUNNING}


def test_block_asks_before_anything_of_the_wave_is_made() -> None:
    """[004-120] block: commit or stash them, or go on as with warn."""
    scene = begun("block", "a.txt")
    assert scene.states() == {"a": S.PENDING}
    gate = scene.gate("pre_flight")
    assert "- a.txt" in gate.question.context
    scene.answer("pre_flight", "again")
    scene.world.settle()
    assert scene.gate("pre_flight").id != gate.id
    scene.git.lying_about = ()
    scene.answer("pre_flight", "again")
    scene.world.settle()
    assert scene.states() == {"a": S.RUNNING}


def test_a_person_may_go_on_all_the_same() -> None:
    scene = begun("block", "a.txt")
    scene.answer("pre_flight", "go_on")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert len(scene.run.untracked) == 1


def test_where_it_is_off_nobody_looks() -> None:
    scene = begun("off", "a.txt")
    assert scene.run.untracked == ()
    assert kinds(scene) == []
