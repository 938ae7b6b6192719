"""What time and rules do: stale gates, silent agents, automatic answers, failed deliveries (DESIGN §2.3, §2.4).

Everything here becomes an event, so that a replay shows what the person saw. No timeout ever approves (A-7).
"""

from __future__ import annotations

from orchestrator_tui.core import delivery, silence
from orchestrator_tui.core.delivery import Reach
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Gate, GateState, Liveness
from orchestrator_tui.core.queries import gate_age_ms
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.silence import Sight

AT_OPENING_MS = 10_000
"""A rule answers a gate at its opening or never; this is how long opening lasts (reliability A-8)."""


def policy(batch: Batch, sight: Sight, rules: Rules, now: Instant) -> tuple[Draft, ...]:
    """The events that are due in ``batch`` at ``now``; calling it again after recording them gives none."""
    drafts: list[Draft] = []
    for track in batch.tracks.values():
        drafts += silence.due(batch, track, sight, rules, now)
    withdrawn = {draft.payload["gate"] for draft in drafts if draft.kind == "gate_withdrawn"}
    for gate in batch.gates.values():
        if gate.id not in withdrawn:
            drafts += _answers(batch, gate, rules, now) or _stale(batch, gate, now)
            drafts += delivery.failures(gate, sight.reach.get(gate.id, Reach()), batch.limits, now)
    return tuple(drafts)


def nothing_waits(batch: Batch) -> bool:
    """Whether a watched batch has no question, no message and no agent in doubt: only minutes of silence can be due."""
    return (
        batch.run is None
        and all(gate.state in TERMINAL_GATE_STATES for gate in batch.gates.values())
        and all(
            track.liveness in (Liveness.REPORTING, Liveness.GONE)
            and all(message.read_at is not None for message in track.messages)
            for track in batch.tracks.values()
        )
    )


# --- automatic answers -------------------------------------------------------------------------------------


def _answers(batch: Batch, gate: Gate, rules: Rules, now: Instant) -> list[Draft]:
    if gate.state is not GateState.OPEN or elapsed_ms(gate.opened_at, now) > AT_OPENING_MS:
        return []
    if any(revision == gate.revision for revision, _, _ in gate.answers):
        # A person has answered and taken it back: the opening is over.
        return []
    # Only now: the first frame is painted before any gate has just been opened.
    from orchestrator_tui.core import answering

    rule = answering.rule_for(batch, gate, rules)
    return [] if rule is None else [answering.answer(gate, rule)]


# --- stale gates -------------------------------------------------------------------------------------------


def _stale(batch: Batch, gate: Gate, now: Instant) -> list[Draft]:
    limits = batch.limits
    age = gate_age_ms(gate, now)
    if gate.state is not GateState.OPEN or age < limits.gate_stale_ms:
        return []
    overdue = age - limits.gate_stale_ms
    if gate.snoozed_at is not None:
        # A snooze restarts the clock: what comes after it is the first warning again.
        overdue = elapsed_ms(gate.snoozed_at, now) - gate.snooze_ms
    if overdue < 0 or (gate.stale_at is not None and not _due_again(gate, batch, now)):
        return []
    level = 1 + overdue // limits.gate_level_ms
    payload = {"gate": gate.id, "revision": gate.revision, "count": gate.stale_count + 1, "level": level, "age_ms": age}
    return [Draft("gate_stale", payload)]


def _due_again(gate: Gate, batch: Batch, now: Instant) -> bool:
    assert gate.stale_at is not None
    limits = batch.limits
    pause = limits.gate_repeat_ms if gate.stale_count <= limits.gate_repeats else limits.gate_hourly_ms
    return elapsed_ms(gate.stale_at, now) >= pause
