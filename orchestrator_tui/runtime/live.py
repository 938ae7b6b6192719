"""The live session: one thread that drives an engine for the screens (DESIGN §3, the cockpit holds what it watches)."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable

from orchestrator_tui.core.commands import Command
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Limits, State
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.journal.presence import PresenceLock
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.engine import Engine
from orchestrator_tui.runtime.ports import Clock, Live, Outcome, Snapshot
from orchestrator_tui.runtime.world import Hints, World

TICK_MS = 1_000
LOOK_MS = 5_000
"""How often the files are looked at without any hint (reliability W-1)."""

CHECKPOINT_MS = 60_000
JOIN_S = 0.25


class LiveSession:
    """Implements :class:`~orchestrator_tui.runtime.ports.Session` over a journal and the world."""

    mode = "live"

    def __init__(self, journal: SqliteJournal, world: World, hints: Hints, rules: Rules, limits: Limits) -> None:
        self._journal, self._world, self._hints = journal, world, hints
        self._engine = Engine(journal, world, rules, limits)
        self._commands: deque[Command] = deque()
        self._hinted = threading.Event()
        self._stop = threading.Event()
        self._wake_read, self._wake_write = _pipe()
        self._thread: threading.Thread | None = None
        self._problem = journal.problem
        self._snapshot = Snapshot(State())
        self._load()

    @property
    def clock(self) -> Clock:
        """The clock of the world that is watched."""
        return self._world.clock

    def start(self, changed: Callable[[Snapshot], None], finished: Callable[[Outcome], None]) -> None:
        """Begin to watch. Both callbacks come from the session's thread."""
        self._hints.start(self._hint)
        self._thread = threading.Thread(target=self._run, args=(changed, finished), name="engine", daemon=True)
        self._thread.start()

    def snapshot(self) -> Snapshot:
        """The newest picture."""
        return self._snapshot

    def dispatch(self, command: Command) -> None:
        """Hand a command to the engine's thread."""
        self._commands.append(command)
        self._poke()

    def close(self) -> None:
        """Stop watching and let go of the leases."""
        self._stop.set()
        self._poke()
        self._hints.close()
        if self._thread is not None:
            self._thread.join(JOIN_S)

    # --- the engine's thread -------------------------------------------------------------------------------

    def _load(self) -> None:
        try:
            self._engine.show_waiting()
        except JournalError as error:
            self._problem = str(error)
        self._snapshot = self._picture()

    def _run(self, changed: Callable[[Snapshot], None], finished: Callable[[Outcome], None]) -> None:
        here = PresenceLock(self._journal.directory, "cockpit", self._world.repository, self._world.clock.now().wall_ms)
        with here, self._journal.waiter(what="cockpit") as waiter:
            looked: Instant | None = None
            saved = self._world.clock.now()
            while not self._stop.is_set():
                now = self._world.clock.now()
                look = self._hinted.is_set() or looked is None or elapsed_ms(looked, now) >= LOOK_MS
                if look:
                    self._hinted.clear()
                    looked = now
                outcomes = self._turn(look)
                self._publish(changed)
                for outcome in outcomes:
                    finished(outcome)
                if elapsed_ms(saved, now) >= CHECKPOINT_MS:
                    saved = now
                    self._guard(self._journal.checkpoint)
                if not self._commands and not self._hinted.is_set():
                    self._wait(waiter.fileno())
                    waiter.wait(0)
        self._guard(self._engine.close)
        self._guard(self._journal.close)

    def _turn(self, look: bool) -> list[Outcome]:
        """One step of the engine after the commands that wait; a journal that cannot record now is shown, not fatal."""
        outcomes: list[Outcome] = []
        problem = ""
        while self._commands:
            command = self._commands.popleft()
            try:
                outcomes.append(self._engine.carry_out(command))
            except JournalError as error:
                problem = str(error)
                outcomes.append(Outcome(command, refused=problem))
        try:
            self._engine.step(look=look)
        except JournalError as error:
            problem = str(error)
        self._problem = problem or self._journal.problem
        return outcomes

    def _publish(self, changed: Callable[[Snapshot], None]) -> None:
        picture = self._picture()
        if picture is not self._snapshot:
            self._snapshot = picture
            changed(picture)

    def _picture(self) -> Snapshot:
        state = self._engine.state
        live = Live(
            watching=self._hints.mode,
            empty=() if state.batches else self._world.files.empty_reason(),
            problem=self._problem,
            held_by=dict(self._engine.held_by),
        )
        before = self._snapshot
        # The same state object needs no comparison of its contents.
        same = before.state is state and before.live == live
        return before if same else Snapshot(state, live)

    def _guard(self, call: Callable[[], None]) -> None:
        try:
            call()
        except JournalError as error:
            self._problem = str(error)

    # --- waking --------------------------------------------------------------------------------------------

    def _hint(self) -> None:
        self._hinted.set()
        self._poke()

    def _poke(self) -> None:
        try:
            os.write(self._wake_write, b"\0")
        except BlockingIOError:
            return  # A full pipe wakes the thread as well as one more byte would.

    def _wait(self, waiter: int) -> None:
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        poll.register(waiter, select.POLLIN)
        poll.poll(TICK_MS)
        try:
            while os.read(self._wake_read, 4096):
                pass
        except BlockingIOError:
            return


def _pipe() -> tuple[int, int]:
    """A non-blocking pipe; descriptors of Python are not inherited by children."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    return read, write
