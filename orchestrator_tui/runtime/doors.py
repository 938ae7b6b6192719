"""Doors: how a process without the lease asks a question, waits for its decision and hands it over (DESIGN §3, §4.2).

``orch-agent``, the hook and the MCP server all go through here, with the standard library alone. Every step is one
compare-and-set on the gate's row, so that it may be killed anywhere: who comes back finds what was recorded, and the
same decision with the same id (reliability A-6). Nothing here approves anything, and no time that passes does (A-7).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from orchestrator_tui.core.delivery import READER_ENDED
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.gate_refusals import last_step
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, DeliveryStep, Gate, GateState, Question
from orchestrator_tui.core.normalise import digest
from orchestrator_tui.core.observe_gates import gate_opened
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.journal.port import Journal, JournalError, Refused
from orchestrator_tui.runtime.rules import with_recorded

if TYPE_CHECKING:
    from orchestrator_tui.runtime.ports import Clock

RECEIPT_MS = 3_000
"""How long a reader that printed an answer may still be looking for its receipt."""

GIVEN_UP_MS = 2_000
"""How often a wait looks whether anybody is still there for the answer: agents die, and their questions stay."""

ASKED_AGAIN = "its reader asked for it again"
FETCHED = "its agent came for it by another way"

_ROUNDS = 20


class Waiting(Protocol):
    """Woken when the gate it waits for is decided or ended."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def wait(self, timeout_s: float) -> bool: ...


class WaitingJournal(Journal, Protocol):
    """A journal whose gates can be waited for."""

    def waiter(self, batch: str | None = None, gate: str | None = None, *, what: str = "") -> Waiting: ...


@frozen
class Reader:
    """Who reads answers at a door.

    Attributes:
        route: ``shell``, ``hook`` or ``mcp``.
        claimant: its process, ``pid:start time``.
        origin: what its events say of where they come from, e.g. ``agent:<track>``.
    """

    route: str
    claimant: str
    origin: str


@frozen
class Taken:
    """The decision is there. ``again`` tells that its agent has acknowledged it before: nothing is left to record."""

    gate: Gate
    again: bool = False


@frozen
class Pending:
    """Nothing can be taken yet; ``why`` is one line."""

    gate: Gate
    why: str


@frozen
class Over:
    """The revision that was asked will never be answered; ``gate`` is the newest one, ``why`` one line."""

    gate: Gate
    why: str


@frozen
class HandedOver:
    """What became of handing over a decision.

    Attributes:
        acknowledged: there is evidence that the reader took it.
        failed: why it could not be handed over; the decision stands and can be asked for again.
        void: why it does not hold although it was handed over: the gate ended in that very moment.
        unrecorded: why the journal could not record what happened; the next asker sets that right.
    """

    acknowledged: bool = False
    failed: str = ""
    void: str = ""
    unrecorded: str = ""


