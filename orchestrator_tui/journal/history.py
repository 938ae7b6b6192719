"""Following one batch's events: what its tables must hold, and which event could not have happened (D-5).

What cannot be folded could not be shown either: a history that passes here is one that every screen can replay.
"""

from __future__ import annotations

from orchestrator_tui.core.event import GATE_KINDS, KINDS, Draft, Event, EventError, check_payload
from orchestrator_tui.core.evolve import BatchFold
from orchestrator_tui.journal.gate_rows import GateRow, row_after, superseded
from orchestrator_tui.journal.record import refusal
from orchestrator_tui.journal.request_rows import RequestRow


class Impossible(Exception):
    """Why an event cannot be where it is; a few words for a person."""


class History:
    """What the gate and request tables must hold after the events given to :meth:`follow`."""

    def __init__(self) -> None:
        self.epoch = 0
        self._fold = BatchFold()
        self.gate_rows: dict[tuple[str, int], GateRow] = {}
        self.requests: dict[int, RequestRow] = {}

    def follow(self, event: Event) -> None:
        """Take one more event, in order.

        Raises:
            Impossible: no version up to ours can have written it there.
        """
        if event.kind not in KINDS:
            raise Impossible("its kind is unknown: a newer version wrote it")
        try:
            check_payload(event.kind, event.payload)
            self._follow(event)
        except EventError as error:
            raise Impossible(str(error)) from error

    def _follow(self, event: Event) -> None:
        if (event.kind == "batch_opened") != (event.seq == 1):
            raise Impossible("a batch is opened by its first event, and by no other")
        taken = 1 if event.kind == "lease_taken" else 0
        if event.epoch != self.epoch + taken:
            raise Impossible(f"its epoch is {event.epoch} where {self.epoch + taken} was due")
        self.epoch = event.epoch
        if event.kind in GATE_KINDS:
            self._follow_gate(event)
            return
        self._fold.take(event)
        if event.kind == "request_made":
            self.requests[event.seq] = (event.seq, event.payload["kind"], None)
        elif event.kind == "request_taken":
            self._take(event)

    def _follow_gate(self, event: Event) -> None:
        gate_id = event.payload["gate"]
        # What is recorded was allowed when it was recorded: the same judge must still allow it.
        why = refusal(self._fold.gate(gate_id), Draft(event.kind, event.payload), event.at)
        if why is not None:
            raise Impossible(f"it would have been refused: {why}")
        self._fold.take(event)
        after = self._fold.gate(gate_id)
        assert after is not None, "a gate event makes a gate"
        key, older = (gate_id, after.revision), (gate_id, after.revision - 1)
        if event.kind == "gate_opened" and older in self.gate_rows:
            self.gate_rows[older] = superseded(self.gate_rows[older], event.seq)
        self.gate_rows[key] = row_after(self.gate_rows.get(key), after, event)

    def _take(self, event: Event) -> None:
        request = event.payload["request"]
        row = self.requests.get(request)
        if row is None or row[2] is not None:
            raise Impossible(f"no request {request} waited")
        self.requests[request] = (row[0], row[1], event.seq)
