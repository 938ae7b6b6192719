"""What happens in a run, one line an event on the error stream, for whoever follows it without a screen."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator_tui.cli.naming_gates import answering
from orchestrator_tui.cli.tables import local_zone, say
from orchestrator_tui.core.model import Batch, Gate, GateState
from orchestrator_tui.ui.present.ages import clock_time
from orchestrator_tui.ui.present.telling import HIDDEN, tell

LEFT_OUT = HIDDEN | {"lease_taken", "lease_released", "gate_cleared", "stage_changed", "track_added"}


class Progress:
    """Tells what is new of a batch since the last time."""

    def __init__(self, *, quiet: bool, since: int = 0, answered: Collection[str] = ()) -> None:
        """``since`` is the number of the last event that is not told.

        ``answered`` are the kinds of questions that are answered here without a person, ``*`` stands for all: of the
        others it is said how they are answered.
        """
        self._quiet, self._told, self._answered = quiet, since, answered
        self._problem = ""

    def tell(self, batch: Batch) -> bool:
        """Tell what is new. Always False, so that it can stand in front of a condition."""
        if not self._quiet:
            for event in batch.recent:
                if event.seq > self._told and event.kind not in LEFT_OUT:
                    told = tell(event, batch)
                    track = event.payload.get("track") or event.payload.get("gate") or ""
                    detail = f" ({told.detail})" if told.detail else ""
                    of = f" {track}:" if track else ""
                    say(f"{clock_time(event.at, local_zone())}{of} {told.text}{detail}")
                    if event.kind == "gate_opened":
                        self._tell_way(batch.gates[event.payload["gate"]])
        self._told = max(self._told, batch.seq)
        return False

    def tell_problem(self, problem: str) -> bool:
        """Tell why nothing can be recorded, when that begins and when it is over. Always False, as :meth:`tell`."""
        if problem != self._problem:
            say(f"nothing is begun or decided: {problem}" if problem else "it can be recorded again: the run goes on")
        self._problem = problem
        return False

    def _tell_way(self, gate: Gate) -> None:
        """How a question that is still open is answered by who has no screen before them."""
        kind, options = gate.question.kind, gate.question.options
        if gate.state is not GateState.OPEN or "*" in self._answered or kind in self._answered:
            return
        keys = " | ".join(one.key for one in options) or "--text TEXT"
        say(f"answer in another terminal: {answering(gate, keys)}")