class Door:
    """One reader's way to the gates of one batch.

    Args:
        journal: where gates are.
        batch: id of a batch that is open.
        reader: who it is.
        clock: the time.
        claimant_gone: whether the process behind a claim of this boot has ended.

    Every method raises :class:`JournalError` when the journal cannot be read or written; nothing is half recorded.
    """

    def __init__(
        self,
        journal: WaitingJournal,
        batch: str,
        reader: Reader,
        clock: Clock,
        claimant_gone: Callable[[str], bool],
    ) -> None:
        self._journal, self.batch, self._reader = journal, batch, reader
        self._clock, self._claimant_gone = clock, claimant_gone

    def gate(self, gate_id: str) -> Gate | None:
        """The newest revision of a gate, or None."""
        return self._journal.gate(self.batch, gate_id)

    def slug_of(self, source: str) -> str:
        """The slug by which the batch knows the track of a source, "" where it knows none: names may be taken."""
        for event in self._journal.events_of(self.batch, "track_added"):
            if event.payload.get("source") == source:
                return str(event.payload["track"])
        return ""

    def _workflow_of(self, track: str) -> str:
        """The workflow of a track as the batch knows it: agents of a run are not asked for it."""
        for event in self._journal.events_of(self.batch, "track_added"):
            if event.payload["track"] == track:
                return str(event.payload.get("workflow", ""))
        return ""

    def rules(self, shipped: Rules) -> Rules:
        """What judges questions here: in a run, the ladders that it was started with go before those that ship."""
        return with_recorded(shipped, self._journal.events_of(self.batch, "workflow_recorded"))

    def ask(
        self,
        gate_id: str,
        question: Question,
        rules: Rules,
        *,
        track: str,
        source: str,
        workflow: str = "",
        routes: tuple[str, ...] = (),
        asked_wall_ms: int | None = None,
        anew: bool = False,
        asker: str = "",
    ) -> Gate:
        """Open a gate, or find the one that asks this already (DESIGN §4.3: the same question seen twice is one gate).

        Args:
            gate_id: id of the gate inside the batch.
            question: as ``core.normalise`` made it.
            rules: what judges its risk, beside the run's own ladders.
            track, source, workflow: whose question it is, and in which ladder; "" for the track's own.
            routes: the ways to its asker; the reader's own is added to a gate that does not know it.
            asked_wall_ms: when it was asked, where that is known better than by now.
            anew: the asker had taken the same question down in between: an answer of then is not one for now.
            asker: address of the agent that asks (``core.agents.address``); who asked last is who gets the answer.
        """
        for _ in range(_ROUNDS):
            gate = self.gate(gate_id)
            if gate is not None and _asks(gate, question, anew, asked_wall_ms):
                return self.join(gate, asker)
            if gate is not None and gate.state is GateState.DELIVERED and gate.digest == digest(question):
                self.acknowledge(gate, "its agent took the question down after our answer")
                continue
            draft = gate_opened(
                gate_id,
                1 if gate is None else gate.revision + 1,
                track,
                question,
                self.rules(rules),
                workflow=workflow or self._workflow_of(track),
                source=source,
                routes=routes or (self._reader.route,),
                asked_wall_ms=asked_wall_ms,
                asker=asker,
            )
            # Refused when another source was first with the same question: the next round finds its gate.
            self._change(draft)
        raise JournalError(f"gate {gate_id} keeps changing; ask again")

    def take(
        self, gate_id: str, revision: int, wait_s: float = 0.0, given_up: Callable[[], bool] | None = None
    ) -> Taken | Pending | Over:
        """Wait up to ``wait_s`` seconds for the decision of one revision, and claim it for handing over.

        A claim or a delivery whose reader ended is recorded as failed and the same decision claimed again. The undo
        window is waited out (A-11). Whoever waits is registered before the first look, so that no wake-up is lost.
        ``given_up`` is asked every 2 s and ends the wait: nobody is there any more to hand an answer to.
        """
        start = self._clock.now()
        with ExitStack() as stack:
            waiter = None
            if wait_s > 0:
                waiter = stack.enter_context(self._journal.waiter(self.batch, gate_id, what=self._reader.route))
            while True:
                now = self._clock.now()
                found, ready_ms = self._look(gate_id, revision, now)
                left_ms = wait_s * 1000 - elapsed_ms(start, now)
                if not isinstance(found, Pending) or waiter is None or left_ms <= 0 or (given_up and given_up()):
                    return found
                pauses_ms = (left_ms, ready_ms, GIVEN_UP_MS if given_up else None)
                waiter.wait(min(pause for pause in pauses_ms if pause is not None) / 1000)

    def hand_over(
        self, gate: Gate, write: Callable[[], None], receipt: Callable[[], str | None], *, evidence: str
    ) -> HandedOver:
        """Bring a claimed decision to its reader, and record how far it came.

        Args:
            gate: as :meth:`take` returned it.
            write: hands the answer over; what it raises as :class:`OSError` means that it did not arrive.
            receipt: looks for a sign that the answer was taken: in words, "" when there is none (yet), None when the
                reader is known to have gone without it.
            evidence: in words, what ``write`` does.
        """
        try:
            write()
        except OSError as error:
            return self._failed(gate, f"could not be handed over: {(error.strerror or str(error)).lower()}")
        try:
            refused = self._step(gate, "decision_delivered", evidence=evidence)
            if refused:
                return HandedOver(void=refused)
            proof = receipt()
            if proof is None:
                return self._failed(gate, "its reader went away without taking it")
            return HandedOver(
                acknowledged=bool(proof) and not self._step(gate, "decision_acknowledged", evidence=proof)
            )
        except JournalError as error:
            return HandedOver(unrecorded=str(error))

    def acknowledge(self, gate: Gate, evidence: str, route: str = "") -> bool:
        """Record that the agent took its decision, by ``route`` or the last one tried; False when that is refused."""
        last = last_step(gate)
        by = route or (last.route if last is not None else self._reader.route)
        return not self._step(gate, "decision_acknowledged", route=by, evidence=evidence)

    def join(self, gate: Gate, asker: str = "") -> Gate:
        """Add the reader's route to the ways of a living gate's decision, or say who asks by it now; the gate then."""
        known = self._reader.route in gate.routes and asker in ("", gate.asker)
        if known or gate.state in TERMINAL_GATE_STATES:
            return gate
        payload = {"gate": gate.id, "revision": gate.revision, "route": self._reader.route}
        self._change(Draft("gate_route_added", {**payload, "asker": asker} if asker else payload))
        return self.gate(gate.id) or gate

    def clear(self, gate: Gate) -> None:
        """Record that the asker has taken the question of an ended gate down."""
        self._change(Draft("gate_cleared", {"gate": gate.id, "revision": gate.revision}))

    def handed_over(self, gate: Gate) -> bool:
        """Whether the reader's route brought this decision all the way and its process has ended: the agent has it.

        A deadline that passed in between does not matter; that the agent asked for the answer once more does.
        """
        if gate.state not in (GateState.DECIDED, GateState.DELIVERED):
            return False
        claimant: DeliveryStep | None = None
        brought = False
        for step in gate.steps:
            if step.route != self._reader.route:
                continue
            if step.step == "claimed":
                claimant, brought = step, False
            elif step.step == "delivered":
                brought = True
            elif step.step == "failed" and step.evidence == ASKED_AGAIN:
                brought = False
        return brought and (claimant is None or self._gone(claimant.evidence, claimant.at))

    # --- one look --------------------------------------------------------------------------------------------

    def _look(self, gate_id: str, revision: int, now: Instant) -> tuple[Taken | Pending | Over, float | None]:
        """What there is now, and after how many milliseconds to look again without being woken, or None."""
        for _ in range(_ROUNDS):
            gate = self.gate(gate_id)
            if gate is None:
                raise JournalError(f"gate {gate_id} is not in the journal any more")
            if gate.revision != revision:
                return Over(gate, f"superseded: the question was changed (revision {gate.revision})"), None
            if gate.state is GateState.OPEN:
                return Pending(gate, "nobody has decided yet"), None
            if gate.state in TERMINAL_GATE_STATES:
                over = f"{gate.state.replace('_', ' ')}: {gate.closed_why}"
                return (Taken(gate, again=True) if gate.state is GateState.ACKNOWLEDGED else Over(gate, over)), None
            found = self._claim(gate, now)
            if found is not None:
                return found
        raise JournalError(f"gate {gate_id} keeps changing; ask again")

    def _claim(self, gate: Gate, now: Instant) -> tuple[Taken | Pending, float | None] | None:
        """Claim a decided gate; None when it was not as it seemed and must be looked at again."""
        assert gate.decision is not None
        undo_ms = gate.decision.undo_ms - elapsed_ms(gate.decision.at, now)
        if undo_ms > 0:
            return Pending(gate, f"decided; the answer can be taken back for another {undo_ms / 1000:.0f} s"), undo_ms
        if gate.claim is not None:
            claim = _last(gate, "claimed")
            if not self._gone(gate.claim, claim.at):
                return Pending(gate, "another reader is taking the answer"), RECEIPT_MS
            self._step(gate, "delivery_failed", route=claim.route, why=READER_ENDED)
            return None
        if gate.state is GateState.DELIVERED:
            left_ms = self._receipt_left_ms(gate, now)
            if left_ms > 0:
                return Pending(gate, "another reader is taking the answer"), left_ms
            route = _last(gate, "delivered").route
            self._step(
                gate, "delivery_failed", route=route, why=ASKED_AGAIN if route == self._reader.route else FETCHED
            )
            return None
        claimed = self._change(self._draft(gate, "delivery_claimed", claimant=self._reader.claimant))
        if isinstance(claimed, Refused):
            return None
        return Taken(self.gate(gate.id) or gate), None

    def _receipt_left_ms(self, gate: Gate, now: Instant) -> int:
        """How long the reader of a delivered answer may still be at it; 0 when there is none that lives."""
        delivered, claim = _last(gate, "delivered"), _last(gate, "claimed")
        if delivered.route != self._reader.route or self._gone(claim.evidence, claim.at):
            return 0
        return max(0, RECEIPT_MS - elapsed_ms(delivered.at, now))

    def _gone(self, claimant: str, at: Instant) -> bool:
        """Whether the process of a claim made at ``at`` has ended: no process outlives its boot."""
        return at.boot_id != self._clock.now().boot_id or self._claimant_gone(claimant)

    # --- recording -------------------------------------------------------------------------------------------

    def _failed(self, gate: Gate, why: str) -> HandedOver:
        try:
            self._step(gate, "delivery_failed", why=why)
        except JournalError as error:
            return HandedOver(failed=why, unrecorded=str(error))
        return HandedOver(failed=why)

    def _step(self, gate: Gate, kind: str, **more: str) -> str:
        """Record one step of the decision's way; "" or why it was refused."""
        outcome = self._change(self._draft(gate, kind, **more))
        return outcome.why if isinstance(outcome, Refused) else ""

    def _draft(self, gate: Gate, kind: str, **more: str) -> Draft:
        assert gate.decision is not None
        key: dict[str, Any] = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id}
        return Draft(kind, {**key, "route": self._reader.route, **more})

    def _change(self, draft: Draft) -> Event | Refused:
        return self._journal.change_gate(self.batch, draft, self._clock.now(), self._reader.origin)


def _last(gate: Gate, step: str) -> DeliveryStep:
    """The newest step of this name: a claimed gate was claimed, a delivered one was both."""
    return next(one for one in reversed(gate.steps) if one.step == step)


def _asks(gate: Gate, question: Question, anew: bool, asked_wall_ms: int | None) -> bool:
    """Whether ``gate`` asks this question now, its answer included when the asker never took the question down."""
    if gate.digest != digest(question) or gate.cleared:
        return False
    if gate.state in (GateState.OPEN, GateState.DECIDED):
        return True
    # A watcher may have opened this very asking, and a rule answered it, before its asker came here.
    this_asking = asked_wall_ms is not None and gate.asked_at.wall_ms >= asked_wall_ms
    return this_asking or not anew
