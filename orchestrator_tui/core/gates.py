"""The gate's life: what each gate event makes of a gate (DESIGN §4.3, reliability A-1…A-8).

``change`` and ``refusal`` are the only two places that know the life of a gate. The journal asks ``refusal``
inside the transaction that writes the event; ``evolve`` asks ``change`` for every gate event it folds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from orchestrator_tui.core.changing import changed
from orchestrator_tui.core.event import Event, EventError
from orchestrator_tui.core.gate_refusals import ALREADY, NUDGED, refusal
from orchestrator_tui.core.instant import at_wall
from orchestrator_tui.core.model import Decision, DeliveryStep, Gate, GateState, Option, Question, Risk

__all__ = ["ALREADY", "answer_text", "change", "refusal"]


def change(gate: Gate | None, event: Event) -> Gate:
    """The gate after ``event``. Raises :class:`EventError` for what the journal should never hold."""
    if event.kind == "gate_opened":
        return _opened(gate, event)
    if gate is None or event.payload["revision"] != gate.revision:
        raise EventError(f"{event.kind} at {event.batch}/{event.seq} names no current gate revision")
    return _CHANGES[event.kind](gate, event)


# --- opening -----------------------------------------------------------------------------------------------


def _opened(gate: Gate | None, event: Event) -> Gate:
    data = event.payload
    asked = data.get("asked_wall_ms")
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
            options=tuple(Option(one["key"], one["label"], one.get("role", "")) for one in data.get("options", ())),
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
        asked_at=event.at if asked is None else at_wall(asked, event.at),
        opened_at=event.at,
        source=data["source"],
        routes=tuple(data.get("routes", ())),
        recommendation=data.get("recommendation"),
        recommendation_why=data.get("recommendation_why", ""),
        refusals=0 if gate is None else gate.refusals,
        answers=() if gate is None else gate.answers,
        asker=data.get("asker", ""),
    )


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
    return changed(
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
    return changed(gate, state=GateState.OPEN, decision=None, steps=(), claim=None, undelivered=False)


def _step(gate: Gate, event: Event, step: str, evidence: str) -> tuple[DeliveryStep, ...]:
    return (*gate.steps, DeliveryStep(step, event.payload["route"], event.at, evidence))


def _claimed(gate: Gate, event: Event) -> Gate:
    claimant = event.payload["claimant"]
    return changed(
        gate,
        claim=claimant,
        undelivered=False,
        steps=_step(gate, event, "claimed", claimant),
    )


def _failed(gate: Gate, event: Event) -> Gate:
    undelivered = event.payload.get("undelivered", False)
    steps = _step(gate, event, "failed", event.payload["why"])
    # An answer that nobody took is decided, not delivered, until another route brings it.
    return changed(gate, state=GateState.DECIDED, claim=None, undelivered=undelivered, steps=steps)


def _delivered(gate: Gate, event: Event) -> Gate:
    steps = _step(gate, event, "delivered", event.payload.get("evidence", ""))
    return changed(gate, state=GateState.DELIVERED, claim=None, undelivered=False, steps=steps)


def _acknowledged(gate: Gate, event: Event) -> Gate:
    steps = _step(gate, event, "acknowledged", event.payload["evidence"])
    return changed(
        gate,
        state=GateState.ACKNOWLEDGED,
        claim=None,
        undelivered=False,
        steps=steps,
        closed_at=event.at,
    )


def _ends(state: GateState) -> Callable[[Gate, Event], Gate]:
    def end(gate: Gate, event: Event) -> Gate:
        return changed(
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
    return changed(gate, cleared=True)


def _redelivery(gate: Gate, event: Event) -> Gate:
    steps = (*gate.steps, DeliveryStep("retried", "", event.at, event.payload["by"]))
    return changed(gate, undelivered=False, steps=steps)


def _risk_raised(gate: Gate, event: Event) -> Gate:
    data = event.payload
    return changed(
        gate,
        risk=Risk[data["risk"].upper()],
        risk_why=data["risk_why"],
        recommendation=data["recommendation"],
        recommendation_why=data["recommendation_why"],
    )


def _stale(gate: Gate, event: Event) -> Gate:
    data = event.payload
    return changed(gate, stale_count=data["count"], stale_level=data["level"], stale_at=event.at)


def _snoozed(gate: Gate, event: Event) -> Gate:
    # A snooze restarts the clock: the warnings so far do not count for those after it.
    snooze_ms = event.payload["snooze_ms"]
    return changed(gate, snoozed_at=event.at, snooze_ms=snooze_ms, stale_count=0, stale_level=0, stale_at=None)


def _route_added(gate: Gate, event: Event) -> Gate:
    route, asker = event.payload["route"], event.payload.get("asker") or gate.asker
    return changed(gate, routes=gate.routes if route in gate.routes else (*gate.routes, route), asker=asker)


def _nudged(gate: Gate, event: Event) -> Gate:
    return changed(gate, steps=_step(gate, event, NUDGED, event.payload.get("evidence", "")))


_CHANGES: dict[str, Callable[[Gate, Event], Gate]] = {
    "gate_route_added": _route_added,
    "gate_decided": _decided,
    "decision_undone": _undone,
    "delivery_claimed": _claimed,
    "delivery_failed": _failed,
    "decision_delivered": _delivered,
    "decision_acknowledged": _acknowledged,
    "gate_nudged": _nudged,
    "gate_withdrawn": _ends(GateState.WITHDRAWN),
    "gate_cancelled": _ends(GateState.CANCELLED),
    "gate_expired": _ends(GateState.EXPIRED),
    "gate_answered_elsewhere": _ends(GateState.ANSWERED_ELSEWHERE),
    "gate_cleared": _cleared,
    "redelivery_asked": _redelivery,
    "gate_stale": _stale,
    "gate_snoozed": _snoozed,
    "gate_risk_raised": _risk_raised,
}
