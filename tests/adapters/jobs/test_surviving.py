"""What outlives whom: jobs their starters, processes their shims, and what is known of them everybody."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestrator_tui.adapters.jobs import processes
from orchestrator_tui.adapters.jobs.job import JobError, JobSeen, JobSpec
from orchestrator_tui.adapters.jobs.jobs import Jobs
from orchestrator_tui.adapters.jobs.port import RunJobs
from orchestrator_tui.runtime.run_world import JobOrder
from tests.adapters.jobs.scene import Scene, kill, lives
from tests.adapters.jobs.stubborn import TELLS_SIGNALS, WIDE_FAMILY
from tests.journal.processes import until

ROOT = Path(__file__).resolve().parents[3]
STARTER = """
import os, sys
from pathlib import Path
from orchestrator_tui.adapters.jobs.job import JobSpec
from orchestrator_tui.adapters.jobs.jobs import Jobs
from orchestrator_tui.adapters.jobs.port import RunJobs
print("up", flush=True)
script = "echo started >>count; read line; echo heard $line"
spec = JobSpec("attempt", ("sh", "-c", script), sys.argv[1], dict(os.environ), keep_open=True, left_over_grace_s=0.1)
seen = Jobs(Path(sys.argv[1]) / "jobs").start(spec)
print(seen.process.pid, flush=True)
sys.stdin.read()
"""


def starter(scene: Scene) -> subprocess.Popen[bytes]:
    """A process that starts the job `attempt` and waits."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", STARTER, str(scene.directory)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SCENE_OF_JOBS": scene.mark},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def test_a_job_outlives_its_starter_and_is_adopted(scene: Scene) -> None:
    started = starter(scene)
    assert started.stdout is not None
    assert started.stdout.readline() == b"up\n"
    pid = int(started.stdout.readline())
    end(started)
    seen = scene.jobs.look("attempt")
    assert seen.process is not None
    assert (seen.status, seen.attended, seen.process.pid) == ("running", True, pid)
    assert scene.jobs.start(scene.spec("attempt", "false")).process == seen.process
    scene.jobs.say("attempt", b"you\n")
    assert scene.ended("attempt").exit_code == 0
    assert scene.jobs.tail("attempt") == b"heard you\n"
    assert (scene.directory / "count").read_text() == "started\n"


