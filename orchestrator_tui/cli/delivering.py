"""Following an answer on its way, and taking the route that is ours where nobody holds the batch."""

from __future__ import annotations

from contextlib import ExitStack

from orchestrator_tui.core.delivery import LATER, Reach, way
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Gate, GateState
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.effects import Effects, reach_of
from orchestrator_tui.runtime.follower import Follower
from orchestrator_tui.runtime.recorder import Recorder
from orchestrator_tui.runtime.world import World

ORIGIN = "cli"
LOOK_S = 1.0


class Deliverer:
    """The way of one gate's answer, as seen from a command."""

    def __init__(self, journal: SqliteJournal, world: World, batch: str, gate: str) -> None:
        self._journal, self._world = journal, world
        self._batch, self._gate = batch, gate
        self._effects = Effects(world, Recorder(journal, ORIGIN))
        self._follower = Follower(journal)
        self._follower.show([batch])

    @property
    def batch(self) -> Batch:
        """The batch as it is known now."""
        return self._follower.state.batches[self._batch]

    @property
    def gate(self) -> Gate:
        """The gate as it is known now."""
        return self.batch.gates[self._gate]

    def now(self) -> Instant:
        """This moment."""
        return self._world.clock.now()

    def follow(self, wait_s: float) -> Gate:
        """Take every step that is ours, and wait up to ``wait_s`` seconds for the agent to take the answer."""
        start, revision = self.now(), self.gate.revision
        with ExitStack() as stack:
            waiter = stack.enter_context(self._journal.waiter(what="command")) if wait_s > 0 else None
            while True:
                self._step()
                gate = self.gate
                left = wait_s - elapsed_ms(start, self.now()) / 1000
                over = gate.state in TERMINAL_GATE_STATES or gate.undelivered or gate.revision != revision
                if over or waiter is None or left <= 0:
                    return gate
                waiter.wait(min(left, LOOK_S))

    def waits_for(self) -> str:
        """Who brings a decided answer on from here, in words; "" when nothing is left to do for anybody of ours."""
        if self.gate.state is not GateState.DECIDED:
            return ""
        holder = self._journal.holder(self._batch)
        reach = self._reach()
        if reach.waiting:
            return "its agent waits for the answer and takes it itself"
        if holder is not None:
            return f"the {holder.text} " + (
                "is stopped; it delivers it when it goes on" if holder.stopped else "delivers it"
            )
        if self.gate.undelivered:
            return "it found no way to its agent; open `orch-tui` to try again"
        fetches = "shell" in self.gate.routes or any(way(self.gate, one, reach) in LATER for one in self.gate.routes)
        if fetches:
            return "its agent takes it with its next call"
        if not any(way(self.gate, one, reach) for one in self.gate.routes):
            return "no way to its agent is open now; the answer is kept until it comes for it"
        return "the next `orch-tui` here delivers it"

    def _step(self) -> None:
        self._follower.follow()
        gate = self.gate
        # A holder that lives, stopped or not, delivers itself: two that deliver would only meet at the claim.
        if gate.state is GateState.DECIDED and self._journal.holder(self._batch) is None:
            self._effects.deliver(None, self.batch, gate, self._reach())
            self._follower.follow()

    def _reach(self) -> Reach:
        return reach_of(self._journal, self._world, self.batch, self.gate, kept=False)
