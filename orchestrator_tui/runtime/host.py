"""The host of a run: one process that holds the batch, follows its plan and outlives every screen (DESIGN §3)."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress

from orchestrator_tui.core.commands import Command
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.schedule.sessions import is_handed_over, next_session
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.journal.presence import PresenceLock
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.effects import reach_of
from orchestrator_tui.runtime.engine import Engine
from orchestrator_tui.runtime.follower import Follower
from orchestrator_tui.runtime.ports import Outcome
from orchestrator_tui.runtime.run_world import RunWorld
from orchestrator_tui.runtime.running import Kept, Running, Written
from orchestrator_tui.runtime.world import World

TICK_MS = 250
"""How often at least a run at work is looked at; what ends a job or a thread brings the next look forward."""

RESTING_MS = 1_000
"""The same while nothing of it is at work: then only answers, requests and clocks move it."""

STARTING_MS = 5
"""How soon a job is looked at again whose process has just ended and whose result is not written yet."""

GONE = -1

LOOK_MS = 1_000
CHECKPOINT_MS = 60_000

TROUBLE_MS = 1_000
"""How long nothing can be recorded before it is said: a lock that another process holds is soon free."""


class Host:
    """Keeps one run until it ends or ``until`` says so."""

    def __init__(
        self,
        journal: SqliteJournal,
        world: World,
        run_world: RunWorld,
        rules: Rules,
        limits: Limits,
        batch: str,
        home: str,
        report: Written,
        *,
        keep: Kept = lambda batch, names: (),
        skill: Callable[[str], str] = lambda name: "",
    ) -> None:
        self._journal, self._world, self._batch, self._jobs = journal, world, batch, run_world.jobs
        self.problem = ""
        self._trouble: tuple[Instant, int] | None = None
        self._short = 0
        follower = Follower(journal, world.repository)
        follower.show([batch])
        self._follower = follower
        self._engine = Engine(journal, world, rules, limits, follower, run=batch)
        self._read, self._write = _pipe()
        self._running = Running(
            run_world,
            home,
            self._record,
            report,
            keep=keep,
            skill=skill,
            wake=self.wake,
            reach=lambda of, gate: reach_of(journal, world, of, gate),
            claimant=world.processes.own_claim,
        )

    @property
    def batch(self) -> Batch:
        """The run as it is."""
        return self._follower.state.batches[self._batch]

    def take(self) -> str:
        """Take the run; "" or who holds it."""
        return self._engine.hold(self._batch)

    def wake(self) -> None:
        """Have the next turn made at once; from any thread."""
        with suppress(BlockingIOError):
            os.write(self._write, b"\0")

    def carry_out(self, command: Command) -> Outcome:
        """Judge a command and record it."""
        return self._engine.carry_out(command)

    def run(self, until: Callable[[Batch], bool] = lambda batch: False) -> Batch:
        """Keep the run until it has ended or is handed over, or until ``until`` says of it that it may be left.

        One that was handed over goes on in its next session.

        Raises:
            LeaseLost: somebody else holds the run now.
        """
        with ExitStack() as stack:
            now = self._world.clock.now()
            place, repository = self._journal.directory, self._world.repository
            stack.enter_context(PresenceLock(place, "host", repository, now.wall_ms))
            waiter = stack.enter_context(self._journal.waiter(what="cockpit"))
            looked, saved = now, now
            begins = next_session(self.batch)
            if begins:
                self._record(begins)
            while True:
                now = self._world.clock.now()
                look = elapsed_ms(looked, now) >= LOOK_MS
                looked = now if look else looked
                try:
                    self._turn(look)
                    self._tell_trouble(now)
                except JournalError as error:
                    # A full disk or a lock that is held: what cannot be recorded is not done, and it is tried again.
                    self._trouble = self._trouble or (now, self.batch.seq)
                    if elapsed_ms(self._trouble[0], now) >= TROUBLE_MS:
                        self.problem = str(error)
                if elapsed_ms(saved, now) >= CHECKPOINT_MS:
                    saved = now
                    with suppress(JournalError):
                        self._journal.checkpoint()
                batch = self.batch
                over = batch.ended_at is not None or is_handed_over(batch)
                if over or (until(batch) and not self._running.busy):
                    return batch
                self._wait(waiter.fileno())
                waiter.wait(0)

    def close(self) -> None:
        """Let go of the run; its jobs go on."""
        self._running.close()
        with suppress(JournalError):
            self._engine.close()
        os.close(self._read)
        os.close(self._write)

    # --- turns -----------------------------------------------------------------------------------------------

    def _turn(self, look: bool) -> None:
        self._engine.step(look=look, agents=False)
        self._running.turn(self.batch, self._world.clock.now())

    def _tell_trouble(self, now: Instant) -> None:
        """Record that nothing could be recorded for a while, as soon as something can be again.

        A turn that goes well shows nothing as long as it had nothing to record.
        """
        if self._trouble is None:
            return
        since, seq = self._trouble
        if self.problem:
            lasted = elapsed_ms(since, now) // 1_000
            text = f"nothing could be recorded or begun for {lasted} s, while agents went on: {self.problem}"
            self._record([Draft("signal_raised", {"signal": f"unwritable-{seq}", "kind": "unwritable", "text": text})])
        if self.batch.seq > seq:
            self._trouble, self.problem = None, ""

    def _record(self, drafts: Iterable[Draft]) -> Batch:
        return self._engine.record(self._batch, drafts)

    def _wait(self, waiter: int) -> None:
        """Sleep until somebody writes, a thread or a job ends, or a tick has passed."""
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        poll.register(waiter, select.POLLIN)
        watched = [self._watched(job) for job in self._running.jobs()]
        descriptors = [found for found in watched if found is not None and found != GONE]
        for descriptor in descriptors:
            poll.register(descriptor, select.POLLIN)
        try:
            working = self._running.busy or bool(watched)
            # A process that is gone and has no result yet: its shim is at it, for a moment or for all of a grace.
            self._short = min(self._short * 2 or STARTING_MS, TICK_MS) if GONE in watched else 0
            longest = self._short or (TICK_MS if working else RESTING_MS)
            ready = {descriptor for descriptor, _ in poll.poll(longest)}
            if ready & set(descriptors):
                # Its shim sweeps up behind it and writes down how it ended.
                for descriptor in descriptors:
                    poll.unregister(descriptor)
                poll.poll(STARTING_MS)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        with suppress(BlockingIOError):
            while os.read(self._read, 4096):
                pass

    def _watched(self, job: str) -> int | None:
        """A descriptor that tells when the process of a job ends, or ``GONE``; None where the machine knows no such
        thing, or it has not begun."""
        process = self._jobs.look(job).process
        if process is None or not hasattr(os, "pidfd_open"):
            return None
        try:
            return os.pidfd_open(process[0])
        except ProcessLookupError:
            return GONE
        except OSError:
            return None


def _pipe() -> tuple[int, int]:
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    return read, write
