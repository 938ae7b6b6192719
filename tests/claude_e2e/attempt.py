"""An attempt of the ``claude`` runner as a host would make it, but with no shim between: a plain process."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.runners.claude import ClaudeRunner
from orchestrator_tui.cli.claude_files import wanted
from orchestrator_tui.core.call_answers import Answer
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.core.plan import AgentChoice, Plan
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.port import Refused
from orchestrator_tui.journal.presence import PresenceLock
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.run_world import AttemptEnd, AttemptNews, AttemptOrder
from tests.claude_rig import ClaudeRig, wait_until
from tests.claude_rig.cleanup import MARK

WORDS = frozenset({"APPROVED", "REQUIRES_REWORK"})


class Run:
    """A run's batch in the journal of the rig's project, with one track in its worktree; close it at the end."""

    def __init__(self, rig: ClaudeRig) -> None:
        self.rig, self.clock = rig, SystemClock()
        self.directory = journal_directory(rig.orch_home, rig.project)
        tasks = self.directory / "runs" / "two-fixes"
        tasks.mkdir(parents=True)
        self.journal = SqliteJournal(self.directory)
        self.batch = list_batch_id(os.path.realpath(tasks))
        self.worktree = rig.project.parent / "trees" / "alpha"
        add = ["git", "worktree", "add", "-q", "-b", "orch/alpha", str(self.worktree)]
        subprocess.run(add, cwd=rig.project, env=rig.environment(), check=True)
        agent = AgentChoice("claude", command=rig.cli.command, environment=(MARK,))
        self.plan = Plan("t", "tracks", "main", "integration", str(rig.project), str(self.worktree.parent), agent=agent)
        self.order = AttemptOrder(
            id="a-alpha-1-1-1",
            track="alpha",
            stage=1,
            stage_name="Implement",
            number=1,
            purpose="implement",
            role="implementer",
            model="",
            prompt="",
            worktree=str(self.worktree),
            directory="",
            tasks=str(tasks),
            batch=self.batch,
            repository=str(rig.project),
            home=str(rig.orch_home),
            plan=self.plan,
        )
        self.runner = ClaudeRunner(rig.environment(), wanted(rig.environment(), rig.orch_home))
        self._open()
        self._presence: PresenceLock | None = None
        self._attempts: list[RunningAttempt] = []

    def start(self, prompt: str, **changes: Any) -> RunningAttempt:
        """Start an attempt."""
        order = replace(self.order, prompt=prompt, **changes)
        attempt = RunningAttempt(self, replace(order, directory=str(self.directory / "jobs" / order.id)))
        self._attempts.append(attempt)
        return attempt

    def attend(self) -> None:
        """Somebody is there who can answer."""
        self._presence = PresenceLock(self.directory, "host", "", self.clock.now().wall_ms)

    def wait_gate(self, question: str) -> Gate:
        """Wait for the gate that asks this, in the run's batch."""

        def found() -> Gate | None:
            gates = self.journal.gates(self.batch)
            return next((gate for gate in gates if question in gate.question.question), None)

        return wait_until(found, f"a gate that asks {question}")

    def decide(self, gate: Gate, option: str, reason: str = "") -> str:
        """Answer a gate as a person does; the decision's id."""
        identifier = f"d-{gate.id[-8:]}"
        payload = {"gate": gate.id, "revision": gate.revision, "digest": gate.digest, "decision": identifier}
        said = {"options": [option], "label": option, "reason": reason, "by": "ann", "origin": "key"}
        outcome = self.journal.change_gate(
            self.batch, Draft("gate_decided", {**payload, **said}), self.clock.now(), "cockpit"
        )
        assert not isinstance(outcome, Refused), outcome.why
        self.journal.waiters.wake(self.batch, gate.id)
        return identifier

    def requests(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What was left for the run's host."""
        return [(one.kind, one.payload) for one in self.journal.requests(self.batch)]

    def _open(self) -> None:
        now = self.clock.now()
        self.journal.open_batch(self.batch, Draft("batch_opened", {"title": "t", "kind": "run"}), now, "host")
        lease = self.journal.take_lease(self.batch, "host", now)
        assert not isinstance(lease, str)
        track = {"track": "alpha", "title": "t", "kind": "feature", "source": "plan:alpha"}
        self.journal.append(lease, [Draft("track_added", track)], now, "host")
        lease.release(now)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for attempt in self._attempts:
            attempt.kill()
        if self._presence is not None:
            self._presence.close()
        self.journal.close()


class RunningAttempt:
    """One process that a runner ordered: what it prints goes into the runner's follower as it comes."""

    def __init__(self, run: Run, order: AttemptOrder) -> None:
        self._runner = run.runner
        job = run.runner.order(order)
        self.argv = job.argv
        self._follower = run.runner.follower(order, WORDS)
        self._news: list[AttemptNews] = []
        self._errors = Path(order.directory) / "stderr"
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                job.argv,
                cwd=job.cwd,
                env=dict(job.environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._read, name="attempt-output")
        self._reader.start()
        self.write(job.stdin)

    @property
    def news(self) -> AttemptNews:
        """How it stands."""
        return self._news[-1] if self._news else AttemptNews()

    def write(self, data: bytes) -> None:
        """Write into its input."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def wait(self, wanted: Callable[[AttemptNews], object], what: str) -> AttemptNews:
        """Wait for news of which this is true."""
        wait_until(lambda: wanted(self.news), what, context=self._describe)
        return self.news

    def wait_ask(self, tool: str) -> Mapping[str, Any]:
        """Wait until a call of this tool waits for its answer by the control protocol."""
        news = self.wait(lambda one: [ask for ask in one.asks if ask["tool_name"] == tool], f"{tool} asks")
        return next(ask for ask in news.asks if ask["tool_name"] == tool)

    def answer(self, ask: Mapping[str, Any], option: str, reason: str = "") -> None:
        """Answer a call that waits."""
        self.write(self._runner.answers(ask, (Answer((option,), "", reason),)))

    def finish(self) -> AttemptEnd:
        """Wait until its turn has ended, end its input, and wait for its end: what it claims."""
        self.wait(lambda news: news.idle, "the end of its turn")
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.ended()

    def ended(self) -> AttemptEnd:
        """Wait for its end: what it claims."""
        wait_until(lambda: self.process.poll() is not None, "the end of the process", context=self._describe)
        self._reader.join()
        code = self.process.returncode
        return self._follower.end(code if code >= 0 else None, "exited", self._errors.read_bytes())

    def kill(self) -> None:
        """Kill it, as a crash would; safe to repeat."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        if self.process.stdin is not None and not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:  # something unsent was still buffered
                return

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            while data := os.read(output.fileno(), 65_536):
                news = self._follower.feed(data)
                if news is not None:
                    self._news.append(news)

    def _describe(self) -> str:
        return f"exit {self.process.poll()}, {self.news}\n{self._errors.read_text('utf-8', 'replace')[-1000:]}"
