"""The gate's life: what each gate event makes of a gate, and when it is refused (DESIGN §4.3, reliability A-1…A-8).

``change`` and ``refusal`` are the only two places that know the life of a gate. The journal asks ``refusal``
inside the transaction that writes the event; ``evolve`` asks ``change`` for every gate event it folds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator_tui.core.event import Draft, Event, EventError
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import (
    TERMINAL_GATE_STATES,
    Decision,
    DeliveryStep,
    Gate,
    GateState,
    Option,
    Question,
    Risk,
)

ALREADY = "already decided"
"""The refusal of a repeated decision that says the same again: an idempotent no-op, not an error (A-4)."""


def refusal(gate: Gate | None, draft: Draft, now: Instant) -> str | None:
    """Why ``draft`` may not happen to ``gate`` (its newest revision, or None) at ``now``; None when it may."""
    payload = draft.payload
    if draft.kind == "gate_opened":
        return _refuse_open(gate, payload)
    if gate is None:
        return f"there is no gate {payload['gate']!r}"
    if payload["revision"] != gate.revision:
        return f"revision {payload['revision']} was replaced by revision {gate.revision}"
    check = _REFUSALS[draft.kind]
    return check(gate, payload, now)


def change(gate: Gate | None, event: Event) -> Gate:
    """The gate after ``event``. Raises :class:`EventError` for what the journal should never hold."""
    if event.kind == "gate_opened":
        return _opened(gate, event)
    if gate is None or event.payload["revision"] != gate.revision:
        raise EventError(f"{event.kind} at {event.batch}/{event.seq} names no current gate revision")
    return _CHANGES[event.kind](gate, event)


# --- opening -----------------------------------------------------------------------------------------------


def _refuse_open(gate: Gate | None, payload: Mapping[str, Any]) -> str | None:
    expected = 1 if gate is None else gate.revision + 1
    if payload["revision"] != expected:
        return f"revision {payload['revision']} is not the next one ({expected})"
    if gate is None or gate.state in TERMINAL_GATE_STATES:
        return None
    if gate.digest == payload["digest"]:
        return "the same question is already asked"
    return None


def _opened(gate: Gate | None, event: Event) -> Gate:
    data = event.payload
    asked = data.get("asked_wall_ms")
    asked_at = event.at if asked is None else event.at.plus(min(0, asked - event.at.wall_ms))
    return Gate(
        batch=event.batch,
        id=data["gate"],
        revision=data["revision"],
        digest=data["digest"],
        track=data["track"],
        question=Question(
            kind=data["kind"],
            question=data["question"],
            context=data.get("context", ""),
            options=tuple(Option(**one) for one in data.get("options", ())),
            stage=data.get("stage"),
            subject=data.get("subject"),
            free_text=data.get("free_text", False),
            multiple=data.get("multiple", False),
            recommendation=data.get("asker_recommendation"),
            confidence=data.get("confidence", ""),
            declared_risk=data.get("declared_risk", ""),
            environment=data.get("environment", ""),
        ),
        risk=Risk[data["risk"].upper()],
        risk_why=data.get("risk_why", ""),
        state=GateState.OPEN,
        asked_at=asked_at,
        opened_at=event.at,
        source=data["source"],
        routes=tuple(data.get("routes", ())),
        recommendation=data.get("recommendation"),
        recommendation_why=data.get("recommendation_why", ""),
        refusals=0 if gate is None else gate.refusals,
        answers=() if gate is None else gate.answers,
    )


# --- refusals ----------------------------------------------------------------------------------------------


def _refuse_decided(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if payload["digest"] != gate.digest:
        return "the question changed since it was shown"
    if gate.state is not GateState.OPEN:
        return _refuse_late(gate, payload)
    keys = {option.key for option in gate.question.options}
    chosen = payload["options"]
    unknown = [key for key in chosen if key not in keys]
    if unknown:
        return f"there is no option {unknown[0]!r}"
    if not chosen and not payload.get("text"):
        return "no option was chosen"
    if len(chosen) > 1 and not gate.question.multiple:
        return "only one option may be chosen"
    return None


def _refuse_late(gate: Gate, payload: Mapping[str, Any]) -> str:
    if gate.decision is None:
        return f"the gate is {gate.state.replace('_', ' ')}"
    same = (
        tuple(payload["options"]) == gate.decision.options
        and payload.get("text", "") == gate.decision.text
        and payload["by"] == gate.decision.by
    )
    return ALREADY if same else f"{gate.decision.by} already decided {gate.decision.label!r}"


def _refuse_undone(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if gate.state is not GateState.DECIDED or gate.decision is None or gate.decision.id != payload["decision"]:
        return "there is no such undelivered decision"
    if gate.claim is not None:
        return "the answer is already on its way"
    if elapsed_ms(gate.decision.at, now) >= gate.decision.undo_ms:
        return "the time to take it back is over"
    return None


def _refuse_claim(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if gate.state not in (GateState.DECIDED, GateState.DELIVERED) or gate.decision is None:
        return f"the gate is {gate.state.replace('_', ' ')}"
    if gate.decision.id != payload["decision"]:
        return "the decision was replaced"
    if gate.claim is not None:
        return f"delivery is claimed by {gate.claim}"
    if elapsed_ms(gate.decision.at, now) < gate.decision.undo_ms:
        return "the answer can still be taken back"
    return None


def _refuse_delivery(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if gate.decision is None or gate.decision.id != payload["decision"]:
        return "the decision was replaced"
    if gate.state not in (GateState.DECIDED, GateState.DELIVERED):
        return f"the gate is {gate.state.replace('_', ' ')}"
    return None


def _refuse_delivered(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    refused = _refuse_delivery(gate, payload, now)
    if refused is None and gate.claim is None:
        return "delivery was not claimed"
    return refused


def _refuse_end(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    # Withdraw and cancel beat an answer that has not been delivered; after delivery nothing does.
    if gate.state in (GateState.OPEN, GateState.DECIDED):
        return None
    return f"the gate is {gate.state.replace('_', ' ')}"


def _refuse_unless_open(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    return None if gate.state is GateState.OPEN else f"the gate is {gate.state.replace('_', ' ')}"


def _refuse_cleared(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if gate.state not in TERMINAL_GATE_STATES:
        return f"the gate is {gate.state.replace('_', ' ')}"
    return "it is cleared already" if gate.cleared else None


def _refuse_redelivery(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if gate.decision is None or gate.decision.id != payload["decision"]:
        return "the decision was replaced"
    return None if gate.undelivered else "the answer is not undelivered"


def _refuse_route(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if payload["route"] in gate.routes:
        return "the route is known"
    return None if gate.state not in TERMINAL_GATE_STATES else f"the gate is {gate.state.replace('_', ' ')}"


_REFUSALS: dict[str, Callable[[Gate, Mapping[str, Any], Instant], str | None]] = {
    "gate_route_added": _refuse_route,
    "gate_decided": _refuse_decided,
    "decision_undone": _refuse_undone,
    "delivery_claimed": _refuse_claim,
    "delivery_failed": _refuse_delivery,
    "decision_delivered": _refuse_delivered,
    "decision_acknowledged": _refuse_delivery,
    "gate_withdrawn": _refuse_end,
    "gate_cancelled": _refuse_end,
    "gate_expired": _refuse_end,
    "gate_answered_elsewhere": _refuse_end,
    "gate_cleared": _refuse_cleared,
    "redelivery_asked": _refuse_redelivery,
    "gate_stale": _refuse_unless_open,
    "gate_snoozed": _refuse_unless_open,
}


# --- changes -----------------------------------------------------------------------------------------------


def _decided(gate: Gate, event: Event) -> Gate:
    data = event.payload
    decision = Decision(
        id=data["decision"],
        options=tuple(data["options"]),
        label=data["label"],
        reason=data.get("reason", ""),
        text=data.get("text", ""),
        by=data["by"],
        origin=data["origin"],
        at=event.at,
        shown_at_ms=data.get("shown_wall_ms"),
        undo_ms=data.get("undo_ms", 0),
    )
    answer = answer_text(decision.options, decision.text)
    return replace(
        gate,
        state=GateState.DECIDED,
        decision=decision,
        steps=(),
        claim=None,
        undelivered=False,
        answers=(*gate.answers, (gate.revision, decision.id, answer)),
    )


def answer_text(options: Sequence[str], text: str) -> str:
    """What an agent gets back: the chosen keys, joined by commas, or the answer in the person's own words."""
    return ",".join(options) if options else text


