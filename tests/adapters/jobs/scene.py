"""Jobs of real processes for tests: short to start, seen to their end, with nothing left behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from orchestrator_tui.adapters.jobs import processes
from orchestrator_tui.adapters.jobs.job import JobSeen, JobSpec, Stream
from orchestrator_tui.adapters.jobs.jobs import Jobs
from orchestrator_tui.adapters.process import ProcessIdentity, alive
from tests.journal.processes import until

MARK = "SCENE_OF_JOBS"


class Scene:
    """Jobs in a directory of their own; every process below carries a mark by which it is found again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.jobs = Jobs(directory / "jobs")
        self.mark = os.urandom(8).hex()

    def spec(self, id: str, *argv: str, **changed: object) -> JobSpec:
        values: dict[str, object] = {
            "cwd": str(self.directory),
            "env": {"PATH": os.environ["PATH"], MARK: self.mark},
            "grace_s": 0.2,
            "left_over_grace_s": 0.1,
        }
        return JobSpec(id, argv, **{**values, **changed})  # type: ignore[arg-type]

    def start(self, id: str, *argv: str, **changed: object) -> JobSeen:
        return self.jobs.start(self.spec(id, *argv, **changed))

    def shell(self, id: str, script: str, **changed: object) -> JobSeen:
        return self.start(id, "sh", "-c", script, **changed)

    def python(self, id: str, code: str, **changed: object) -> JobSeen:
        return self.start(id, sys.executable, "-I", "-S", "-c", code, **changed)

    def ended(self, id: str) -> JobSeen:
        """The job once it has ended, or is lost."""
        self.until(id, lambda seen: seen.status in ("ended", "lost"))
        return self.jobs.look(id)

    def until(self, id: str, holds: Callable[[JobSeen], bool]) -> JobSeen:
        until(lambda: holds(self.jobs.look(id)))
        return self.jobs.look(id)

    def printed(self, id: str, text: bytes, stream: Stream = "output") -> None:
        """Wait until the job has printed ``text``."""
        until(lambda: text in self.jobs.tail(id, stream))

    def place(self, id: str) -> Path:
        return self.directory / "jobs" / id

    def shim(self, id: str) -> int:
        """The pid of the shim of a job whose process runs."""
        process = self.jobs.look(id).process
        assert process is not None
        seen = processes.look(process.pid)
        assert seen is not None
        return seen.parent

    def marked(self) -> list[int]:
        """The living processes of all jobs here."""
        found = []
        wanted = f"{MARK}={self.mark}".encode()
        for pid in processes.table():
            try:
                environment = Path(f"/proc/{pid}/environ").read_bytes()
            except OSError:
                continue
            if wanted in environment:
                found.append(pid)
        return found

    def close(self) -> None:
        """End everything that still runs."""
        for name in self.jobs.all():
            self.jobs.stop(name, 0.0)
        until(lambda: all(self.jobs.look(name).status != "running" for name in self.jobs.all()))
        for pid in self.marked():
            standing = processes.look(pid)
            if standing is not None:
                processes.send(pid, standing.start, signal.SIGKILL)


def lives(process: ProcessIdentity | None) -> bool:
    assert process is not None
    return alive(process)


def kill(pid: int) -> None:
    """SIGKILL, and wait until it is gone."""
    standing = processes.look(pid)
    assert standing is not None
    processes.send(pid, standing.start, signal.SIGKILL)
    until(lambda: gone(pid, standing.start))


def gone(pid: int, start: str) -> bool:
    """Whether this very process has ended; nobody may have waited for it yet."""
    seen = processes.look(pid)
    return seen is None or seen.dead or seen.start != start
