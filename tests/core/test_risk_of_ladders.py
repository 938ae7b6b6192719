"""A question is judged in the ladder of its track, whoever names it."""

from __future__ import annotations

from orchestrator_tui.core.model import Risk
from orchestrator_tui.core.normalise import task_gate_id
from tests.core.builders import LADDER, RULES, Ledger, asking, fact

GATE = task_gate_id("1", 3)


def test_a_question_of_a_track_whose_workflow_is_known_needs_not_name_it() -> None:
    ledger = Ledger(rules=RULES)
    ledger.see(fact(workflow=LADDER.workflow, stage=3))
    ledger.see(asking(risk="low"))
    assert ledger.gate(GATE).risk is Risk.LOW
