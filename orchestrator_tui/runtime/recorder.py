"""Recording drafts: free ones by the lease, gate ones by compare-and-set, in their order (DESIGN §3)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.event import GATE_KINDS, Draft
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.journal.port import Lease, Refused
from orchestrator_tui.journal.sqlite import SqliteJournal


class Recorder:
    """Writes the drafts of pure functions into the journal on behalf of one holder."""

    def __init__(self, journal: SqliteJournal, origin: str) -> None:
        self._journal, self._origin = journal, origin

    def record(self, lease: Lease, drafts: Sequence[Draft], now: Instant) -> None:
        """Record ``drafts`` in order.

        A gate draft that the gate's row refuses is left out: another process was first, and its event tells
        the same or overrules it; the next look at the state decides anew.

        Raises:
            LeaseLost: somebody else holds the batch now.
            JournalError: nothing can be recorded now; earlier drafts of this call may have been.
        """
        free: list[Draft] = []
        for draft in drafts:
            if draft.kind not in GATE_KINDS:
                free.append(draft)
                continue
            self._flush(lease, free, now)
            self._journal.change_gate(lease.batch, draft, now, self._origin)
        self._flush(lease, free, now)

    def change(self, batch: str, draft: Draft, now: Instant) -> str:
        """One compare-and-set on a gate; "" or why it was refused."""
        outcome = self._journal.change_gate(batch, draft, now, self._origin)
        return outcome.why if isinstance(outcome, Refused) else ""

    def _flush(self, lease: Lease, free: list[Draft], now: Instant) -> None:
        if free:
            self._journal.append(lease, list(free), now, self._origin)
            free.clear()
