"""Holding an agent until an answer is there, woken at once, while somebody is there to answer (DESIGN §4.2)."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterable
from contextlib import ExitStack

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.hook import owed
from orchestrator_tui.hook.handing import claim
from orchestrator_tui.hook.visit import ROUTE, Visit
from orchestrator_tui.journal.port import JournalBusy
from orchestrator_tui.journal.waking import BACKSTOP_S, Waiter

GRACE_MS = 600_000
"""How long a held hook outlives the last who could have answered (DESIGN §4.2)."""

DISMISSED = frozenset({GateState.CANCELLED, GateState.EXPIRED})
"""How a question ends that its agent did not take down itself."""


@frozen
class Held:
    """How a hold ended.

    Attributes:
        claimed: the answers that are to be handed over now.
        undecided: the gates that still wait.
        dismissed: gates that were waited for and that will have no answer: a person or a rule ended them.
        alone: nobody was left to answer.
    """

    claimed: tuple[Gate, ...] = ()
    undecided: tuple[Gate, ...] = ()
    dismissed: tuple[Gate, ...] = ()
    alone: bool = False


def hold(visit: Visit, wanted: Callable[[], tuple[Gate, ...]], released: Callable[[], bool] = lambda: False) -> Held:
    """Wait for the first answers to the gates that ``wanted`` names each time it is asked, and claim them.

    Nobody is held whom nobody could answer from the beginning on, whose Claude Code has ended, or who is ``released``.
    """
    with ExitStack() as stack:
        return _Hold(visit, stack).wait(wanted, released)


class _Hold:
    """One wait: who is registered for which gate, and since when nobody is there."""

    def __init__(self, visit: Visit, stack: ExitStack) -> None:
        self._visit, self._stack = visit, stack
        self._waiters: dict[str, Waiter] = {}
        self._waited_for: set[tuple[str, int]] = set()
        self._alone_since: Instant | None = None
        self._met = visit.attended

    def wait(self, wanted: Callable[[], tuple[Gate, ...]], released: Callable[[], bool]) -> Held:
        """As :func:`hold`."""
        while True:
            gates = wanted()
            if self._met and self._register(gates):
                # What was committed before we were registered woke nobody.
                continue
            claimed = self._claim(gates)
            taken, now = {gate.id for gate in claimed}, self._visit.clock.now()
            left = tuple(gate for gate in gates if gate.id not in taken)
            if claimed or not left:
                return Held(claimed, left, self._dismissed())
            if not self._met or self._visit.caller.gone() or released():
                return Held(undecided=left)
            if self._is_over(now):
                return Held(undecided=left, alone=True)
            undo_ms = [wait for gate in left if (wait := owed.undo_left_ms(gate, now))]
            wait_for_any(self._waiters.values(), min([*undo_ms, BACKSTOP_S * 1000]))

    def _claim(self, gates: Iterable[Gate]) -> tuple[Gate, ...]:
        try:
            return claim(self._visit, gates)
        except JournalBusy:
            # An agent that was held for minutes is not let go for a lock that is taken for a moment.
            return ()

    def _register(self, gates: Iterable[Gate]) -> bool:
        """Be woken for these gates; whether any of them is new."""
        new = [gate for gate in gates if gate.id not in self._waiters]
        self._waited_for |= {(gate.id, gate.revision) for gate in gates}
        for gate in new:
            waiter = self._visit.journal.waiter(self._visit.batch, gate.id, what=ROUTE)
            self._waiters[gate.id] = self._stack.enter_context(waiter)
        return bool(new)

    def _dismissed(self) -> tuple[Gate, ...]:
        found = (self._visit.door.gate(gate_id) for gate_id, _ in sorted(self._waited_for))
        ended = (gate for gate in found if gate is not None and gate.state in DISMISSED)
        return tuple(gate for gate in ended if (gate.id, gate.revision) in self._waited_for)

    def _is_over(self, now: Instant) -> bool:
        """Whether nobody has been there to answer for the grace."""
        if self._visit.attended:
            self._alone_since = None
            return False
        if self._alone_since is None:
            self._alone_since = now
        return elapsed_ms(self._alone_since, now) >= GRACE_MS


def wait_for_any(waiters: Iterable[Waiter], milliseconds: float) -> None:
    """Wait until one of the waiters is woken, or so long."""
    waiting = tuple(waiters)
    poll = select.poll()
    for waiter in waiting:
        poll.register(waiter.fileno(), select.POLLIN)
    poll.poll(milliseconds)
    for waiter in waiting:
        waiter.wait(0)
