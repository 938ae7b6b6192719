"""The requirements on gates, one after the other, as far as pure functions answer for them (reliability §A.3, D-2)."""

from __future__ import annotations

from itertools import permutations
from random import Random
from typing import Any

import pytest

from orchestrator_tui.core import gates
from orchestrator_tui.core.commands import Snooze, Undo
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.model import Gate, GateState, Risk
from orchestrator_tui.core.normalise import task_gate_id
from orchestrator_tui.core.policy import policy
from orchestrator_tui.core.queries import gate_queue, wants_confirmation
from orchestrator_tui.core.rules import AnswerRule, Rules
from orchestrator_tui.core.silence import Sight
from tests.core.builders import (
    BATCH,
    HOUR,
    MINUTE,
    RULES,
    SECOND,
    START,
    Ledger,
    answer,
    asking,
    kinds,
    on_gate,
    opened,
    track_added,
)
from tests.core.history import violations

RACES = 10_000
GATE = task_gate_id("1", 3)


def waiting(**fields: Any) -> Ledger:
    ledger = Ledger()
    ledger.must(track_added(), opened(**fields))
    return ledger


def decided(*route: str) -> Ledger:
    """An answered gate, its answer as far as ``route`` says."""
    ledger = waiting()
    ledger.must(on_gate("gate_decided"), *(on_gate(kind) for kind in route))
    return ledger


class Row:
    """One gate as a store keeps it: what is refused leaves it as it is, what is not changes it."""

    def __init__(self) -> None:
        self.gate: Gate | None = None
        self.events: list[Event] = []

    def set(self, draft: Draft) -> bool:
        """One compare-and-set."""
        now = START.plus(len(self.events))
        if gates.refusal(self.gate, draft, now) is not None:
            return False
        event = Event(BATCH, len(self.events) + 1, now, draft.kind, "host", 1, draft.payload)
        self.events.append(event)
        self.gate = gates.change(self.gate, event)
        return True


def test_a1_another_question_is_another_revision() -> None:
    """A-1: any change of what the digest covers creates revision + 1 and supersedes the old one."""
    ledger = Ledger()
    ledger.see(asking("Ship it?"))
    first = ledger.gate(GATE)
    ledger.see(asking("Ship it now?"))
    second = ledger.gate(GATE)
    assert (first.revision, second.revision) == (1, 2)
    assert first.digest != second.digest
    assert ledger.carry_out(answer(first, "ship")) == "revision 1 was replaced by revision 2"
    assert ledger.carry_out(answer(second, "ship")) is None


def test_a2_one_decision_and_one_delivery_in_ten_thousand_races() -> None:
    """A-2: in 10,000 randomised races exactly one accepted decision and no double delivery."""
    random = Random(20_240)
    for race in range(RACES):
        row = Row()
        assert row.set(opened())
        deciders = [
            on_gate("gate_decided", decision=f"d-{number}", options=[random.choice(("ship", "fix"))], by=f"p{number}")
            for number in range(random.randint(2, 4))
        ]
        random.shuffle(deciders)
        accepted = [draft for draft in deciders if row.set(draft)]
        assert len(accepted) == 1, f"race {race}"
        name = accepted[0].payload["decision"]
        readers = [("delivery_claimed", route) for route in ("shell", "hook", "task_file")]
        steps = [*readers, *(("decision_delivered", route) for _, route in readers)] * 2
        random.shuffle(steps)
        done = [kind for kind, route in steps if row.set(on_gate(kind, decision=name, route=route))]
        assert done.count("decision_delivered") <= 1, f"race {race}"
        assert violations(row.events) == [], f"race {race}"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"revision": 2}, "there is no revision 2: the newest is revision 1"),
        ({"digest": "another"}, "the question changed since it was shown"),
        ({"options": ("sail",)}, "there is no option 'sail'"),
    ],
)
def test_a3_what_does_not_fit_is_refused(fields: dict[str, Any], why: str) -> None:
    """A-3: an old revision, a wrong digest, an unknown option; the person sees the line, the journal keeps it."""
    ledger = waiting()
    given: dict[str, Any] = {"revision": 1, "digest": "digest-1", "options": ("ship",), **fields}
    command = answer(ledger.gate("g"), *given["options"])
    assert ledger.carry_out(type(command)(BATCH, "g", given["revision"], given["digest"], given["options"])) == why
    ledger.must(Draft("decision_refused", {"gate": "g", "why": why, "by": "ann", "origin": "key"}))
    assert (ledger.gate("g").refusals, ledger.gate("g").state) == (1, GateState.OPEN)


@pytest.mark.parametrize("ending", ["gate_withdrawn", "gate_cancelled", "gate_expired", "gate_answered_elsewhere"])
def test_a3_a_gate_that_has_ended_takes_no_answer(ending: str) -> None:
    """A-3: terminal gates refuse, each with its state."""
    ledger = waiting()
    ledger.must(on_gate(ending))
    state = ledger.gate("g").state.replace("_", " ")
    assert ledger.carry_out(answer(ledger.gate("g"), "ship")) == f"the gate is {state}"


