"""Answers on their way to the agent that asked: claimed, written, acknowledged (DESIGN §4.2, the MCP result)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrator_tui.core.gates import answer_text
from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.model import DeliveryStep, Gate, GateState
from orchestrator_tui.core.words import moment
from orchestrator_tui.core.words_pending import void_words
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.mcp_server.desk import ROUTE, Place
from orchestrator_tui.runtime.doors import HandedOver

WRITTEN = "written as the result of its MCP call"
NEXT_CALL = "its next MCP call"

RETRY_S = 1.0
"""How often a journal that cannot be used is tried again."""


def settle(place: Place, gates: list[Gate]) -> list[Gate]:
    """Acknowledge the answers that earlier calls brought; ``gates`` without those that were brought by a call.

    A call that began after an answer was written shows that its agent went on from there.
    """
    left = []
    for gate in gates:
        brought = _brought(gate)
        if brought is None:
            left.append(gate)
        elif elapsed_ms(brought.at, place.arrived) > 0:
            place.door().acknowledge(gate, NEXT_CALL, ROUTE)
    return left


def _brought(gate: Gate) -> DeliveryStep | None:
    """The delivery of an answer that stands as brought by a call."""
    if gate.state is not GateState.DELIVERED:
        return None
    last = next(step for step in reversed(gate.steps) if step.step == "delivered")
    return last if last.route == ROUTE else None


class Answer:
    """One claimed decision in a reply; implements :class:`~orchestrator_tui.mcp_server.replies.Parcel`."""

    def __init__(self, place: Place, gate: Gate) -> None:
        self._place, self._gate = place, gate

    def written(self) -> None:
        """Record the delivery; an answer that ended in that very moment is told of with the agent's next call."""
        handed = self._recorded(lambda: None)
        if handed.void:
            self._place.desk.void(self._place.caller, void_words(self._gate, handed.void))

    def lost(self, why: str) -> None:
        """Record that it did not arrive: it can be fetched, and goes other ways."""

        def fail() -> None:
            raise OSError(why)

        self._recorded(fail)

    def _recorded(self, write: Callable[[], None]) -> HandedOver:
        """What became of it; tried again while the journal cannot be used: nobody waits for this but the record."""
        while True:
            try:
                handed = self._place.door().hand_over(self._gate, write, lambda: "", evidence=WRITTEN)
            except JournalError as error:
                handed = HandedOver(unrecorded=str(error))
            if not handed.unrecorded or self._place.desk.pause(RETRY_S):
                return handed


def answer_data(gate: Gate) -> dict[str, Any]:
    """An answered gate for programs."""
    decision = gate.decision
    assert decision is not None
    return {
        "state": "decided",
        "gate": gate.id,
        "revision": gate.revision,
        "decision": decision.id,
        "option": ",".join(decision.options) or None,
        "answer": answer_text(decision.options, decision.text),
        "label": decision.label,
        "text": decision.text,
        "reason": decision.reason,
        "by": decision.by,
        "at": moment(decision.at.wall_ms),
    }


def gate_data(gate: Gate, state: str, why: str) -> dict[str, Any]:
    """A gate without an answer for programs: undecided, or at its end."""
    return {
        "state": state,
        "gate": gate.id,
        "revision": gate.revision,
        "question": gate.question.question[:300],
        "why": why,
    }
