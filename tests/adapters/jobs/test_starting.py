"""Starting jobs: once, in the environment that was asked for, and what is seen of them."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from orchestrator_tui.adapters.jobs import processes
from orchestrator_tui.adapters.jobs.job import JobError, JobSeen
from orchestrator_tui.adapters.jobs.jobs import Jobs
from orchestrator_tui.adapters.jobs.launching import take_lock
from orchestrator_tui.adapters.jobs.record import STATE
from tests.adapters.jobs.scene import Scene, lives
from tests.journal.processes import until

# What a process finds when it starts: signals ignored and blocked, descriptors, session, umask.
LOOK_AROUND = """
import os
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
print(status["SigIgn"], status["SigBlk"], os.getsid(0) == os.getpid() == os.getpgrp())
print(sorted(os.listdir("/proc/self/fd"))[:-1], oct(os.umask(0)), os.getcwd())
print(sorted(os.environ))
"""


def test_a_job_runs_and_tells_how_it_ended(scene: Scene) -> None:
    seen = scene.shell("attempt", "echo out; echo err >&2; exit 3")
    assert seen.status in ("running", "ended")
    assert seen.started_wall_ms is not None
    ended = scene.ended("attempt")
    assert (ended.status, ended.exit_code, ended.reason, ended.left_over) == ("ended", 3, "exited", 0)
    assert (ended.output_bytes, ended.error_bytes, ended.dropped_bytes) == (4, 4, 0)
    assert ended.process == seen.process
    assert ended.ended_wall_ms is not None
    assert seen.started_wall_ms <= ended.ended_wall_ms
    assert ended.last_output_wall_ms is not None
    assert scene.jobs.tail("attempt") == b"out\n"
    assert scene.jobs.tail("attempt", "error") == b"err\n"


def test_nothing_is_known_of_what_never_ran(scene: Scene) -> None:
    assert scene.jobs.look("nobody") == JobSeen("nobody", "absent")
    assert scene.jobs.all() == ()
    assert scene.jobs.tail("nobody") == b""
    assert scene.jobs.follow("nobody", "output", 0) == (b"", 0)
    scene.jobs.stop("nobody")
    scene.jobs.interrupt("nobody")
    scene.jobs.forget("nobody")


def test_a_signal_that_ends_it_is_told(scene: Scene) -> None:
    scene.shell("attempt", "kill -9 $$")
    ended = scene.ended("attempt")
    assert (ended.exit_code, ended.reason) == (-9, "signal 9")


def test_it_starts_with_a_clean_slate(scene: Scene) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    umask = os.umask(0o027)
    extra = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(extra, True)
    try:
        scene.python("attempt", LOOK_AROUND)
    finally:
        os.close(extra)
        os.umask(umask)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        signal.signal(signal.SIGINT, before)
    scene.ended("attempt")
    ignored, descriptors, names = scene.jobs.tail("attempt").decode().splitlines()
    # Python itself ignores SIGPIPE and SIGXFSZ; 32 and 33 are the C library's own, which no program can change.
    mask, blocked, alone = ignored.split()
    assert int(mask, 16) & ~(1 << 31 | 1 << 32) == 1 << 12 | 1 << 24
    assert (blocked, alone) == (f"{0:016x}", "True")
    assert descriptors == f"['0', '1', '2'] 0o27 {scene.directory}"
    assert names == str(sorted(["LC_CTYPE", "ORCH_JOB", "PATH", "SCENE_OF_JOBS"]))


@pytest.mark.parametrize(
    ("argv", "changed", "reason"),
    [
        (("no-such-program",), {}, "cannot start: no such program: no-such-program"),
        (("/no/such/program",), {}, "cannot start: no such program: /no/such/program"),
        (("/etc/passwd",), {}, "cannot start: Permission denied: /etc/passwd"),
        (("true",), {"cwd": "/no/such/place"}, "cannot start: No such file or directory: /no/such/place"),
    ],
)
def test_what_cannot_start_says_why(
    scene: Scene, argv: tuple[str, ...], changed: dict[str, object], reason: str
) -> None:
    scene.start("attempt", *argv, **changed)
    ended = scene.ended("attempt")
    assert (ended.exit_code, ended.reason) == (127, reason)


def test_a_job_starts_once(scene: Scene) -> None:
    first = scene.shell("attempt", "echo started >>count; exec sleep 60")
    assert scene.shell("attempt", "echo started >>count").process == first.process
    again = Jobs(scene.directory / "jobs")
    assert again.start(scene.spec("attempt", "false")).process == first.process
    until((scene.directory / "count").exists)
    scene.jobs.stop("attempt", 0.0)
    ended = scene.ended("attempt")
    assert again.start(scene.spec("attempt", "false")) == ended
    assert (scene.directory / "count").read_text() == "started\n"


def test_many_who_start_it_at_once_start_one(scene: Scene) -> None:
    seen: list[JobSeen] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        jobs = Jobs(scene.directory / "jobs")
        barrier.wait()
        seen.append(jobs.start(scene.spec("attempt", "sh", "-c", "echo started >>count; exec sleep 60")))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.process for one in seen}) == 1
    until((scene.directory / "count").exists)
    scene.jobs.stop("attempt", 0.0)
    scene.ended("attempt")
    assert (scene.directory / "count").read_text() == "started\n"


def test_a_shim_that_died_before_its_process_ran_is_followed_by_one_more(scene: Scene) -> None:
    place = scene.place("attempt")
    place.mkdir(parents=True, mode=0o700)
    lock = take_lock(place)
    assert lock is not None
    os.mkfifo(place / "control")
    (place / "result.new").write_bytes(b"\n" * 4096)
    (place / "state.new").write_bytes(b"pid 1\n")
    assert scene.jobs.look("attempt").status == "starting"
    os.close(lock)
    assert scene.jobs.look("attempt").status == "absent"
    scene.shell("attempt", "echo ran")
    scene.ended("attempt")
    assert scene.jobs.tail("attempt") == b"ran\n"


def test_who_finds_it_starting_waits_for_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    place = scene.place("attempt")
    place.mkdir(parents=True, mode=0o700)
    lock = take_lock(place)
    assert lock is not None
    try:
        monkeypatch.setattr("orchestrator_tui.adapters.jobs.jobs._ADOPT_SECONDS", 0.05)
        assert scene.shell("attempt", "true").status == "starting"
    finally:
        os.close(lock)


def test_a_full_disk_at_the_start_is_said_and_nothing_has_run(scene: Scene) -> None:
    place = scene.place("attempt")
    place.mkdir(parents=True, mode=0o700)
    (place / STATE).with_name("state.new").mkdir()
    with pytest.raises(JobError, match="job attempt: it cannot be started: Is a directory"):
        scene.shell("attempt", "touch ran")
    assert scene.jobs.look("attempt").status == "absent"
    (place / "state.new").rmdir()
    scene.shell("attempt", "true")
    assert scene.ended("attempt").exit_code == 0
    assert not (scene.directory / "ran").exists()


def test_a_directory_that_cannot_be_made_is_said(scene: Scene) -> None:
    (scene.directory / "jobs").write_text("a file")
    with pytest.raises(JobError, match="job attempt: it cannot be started: File exists"):
        scene.shell("attempt", "true")


def test_without_a_directory_that_lasts_it_does_not_run(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise OSError(errno.EIO, "Input/output error", path)

    with monkeypatch.context() as broken:
        broken.setattr("orchestrator_tui.adapters.jobs.launching.sync_directory", refuse)
        with pytest.raises(JobError, match="job attempt: it cannot be started: Input/output error"):
            scene.shell("attempt", "echo started >>count")
    assert scene.jobs.look("attempt").status == "absent"
    scene.shell("attempt", "echo started >>count")
    scene.ended("attempt")
    assert (scene.directory / "count").read_text() == "started\n"


@pytest.mark.parametrize("id", ["", "x" * 201, "/" * 70])
def test_a_name_that_is_none_is_refused(scene: Scene, id: str) -> None:
    with pytest.raises(ValueError, match="cannot name a job"):
        scene.shell(id, "true")


@pytest.mark.parametrize("id", ["..", ".", "a/b", "../c", "attempt:cart/2 (late)", "größe~%2E"])
def test_any_name_is_one_directory(scene: Scene, id: str) -> None:
    scene.shell(id, "true")
    assert scene.ended(id).exit_code == 0
    assert scene.jobs.all() == (id,)
    (place,) = (scene.directory / "jobs").iterdir()
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    scene.jobs.forget(id)
    assert scene.jobs.all() == ()
    assert list((scene.directory / "jobs").iterdir()) == []


@pytest.mark.parametrize(
    ("argv", "changed"), [((), {}), (("a\0b",), {}), (("true",), {"env": {"A=B": "1"}}), (("true",), {"cwd": "a\0"})]
)
def test_arguments_that_cannot_be_passed_on_are_refused(
    scene: Scene, argv: tuple[str, ...], changed: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="job attempt: "):
        scene.start("attempt", *argv, **changed)
    assert scene.jobs.all() == ()


def test_a_running_job_is_not_forgotten(scene: Scene) -> None:
    seen = scene.start("attempt", "sleep", "60")
    with pytest.raises(JobError, match="job attempt: it still runs"):
        scene.jobs.forget("attempt")
    assert lives(seen.process)


def test_nothing_secret_is_written_down(scene: Scene) -> None:
    scene.start(
        "attempt", "sleep", "60", env={"PATH": os.environ["PATH"], "MY_TOKEN": "swordfish-7"}, stdin=b"swordfish-8"
    )
    for path in scene.place("attempt").rglob("*"):
        if path.is_file():
            assert b"swordfish" not in path.read_bytes()
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_shim_loads_little_before_its_process_runs() -> None:
    root = Path(__file__).resolve().parents[3]
    code = f"import sys; sys.path.append({str(root)!r}); import orchestrator_tui.adapters.jobs.attending"
    listed = [sys.executable, "-I", "-S", "-c", f"{code}; print(*sys.modules)"]
    ended = subprocess.run(listed, capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    assert "orchestrator_tui.adapters.jobs.attending" in loaded
    costly = set(
        "asyncio collections dataclasses enum inspect json pathlib re signal subprocess threading typing".split()
    )
    assert loaded & costly == set()
    assert "orchestrator_tui.core.redaction" not in loaded, "it comes with the first output"


def test_its_shim_is_in_a_session_of_its_own(scene: Scene) -> None:
    seen = scene.start("attempt", "sleep", "60")
    assert seen.process is not None
    shim = processes.look(scene.shim("attempt"))
    assert shim is not None
    assert shim.session not in (os.getsid(0), seen.process.pid)
    assert Path(f"/proc/{shim.pid}/cmdline").read_bytes().split(b"\0")[:3] == [sys.executable.encode(), b"-I", b"-S"]
    assert sorted(os.readlink(f"/proc/{shim.pid}/fd/{n}") for n in (0, 1)) == [os.devnull] * 2
