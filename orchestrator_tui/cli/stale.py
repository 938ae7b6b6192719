"""The line that every command ends with while a gate is stale (seed 002: a gate waits five minutes at most)."""

from __future__ import annotations

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.cli.faults import BadInput
from orchestrator_tui.cli.journals import find_place, load_state, reading
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import GateState, State
from orchestrator_tui.core.queries import gate_age_ms, stale_gates
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.ui.present.ages import duration


def stale_line(start: str) -> str:
    """The warning about the repository that ``start`` is in, or "" when no gate of it is stale.

    A journal that cannot be read now says nothing here: the commands that need it say it themselves.
    """
    try:
        place = find_place(start)
        with reading(place) as journal:
            if journal is None:
                return ""
            waiting = {gate.batch for gate in journal.gates() if gate.state is GateState.OPEN}
            state = load_state(journal, waiting, str(place.repository)) if waiting else State()
            return stale_words(state, SystemClock().now())
    except (BadInput, JournalError, OSError):
        return ""


def stale_words(state: State, now: Instant) -> str:
    """``⚠ pay-webhook has waited 6:40, 2 more too; orch-tui gates`` for the first of the queue, or ""."""
    stale = stale_gates(state, now)
    if not stale:
        return ""
    first = stale[0]
    more = f", {len(stale) - 1} more too" if len(stale) > 1 else ""
    return f"⚠ {sanitise_line(first.track, 60)} has waited {duration(gate_age_ms(first, now))}{more}; orch-tui gates"
