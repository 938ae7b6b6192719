"""Waves in sessions: checkpoints before, after and on failure, one wave a session, and how full a conversation is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.run import Checkpoint
from orchestrator_tui.core.schedule.rules import run_of
from orchestrator_tui.core.schedule.sessions import next_session
from orchestrator_tui.core.workflow import Context
from tests.runtime.run.memory_git import Crash
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import WORKFLOW, WRITE, Scene, track

S = TrackState
GROUPS = replace(WORKFLOW, waves="barrier", waves_per_session=1, checkpoints=True, worktree="pool")


def scene_of(*waves: str, workflow: object = GROUPS) -> Scene:
    """One track a letter, in the waves that are given."""
    tracks = [track(slug, wave=number) for number, wave in enumerate(waves, 1) for slug in wave]
    checked = {"waves": [{"wave": number, "tracks": list(wave)} for number, wave in enumerate(waves, 1)]}
    return Scene(*tracks, workflow=workflow, checked=checked)  # type: ignore[arg-type]


def made(scene: Scene) -> list[tuple[int, str, str, int]]:
    return [(one.wave, one.type, one.about, one.session) for one in run_of(scene.ledger.batch).checkpoints]


def resume(scene: Scene) -> None:
    """A new host takes the run."""
    scene.world.restart()
    scene.ledger.must(*next_session(scene.ledger.batch))


def test_one_wave_a_session_with_a_checkpoint_before_and_after() -> None:
    """[003-076] [003-077] [003-079] [003-081] [003-083] [003-086] [003-087] [003-089] [003-092] [003-094]"""
    scene = scene_of("ab", "c", "d")
    scene.play()
    assert scene.ledger.batch.state == "handed_over"
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED, "c": S.QUEUED, "d": S.QUEUED}
    assert made(scene) == [(1, "pre", "", 1), (1, "post", "", 1)]
    assert scene.git.slots == {}
    scene.play()
    assert scene.states()["c"] is S.QUEUED
    resume(scene)
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED, "c": S.MERGED, "d": S.QUEUED}
    resume(scene)
    scene.play()
    assert made(scene)[2:] == [(2, "pre", "", 2), (2, "post", "", 2), (3, "pre", "", 3), (3, "post", "", 3)]
    assert scene.ledger.batch.state == "awaiting_user"


def test_a_checkpoint_says_what_is_in_the_wave_and_what_is_through() -> None:
    """[003-078]"""
    scene = scene_of("ab", "c")
    scene.play()
    resume(scene)
    scene.play()
    before, after = run_of(scene.ledger.batch).checkpoints[2:]
    assert isinstance(before, Checkpoint)
    assert (before.tracks, before.completed) == (("c",), ("a", "b"))
    assert (after.tracks, after.completed) == (("c",), ("a", "b", "c"))


def test_several_waves_may_share_a_session_and_without_a_bound_nothing_is_handed_over() -> None:
    for many, state in ((2, "handed_over"), (3, "awaiting_user"), (0, "awaiting_user")):
        scene = scene_of("a", "b", "c", workflow=replace(GROUPS, waves_per_session=many))
        scene.play()
        assert scene.ledger.batch.state == state, many


def test_a_failed_try_leaves_a_checkpoint_before_it_is_made_again() -> None:
    """[003-084]"""
    scene = scene_of("a", workflow=replace(GROUPS, waves_per_session=0))

    def second(agent: Agent) -> tuple[int, str]:
        agent.append("a.txt", "more\n")
        return int(agent.attempt.number < 2), ""

    scene.world.acts[f"a/{WRITE}"] = second
    scene.play()
    assert made(scene) == [(1, "pre", "", 1), (1, "failed", "a-a-1-1-1", 1), (1, "post", "", 1)]
    order = [
        (event.kind, event.payload.get("attempt", event.payload.get("about", "")))
        for event in scene.ledger.events
        if event.kind in ("attempt_started", "checkpoint_recorded")
    ]
    assert order.index(("checkpoint_recorded", "a-a-1-1-1")) < order.index(("attempt_started", "a-a-1-1-2"))


def test_a_wave_that_has_lost_a_track_says_so_at_its_end() -> None:
    scene = scene_of("ab", "c")
    scene.world.acts[f"a/{WRITE}"] = lambda agent: (1, "cannot")
    scene.play()
    scene.answer("cap", "abandon", "not now")
    scene.play()
    assert made(scene)[-1] == (1, "failed", "", 1)
    assert scene.ledger.batch.state == "handed_over"


@pytest.mark.parametrize(("tokens", "full"), [(159_999, False), (160_000, True), (200_000, True)])
def test_a_conversation_that_is_80_percent_full_forces_a_checkpoint(tokens: int, full: bool) -> None:
    """[003-082] [003-090] [003-091] [003-093]: just below nothing, at 80 % a checkpoint and a signal, once."""
    scene = scene_of("a", workflow=replace(GROUPS, context=Context(200_000, 0.8)))
    scene.world.settle()
    for _ in range(2):
        scene.ledger.must(Draft("cost_recorded", {"track": "a", "cost_usd": 0.0, "tokens": tokens}))
        scene.world.settle()
    assert [one for one in made(scene) if one[1] == "context"] == ([(1, "context", "a-a-1-1-1", 1)] if full else [])
    signals = [one.text for one in scene.ledger.batch.signals.values() if one.kind == "context_low"]
    assert signals == ([f"its conversation is {tokens // 2000} % full: a checkpoint is made"] if full else [])


def test_no_crash_makes_a_checkpoint_twice() -> None:
    def slow(agent: Agent) -> tuple[int, str]:
        agent.append(f"{agent.attempt.track}.txt", "more\n")
        return 0, ""

    for place in range(30):
        scene = scene_of("a", "b")
        scene.world.acts[f"*/{WRITE}"] = slow
        scene.git.crash_at = (place, True)
        for _ in range(4):
            try:
                scene.play()
                if scene.ledger.batch.state != "handed_over":
                    break
                resume(scene)
            except Crash:
                scene.world.restart()
        assert made(scene) == [(1, "pre", "", 1), (1, "post", "", 1), (2, "pre", "", 2), (2, "post", "", 2)], place