def test_a4_saying_it_again_is_no_error_saying_something_else_is() -> None:
    """A-4: the same decision by the same person is an idempotent no-op, a different one is refused."""
    ledger = decided()
    again = [on_gate("gate_decided", decision=f"d-{number}") for number in (1, 2, 3)]
    assert ledger.record(*again) == [gates.ALREADY] * 3
    assert ledger.record(on_gate("gate_decided", options=["fix"])) == ["ann already decided 'ship'"]
    assert ledger.record(on_gate("gate_decided", by="bob")) == ["ann already decided 'ship'"]
    assert ledger.gate("g").answers == ((1, "d-1", "ship"),)


LIFE = ("gate_decided", "delivery_claimed", "decision_delivered", "decision_acknowledged")


@pytest.mark.parametrize("end", ["gate_withdrawn", "gate_cancelled"])
def test_a5_withdraw_and_cancel_beat_an_undelivered_answer_at_every_interleaving(end: str) -> None:
    """A-5: at every interleaving of the two orders; whoever is second sees that it is too late."""
    for order in set(permutations([*range(len(LIFE)), "end"])):
        steps = [step for step in order if step != "end"]
        if steps != sorted(steps, key=str):
            continue
        row = Row()
        assert row.set(opened())
        at = order.index("end")
        done = [row.set(on_gate(end if step == "end" else LIFE[int(step)])) for step in order]
        delivered = at > LIFE.index("decision_delivered")
        assert done[at] == (not delivered)
        assert all(done[:at])
        assert all(done[at + 1 :]) == delivered or at == len(order) - 1
        assert row.gate is not None
        assert (row.gate.state in (GateState.WITHDRAWN, GateState.CANCELLED)) == (not delivered)
        assert violations(row.events) == []


def test_a5_cancelling_is_final() -> None:
    """A-5: after a stop no answer leaves any more."""
    ledger = decided()
    ledger.must(on_gate("gate_cancelled"))
    for kind in (*LIFE, "decision_undone", "redelivery_asked", "gate_withdrawn"):
        assert ledger.record(on_gate(kind)) != []
    assert ledger.gate("g").state is GateState.CANCELLED


def test_a6_decided_is_not_delivered_and_delivered_is_not_acknowledged() -> None:
    """A-6: one claim; the route's own evidence and deadline; the next weaker route with the same id; then on top."""
    ledger = decided("delivery_claimed")
    assert ledger.record(on_gate("delivery_claimed", route="task_file")) == ["delivery is claimed by 7:70"]
    ledger.must(on_gate("decision_delivered"))
    assert ledger.gate("g").state is GateState.DELIVERED
    ledger.tick(10 * SECOND)
    (first,) = ledger.due()
    assert (first.kind, first.payload["route"], first.payload["undelivered"]) == ("delivery_failed", "shell", False)
    ledger.must(on_gate("delivery_claimed", route="task_file"), on_gate("decision_delivered", route="task_file"))
    ledger.tick(5 * MINUTE)
    (second,) = ledger.due()
    assert (second.payload["route"], second.payload["undelivered"]) == ("task_file", True)
    ledger.must(opened("h", risk="production"))
    assert [gate.id for gate in gate_queue(ledger.state)] == ["g", "h"]
    ledger.must(on_gate("decision_acknowledged", route="task_file"))
    assert {step.evidence for step in ledger.gate("g").steps if step.step == "acknowledged"} == {"its receipt"}
    assert len({one[1] for one in ledger.gate("g").answers}) == 1


@pytest.mark.parametrize("risk", [risk.name.lower() for risk in Risk])
def test_a7_no_timeout_ever_approves(risk: str) -> None:
    """A-7: a stale warning at 5:00, repeats, levels, hourly after nine; a year of waiting decides nothing."""
    ledger = waiting(risk=risk, recommendation="ship", confidence="high")
    ledger.rules = Rules(answers=(AnswerRule("wide", frozenset({"high"}), Risk.PRODUCTION),))
    ledger.tick(11 * SECOND)
    seen: set[str] = set()
    for _ in range(60):
        ledger.tick(7 * 24 * HOUR)
        seen |= set(kinds(ledger.due()))
    assert seen == {"gate_stale"}
    assert ledger.gate("g").state is GateState.OPEN


def test_a7_a_snooze_lasts_five_to_sixty_minutes_and_is_journalled() -> None:
    """A-7: snooze 5–60 min restarts the clock and is an event."""
    ledger = waiting()
    assert ledger.carry_out(Snooze(BATCH, "g", 5 * MINUTE - 1)) == "snooze for 5 to 60 minutes"
    assert ledger.carry_out(Snooze(BATCH, "g", 60 * MINUTE)) is None
    assert (ledger.events[-1].kind, ledger.events[-1].payload["by"]) == ("gate_snoozed", "ann")
    ledger.tick(60 * MINUTE - 1)
    assert ledger.due() == ()
    ledger.tick(1)
    assert kinds(ledger.due()) == ["gate_stale"]


