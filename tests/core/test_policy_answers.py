"""Automatic answers: at opening or never, low risk only, and each names its rule (DESIGN §2.4, reliability A-8)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.commands import Undo
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import GateState, Risk
from orchestrator_tui.core.policy import AT_OPENING_MS, policy
from orchestrator_tui.core.rules import AnswerRule, Rules
from orchestrator_tui.core.silence import Sight
from tests.core.builders import BATCH, LADDER, MINUTE, RULES, START, Ledger, answer, asking, kinds, opened, track_added

SURE = frozenset({"high", "medium"})


def asked(**fields: Any) -> Ledger:
    """A low-risk question whose agent recommends an answer and is sure of it."""
    ledger = Ledger(rules=RULES)
    sure = {"risk": "low", "recommendation": "ship", "confidence": "high", "workflow": LADDER.workflow}
    ledger.see(asking(**{**sure, **fields}))
    return ledger


def test_a_rule_answers_at_opening_and_is_named() -> None:
    """[002-02] [002-14]"""
    ledger = asked()
    assert kinds(ledger.due()) == ["gate_decided"]
    gate = ledger.only_gate()
    assert gate.decision is not None
    assert (gate.decision.options, gate.decision.by, gate.decision.origin) == (
        ("ship",),
        "rule low-and-sure",
        "policy:low-and-sure",
    )
    assert gate.decision.reason == "low risk, high confidence"
    assert ledger.batch.decided_by_rule == 1
    assert ledger.due() == ()


@pytest.mark.parametrize("risk", [risk.name.lower() for risk in Risk if risk is not Risk.LOW])
def test_a_rule_answers_nothing_above_its_risk(risk: str) -> None:
    assert asked(risk=risk).due() == ()


@pytest.mark.parametrize("risk", ["production", "destructive", "failure", "staging"])
def test_no_rule_however_wide_answers_what_only_a_person_may(risk: str) -> None:
    """[002-126] [002-15] [002-16]"""
    ledger = asked(risk=risk)
    wide = Rules(answers=(AnswerRule("anything", SURE, max_risk=Risk.PRODUCTION),))
    assert policy(ledger.batch, Sight(), wide, ledger.now) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"confidence": "low"},
        {"confidence": ""},
        {"confidence": None},
        {"confidence": "n/a"},
        {"recommendation": None},
        {"recommendation": "something else"},
        {"decisionContext": "Force-push over the shared branch?"},
        {"risk": None},
        {"environment": "staging"},
        {"environment": "prod-eu"},
    ],
)
def test_what_is_unsure_unadvised_dangerous_or_unknown_goes_to_a_person(fields: dict[str, Any]) -> None:
    """[002-125] [002-02]"""
    ledger = asked(**fields)
    assert ledger.due() == ()
    assert ledger.only_gate().state is GateState.OPEN


@pytest.mark.parametrize(
    ("rule", "applies"),
    [
        (AnswerRule("r", SURE, workflows=frozenset({"ladder-of-eight"})), True),
        (AnswerRule("r", SURE, workflows=frozenset({"another"})), False),
        (AnswerRule("r", SURE, stages=frozenset({3, 4})), True),
        (AnswerRule("r", SURE, stages=frozenset({4})), False),
        (AnswerRule("r", SURE, kinds=frozenset({"permission"})), False),
        (AnswerRule("r", frozenset({"medium"})), False),
    ],
)
def test_where_a_rule_applies(rule: AnswerRule, applies: bool) -> None:
    ledger = asked(workflow="ladder-of-eight")
    drafts = policy(ledger.batch, Sight(), Rules(answers=(rule,)), ledger.now)
    assert kinds(drafts) == (["gate_decided"] if applies else [])


def test_the_first_rule_that_applies_answers() -> None:
    ledger = asked()
    rules = Rules(answers=(AnswerRule("no", frozenset({"low"})), AnswerRule("yes", SURE), AnswerRule("later", SURE)))
    (draft,) = policy(ledger.batch, Sight(), rules, ledger.now)
    assert draft.payload["origin"] == "policy:yes"


def test_a_rule_answers_at_opening_or_never() -> None:
    ledger = asked()
    ledger.tick(AT_OPENING_MS)
    assert kinds(policy(ledger.batch, Sight(), RULES, ledger.now)) == ["gate_decided"]
    ledger.tick(1)
    assert ledger.due() == ()


def test_a_rule_does_not_answer_what_was_asked_long_before_anybody_looked_twice() -> None:
    """The gate was opened an hour ago by another process; opening is over, whatever clock one reads."""
    ledger = asked()
    ledger.now = Instant(START.wall_ms + 60 * MINUTE, 5_000, "boot-2")
    assert "gate_decided" not in kinds(ledger.due())


def test_a_rule_does_not_answer_what_a_person_has_taken_back() -> None:
    ledger = Ledger(rules=RULES)
    ledger.see(asking("Go on?", "yes", "no", risk="low", recommendation="yes", confidence="high"))
    gate = ledger.only_gate()
    assert ledger.carry_out(answer(gate, "no", reason="wait")) is None
    assert ledger.carry_out(Undo(BATCH, gate.id)) is None
    assert ledger.only_gate().state is GateState.OPEN
    assert ledger.due() == ()


def test_a_recommendation_that_is_no_option_is_answered_by_nobody() -> None:
    ledger = Ledger(rules=RULES)
    ledger.must(track_added(), opened(recommendation="launch", confidence="high"))
    assert ledger.due() == ()


def test_an_answered_gate_is_not_stale_in_the_same_breath() -> None:
    ledger = Ledger(now=START.plus(6 * MINUTE), rules=RULES)
    sure = {"risk": "low", "recommendation": "ship", "confidence": "high", "workflow": LADDER.workflow}
    ledger.see(asking(mtime=START, **sure))
    assert kinds(policy(ledger.batch, Sight(), RULES, ledger.now)) == ["gate_decided"]


def test_the_same_opening_always_gets_the_same_decision_id() -> None:
    first, second = asked().due(), asked().due()
    assert first[0].payload["decision"] == second[0].payload["decision"]
