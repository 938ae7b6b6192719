"""What a person asks of a run while it works: pause, go on, stop, rescue, retry, skip."""

from __future__ import annotations

from orchestrator_tui.core.commands import Pause, Rescue, Resume, Retry, Skip, Stop
from orchestrator_tui.core.model import TrackState
from tests.runtime.run.scene import REVIEW, WRITE, Scene, track

S = TrackState


def test_pause_drains_and_resume_goes_on() -> None:
    scene = Scene(track("a"), track("b", depends_on=("a",)))
    scene.world.settle()
    assert scene.carry_out(Pause("list-1")) is None
    scene.play()
    assert scene.states()["b"] is not S.MERGED
    assert len(scene.world.jobs.started) == 1
    assert scene.carry_out(Resume("list-1")) is None
    scene.play()
    assert scene.states() == dict.fromkeys("ab", S.MERGED)


def test_pause_now_ends_agents_and_uses_up_no_try() -> None:
    scene = Scene(track("a"))
    scene.world.settle()
    assert scene.carry_out(Pause("list-1", "a", now=True)) is None
    scene.world.settle()
    assert scene.track("a").attempts[0].outcome == "stopped"
    scene.play()
    assert len(scene.world.jobs.started) == 1
    assert scene.carry_out(Resume("list-1", "a")) is None
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_stopping_a_track_ends_its_agent_and_keeps_its_work() -> None:
    """[002-91] [000-061] [000-109]"""
    scene = Scene(track("a"), track("b"))
    scene.world.settle()
    scene.git.write("/trees/a", "a.txt", "half of it")
    assert scene.carry_out(Stop("list-1", "a")) == "say why"
    assert scene.carry_out(Stop("list-1", "a", "not needed")) is None
    scene.play()
    assert scene.states() == {"a": S.ABANDONED, "b": S.MERGED}
    assert scene.track("a").attempts[0].outcome == "stopped"
    assert "/trees/a" in scene.git.trees


def test_stopping_the_batch_ends_everything_and_writes_the_report() -> None:
    """[000-109]"""
    scene = Scene(track("a"), track("b"))
    scene.world.settle()
    assert scene.carry_out(Stop("list-1", reason="enough")) is None
    scene.play()
    assert scene.ledger.batch.state == "stopped"
    assert [event.kind for event in scene.ledger.events].count("report_written") == 1
    assert not scene.world.jobs.running()


def test_rescue_replaces_the_agent_and_never_runs_two() -> None:
    """[000-058] [000-107]"""
    scene = Scene(track("a"))
    scene.world.settle()
    assert scene.carry_out(Rescue("list-1", "a", "it loops")) is None
    assert len(scene.world.jobs.running()) == 1
    scene.world.settle()
    assert scene.world.jobs.started == ["a-a-1-1-1", "a-a-1-1-2"]
    assert scene.world.jobs.running() == ["a-a-1-1-2"]
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_retry_after_an_end_is_refused_while_an_agent_works() -> None:
    scene = Scene(track("a"))
    scene.world.settle()
    assert scene.carry_out(Retry("list-1", "a")) == "a is at work: rescue it, or wait"


def test_a_stage_is_skipped_only_after_its_risk_was_shown() -> None:
    scene = Scene(track("a"))
    scene.world.settle()
    assert scene.carry_out(Skip("list-1", "a", REVIEW)) is None
    scene.answer("skip_stage", "skip", "trivial")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert scene.track("a").skipped_stages == (REVIEW,)
    assert [one.stage for one in scene.track("a").attempts] == [WRITE]
