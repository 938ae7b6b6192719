"""Living with a run: commands of other processes, its host told to end, a second host, a machine that was restarted."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.plan import Plan
from orchestrator_tui.core.schedule.opening import run_batch
from orchestrator_tui.core.schedule.rules import run_of
from orchestrator_tui.demo.terminal import CockpitTerminal
from orchestrator_tui.journal.sqlite import open_journal
from tests.run_real.chaos import frames_of
from tests.run_real.ground import WRITE, Ground, until

HELD = "note here-$ORCH_TRACK-$ORCH_ATTEMPT; until noted go-$ORCH_TRACK; do sleep 0.02; done; " + WRITE


def _let(ground: Ground, slug: str) -> None:
    (ground.root / "notes").mkdir(exist_ok=True)
    (ground.root / "notes" / f"go-{slug}").touch()


def _at_work(ground: Ground, slug: str, attempt: int = 1) -> bool:
    return (ground.root / "notes" / f"here-{slug}-a-{slug}-1-1-{attempt}").exists()


def _held(ground: Ground, *slugs: str) -> str:
    """Start a run whose agents wait to be let go on; its batch."""
    ground.begin()
    ground.act("any-1", HELD)
    ground.host(str(ground.plan(slugs)), "--yes")
    until(lambda: all(_at_work(ground, slug) for slug in slugs), "all agents are at work")
    return ground.batch().id


def test_a_plan_is_approved_on_the_screen_and_its_run_outlives_that(ground: Ground) -> None:
    """`orch-tui run PLAN` as a person types it: nothing starts before the key, and its run outlives a killed screen."""
    ground.begin()
    ground.act("any-1", HELD)
    cockpit = CockpitTerminal(["run", str(ground.plan("a")), "--repo", str(ground.repository)], frames_of(ground))
    try:
        until(lambda: ground.runs() and ground.gates("spend"), "the plan waits")
        until(lambda: "Start 1 track" in cockpit.frame().text, "its screen")
        assert not ground.log()
        until(lambda: _decided(ground, cockpit), "it is approved by key")
        until(lambda: _at_work(ground, "a"), "its agent is at work")
        cockpit.kill()
        _let(ground, "a")
        until(lambda: ground.batch().state == "awaiting_user", "it goes on to its end")
    finally:
        cockpit.close()
    assert ground.states() == {"a": "merged"}


def _decided(ground: Ground, cockpit: CockpitTerminal) -> bool:
    """Press what approves the plan, until it is approved: keys rest while a card is new."""
    if ground.gates("spend"):
        cockpit.press("1", "Enter", "Enter")
        cockpit.settle()
    return not ground.gates("spend")


def test_a_second_host_is_refused_and_an_attached_one_is_the_same(ground: Ground) -> None:
    batch = _held(ground, "a")
    second = ground.orch("run", "--resume", batch, "--headless")
    assert second.code == 3
    assert "is held by host of" in second.err
    _let(ground, "a")
    until(lambda: ground.batch().state == "awaiting_user", "it ends")
    assert len([line for line in ground.log()["a"] if line[0] == "start"]) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_host_that_is_told_to_end_leaves_its_agents_and_says_how_to_go_on(ground: Ground, number: int) -> None:
    """[002-108]"""
    batch = _held(ground, "a")
    host = ground.host_of_run()
    host.send_signal(number)
    assert host.wait(20) == 130
    words = (ground.root / "host.txt").read_text("utf-8")
    assert f"its agents go on. Go on with: orch-tui run --resume {batch}" in words
    assert "Traceback" not in words
    assert [one for one in ground.processes().values() if "agent.sh" in one]
    _let(ground, "a")
    ground.orch("run", "--resume", batch, "--headless", "--answers", str(ground.answers()))
    assert ground.states() == {"a": "merged"}
    assert [line[1] for line in ground.log()["a"] if line[0] == "start"] == ["a-a-1-1-1", "a-a-2-1-1"]


def test_paused_now_agents_stop_and_their_work_survives(ground: Ground) -> None:
    ground.act("a-1", "[ -e half.txt ] || echo half > half.txt; " + HELD)
    tracks = [{"slug": "a", "files": ["a.txt", "half.txt"], "brief": "write"}]
    ground.begin()
    ground.host(str(ground.plan(tracks)), "--yes")
    until(lambda: ground.runs() and _at_work(ground, "a"), "its agent is at work")
    assert ground.orch("pause", "--now").code == 0
    until(lambda: not [one for one in ground.processes().values() if "agent.sh" in one], "its agent is stopped")
    until(lambda: not ground.under_way(), "what was under way has ended")
    assert run_of(ground.batch()).pausing == "now"
    assert (Path(ground.batch().tracks["a"].worktree) / "half.txt").read_text() == "half\n"
    _let(ground, "a")
    assert ground.orch("resume").code == 0
    until(lambda: ground.batch().state == "awaiting_user", "it goes on to its end")
    assert ground.file("half.txt") == "half\n"


def test_paused_it_finishes_what_is_at_work_and_begins_nothing(ground: Ground) -> None:
    _held(ground, "a")
    assert ground.orch("pause").code == 0
    _let(ground, "a")
    until(lambda: ground.states()["a"] == "verifying" or not ground.under_way(), "it comes to rest")
    until(lambda: not ground.under_way(), "it comes to rest")
    assert len([line for line in ground.log()["a"] if line[0] == "start"]) == 1
    assert ground.orch("resume").code == 0
    until(lambda: ground.batch().state == "awaiting_user", "it ends")


def test_commands_from_another_process(ground: Ground) -> None:
    """[002-117] Rescue, tell, retry is refused beside a live agent, skip asks, add begins at once, cancel gives up."""
    batch = _held(ground, "a", "b")
    assert ground.orch("retry", "a").code == 3
    assert ground.orch("rescue", "a", "--reason", "stuck").code == 0
    until(lambda: _at_work(ground, "a", 2), "a fresh agent is at work")
    assert ground.orch("tell", "a", "hurry").code == 0
    assert ground.orch("skip", "b", "2").code == 0
    until(lambda: ground.gates("skip_stage"), "it is asked")
    (gate,) = ground.gates("skip_stage")
    assert ground.orch("decide", gate.id, "skip", "--reason", "trivial").code == 0
    more = ground.plan(["c"], name="more.yaml")
    added = ground.orch("add", str(more), "--to", batch)
    assert added.code == 0, added.err
    until(lambda: _at_work(ground, "c"), "the added track is at work")
    assert ground.orch("cancel", "c", "--reason", "not needed").code == 0
    for slug in "ab":
        _let(ground, slug)
    until(lambda: ground.batch().state == "awaiting_user", "it ends")
    assert ground.states() == {"a": "merged", "b": "merged", "c": "abandoned"}
    assert ground.batch().tracks["b"].skipped_stages == (2,)
    assert not [line for lines in ground.log().values() for line in lines if line[0] == "overlap"]
    host = ground.host_of_run()
    host.send_signal(signal.SIGTERM)
    host.wait(20)
    assert not ground.processes()


def test_after_a_restart_of_the_machine_what_ran_is_lost_and_tried_again(ground: Ground) -> None:
    batch = _held(ground, "a")
    ground.kill()
    ground.host_of_run().wait(20)
    (state,) = ground.home.rglob("jobs/*/a-a-1-1-1/state")
    lines = [f"boot {'0' * 32}" if line.startswith("boot") else line for line in state.read_text().splitlines()]
    state.write_text("\n".join(lines) + "\n")
    _let(ground, "a")
    ground.orch("run", "--resume", batch, "--headless", "--answers", str(ground.answers()))
    assert ground.states() == {"a": "merged"}
    outcomes = [event.payload["outcome"] for event in ground.events("attempt_ended")]
    assert outcomes == ["lost", "done", "done"]


def test_a_run_whose_recording_was_cut_short_is_none(ground: Ground) -> None:
    """Killed between its first event and its plan: nothing was started, and the same plan begins anew."""
    ground.begin()
    journal = open_journal(ground.repository, os.environ)
    plan = Plan(
        title="Letters",
        workflow="plain",
        base="main",
        integration="i",
        repository=str(ground.repository),
        worktrees="w",
    )
    journal.open_batch("letters-0", run_batch(plan, "", Limits()), SystemClock().now(), "host")
    journal.close()
    assert "no run is under way here" in ground.orch("attach").err
    assert ground.runs() == 0
    ground.run(ground.plan(["a"]))
    assert ground.states() == {"a": "merged"}