def _undone(gate: Gate, event: Event) -> Gate:
    return replace(gate, state=GateState.OPEN, decision=None, steps=(), claim=None)


def _step(gate: Gate, event: Event, step: str, evidence: str) -> tuple[DeliveryStep, ...]:
    return (*gate.steps, DeliveryStep(step, event.payload["route"], event.at, evidence))


def _claimed(gate: Gate, event: Event) -> Gate:
    claimant = event.payload["claimant"]
    return replace(
        gate,
        claim=claimant,
        undelivered=False,
        steps=_step(gate, event, "claimed", claimant),
    )


def _failed(gate: Gate, event: Event) -> Gate:
    undelivered = event.payload.get("undelivered", False)
    steps = _step(gate, event, "failed", event.payload["why"])
    # An answer that nobody took is decided, not delivered, until another route brings it.
    return replace(gate, state=GateState.DECIDED, claim=None, undelivered=undelivered, steps=steps)


def _delivered(gate: Gate, event: Event) -> Gate:
    steps = _step(gate, event, "delivered", event.payload.get("evidence", ""))
    return replace(gate, state=GateState.DELIVERED, claim=None, undelivered=False, steps=steps)


def _acknowledged(gate: Gate, event: Event) -> Gate:
    steps = _step(gate, event, "acknowledged", event.payload["evidence"])
    return replace(
        gate,
        state=GateState.ACKNOWLEDGED,
        claim=None,
        undelivered=False,
        steps=steps,
        closed_at=event.at,
    )


