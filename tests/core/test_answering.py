"""The confidence table at work, as it ships: each row of seed 002, and what no row gives away."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.answering import answer, row_for, rule_for
from orchestrator_tui.core.model import Risk
from orchestrator_tui.core.rules import AnswerRule, Rules
from orchestrator_tui.runtime.rules import load_rules
from tests.core.builders import Ledger, asking, kinds

SHIPPED = load_rules()


def asked(stage: int, question: str, confidence: str, workflow: str = "bug-to-pr", **more: Any) -> Ledger:
    """A question of a pipeline in one of its stages, recommended by its agent and of low risk."""
    ledger = Ledger(rules=SHIPPED)
    fields = {
        "stage": stage,
        "workflow": workflow,
        "decisionContext": question,
        "decisionOptions": ["go: go on", "stop: do not"],
        "recommendation": "go",
        "confidence": confidence,
        "risk": "low",
    }
    ledger.see(asking(**{**fields, **more}))
    return ledger


def row(ledger: Ledger) -> tuple[str, bool]:
    """The row that applies, and whether a rule answers."""
    gate = ledger.only_gate()
    found = row_for(ledger.batch, gate, SHIPPED)
    return found.id if found else "", rule_for(ledger.batch, gate, SHIPPED) is not None


TABLE = [
    (3, "Counsel says APPROVED, no issues. Go on?", "high", "counsel-approved", True),
    (3, "Verdict: APPROVED with suggestions only", "medium", "confident-low-risk", True),
    (3, "REQUIRES_REWORK, technical points only", "medium", "rework-technical-only", True),
    (3, "REQUIRES REWORK: two requirements change", "medium", "rework-changes-requirements", False),
    (3, "ROOT_CAUSE_REJECTED: the lock is a symptom", "high", "root-cause-rejected", False),
    (4, "The build fails: import error in cart.py", "high", "build-failure-clear", True),
    (4, "The build fails and I cannot tell why", "medium", "build-failure-ambiguous", True),
    (4, "The build fails and I cannot tell why", "low", "", False),
    (4, "The build has failed 3 times", "high", "build-failed-three-times", False),
    (6, "Codex review timed out", "high", "codex-timeout", True),
    (7, "Copilot: rename the variable?", "high", "copilot-straightforward", True),
    (7, "Copilot suggests what changes the scope", "high", "copilot-changes-scope", False),
    (8, "Roll out to dev?", "high", "dev-deploy", True),
]


@pytest.mark.parametrize(
    ("stage", "question", "confidence", "expected", "by_rule"), TABLE, ids=[one[1] for one in TABLE]
)
def test_each_row_decides_what_it_is_for(
    stage: int, question: str, confidence: str, expected: str, by_rule: bool
) -> None:
    """[002-68] [002-69] [002-70] [002-82] [002-83] [002-84] [002-85] [002-88] [002-02] [002-13] [002-14]"""
    assert row(asked(stage, question, confidence)) == (expected, by_rule)


@pytest.mark.parametrize(
    ("question", "more", "expected"),
    [
        ("Roll out to staging?", {"environment": "staging"}, "staging-deploy"),
        ("Roll out to production?", {"environment": "production"}, "production-deploy"),
        ("Roll out to prod?", {"risk": "production"}, "production-deploy"),
    ],
)
def test_staging_and_production_are_a_persons(question: str, more: dict[str, Any], expected: str) -> None:
    """[002-15] [002-16]"""
    ledger = asked(8, question, "high", **more)
    assert row(ledger) == (expected, False)
    assert kinds(ledger.due()) == []


def test_an_instruction_goes_with_the_answer() -> None:
    """[002-80]"""
    ledger = asked(3, "REQUIRES_REWORK, technical points only", "medium")
    ledger.due()
    decision = ledger.only_gate().decision
    assert decision is not None
    assert (decision.options, decision.origin) == (("go",), "policy:rework-technical-only")
    assert decision.reason.startswith(
        "low risk, medium confidence; counsel wants rework of technical points only. Take"
    )


def test_one_suggestion_then_a_person() -> None:
    """One fix suggestion, flag if it fails: the limit counts per track and stage, and nothing wider takes over.

    [002-86]
    """
    ledger = asked(4, "The build fails and I cannot tell why", "medium")
    ledger.due()
    gate = ledger.only_gate()
    assert gate.decision is not None
    assert gate.decision.origin == "policy:build-failure-ambiguous"
    ledger.see(
        asking(
            stage=4,
            workflow="bug-to-pr",
            decisionContext="The build still fails",
            risk="low",
            decisionOptions=["go: go on", "stop: do not"],
            recommendation="go",
            confidence="medium",
        )
    )
    again = ledger.only_gate()
    assert again.revision == gate.revision + 1
    assert row_for(ledger.batch, again, SHIPPED) is not None
    assert rule_for(ledger.batch, again, SHIPPED) is None
    assert kinds(ledger.due()) == []


def test_an_instruction_alone_answers_only_what_takes_words() -> None:
    told = AnswerRule("told", frozenset({""}), instruction="do one thing")
    ledger = asked(1, "What now?", "", recommendation=None, decisionOptions=[])
    gate = ledger.only_gate()
    found = rule_for(ledger.batch, gate, Rules(answers=(told,)))
    assert (found == told) is gate.question.free_text
    draft = answer(gate, told)
    assert (draft.payload["options"], draft.payload["text"]) == ([], "do one thing")


def test_words_are_found_as_words_however_they_are_joined() -> None:
    rule = AnswerRule("r", frozenset({"high"}), words=("requires rework",))
    for text, applies in {"REQUIRES_REWORK": True, "it requires-rework!": True, "requires reworking": False}.items():
        ledger = asked(3, text, "high")
        assert (row_for(ledger.batch, ledger.only_gate(), Rules(answers=(rule,))) is rule) is applies


def test_the_first_row_that_applies_decides() -> None:
    """[002-129]"""
    person = AnswerRule("first", frozenset({"high"}), action="person")
    wide = AnswerRule("second", frozenset({"high"}))
    ledger = asked(3, "Go on?", "high")
    assert rule_for(ledger.batch, ledger.only_gate(), Rules(answers=(person, wide))) is None
    assert rule_for(ledger.batch, ledger.only_gate(), Rules(answers=(wide, person))) is wide


def test_no_row_however_wide_answers_what_only_a_person_may() -> None:
    wide = AnswerRule("wide", frozenset({"high"}), max_risk=Risk.PRODUCTION)
    ledger = asked(8, "Drop the table in production?", "high", risk="production")
    assert rule_for(ledger.batch, ledger.only_gate(), Rules(answers=(wide,))) is None
