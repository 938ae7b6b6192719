"""The live session: one thread that drives an engine for the screens (DESIGN §3, the cockpit holds what it watches)."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from orchestrator_tui.core.commands import Command
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import NOBODY, RUN, State
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.journal.lease import lease_holder
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.journal.presence import PresenceLock
from orchestrator_tui.journal.room import lack_of_room
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.waking import Waiter
from orchestrator_tui.runtime.follower import Follower
from orchestrator_tui.runtime.ports import Clock, Live, Outcome, Recorded, Snapshot
from orchestrator_tui.runtime.world import Hints, World

if TYPE_CHECKING:
    from orchestrator_tui.runtime.engine import Engine

TICK_MS = 1_000
LOOK_MS = 5_000
"""How often the files are looked at without any hint (reliability W-1)."""

AGENTS_MS = 900
"""How often agents are looked at: their transcripts grow without any hint."""

QUIET_MS = 10_000
"""How long nothing has been seen to change when agents are looked at half as often; unless somebody waits."""

CHECKPOINT_MS = 60_000
JOIN_S = 0.25


class LiveSession:
    """Implements :class:`~orchestrator_tui.runtime.ports.Session` over a journal and the world."""

    mode = "live"

    def __init__(
        self,
        journal: SqliteJournal,
        world: World,
        hints: Hints,
        rules: Rules,
        limits: Limits,
        batch: str = "",
        learn: Callable[[], Rules] | None = None,
    ) -> None:
        """``batch`` is a run that is shown whether anything of it waits or not.

        ``learn`` reads the rules anew in the session's thread, where the first frame does not wait for it.
        """
        self._journal, self._world, self._hints = journal, world, hints
        self._rules, self._limits, self._learn = rules, limits, learn
        self._follower = Follower(journal, world.repository)
        self._engine: Engine | None = None
        self._commands: deque[Command] = deque()
        self._hinted = threading.Event()
        self._stop = threading.Event()
        self._wake_read, self._wake_write = _pipe()
        self._thread: threading.Thread | None = None
        self._present = ExitStack()
        self._waiter: Waiter | None = None
        self._problem, self._full = journal.problem, ""
        self._snapshot = Snapshot(State())
        self._changed = world.clock.now()
        self._load(batch)

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

    def _load(self, batch: str) -> None:
        try:
            if batch:
                # Somebody looks at this run: others that wait for nobody in particular stay away.
                self._follower.show([batch])
            else:
                self._follower.show_waiting()
                self._follower.show(self._runs())
        except JournalError as error:
            self._problem = str(error)
        self._snapshot = self._picture()

    def _runs(self) -> tuple[str, ...]:
        """The runs that have not ended: they are shown whoever keeps them."""
        runs = [head.id for head in self._journal.batches() if head.kind == RUN]
        return tuple(one for one in runs if not self._journal.events_of(one, "batch_ended"))

    def _run(self, changed: Callable[[Snapshot], None], finished: Callable[[Outcome], None]) -> None:
        # Loaded here, since the first frame needs none of it.
        from orchestrator_tui.runtime.engine import Engine

        self._attempt(self._learn_rules)
        engine = Engine(self._journal, self._world, self._rules, self._limits, self._follower)
        self._engine = engine
        looked: Instant | None = None
        followed: Instant | None = None
        saved = self._world.clock.now()
        while not self._stop.is_set():
            now = self._world.clock.now()
            look = self._hinted.is_set() or looked is None or elapsed_ms(looked, now) >= LOOK_MS
            if look:
                self._hinted.clear()
                looked = now
            pause = 2 * AGENTS_MS if engine.is_calm and elapsed_ms(self._changed, now) >= QUIET_MS else AGENTS_MS
            agents = look or followed is None or elapsed_ms(followed, now) >= pause
            followed = now if agents else followed
            outcomes = self._turn(engine, look, agents)
            self._publish(changed)
            for outcome in outcomes:
                finished(outcome)
            if elapsed_ms(saved, now) >= CHECKPOINT_MS:
                saved = now
                self._attempt(self._journal.checkpoint)
            if not self._commands and not self._hinted.is_set():
                self._wait()
        self._attempt(engine.close)
        self._present.close()
        self._attempt(self._journal.close)

    def _learn_rules(self) -> None:
        self._rules = self._rules if self._learn is None else self._learn()

    def _turn(self, engine: Engine, look: bool, agents: bool) -> list[Outcome]:
        """One step of the engine after the commands that wait; what cannot be done now is shown, and never fatal."""
        outcomes: list[Outcome] = []
        problem = self._attempt(self._appear)
        while self._commands:
            command = self._commands.popleft()
            refused = self._attempt(partial(self._carry_out, engine, command, outcomes))
            if refused:
                outcomes.append(Outcome(command, refused=refused))
            problem = refused or problem
        problem = self._attempt(lambda: engine.step(look=look, agents=agents)) or problem
        # Who keeps a run may be another process, which cannot even say that it can record nothing.
        self._full = lack_of_room(self._journal.directory) if look else self._full
        self._problem = problem or self._journal.problem or self._full
        return outcomes

    @staticmethod
    def _carry_out(engine: Engine, command: Command, outcomes: list[Outcome]) -> None:
        outcomes.append(engine.carry_out(command))

    def _appear(self) -> None:
        """Be seen by those who ask whether anybody is here, and be woken by those who write."""
        if self._waiter is not None:
            return
        with ExitStack() as stack:
            now = self._world.clock.now()
            stack.enter_context(PresenceLock(self._journal.directory, "cockpit", self._world.repository, now.wall_ms))
            self._waiter = stack.enter_context(self._journal.waiter(what="cockpit"))
            self._present = stack.pop_all()

    @staticmethod
    def _attempt(call: Callable[[], object]) -> str:
        """Why ``call`` cannot be done now, or ""; a thread that died of it would leave a screen that looks alive."""
        try:
            call()
        except JournalError as error:
            return str(error)
        except Exception as error:
            return f"an error of orch-tui itself: {error!r}"
        return ""

    def _publish(self, changed: Callable[[Snapshot], None]) -> None:
        picture = self._picture()
        if picture is not self._snapshot:
            self._snapshot = picture
            self._changed = self._world.clock.now()
            changed(picture)

    def _picture(self) -> Snapshot:
        state, engine = self._follower.state, self._engine
        live = Live(
            activity={} if engine is None else engine.activity,
            watching=self._hints.mode,
            empty=() if state.batches else self._world.files.empty_reason(),
            problem=self._problem,
            held_by={} if engine is None else {**engine.held_by, **self._orphans(state)},
            past=() if state.batches else self._past(),
        )
        before = self._snapshot
        # The same state object needs no comparison of its contents.
        same = before.state is state and before.live == live
        return before if same else Snapshot(state, live)

    def _orphans(self, state: State) -> dict[str, str]:
        """The runs that nobody keeps: their host has ended, and nothing of them moves until another one is started."""
        runs = (one for one in state.batches.values() if one.kind == RUN and one.ended_at is None)
        return {one.id: NOBODY for one in runs if lease_holder(self._journal.directory, one.id) is None}

    def _past(self) -> tuple[Recorded, ...]:
        """The batches of the journal, newest first: where none is shown, they are all over."""
        try:
            heads = self._journal.batches()
        except JournalError as error:
            self._problem = str(error)
            return ()
        repository = self._world.repository
        return tuple(Recorded(one.id, one.title, one.opened_wall_ms, repository) for one in reversed(heads))

    # --- waking --------------------------------------------------------------------------------------------

    def _hint(self) -> None:
        self._hinted.set()
        self._poke()

    def _poke(self) -> None:
        try:
            os.write(self._wake_write, b"\0")
        except BlockingIOError:
            return  # A full pipe wakes the thread as well as one more byte would.

    def _wait(self) -> None:
        waiter = self._waiter
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        if waiter is not None:
            poll.register(waiter.fileno(), select.POLLIN)
        poll.poll(TICK_MS)
        if waiter is not None:
            self._attempt(lambda: waiter.wait(0))
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
