"""Racing with the terminal: a call waits until it is answered here, or has gone on without us (DESIGN §4.2).

The dialog at the terminal stays usable meanwhile, so the wait ends by whatever comes first: the last decision; the
call's result in its agent's transcript; the end of Claude Code, or of its interest; nobody left to answer.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Gate
from orchestrator_tui.hook.holding import GRACE_MS
from orchestrator_tui.hook.owed import undo_left_ms
from orchestrator_tui.hook.transcript import CallWatch
from orchestrator_tui.hook.visit import ROUTE, Visit
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.journal.waking import Waiter
from orchestrator_tui.runtime.doors import Over, Taken

LOOK_MS = 1_000
"""How often a held hook looks whether anybody still waits for it; decisions wake it at once."""
PATIENCE_MS = 30_000
"""For how long a held hook puts up with a journal that is locked or unreadable: its gates are open already."""

GIVEN_UP_MS = 3_000
"""For how long a hook that was given up looks why: a refusal at the terminal is written down a moment later."""
GIVEN_UP_LOOK_MS = 100

WENT_ON = "its call went on without us: answered at the terminal, or by the program that runs it"
REFUSED = "its call ended without us: refused at the terminal, or interrupted there"
ENDED = "its Claude Code has ended"
STOPPED = "its Claude Code stopped waiting for an answer"
ALONE = "nobody was there to answer for 10 min"
PARTLY = "another question of the same call is not answered here"

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Race:
    """The wait of one hook for the gates of its call."""

    def __init__(self, visit: Visit, gates: Iterable[Gate], watch: CallWatch) -> None:
        self._visit, self._gates, self._watch = visit, tuple(gates), watch
        self._taken: dict[str, Gate] = {}
        self._alone_since: Instant | None = None
        self._failing_since: Instant | None = None
        self._given_up_since: Instant | None = None
        self._stopped = False
        self._signalled = -1

    def run(self) -> tuple[Gate, ...] | None:
        """The gates, decided and claimed, in their order; None when the wait ended without all the answers.

        Then every gate of the call that has not ended is ended, too: they are answered together or not at all.

        Raises:
            JournalError: the journal cannot be used for longer than half a minute.
        """
        with self._heeding_signals(), ExitStack() as stack:
            waiters = {
                gate.id: stack.enter_context(self._visit.journal.waiter(gate.batch, gate.id, what=ROUTE))
                for gate in self._gates
            }
            while True:
                pause_ms: int | None = LOOK_MS
                try:
                    pause_ms = self._look()
                    self._failing_since = None
                except JournalError:
                    if not self._puts_up_with_it():
                        raise
                if len(self._taken) == len(self._gates):
                    return tuple(self._taken[gate.id] for gate in self._gates)
                if pause_ms is None:
                    return None
                self._sleep(waiters, pause_ms)

    def _look(self) -> int | None:
        """Take what is decided; how long to sleep then, None when the race is over without us."""
        pause_ms = LOOK_MS
        for gate in self._gates:
            if gate.id in self._taken or self._given_up_since is not None:
                continue
            found = self._visit.door.take(gate.id, gate.revision)
            if isinstance(found, Taken):
                self._taken[gate.id] = found.gate
            elif isinstance(found, Over):
                end(self._visit, self._gates, "gate_withdrawn", PARTLY)
                return None
            else:
                left_ms = undo_left_ms(found.gate, self._visit.clock.now())
                pause_ms = min(pause_ms, left_ms) if left_ms else pause_ms
        if len(self._taken) == len(self._gates):
            return pause_ms
        if self._is_over():
            return None
        return pause_ms if self._given_up_since is None else GIVEN_UP_LOOK_MS

    def _is_over(self) -> bool:
        if self._watch.ended():
            why = WENT_ON if self._given_up_since is None else REFUSED
            end(self._visit, self._gates, "gate_answered_elsewhere", why)
        elif self._visit.caller.ended():
            end(self._visit, self._gates, "gate_withdrawn", ENDED)
        elif self._is_given_up():
            end(self._visit, self._gates, "gate_withdrawn", STOPPED)
        elif self._is_alone():
            end(self._visit, self._gates, "gate_withdrawn", ALONE)
        else:
            return False
        return True

    def _is_given_up(self) -> bool:
        """Whether nobody waits for what we print, and nothing has told for a while why."""
        now = self._visit.clock.now()
        if self._given_up_since is None and (self._stopped or self._visit.caller.gone()):
            self._given_up_since = now
        return self._given_up_since is not None and elapsed_ms(self._given_up_since, now) >= GIVEN_UP_MS

    def _is_alone(self) -> bool:
        now = self._visit.clock.now()
        if self._visit.attended:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
        return self._alone_since is not None and elapsed_ms(self._alone_since, now) >= GRACE_MS

    def _puts_up_with_it(self) -> bool:
        """Nobody who has answered is let down for a lock that is taken for a moment."""
        now = self._visit.clock.now()
        self._failing_since = self._failing_since or now
        return not self._stopped and elapsed_ms(self._failing_since, now) < PATIENCE_MS

    # --- sleeping --------------------------------------------------------------------------------------------

    def _sleep(self, waiters: Mapping[str, Waiter], milliseconds: int) -> None:
        """Until a decision, a signal, the end of whoever reads our output, or the next look."""
        poll = select.poll()
        if self._given_up_since is None:
            # Both stay as they are once they have told.
            poll.register(1, select.POLLERR | select.POLLHUP)
            poll.register(self._signalled, select.POLLIN)
        for waiter in waiters.values():
            poll.register(waiter.fileno(), select.POLLIN)
        poll.poll(milliseconds)
        for waiter in waiters.values():
            waiter.wait(0)

    @contextmanager
    def _heeding_signals(self) -> Iterator[None]:
        """Esc at the terminal ends the hook by a signal: its gates are ended before it goes."""
        self._signalled, wakes = os.pipe()
        os.set_blocking(wakes, False)
        before = {one: signal.signal(one, self._stop) for one in _SIGNALS}
        woken = signal.set_wakeup_fd(wakes)
        try:
            yield
        finally:
            signal.set_wakeup_fd(woken)
            for one, handler in before.items():
                signal.signal(one, handler)
            os.close(self._signalled)
            os.close(wakes)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopped = True


def end(visit: Visit, gates: Sequence[Gate], kind: str, why: str) -> None:
    """End those of these gates that have not ended; a decision that never left ends, too."""
    for one in gates:
        gate = visit.door.gate(one.id)
        if gate is not None and gate.revision == one.revision and gate.state not in TERMINAL_GATE_STATES:
            draft = Draft(kind, {"gate": gate.id, "revision": gate.revision, "why": why})
            visit.journal.change_gate(gate.batch, draft, visit.clock.now(), ROUTE)