def _ends(state: GateState) -> Callable[[Gate, Event], Gate]:
    def end(gate: Gate, event: Event) -> Gate:
        return replace(
            gate,
            state=state,
            claim=None,
            undelivered=False,
            closed_at=event.at,
            closed_why=event.payload["why"],
            cleared=state is GateState.WITHDRAWN,
        )

    return end


def _cleared(gate: Gate, event: Event) -> Gate:
    return replace(gate, cleared=True)


def _redelivery(gate: Gate, event: Event) -> Gate:
    steps = (*gate.steps, DeliveryStep("retried", "", event.at, event.payload["by"]))
    return replace(gate, undelivered=False, steps=steps)


def _stale(gate: Gate, event: Event) -> Gate:
    data = event.payload
    return replace(gate, stale_count=data["count"], stale_level=data["level"], stale_at=event.at)


def _snoozed(gate: Gate, event: Event) -> Gate:
    return replace(gate, snoozed_at=event.at, snooze_ms=event.payload["snooze_ms"])


def _route_added(gate: Gate, event: Event) -> Gate:
    return replace(gate, routes=(*gate.routes, event.payload["route"]))


_CHANGES: dict[str, Callable[[Gate, Event], Gate]] = {
    "gate_route_added": _route_added,
    "gate_decided": _decided,
    "decision_undone": _undone,
    "delivery_claimed": _claimed,
    "delivery_failed": _failed,
    "decision_delivered": _delivered,
    "decision_acknowledged": _acknowledged,
    "gate_withdrawn": _ends(GateState.WITHDRAWN),
    "gate_cancelled": _ends(GateState.CANCELLED),
    "gate_expired": _ends(GateState.EXPIRED),
    "gate_answered_elsewhere": _ends(GateState.ANSWERED_ELSEWHERE),
    "gate_cleared": _cleared,
    "redelivery_asked": _redelivery,
    "gate_stale": _stale,
    "gate_snoozed": _snoozed,
}
