"""The whole life of a gate as a table: every state, every event, allowed or the exact reason why not (DESIGN §4.3)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core import gates
from orchestrator_tui.core.event import GATE_KINDS, Draft, Event, EventError
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, GateState, Risk
from tests.core.builders import START, Ledger, on_gate, opened, with_payload

ALLOWED = None
DECIDED = on_gate("gate_decided")
CLAIMED = on_gate("delivery_claimed")
DELIVERED = on_gate("decision_delivered")

STATES: dict[str, tuple[Draft, ...]] = {
    "open": (),
    "decided": (DECIDED,),
    "claimed": (DECIDED, CLAIMED),
    "delivered": (DECIDED, CLAIMED, DELIVERED),
    "undelivered": (DECIDED, CLAIMED, DELIVERED, on_gate("delivery_failed", undelivered=True)),
    "acknowledged": (DECIDED, CLAIMED, DELIVERED, on_gate("decision_acknowledged")),
    "withdrawn": (on_gate("gate_withdrawn"),),
    "cancelled": (DECIDED, on_gate("gate_cancelled")),
    "expired": (on_gate("gate_expired"),),
    "answered elsewhere": (DECIDED, CLAIMED, on_gate("gate_answered_elsewhere")),
}

IS = {name: f"the gate is {name}" for name in STATES}
IS["claimed"] = IS["undelivered"] = "the gate is decided"
NOT_UNDELIVERED = "the answer is not undelivered"
NO_DECISION = "there is no such undelivered decision"
ENDED = ("acknowledged", "withdrawn", "cancelled", "expired", "answered elsewhere")
BY_CLAIM = "delivery is claimed by 7:70"

EXPECTED: dict[str, dict[str, str | None]] = {
    "gate_opened": {
        **dict.fromkeys(STATES, "the same question is already asked"),
        **dict.fromkeys(ENDED, ALLOWED),
    },
    "gate_route_added": {**dict.fromkeys(STATES, ALLOWED), **{name: IS[name] for name in ENDED}},
    "gate_decided": {
        **dict.fromkeys(STATES, gates.ALREADY),
        "open": ALLOWED,
        **{name: IS[name] for name in ENDED if name != "acknowledged"},
    },
    "decision_undone": {
        **dict.fromkeys(STATES, NO_DECISION),
        "delivered": "the answer has already reached its agent",
        "acknowledged": "the answer has already reached its agent",
        "decided": "the time to take it back is over",
        "claimed": "the answer is already on its way",
        "undelivered": "the time to take it back is over",
    },
    "delivery_claimed": {**IS, "decided": ALLOWED, "claimed": BY_CLAIM, "undelivered": ALLOWED},
    "delivery_failed": {
        **IS,
        **dict.fromkeys(("decided", "claimed", "delivered", "undelivered"), ALLOWED),
    },
    "decision_delivered": {
        **IS,
        "claimed": ALLOWED,
        **dict.fromkeys(("decided", "delivered", "undelivered"), "delivery was not claimed"),
    },
    "decision_acknowledged": {
        **IS,
        "decided": "the answer has not left yet",
        **dict.fromkeys(("claimed", "delivered", "undelivered"), ALLOWED),
    },
    "gate_nudged": {**IS, **dict.fromkeys(("decided", "claimed", "delivered", "undelivered"), ALLOWED)},
    "gate_withdrawn": {**IS, **dict.fromkeys(("open", "decided", "claimed", "undelivered"), ALLOWED)},
    "gate_cancelled": {**IS, **dict.fromkeys(("open", "decided", "claimed", "undelivered"), ALLOWED)},
    "gate_expired": {**IS, **dict.fromkeys(("open", "decided", "claimed", "undelivered"), ALLOWED)},
    "gate_answered_elsewhere": {
        **IS,
        **dict.fromkeys(("open", "decided", "claimed", "delivered", "undelivered"), ALLOWED),
    },
    "gate_cleared": {**IS, **dict.fromkeys(ENDED, ALLOWED), "withdrawn": "it is cleared already"},
    "redelivery_asked": {**dict.fromkeys(STATES, NOT_UNDELIVERED), "undelivered": ALLOWED},
    "gate_stale": {**IS, "open": ALLOWED},
    "gate_snoozed": {**IS, "open": ALLOWED},
    "gate_risk_raised": {**IS, "open": ALLOWED},
}

AFTER: dict[str, GateState] = {
    "gate_opened": GateState.OPEN,
    "gate_decided": GateState.DECIDED,
    "decision_undone": GateState.OPEN,
    "delivery_claimed": GateState.DECIDED,
    "delivery_failed": GateState.DECIDED,
    "decision_delivered": GateState.DELIVERED,
    "decision_acknowledged": GateState.ACKNOWLEDGED,
    "gate_withdrawn": GateState.WITHDRAWN,
    "gate_cancelled": GateState.CANCELLED,
    "gate_expired": GateState.EXPIRED,
    "gate_answered_elsewhere": GateState.ANSWERED_ELSEWHERE,
}
"""The state that an allowed event leaves; kinds that are not here change no state."""

CASES = [(kind, state) for kind in sorted(GATE_KINDS) for state in STATES]


def in_state(name: str) -> Ledger:
    ledger = Ledger()
    ledger.must(opened(), *STATES[name])
    return ledger


def draft_of(kind: str) -> Draft:
    return opened(revision=2) if kind == "gate_opened" else on_gate(kind)


def test_the_table_is_complete() -> None:
    assert set(EXPECTED) == GATE_KINDS
    assert all(set(row) == set(STATES) for row in EXPECTED.values())


@pytest.mark.parametrize(("kind", "state"), CASES, ids=lambda value: str(value).replace(" ", "_"))
def test_every_event_in_every_state(kind: str, state: str) -> None:
    ledger = in_state(state)
    before = ledger.gate("g")
    draft = draft_of(kind)
    assert gates.refusal(before, draft, ledger.now) == EXPECTED[kind][state]
    if EXPECTED[kind][state] is ALLOWED:
        ledger.must(draft)
        assert ledger.gate("g").state is AFTER.get(kind, before.state)
        assert (ledger.gate("g").closed_at is not None) == (ledger.gate("g").state in TERMINAL_GATE_STATES)


@pytest.mark.parametrize("kind", sorted(GATE_KINDS - {"gate_opened"}))
def test_an_event_for_a_replaced_revision_is_refused(kind: str) -> None:
    ledger = Ledger()
    ledger.must(opened(), opened(revision=2, digest="digest-2"))
    assert ledger.record(on_gate(kind)) == ["revision 1 was replaced by revision 2"]


@pytest.mark.parametrize("kind", sorted(GATE_KINDS - {"gate_opened"}))
def test_an_event_for_no_gate_is_refused_and_cannot_be_folded(kind: str) -> None:
    assert gates.refusal(None, on_gate(kind), START) == "there is no gate 'g'"
    event = Event("b", 2, START, kind, "host", 1, on_gate(kind).payload)
    with pytest.raises(EventError, match="names no current gate revision"):
        gates.change(None, event)


@pytest.mark.parametrize(
    ("first", "draft", "why"),
    [
        ((), opened(revision=2), "revision 2 is not the next one (1)"),
        ((opened(),), opened(revision=3, digest="other"), "revision 3 is not the next one (2)"),
        ((opened(),), opened(revision=1, digest="other"), "revision 1 is not the next one (2)"),
        ((opened(),), opened(revision=2, digest="other"), ALLOWED),
        ((opened(), DECIDED, CLAIMED), opened(revision=2, digest="other"), ALLOWED),
    ],
)
def test_opening_a_revision(first: tuple[Draft, ...], draft: Draft, why: str | None) -> None:
    ledger = Ledger()
    ledger.must(*first)
    assert ledger.record(draft) == ([] if why is None else [why])


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"digest": "digest-2"}, "the question changed since it was shown"),
        ({"options": ["shipp"]}, "there is no option 'shipp'"),
        ({"options": ["Ship"]}, "there is no option 'Ship'"),
        ({"options": []}, "no option was chosen"),
        ({"options": [], "text": " \n"}, "no option was chosen"),
        ({"options": [], "text": "another way"}, "this gate takes one of its options, not a text"),
        ({"options": ["ship", "fix"]}, "only one option may be chosen"),
        ({"options": ["ship", "ship"]}, "option 'ship' was chosen twice"),
        ({"origin": "agent:alpha"}, "an agent may not answer"),
        ({"origin": "agent"}, "an agent may not answer"),
    ],
)
def test_an_unfit_answer_is_refused(fields: dict[str, Any], why: str) -> None:
    ledger = Ledger()
    ledger.must(opened())
    assert ledger.record(on_gate("gate_decided", **fields)) == [why]


def test_several_options_where_the_gate_allows_it() -> None:
    ledger = Ledger()
    ledger.must(opened(multiple=True), on_gate("gate_decided", options=["fix", "ship"]))
    assert ledger.gate("g").answers == ((1, "d-1", "fix,ship"),)


def test_a_text_where_the_gate_allows_it() -> None:
    ledger = Ledger()
    ledger.must(opened(free_text=True), on_gate("gate_decided", options=[], text="ask Bob first"))
    assert ledger.gate("g").answers == ((1, "d-1", "ask Bob first"),)


@pytest.mark.parametrize("kind", ["delivery_failed", "decision_delivered"])
def test_only_the_route_that_was_claimed_can_tell_of_its_delivery(kind: str) -> None:
    ledger = in_state("claimed")
    assert ledger.record(on_gate(kind, route="task_file")) == [BY_CLAIM]


@pytest.mark.parametrize(
    "kind", ["delivery_claimed", "delivery_failed", "decision_delivered", "decision_acknowledged", "redelivery_asked"]
)
def test_a_replaced_decision_cannot_travel(kind: str) -> None:
    ledger = in_state("undelivered" if kind in ("redelivery_asked", "decision_acknowledged") else "decided")
    if kind == "decision_delivered":
        ledger.must(CLAIMED)
    assert ledger.record(on_gate(kind, decision="d-0")) == ["the decision was replaced"]


def test_a_decision_waits_for_its_undo_window_to_close() -> None:
    ledger = Ledger()
    ledger.must(opened(), on_gate("gate_decided", undo_ms=5_000))
    ledger.tick(4_999)
    assert ledger.record(CLAIMED) == ["the answer can still be taken back"]
    assert ledger.record(on_gate("decision_undone", decision="d-0")) == [NO_DECISION]
    ledger.tick(1)
    assert ledger.record(on_gate("decision_undone")) == ["the time to take it back is over"]
    ledger.must(CLAIMED)


def test_a_decision_taken_back_leaves_the_gate_as_it_was() -> None:
    ledger = Ledger()
    ledger.must(opened())
    before = ledger.gate("g")
    ledger.must(on_gate("gate_decided", undo_ms=5_000), on_gate("decision_undone"))
    after = ledger.gate("g")
    assert (after.state, after.decision, after.steps, after.claim) == (GateState.OPEN, None, (), None)
    assert after.answers == ((1, "d-1", "ship"),)
    assert after.asked_at == before.asked_at


@pytest.mark.parametrize("risk", [risk.name.lower() for risk in Risk])
def test_who_may_answer_what(risk: str) -> None:
    """A rule never answers production, destructive, failure or staging gates, a file no production gate (A-8)."""
    ledger = Ledger()
    ledger.must(opened(risk=risk))
    by_rule = gates.refusal(ledger.gate("g"), with_payload(DECIDED, origin="policy:any"), ledger.now)
    by_file = gates.refusal(ledger.gate("g"), with_payload(DECIDED, origin="answers"), ledger.now)
    never = risk in ("production", "destructive", "failure", "staging")
    assert by_rule == (f"no rule may answer a {risk} gate" if never else None)
    assert by_file == ("a production gate is never answered from a file" if risk == "production" else None)


def test_a_production_gate_has_no_timeout() -> None:
    """A-7: production gates have no timeout at all."""
    ledger = Ledger()
    ledger.must(opened(risk="production"))
    assert ledger.record(on_gate("gate_expired")) == ["a production gate has no timeout"]


@pytest.mark.parametrize(
    ("risk", "why"),
    [("low", "the risk is not higher"), ("check", "the risk is not higher"), ("staging", ALLOWED)],
)
def test_a_risk_is_only_ever_raised(risk: str, why: str | None) -> None:
    ledger = Ledger()
    ledger.must(opened(risk="check"))
    assert ledger.record(on_gate("gate_risk_raised", risk=risk)) == ([] if why is None else [why])


def test_a_gate_raised_to_production_loses_its_recommendation() -> None:
    ledger = Ledger()
    ledger.must(opened(recommendation="ship", recommendation_why="its agent recommends it"))
    ledger.must(on_gate("gate_risk_raised"))
    gate = ledger.gate("g")
    assert (gate.risk, gate.risk_why) == (Risk.PRODUCTION, "its agent says so now")
    assert (gate.recommendation, gate.recommendation_why) == (None, "production is yours")


def test_a_later_revision_starts_anew_but_remembers_every_answer() -> None:
    ledger = in_state("undelivered")
    ledger.must(on_gate("gate_route_added", route="hook"))
    ledger.tick(60_000)
    ledger.must(opened(revision=2, digest="digest-2", routes=["task_file"]))
    gate = ledger.gate("g")
    assert (gate.revision, gate.state, gate.decision, gate.steps, gate.undelivered) == (
        2,
        GateState.OPEN,
        None,
        (),
        False,
    )
    assert (gate.opened_at, gate.stale_count, gate.routes) == (ledger.now, 0, ("task_file",))
    assert gate.answers == ((1, "d-1", "ship"),)
