"""Why a command may not be carried out: one pure function that greys keys, answers the CLI and guards the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from orchestrator_tui.core import gates
from orchestrator_tui.core.commands import Cancel, Command, Decide, Nudge, Redeliver, RunCommand, Snooze, Tell, Undo
from orchestrator_tui.core.decide import decided_draft
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, Risk, State
from orchestrator_tui.core.moves import TERMINAL_TRACK_STATES
from orchestrator_tui.core.queries import wants_confirmation
from orchestrator_tui.core.text import sanitise

MAX_REASON_BYTES = 4096
"""Longest reason, as it is recorded (reliability A-9)."""
MAX_TEXT_BYTES = 16_384
"""Longest answer of one's own and longest message: with everything beside it, it still fits into one event (J-2)."""
MIN_SNOOZE_MS, MAX_SNOOZE_MS = 5 * 60_000, 60 * 60_000


def refusal(state: State, command: Command, now: Instant) -> str | None:
    """One line on why ``command`` is refused in ``state`` at ``now``, or None when it may go on."""
    batch = state.batches.get(command.batch)
    if batch is None:
        return f"there is no batch {command.batch!r}"
    if batch.newer:
        return f"this batch was written by a newer version ({batch.newer}); it is read-only here"
    check = _CHECKS.get(type(command))
    if check is not None:
        return check(batch, command, now)
    # Loaded here, since what is only watched needs none of it.
    from orchestrator_tui.core.refusal_run import refusal_of_run

    return refusal_of_run(batch, cast(RunCommand, command))


def reason_needed(gate: Gate, options: tuple[str, ...]) -> str | None:
    """Why this answer needs a reason in words, or None (reliability A-9)."""
    roles = {option.role for option in gate.question.options if option.key in options}
    for role in ("reject", "skip", "cancel"):
        if role in roles:
            return f"say why: this answer means {role}"
    if gate.risk is Risk.PRODUCTION:
        return "say why: it is a production decision"
    if gate.recommendation is not None and gate.recommendation not in options:
        return "say why: it goes against the recommendation"
    return None


def _gate(batch: Batch, gate_id: str) -> Gate | str:
    return batch.gates.get(gate_id) or f"there is no gate {gate_id!r}"


def _decide(batch: Batch, command: Decide, now: Instant) -> str | None:
    gate = _gate(batch, command.gate)
    if isinstance(gate, str):
        return gate
    refused = gates.refusal(gate, decided_draft(gate, command, "", "", {}, batch.limits), now)
    if refused is not None:
        return refused
    if _longer(command.reason, MAX_REASON_BYTES):
        return "the reason is longer than 4 KiB"
    if _longer(command.text, MAX_TEXT_BYTES):
        return "the answer is longer than 16 KiB"
    if wants_confirmation(gate) == "slug" and command.confirm != gate.track:
        return f"type {gate.track} to confirm"
    if wants_confirmation(gate) == "twice" and command.confirm != "twice":
        return "press Enter twice: " + gate.risk_why
    if command.reason.strip() or not command.options:
        # An answer in one's own words says itself why.
        return None
    return reason_needed(gate, command.options)


def _longer(text: str, limit: int) -> bool:
    return len(sanitise(text).encode("utf-8")) > limit


def _undo(batch: Batch, command: Undo, now: Instant) -> str | None:
    gate = _gate(batch, command.gate)
    if isinstance(gate, str):
        return gate
    if gate.decision is None:
        return "nothing was decided"
    payload = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id, "by": ""}
    return gates.refusal(gate, Draft("decision_undone", payload), now)


def _snooze(batch: Batch, command: Snooze, now: Instant) -> str | None:
    gate = _gate(batch, command.gate)
    if isinstance(gate, str):
        return gate
    if not MIN_SNOOZE_MS <= command.snooze_ms <= MAX_SNOOZE_MS:
        return "snooze for 5 to 60 minutes"
    payload = {"gate": gate.id, "revision": gate.revision, "snooze_ms": command.snooze_ms, "by": ""}
    return gates.refusal(gate, Draft("gate_snoozed", payload), now)


def _cancel(batch: Batch, command: Cancel, now: Instant) -> str | None:
    gate = _gate(batch, command.gate)
    if isinstance(gate, str):
        return gate
    if not command.reason.strip():
        return "say why nobody will answer it"
    if _longer(command.reason, MAX_REASON_BYTES):
        return "the reason is longer than 4 KiB"
    payload = {"gate": gate.id, "revision": gate.revision, "why": command.reason, "by": ""}
    return gates.refusal(gate, Draft("gate_cancelled", payload), now)


def _redeliver(batch: Batch, command: Redeliver, now: Instant) -> str | None:
    gate = _gate(batch, command.gate)
    if isinstance(gate, str):
        return gate
    if gate.decision is None:
        return "nothing was decided"
    payload = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id, "by": ""}
    return gates.refusal(gate, Draft("redelivery_asked", payload), now)


def _message(batch: Batch, command: Tell | Nudge, now: Instant) -> str | None:
    track = batch.tracks.get(command.track)
    if track is None:
        return f"there is no track {command.track!r}"
    if track.state in TERMINAL_TRACK_STATES:
        return f"{track.slug} is {track.state}: nobody is there to read it"
    if not track.source and track.work is None:
        return f"{track.slug} has no task file to write into"
    if isinstance(command, Tell) and not command.text.strip():
        return "there is nothing to say"
    if isinstance(command, Tell) and _longer(command.text, MAX_TEXT_BYTES):
        return "the message is longer than 16 KiB"
    return None


_CHECKS: dict[type, Callable[[Batch, Any, Instant], str | None]] = {
    Decide: _decide,
    Undo: _undo,
    Snooze: _snooze,
    Cancel: _cancel,
    Redeliver: _redeliver,
    Tell: _message,
    Nudge: _message,
}
