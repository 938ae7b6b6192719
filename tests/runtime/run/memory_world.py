"""A world of a run in memory: jobs that end when they are let, agents that do as a test says, crashes anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from orchestrator_tui.core.call_answers import Chosen
from orchestrator_tui.core.delivery import Reach, reach_in
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Gate
from orchestrator_tui.runtime.baseline import NoResults, Results
from orchestrator_tui.runtime.grounding import NoPast, Past
from orchestrator_tui.runtime.run_world import (
    AttemptEnd,
    AttemptNews,
    AttemptOrder,
    Follower,
    JobOrder,
    JobSeen,
    Runner,
    RunWorld,
)
from orchestrator_tui.runtime.running import Running
from tests.core.builders import Ledger
from tests.runtime.run.memory_git import Crash, MemoryGit


@dataclass
class Job:
    """One process: what it will do when it ends, and how."""

    order: JobOrder
    end: Callable[[], tuple[int, str]]
    status: str = "running"
    exit_code: int | None = None
    output: str = ""
    stopping: bool = False
    closed: bool = False
    said: list[bytes] = field(default_factory=list)


Act = Callable[["Agent"], tuple[int, str]]
"""What an agent does in one attempt: exit code and output."""


@dataclass
class Agent:
    """An agent in one attempt, with its worktree."""

    world: MemoryWorld
    attempt: AttemptOrder

    def write(self, name: str, text: str, *, commit: bool = True) -> None:
        """Change a file of the worktree, and commit everything."""
        self.world.git.write(self.attempt.worktree, name, text)
        if commit:
            self.world.git.commit(self.attempt.worktree, "work")

    def append(self, name: str, text: str) -> None:
        """Add to a file, and commit everything."""
        files = self.world.git.read(self.attempt.worktree)
        if text not in files.get(name, ""):
            self.write(name, files.get(name, "") + text)


class MemoryJobs:
    """Implements the port ``Jobs``; a job ends when ``let`` is called.

    ``deaf`` jobs take no input; ``unseen`` ones cannot be looked at.
    """

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world
        self.deaf = self.unseen = False
        self.jobs: dict[str, Job] = {}
        self.started: list[str] = []

    def start(self, identifier: str, order: JobOrder) -> JobSeen:
        if identifier not in self.jobs:
            self.started.append(identifier)
            self.jobs[identifier] = Job(order, self._world.end_of(identifier, order))
        return self.look(identifier)

    def look(self, identifier: str) -> JobSeen:
        if self.unseen:
            raise OSError("too many open files")
        job = self.jobs.get(identifier)
        if job is None:
            return JobSeen("absent")
        code = job.exit_code or 0
        died = f"signal {-code}" if code < 0 else "exited"
        reason = "" if job.status == "running" else "stopped" if job.stopping else died
        return JobSeen(job.status, (1, "1", "boot-1"), job.exit_code, reason)

    def say(self, identifier: str, data: bytes) -> None:
        if self.deaf:
            raise OSError("its shim is dead")
        self.jobs[identifier].said.append(data)

    def close_input(self, identifier: str) -> None:
        self.jobs[identifier].closed = True

    def stop(self, identifier: str) -> None:
        job = self.jobs[identifier]
        if job.status == "running":
            job.status, job.exit_code, job.stopping = "ended", -2, True

    def follow(self, identifier: str, stream: str, offset: int) -> tuple[bytes, int]:
        data = self.jobs[identifier].output.encode()[offset:] if stream == "output" else b""
        return data, offset + len(data)

    def tail(self, identifier: str, stream: str, limit: int) -> bytes:
        return self.jobs[identifier].output.encode()[-limit:] if stream == "output" else b""

    def let(self, identifier: str) -> None:
        """Let a job come to its end."""
        job = self.jobs[identifier]
        if job.status == "running":
            job.exit_code, job.output = job.end()
            job.status = "ended"

    def kill(self, identifier: str) -> None:
        """Kill a job before it has done anything."""
        job = self.jobs[identifier]
        if job.status == "running":
            job.status, job.exit_code = "ended", -9

    def running(self) -> list[str]:
        """The jobs that run, in the order of their start."""
        return [one for one in self.started if self.jobs[one].status == "running"]


class _PlainFollower:
    def __init__(self, words: frozenset[str]) -> None:
        self._words, self._text = words, ""

    def feed(self, data: bytes) -> AttemptNews | None:
        self._text += data.decode()
        return AttemptNews(activity=self._text.strip().splitlines()[-1]) if self._text.strip() else None

    def end(self, exit_code: int | None, reason: str, errors: bytes) -> AttemptEnd:
        lines = self._text.strip().splitlines()
        verdict = next((line for line in reversed(lines) if line in self._words), "")
        return AttemptEnd("done" if exit_code == 0 else "failed", verdict, lines[-1] if lines else "")


class MemoryRunner:
    """Implements the port ``Runner``."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world

    def order(self, attempt: AttemptOrder) -> JobOrder:
        self._world.attempts[attempt.id] = attempt
        return JobOrder(("agent", attempt.id), attempt.worktree, {}, attempt.prompt.encode())

    def follower(self, attempt: AttemptOrder, words: frozenset[str]) -> Follower:
        return _PlainFollower(words)

    def message(self, text: str) -> bytes:
        return text.encode()

    def session(self, attempt: AttemptOrder) -> str:
        return attempt.resume

    def answers(self, ask: Mapping[str, Any], decided: Sequence[Chosen]) -> bytes:
        return b""

    def interrupt(self) -> bytes:
        return b""


