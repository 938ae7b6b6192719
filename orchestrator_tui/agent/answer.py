"""How an answer is printed: the chosen key on a line of its own, or everything known of it as one JSON object."""

from __future__ import annotations

import sys
from typing import Any

from orchestrator_tui.agent.receipt import print_all, reader_gone, receipt
from orchestrator_tui.core.gates import answer_text
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate


class Answer:
    """The answer of one gate on its way out of a descriptor."""

    def __init__(self, descriptor: int, as_json: bool) -> None:
        self._descriptor, self._as_json = descriptor, as_json

    def print(self, gate: Gate) -> None:
        """Print the decision of ``gate``.

        Raises:
            OSError: it did not all arrive.
        """
        assert gate.decision is not None
        if self._as_json:
            print_all(self._descriptor, _json(gate))
            return
        if gate.decision.reason:
            # Words beside the key: what a script reads stays the key alone.
            sys.stderr.write(f"reason from {gate.decision.by}: {gate.decision.reason}\n")
            sys.stderr.flush()
        print_all(self._descriptor, answer_text(gate.decision.options, gate.decision.text) + "\n")

    def tell(self, gate: Gate) -> None:
        """Where JSON is wanted, say how an undecided or ended gate stands; words go to stderr in any case."""
        if self._as_json:
            print_all(self._descriptor, _json(gate))

    def unread_for_good(self) -> bool:
        """Whether the reader of our output is known to be gone: what is printed now reaches nobody."""
        return reader_gone(self._descriptor)

    def receipt(self) -> str | None:
        """Whether the reader took what was printed, as :func:`~orchestrator_tui.agent.receipt.receipt` tells it."""
        return receipt(self._descriptor)


def _json(gate: Gate) -> str:
    import json

    decision = gate.decision
    content: dict[str, Any] = {
        "gate": gate.id,
        "batch": gate.batch,
        "revision": gate.revision,
        "state": str(gate.state),
        "key": None if decision is None else answer_text(decision.options, decision.text),
        "options": [] if decision is None else list(decision.options),
        "label": None if decision is None else decision.label,
        "text": None if decision is None else decision.text,
        "reason": None if decision is None else decision.reason,
        "by": None if decision is None else decision.by,
        "decided_at": None if decision is None else _iso(decision.at),
        "why": gate.closed_why,
    }
    return json.dumps(content, ensure_ascii=False) + "\n"


def _iso(at: Instant) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at.wall_ms / 1000, UTC).isoformat(timespec="milliseconds")