@pytest.mark.parametrize("seed", range(12))
def test_a_starter_killed_at_any_moment_leaves_one_process_or_none(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    started = starter(scene)
    assert started.stdout is not None
    assert started.stdout.readline() == b"up\n"
    time.sleep(chance.uniform(0.0, 0.04))  # The moment of the kill is what is tried out here.
    end(started)
    script = "echo started >>count; read line; echo heard $line"
    seen = scene.shell("attempt", script, keep_open=True)
    assert seen.status == "running"
    scene.jobs.say("attempt", b"you\n")
    assert scene.ended("attempt").exit_code == 0
    assert scene.jobs.tail("attempt") == b"heard you\n"
    assert (scene.directory / "count").read_text() == "started\n"


def test_two_processes_that_start_it_at_once_start_one(scene: Scene) -> None:
    both = [starter(scene) for _ in range(2)]
    pids = []
    for each in both:
        assert each.stdout is not None
        assert each.stdout.readline() == b"up\n"
        pids.append(each.stdout.readline())
    for each in both:
        end(each)
    assert pids[0] == pids[1]
    scene.jobs.say("attempt", b"you\n")
    scene.ended("attempt")
    assert (scene.directory / "count").read_text() == "started\n"


def test_a_killed_process_is_told_by_its_shim(scene: Scene) -> None:
    seen = scene.start("attempt", "sleep", "600")
    assert seen.process is not None
    kill(seen.process.pid)
    ended = scene.ended("attempt")
    assert (ended.exit_code, ended.reason) == (-9, "signal 9")


def test_a_process_outlives_its_shim_and_can_be_stopped(scene: Scene) -> None:
    seen = scene.python("attempt", TELLS_SIGNALS, keep_open=True)
    scene.printed("attempt", b"ready")
    kill(scene.shim("attempt"))
    left = Jobs(scene.directory / "jobs").look("attempt")
    assert (left.status, left.attended, left.process) == ("running", False, seen.process)
    assert scene.jobs.start(scene.spec("attempt", "false")).process == seen.process
    with pytest.raises(JobError, match="job attempt: its shim is dead"):
        scene.jobs.say("attempt", b"x")
    with pytest.raises(JobError, match="job attempt: it still runs"):
        scene.jobs.forget("attempt")
    scene.jobs.stop("attempt", 0.05)
    ended = scene.ended("attempt")
    assert (ended.status, ended.exit_code, ended.reason) == ("ended", None, "stopped")
    assert not lives(seen.process)


def test_a_family_without_a_shim_is_ended_as_a_whole(scene: Scene) -> None:
    scene.python("attempt", WIDE_FAMILY)
    scene.printed("attempt", b"deaf")
    assert len(scene.marked()) == 4
    kill(scene.shim("attempt"))
    scene.jobs.stop("attempt", 0.05)
    scene.jobs.stop("attempt", 0.05)
    ended = scene.ended("attempt")
    assert ended.reason == "stopped"
    assert scene.marked() == []


def test_a_process_without_a_shim_can_be_interrupted(scene: Scene) -> None:
    seen = scene.shell(
        "attempt", "trap '' PIPE; trap 'touch interrupted; exit' INT; touch up; while :; do sleep 0.01; done"
    )
    until((scene.directory / "up").exists)
    kill(scene.shim("attempt"))
    scene.jobs.interrupt("attempt")
    until((scene.directory / "interrupted").exists)
    until(lambda: not lives(seen.process))
    assert scene.jobs.look("attempt").status == "lost"


def test_without_shim_process_and_result_it_is_lost(scene: Scene) -> None:
    seen = scene.start("attempt", "sleep", "600")
    kill(scene.shim("attempt"))
    assert seen.process is not None
    kill(seen.process.pid)
    lost = scene.jobs.look("attempt")
    assert (lost.status, lost.exit_code, lost.reason, lost.process) == ("lost", None, "lost", seen.process)
    scene.jobs.stop("attempt")
    scene.jobs.interrupt("attempt")
    assert scene.jobs.start(scene.spec("attempt", "false")) == lost
    scene.jobs.forget("attempt")
    assert scene.jobs.look("attempt").status == "absent"


def test_a_process_of_an_earlier_boot_is_lost(scene: Scene) -> None:
    seen = scene.start("attempt", "sleep", "600")
    kill(scene.shim("attempt"))
    state = scene.place("attempt") / "state"
    assert seen.process is not None
    later = state.read_text().replace(seen.process.boot, "an-earlier-boot")
    state.with_name("state.other").write_text(later)
    state.with_name("state.other").rename(state)
    assert scene.jobs.look("attempt").status == "lost"
    scene.jobs.stop("attempt", 0.0)
    assert lives(seen.process), "no signal to a pid of another boot"
    processes.send(seen.process.pid, seen.process.start, signal.SIGKILL)


def test_what_a_lost_job_has_left_behind_is_swept_up(scene: Scene) -> None:
    """Shim and process are killed; a child in its group and one in a session of its own are still there."""
    scene.shell("attempt", "setsid sleep 600 & sleep 601 & echo up; wait")
    scene.printed("attempt", b"up")
    shim, process = scene.shim("attempt"), scene.jobs.look("attempt").process
    assert process is not None
    until(lambda: len(scene.marked()) >= 3)
    with pytest.raises(JobError, match="still runs"):
        scene.jobs.sweep("attempt")
    kill(shim)
    kill(process.pid)
    until(lambda: RunJobs(scene.jobs).look("attempt").status == "lost")
    assert scene.marked() == []
    assert RunJobs(scene.jobs).look("attempt").status == "lost"


def test_a_shim_that_is_killed_at_its_birth_is_followed_by_another(scene: Scene) -> None:
    class Unlucky(Jobs):
        failures = 2

        def start(self, spec: JobSpec) -> JobSeen:
            if self.failures:
                self.failures -= 1
                raise JobError("its shim ended before it had begun")
            return super().start(spec)

    jobs = RunJobs(Unlucky(scene.directory / "jobs"))
    order = JobOrder(("sh", "-c", "echo once >> count"), str(scene.directory), {"PATH": os.environ["PATH"]})
    assert jobs.start("attempt", order).status in ("running", "ended")
    scene.ended("attempt")
    assert (scene.directory / "count").read_text() == "once\n"