class _AtOnce(Executor):
    """Runs what is submitted at once; the crash of the process goes through."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class MemoryWorld:
    """A run with everything that it needs, in one thread. ``acts`` say what agents do, by ``track/stage``.

    ``waiting`` are the routes by which readers wait for answers.
    """

    def __init__(self, ledger: Ledger, git: MemoryGit) -> None:
        self.ledger, self.git = ledger, git
        self.acts: dict[str, Act] = {}
        self.checks: dict[str, Callable[[str], int]] = {}
        self.attempts: dict[str, AttemptOrder] = {}
        self.jobs = MemoryJobs(self)
        self.crash_in = -1
        self.reports = 0
        self.report_fails = ""
        self.kept: list[tuple[str, ...]] = []
        self.keeping_fails = ""
        self.results: Results = NoResults()
        self.past: Past = NoPast()
        self.executor: Executor = _AtOnce()
        self.runner: Runner = MemoryRunner(self)
        self.waiting: frozenset[str] = frozenset()
        self.running = self._start()

    @property
    def batch(self) -> Batch:
        return self.ledger.batch

    def restart(self) -> None:
        """The process that kept the run is gone; another one takes it over."""
        self.running = self._start()

    def settle(self) -> None:
        """Do everything that can be done while no job ends."""
        before = -1
        while self.batch.seq != before:
            before = self.batch.seq
            self.running.turn(self.batch, self.ledger.now)

    def play(self, rounds: int = 400) -> None:
        """Let one job after the other end, until nothing moves any more."""
        for _ in range(rounds):
            self.settle()
            running = self.jobs.running()
            if not running:
                return
            self.jobs.let(running[0])
        raise AssertionError("the run does not come to rest")

    def end_of(self, identifier: str, order: JobOrder) -> Callable[[], tuple[int, str]]:
        """What a job will do when it is let end."""
        if order.argv[0] == "agent":
            attempt = self.attempts[identifier]
            act = self.acts.get(f"{attempt.track}/{attempt.stage}") or self.acts.get(f"*/{attempt.stage}")
            return lambda: act(Agent(self, attempt)) if act is not None else (0, "")
        command = order.argv[2]
        check = self.checks.get(command)
        return lambda: (0 if check is None else check(order.cwd), f"{command} was run")

    # --- inside ------------------------------------------------------------------------------------------------

    def _start(self) -> Running:
        world = RunWorld(self.git, self.jobs, self.runner, "/jobs", self.results, self.past)
        return Running(
            world, "/home", self._record, self._report, keep=self._keep, executor=self.executor, reach=self._reach
        )

    def _reach(self, batch: Batch, gate: Gate) -> Reach:
        return reach_in(batch, gate, self.waiting)

    def _record(self, drafts: tuple[Draft, ...]) -> Batch:
        self._maybe_crash()
        refused = self.ledger.record(*drafts)
        # Two looks at once may find the same: the gate of the second is left out, as the journal leaves it out.
        assert all("is not the next one" in why for why in refused), refused
        self._maybe_crash()
        return self.batch

    def _maybe_crash(self) -> None:
        if self.crash_in == 0:
            self.crash_in = -1
            raise Crash
        self.crash_in -= 1 if self.crash_in > 0 else 0

    def _report(self, batch: Batch) -> str:
        self.reports += 1
        if self.report_fails:
            raise OSError(self.report_fails)
        return "report.md"

    def _keep(self, batch: Batch, names: tuple[str, ...]) -> tuple[str, ...]:
        if self.keeping_fails:
            raise OSError(self.keeping_fails)
        self.kept.append((batch.merged[-1], *names))
        return names
