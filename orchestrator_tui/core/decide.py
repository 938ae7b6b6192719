"""From a person's command to the events that it amounts to (DESIGN §3: ``decide`` is pure and returns events)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from orchestrator_tui.core.commands import (
    Actor,
    Cancel,
    Command,
    Decide,
    Nudge,
    Redeliver,
    RunCommand,
    Snooze,
    Tell,
    Undo,
)
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Batch, Gate, Risk, State
from orchestrator_tui.core.normalise import HARD_KINDS, HARD_TO_TAKE_BACK
from orchestrator_tui.core.text import sanitise

STATUS_QUESTION = "Status check: what stage are you on? Report with orch-agent report, or update your task's metadata."
"""What a silent agent is asked (seed 002)."""


def decide(state: State, command: Command, actor: Actor, identifier: str, now: Instant) -> tuple[Draft, ...]:
    """The events of a command that ``refusal`` let through. ``identifier`` names the decision or message it makes."""
    batch = state.batches[command.batch]
    make = _MAKERS.get(type(command))
    if make is not None:
        return make(batch, command, actor, identifier, now)
    # Loaded here, since what is only watched needs none of it.
    from orchestrator_tui.core.decide_run import decide_run

    return decide_run(batch, cast(RunCommand, command), actor.name)


def decided_draft(
    gate: Gate, command: Decide, identifier: str, by: str, details: Mapping[str, Any], limits: Limits
) -> Draft:
    """The ``gate_decided`` of a command; its revision and digest are the ones that were shown, not the newest."""
    labels = [option.words for option in gate.question.options if option.key in command.options]
    roles = {option.role for option in gate.question.options if option.key in command.options}
    hard = bool(roles & HARD_TO_TAKE_BACK) or gate.question.kind in HARD_KINDS or gate.risk is Risk.PRODUCTION
    return Draft(
        "gate_decided",
        {
            "gate": gate.id,
            "revision": command.revision,
            "digest": command.digest,
            "decision": identifier,
            "options": list(command.options),
            "label": " + ".join([*labels, *([sanitise(command.text, 200)] if command.text.strip() else [])]),
            "by": by,
            "origin": command.origin,
            "reason": sanitise(command.reason),
            "text": sanitise(command.text),
            "shown_wall_ms": command.shown_wall_ms,
            "undo_ms": limits.undo_ms if hard and command.origin == "key" else 0,
            "actor": dict(details),
        },
    )


def message_draft(track: str, identifier: str, text: str, by: str, purpose: str) -> Draft:
    """A message to an agent, on its way by the routes that it has."""
    payload = {"track": track, "message": identifier, "text": sanitise(text), "by": by, "purpose": purpose}
    return Draft("message_sent", payload)


def _decide(batch: Batch, command: Decide, actor: Actor, identifier: str, now: Instant) -> tuple[Draft, ...]:
    gate = batch.gates[command.gate]
    return (decided_draft(gate, command, identifier, actor.name, actor.details, batch.limits),)


def _decision_key(gate: Gate) -> dict[str, Any]:
    assert gate.decision is not None
    return {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id}


def _undo(batch: Batch, command: Undo, actor: Actor, identifier: str, now: Instant) -> tuple[Draft, ...]:
    return (Draft("decision_undone", {**_decision_key(batch.gates[command.gate]), "by": actor.name}),)


def _snooze(batch: Batch, command: Snooze, actor: Actor, identifier: str, now: Instant) -> tuple[Draft, ...]:
    gate = batch.gates[command.gate]
    payload = {"gate": gate.id, "revision": gate.revision, "snooze_ms": command.snooze_ms, "by": actor.name}
    return (Draft("gate_snoozed", payload),)


def _cancel(batch: Batch, command: Cancel, actor: Actor, identifier: str, now: Instant) -> tuple[Draft, ...]:
    gate = batch.gates[command.gate]
    payload = {"gate": gate.id, "revision": gate.revision, "why": sanitise(command.reason), "by": actor.name}
    return (Draft("gate_cancelled", payload),)


def _redeliver(batch: Batch, command: Redeliver, actor: Actor, identifier: str, now: Instant) -> tuple[Draft, ...]:
    return (Draft("redelivery_asked", {**_decision_key(batch.gates[command.gate]), "by": actor.name}),)


def _tell(batch: Batch, command: Tell, actor: Actor, identifier: str, now: Instant) -> tuple[Draft, ...]:
    return (message_draft(command.track, identifier, command.text, actor.name, "message"),)


def _nudge(batch: Batch, command: Nudge, actor: Actor, identifier: str, now: Instant) -> tuple[Draft, ...]:
    track = batch.tracks[command.track]
    silent = elapsed_ms(track.reported_at, now) if track.reported_at else 0
    asked = {"track": track.slug, "message": identifier, "route": "task_file", "silent_ms": silent}
    return (
        Draft("agent_asked", asked),
        message_draft(track.slug, identifier, STATUS_QUESTION, actor.name, "status"),
    )


_MAKERS: dict[type, Callable[[Batch, Any, Actor, str, Instant], tuple[Draft, ...]]] = {
    Decide: _decide,
    Undo: _undo,
    Snooze: _snooze,
    Cancel: _cancel,
    Redeliver: _redeliver,
    Tell: _tell,
    Nudge: _nudge,
}
