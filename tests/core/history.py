"""What must hold of every history of gates, read from the events alone: a judge that knows nothing of the code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator_tui.core.event import Event
from orchestrator_tui.core.instant import Instant, elapsed_ms

ENDINGS = frozenset(
    {"decision_acknowledged", "gate_withdrawn", "gate_cancelled", "gate_expired", "gate_answered_elsewhere"}
)
OPENING_MS = 10_000
DANGEROUS = frozenset({"production", "destructive", "failure", "staging"})


@dataclass
class Revision:
    """One revision of one gate as its events tell it."""

    number: int
    digest: str
    risk: str
    opened: Instant
    decision: str = ""
    claim: str = ""
    delivered: bool = False
    ended: str = ""
    decisions: list[str] = field(default_factory=list)


def violations(events: Iterable[Event]) -> list[str]:
    """Every broken promise, in words that name the event."""
    found: list[str] = []
    gates: dict[str, Revision] = {}
    for event in events:
        payload = event.payload
        gate_id = payload.get("gate")
        if not isinstance(gate_id, str):
            continue
        where = f"{event.seq} {event.kind} of {gate_id}"
        if event.kind == "gate_opened":
            before = gates.get(gate_id)
            if payload["revision"] != (before.number + 1 if before else 1):
                found.append(f"{where}: revision {payload['revision']} out of turn")
            gates[gate_id] = Revision(payload["revision"], payload["digest"], payload["risk"], event.at)
        elif gate_id in gates and "revision" in payload and event.kind != "decision_refused":
            found += [f"{where}: {one}" for one in _judge(gates[gate_id], event)]
    return found


def _judge(gate: Revision, event: Event) -> list[str]:
    found = []
    kind, payload = event.kind, event.payload
    if payload["revision"] != gate.number:
        found.append("not the newest revision")
    if gate.ended and kind != "gate_cleared":
        found.append(f"after {gate.ended} (terminal states never change)")
    if kind == "gate_risk_raised":
        gate.risk = payload["risk"]
    if kind == "gate_decided":
        found += _judge_decision(gate, payload, event.at)
    elif kind == "decision_undone":
        if gate.claim or gate.delivered:
            found.append("taken back after it had left (A-11)")
        gate.decision = ""
    elif kind == "delivery_claimed":
        if gate.claim or gate.delivered:
            found.append("two deliveries at once (A-6)")
        gate.claim = payload["claimant"]
    elif kind == "delivery_failed":
        gate.claim, gate.delivered = "", False
    elif kind == "decision_delivered":
        if not gate.decision or payload["decision"] != gate.decision or not gate.claim:
            found.append("a delivery without decision and claim (A-6)")
        gate.claim, gate.delivered = "", True
    if kind == "decision_acknowledged" and payload["decision"] != gate.decision:
        found.append("an acknowledgement of no decision")
    if kind in ("gate_withdrawn", "gate_cancelled", "gate_expired") and gate.delivered:
        found.append("an end that comes after delivery")
    if kind == "gate_expired" and gate.risk == "production":
        found.append("a timeout of a production gate (A-7)")
    if kind in ENDINGS:
        gate.ended = kind
    return found


def _judge_decision(gate: Revision, payload: Mapping[str, Any], at: Instant) -> list[str]:
    found = []
    if gate.decision:
        found.append("a second decision of one revision (A-2)")
    if payload["digest"] != gate.digest:
        found.append("a decision of another question (A-1)")
    if payload["decision"] in gate.decisions:
        found.append("a decision id used twice")
    if payload["origin"].startswith("policy:") and gate.risk in DANGEROUS:
        found.append(f"a rule decided a {gate.risk} gate (A-8)")
    if payload["origin"].startswith("policy:") and elapsed_ms(gate.opened, at) > OPENING_MS:
        found.append("a rule decided after the opening: a timeout that approves (A-7, A-8)")
    if payload["origin"].startswith("agent"):
        found.append("an agent decided (A-12)")
    gate.decision = payload["decision"]
    gate.decisions.append(payload["decision"])
    return found
