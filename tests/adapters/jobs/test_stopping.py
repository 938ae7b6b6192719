"""The stop ladder: whatever a job started and however deaf it is, nothing of it is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest

from orchestrator_tui.adapters.jobs import processes
from orchestrator_tui.adapters.jobs.ladder import Ladder, Sweep
from tests.adapters.jobs.scene import Scene, gone, lives
from tests.adapters.jobs.stubborn import DEAF_FAMILY, LEAVES_DAEMON, TELLS_SIGNALS
from tests.journal.processes import until


def stop_families(scene: Scene, runs: int) -> None:
    for run in range(runs):
        name = f"run-{run}"
        scene.python(name, DEAF_FAMILY)
        scene.printed(name, b"deaf")
        assert len(scene.marked()) == 3
        scene.jobs.stop(name, 0.02)
        ended = scene.ended(name)
        assert scene.marked() == [], f"left behind in run {run}"
        assert (ended.status, ended.exit_code, ended.reason, ended.left_over) == ("ended", -9, "stopped", 2)


def test_nothing_is_left_of_a_deaf_family(scene: Scene) -> None:
    stop_families(scene, 20)


@pytest.mark.slow
def test_nothing_is_left_of_a_deaf_family_in_two_hundred_runs(scene: Scene) -> None:
    stop_families(scene, 200)


def test_the_ladder_climbs_as_far_as_it_must(scene: Scene) -> None:
    scene.python("attempt", TELLS_SIGNALS)
    scene.printed("attempt", b"ready")
    scene.jobs.stop("attempt", 0.05)
    ended = scene.ended("attempt")
    assert (ended.exit_code, ended.reason) == (7, "stopped")
    assert scene.jobs.tail("attempt") == b"ready\n2\n15\n"


def test_interrupting_is_one_signal(scene: Scene) -> None:
    scene.python("attempt", TELLS_SIGNALS)
    scene.printed("attempt", b"ready")
    scene.jobs.interrupt("attempt")
    scene.printed("attempt", b"2\n")
    assert scene.jobs.look("attempt").status == "running"
    scene.shell("other", "trap 'exit 4' INT; echo ready; while :; do sleep 0.01; done")
    scene.printed("other", b"ready")
    scene.jobs.interrupt("other")
    ended = scene.ended("other")
    assert (ended.exit_code, ended.reason) == (4, "exited")


def test_stopping_again_hurries(scene: Scene) -> None:
    scene.python("attempt", TELLS_SIGNALS)
    scene.printed("attempt", b"ready")
    scene.jobs.stop("attempt", 3600.0)
    scene.printed("attempt", b"2\n")
    scene.jobs.stop("attempt", 0.0)
    assert scene.ended("attempt").reason == "stopped"


def test_a_process_that_is_halted_hears_it_too(scene: Scene) -> None:
    seen = scene.python("attempt", TELLS_SIGNALS)
    scene.printed("attempt", b"ready")
    assert seen.process is not None
    processes.send(seen.process.pid, seen.process.start, signal.SIGSTOP)
    scene.jobs.stop("attempt", 0.05)
    assert scene.ended("attempt").exit_code == 7


def test_its_end_in_time_is_no_stop(scene: Scene) -> None:
    scene.shell("attempt", "exit 0")
    ended = scene.ended("attempt")
    scene.jobs.stop("attempt")
    assert scene.jobs.look("attempt") == ended


def test_a_job_without_end_is_ended_by_its_shim(scene: Scene) -> None:
    scene.python("attempt", DEAF_FAMILY, wall_s=0.3, grace_s=0.05)
    ended = scene.ended("attempt")
    assert (ended.exit_code, ended.reason) == (-9, "wall limit")
    assert scene.marked() == []


@pytest.mark.parametrize("deaf", [False, True])
def test_a_daemon_that_is_left_behind_is_ended_and_counted(scene: Scene, deaf: bool) -> None:
    scene.python("attempt", LEAVES_DAEMON.format(deaf=deaf, seconds=600))
    ended = scene.ended("attempt")
    assert (ended.exit_code, ended.reason, ended.left_over) == (5, "exited", 1)
    assert scene.jobs.tail("attempt") == b"left\n"
    assert scene.marked() == []


def test_what_ends_within_the_grace_is_not_counted(scene: Scene) -> None:
    scene.python("attempt", LEAVES_DAEMON.format(deaf=True, seconds=0.2), left_over_grace_s=60.0)
    ended = scene.ended("attempt")
    assert (ended.exit_code, ended.left_over) == (5, 0)


def test_a_sweep_can_be_hurried(scene: Scene) -> None:
    seen = scene.python("attempt", LEAVES_DAEMON.format(deaf=True, seconds=600), left_over_grace_s=3600.0)
    until(lambda: not lives(seen.process))
    scene.jobs.stop("attempt", 0.0)
    assert scene.ended("attempt").left_over == 1


def test_the_shim_leaves_signals_to_others(scene: Scene) -> None:
    scene.shell("attempt", "read line; echo $line", keep_open=True)
    shim = processes.look(scene.shim("attempt"))
    assert shim is not None
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        assert processes.send(shim.pid, shim.start, number)
    scene.jobs.say("attempt", b"here\n")
    assert scene.ended("attempt").exit_code == 0
    assert scene.jobs.tail("attempt") == b"here\n"


def test_nonsense_on_the_control_fifo_is_ignored(scene: Scene) -> None:
    scene.shell("attempt", "read line; echo $line", keep_open=True)
    with (scene.place("attempt") / "control").open("wb", buffering=0) as control:
        for line in (b"stop", b"stop now", b"stop 1 2", b"\xff" * 3000, b"", b"explode 3"):
            control.write(line + b"\n")
    scene.jobs.say("attempt", b"here\n")
    assert (scene.ended("attempt").reason, scene.jobs.tail("attempt")) == ("exited", b"here\n")


@pytest.mark.parametrize("grace", ["nan", "inf", "-1", "1e400"])
def test_no_grace_keeps_a_job_alive(scene: Scene, grace: str) -> None:
    scene.python("attempt", TELLS_SIGNALS)
    scene.printed("attempt", b"ready")
    scene.jobs.stop("attempt", float(grace))
    scene.jobs.stop("attempt", 0.0)
    assert scene.ended("attempt").reason == "stopped"


def test_the_ladder_by_the_clock() -> None:
    sent: list[tuple[float, int]] = []
    now = 0.0
    ladder = Ladder(lambda number: sent.append((now, number)))
    ladder.step(5.0)
    ladder.ask("stopped", 10.0, 0.0)
    for now in (0.0, 1.0, 9.9, 10.0, 19.9, 20.0, 100.0):
        ladder.step(now)
    assert sent == [(0.0, signal.SIGINT), (10.0, signal.SIGTERM), (20.0, signal.SIGKILL)]
    assert ladder.killed
    assert ladder.due is None
    ladder.ask("wall limit", 0.0, 101.0)
    assert ladder.reason == "stopped"


def test_who_asks_to_stop_may_end_at_once(scene: Scene) -> None:
    scene.python("attempt", TELLS_SIGNALS)
    scene.printed("attempt", b"ready")
    if not (pid := os.fork()):
        scene.jobs.stop("attempt", 0.05)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    assert scene.ended("attempt").exit_code == 7


def test_a_process_is_signalled_by_its_start_time_only(scene: Scene) -> None:
    seen = scene.python("attempt", TELLS_SIGNALS)
    scene.printed("attempt", b"ready")
    assert seen.process is not None
    assert not processes.send(seen.process.pid, "1", signal.SIGKILL)
    assert not processes.send(2**22 + 1, seen.process.start, signal.SIGKILL)
    assert lives(seen.process)


def test_families_by_what_ps_prints() -> None:
    text = """\
    1     0     1 Ss   Mon Nov 16 08:00:01 2026
  411     1   411 S+   Sat Nov 21 09:15:42 2026
  412   411   411 Z    Sat Nov 21 09:15:43 2026
  413   411   413 R    Sat Nov 21  9:15:44 2026
garbage
"""
    table = processes.parse_ps(text)
    assert sorted(table) == [1, 411, 412, 413]
    assert table[412].dead
    assert (table[413].group, table[413].start) == (413, "Sat Nov 21 9:15:44 2026")
    assert [one.pid for one in processes.below({1}, table)] == [411, 412, 413]
    assert processes.below({413}, table) == []


@pytest.mark.parametrize("has_proc", [True, False], ids=["proc", "ps"])
def test_without_orphans_coming_back_the_group_is_swept(has_proc: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_proc and shutil.which("ps") is None:
        pytest.skip("no ps here")
    script = "trap '' TERM; sleep 600 >/dev/null & echo $!"
    child = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    assert child.stdout is not None
    left = processes.look(int(child.stdout.readline()))
    child.communicate()
    assert left is not None
    monkeypatch.setattr(processes, "has_proc", lambda: has_proc)
    sweep = Sweep(child.pid, subreaper=False, grace=10.0, killed=False, now=0.0)
    for now in (0.0, 10.0):
        assert not sweep.step(now)
    for step in range(1_000):
        if sweep.step(20.0 + step / 1000):
            break
        time.sleep(0.005)
    monkeypatch.undo()
    assert gone(left.pid, left.start)
    assert sweep.swept == 1
