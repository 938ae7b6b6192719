"""When a gate turns stale, who is warned and how; and what the terminal's title says (seed 002, reliability A-7).

The decisions here are pure; the effects go through :class:`Warner`. One rise of a gate's stale count is one episode
and is told once, however many pictures show it.
"""

from __future__ import annotations

from typing import Protocol

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate, State
from orchestrator_tui.core.queries import GateKey, find_gate, gate_age_ms, gate_queue, oldest_wait_ms
from orchestrator_tui.ui.present.ages import duration
from orchestrator_tui.ui.present.cells import clean
from orchestrator_tui.ui.settings import Settings

LOUD_LEVEL = 2
"""From this escalation level on a desktop notice is marked urgent."""


class Warner(Protocol):
    """What can be done beside the screen to reach a person."""

    def bell(self) -> None:
        """Ring the terminal's bell."""

    def desktop(self, title: str, body: str, urgent: bool) -> None:
        """Show a desktop notice; both texts are clean and on one line."""

    def title(self, text: str) -> None:
        """Set the terminal's title; the text is clean and on one line."""


@frozen
class Notice:
    """What one change calls for. ``title`` and ``body`` are "" where no desktop notice is wanted."""

    bell: bool
    title: str
    body: str
    urgent: bool


def newly_stale(before: State, after: State) -> tuple[Gate, ...]:
    """The gates whose stale count rose from ``before`` to ``after``, in queue order."""
    return tuple(gate for gate in gate_queue(after) if gate.stale_count > _known_count(before, gate))


def notice(before: State | None, after: State, now: Instant, focused: bool | None, settings: Settings) -> Notice | None:
    """What to do about the change from ``before`` (None for the first picture) to ``after``.

    ``focused`` is None where the terminal does not tell: that counts as looking away. The first picture calls for
    nothing: whoever opened it is looking at it. The bell stays silent in a focused window.
    """
    gates = () if before is None else newly_stale(before, after)
    bell = settings.bell and focused is not True
    if not gates or not (bell or settings.desktop_notices):
        return None
    urgent = max(gate.stale_level for gate in gates) >= LOUD_LEVEL
    if not settings.desktop_notices:
        return Notice(bell, "", "", urgent)
    return Notice(bell, f"orch-tui: {_who(gates, now)}", clean(gates[0].question.question, 200), urgent)


def terminal_title(state: State, now: Instant, sign: str) -> str:
    """``⚠ 2 waiting 6:40 — orch-tui``; only the name when nothing waits."""
    waiting = len(gate_queue(state))
    if not waiting:
        return "orch-tui"
    oldest = oldest_wait_ms(state, now)
    age = "" if oldest is None else f" {duration(oldest)}"
    return f"{sign} {waiting:,} waiting{age} — orch-tui"


def _who(gates: tuple[Gate, ...], now: Instant) -> str:
    first = f"{clean(gates[0].track, 60)} has waited {duration(gate_age_ms(gates[0], now))}"
    return first if len(gates) == 1 else f"{first}, {len(gates) - 1} more too"


def _known_count(state: State, gate: Gate) -> int:
    known = find_gate(state, GateKey(gate.batch, gate.id))
    return known.stale_count if known is not None and known.revision == gate.revision else 0