@pytest.mark.parametrize("risk", ["production", "staging", "destructive", "failure"])
def test_a8_rules_answer_at_opening_only_and_never_what_is_dangerous(risk: str) -> None:
    """A-8: by a named rule, journalled; production, staging and destructive classes are never eligible."""
    wide = Rules(RULES.ladders, (AnswerRule("wide", frozenset({"high"}), Risk.PRODUCTION),))
    safe, dangerous = Ledger(rules=wide), Ledger(rules=wide)
    sure = {"recommendation": "ship", "confidence": "high"}
    safe.see(asking(risk="low", **sure))
    dangerous.see(asking(risk=risk, **sure))
    assert dangerous.due() == ()
    forced = on_gate("gate_decided", GATE, digest=dangerous.gate(GATE).digest, origin="policy:wide")
    assert dangerous.record(forced) == [f"no rule may answer a {risk} gate"]
    late = policy(safe.batch, Sight(), wide, safe.now.plus(10_001))
    assert "gate_decided" not in kinds(late)
    (draft,) = safe.due()
    assert draft.payload["origin"] == "policy:wide"


@pytest.mark.parametrize(
    ("fields", "option", "why"),
    [
        ({}, "no", "say why: this answer means reject"),
        ({"options": [{"key": "no", "label": "no", "role": "skip"}]}, "no", "say why: this answer means skip"),
        ({"risk": "production"}, "ship", "say why: it is a production decision"),
        ({"recommendation": "fix"}, "ship", "say why: it goes against the recommendation"),
    ],
)
def test_a9_a_reason_where_it_counts(fields: dict[str, Any], option: str, why: str) -> None:
    """A-9: for reject, skip-stage, production and against the recommendation; at most 4 KiB, sanitised, journalled."""
    ledger = waiting(**fields)
    assert ledger.carry_out(answer(ledger.gate("g"), option, confirm="alpha")) == why
    long = answer(ledger.gate("g"), option, confirm="alpha", reason="x" * 4097)
    assert ledger.carry_out(long) == "the reason is longer than 4 KiB"
    assert ledger.carry_out(answer(ledger.gate("g"), option, confirm="alpha", reason="red\x1b[31m")) is None
    assert ledger.events[-1].payload["reason"] == "red\\x1b[31m"


def test_a11_five_seconds_to_take_back_what_is_hard_to_take_back() -> None:
    """A-11: 5 s between decided and delivery for reject, skip, cancel, publish, deploy; 0 s for the rest."""
    ledger = waiting()
    assert ledger.carry_out(answer(ledger.gate("g"), "ship")) is None
    assert ledger.carry_out(Undo(BATCH, "g")) == "the time to take it back is over"
    ledger = waiting()
    assert ledger.carry_out(answer(ledger.gate("g"), "no", reason="r")) is None
    ledger.tick(4 * SECOND)
    assert ledger.record(on_gate("delivery_claimed")) == ["the answer can still be taken back"]
    assert ledger.carry_out(Undo(BATCH, "g")) is None
    assert ledger.gate("g").state is GateState.OPEN


def test_a12_production_is_a_persons() -> None:
    """A-12: no recommendation shown, no rule, no file, no agent; its slug typed and a reason given."""
    ledger = Ledger()
    ledger.see(asking(environment="production", recommendation="ship", confidence="high"))
    gate = ledger.gate(GATE)
    assert (gate.risk, gate.recommendation, gate.recommendation_why) == (Risk.PRODUCTION, None, "production is yours")
    assert wants_confirmation(gate) == "slug"
    for origin, why in (
        ("policy:any", "no rule may answer a production gate"),
        ("answers", "a production gate is never answered from a file"),
        ("agent:task-1", "an agent may not answer"),
    ):
        assert ledger.record(on_gate("gate_decided", GATE, digest=gate.digest, origin=origin)) == [why]
    assert ledger.carry_out(answer(gate, "ship", reason="checked")) == "type task-1 to confirm"
    assert ledger.carry_out(answer(gate, "ship", confirm="task-1")) == "say why: it is a production decision"
    assert ledger.carry_out(answer(gate, "ship", confirm="task-1", reason="checked")) is None


def test_d2_a_thousand_forged_decisions_are_all_suspected() -> None:
    """D-2: a decision-like field that differs from the journal raises a signal; its gate stays open."""
    random = Random(1_000)
    for number in range(1_000):
        ledger = Ledger()
        ledger.see(asking())
        forged = {
            "gate": random.choice((GATE, task_gate_id("1", 4), "g", 7, None)),
            "revision": random.choice((1, 2, "1", None)),
            "id": random.choice(("d-1", "", None)),
            "option": random.choice(("ship", "fix", "", None)),
            "by": "ann",
            "at": number,
        }
        drafts = ledger.see(asking(decision=random.choice((forged, forged, "ship", ["ship"], 1, True))))
        assert kinds(drafts) == ["signal_raised"]
        assert drafts[0].payload["kind"] == "spoof_suspected"
        assert ledger.gate(GATE).state is GateState.OPEN
