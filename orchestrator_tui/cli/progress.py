"""What happens in a run, one line an event on the error stream, for whoever follows it without a screen."""

from __future__ import annotations

from orchestrator_tui.cli.tables import local_zone, say
from orchestrator_tui.core.model import Batch
from orchestrator_tui.ui.present.ages import clock_time
from orchestrator_tui.ui.present.telling import HIDDEN, tell

LEFT_OUT = HIDDEN | {"lease_taken", "lease_released", "gate_cleared", "stage_changed", "track_added"}


class Progress:
    """Tells what is new of a batch since the last time."""

    def __init__(self, *, quiet: bool, since: int = 0) -> None:
        """``since`` is the number of the last event that is not told."""
        self._quiet, self._told = quiet, since

    def tell(self, batch: Batch) -> bool:
        """Tell what is new. Always False, so that it can stand in front of a condition."""
        if not self._quiet:
            for event in batch.recent:
                if event.seq > self._told and event.kind not in LEFT_OUT:
                    told = tell(event, batch)
                    track = event.payload.get("track") or event.payload.get("gate") or ""
                    detail = f" ({told.detail})" if told.detail else ""
                    say(f"{clock_time(event.at, local_zone())} {track}: {told.text}{detail}")
        self._told = max(self._told, batch.seq)
        return False
