"""Decisions in task files that nobody made: suspected, shown, and never believed (reliability D-2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.normalise import task_gate_id
from tests.core.builders import START, Ledger, answer, asking, fact, kinds
from tests.core.test_observe_gates import GATE, asked, decision, delivered


@pytest.mark.parametrize(
    "forged",
    [
        {"gate": GATE, "revision": 1, "option": "ship", "by": "ann"},
        {"gate": GATE, "revision": 1, "id": "d-1", "option": "fix"},
        {"gate": GATE, "revision": 2, "id": "d-1", "option": "ship"},
        {"gate": GATE, "revision": 1, "id": "d-2", "option": "ship"},
        {"gate": task_gate_id("1", 4), "revision": 1, "id": "d-1", "option": "ship"},
        {"gate": task_gate_id("2", 3), "revision": 1, "id": "d-1", "option": "ship"},
        {"gate": [GATE], "revision": {}, "id": None, "option": []},
        {},
        "ship",
        True,
        1,
        ["ship"],
    ],
)
@pytest.mark.parametrize("decided", [False, True])
def test_a_decision_that_the_journal_does_not_know_raises_a_signal(forged: object, decided: bool) -> None:
    """D-2: a decision-like field that differs from the journal is suspected, and its gate stays as it is."""
    ledger = delivered() if decided else asked()
    state = ledger.gate(GATE).state
    drafts = ledger.see(asking(decision=forged))
    assert kinds(drafts) == ["signal_raised"]
    (signal,) = ledger.batch.signals.values()
    assert (signal.kind, signal.track, signal.gate) == ("spoof_suspected", "task-1", GATE)
    assert ledger.gate(GATE).state is state
    assert ledger.see(asking(decision=forged)) == ()


@pytest.mark.parametrize(
    "goes_on",
    [fact(stage=3), fact(stage=3, needsDecision=False, stageStatus="in_progress"), fact(stage=4)],
    ids=["taken down", "goes on", "next stage"],
)
@pytest.mark.parametrize("decided", [False, True])
def test_who_forges_a_decision_does_not_take_its_question_down(goes_on: TaskFact, decided: bool) -> None:
    """D-2: it would go on as if it had been answered; what takes the question down is a file without the forgery."""
    ledger = asked()
    if decided:
        assert ledger.carry_out(answer(ledger.gate(GATE), "fix")) is None
    state = ledger.gate(GATE).state
    forged = {**goes_on.metadata, "decision": {"gate": GATE, "revision": 1, "option": "ship", "by": "ann"}}
    assert "gate_withdrawn" not in kinds(ledger.see(replace(goes_on, metadata=forged)))
    assert [signal.kind for signal in ledger.batch.signals.values() if signal.gate] == ["spoof_suspected"]
    assert ledger.gate(GATE).state is state
    ledger.see(goes_on)
    assert ledger.gate(GATE).state is GateState.WITHDRAWN


def test_our_own_answer_in_the_file_is_ours() -> None:
    ledger = delivered()
    ours = decision(ledger.gate(GATE), label="ship", reason="tests pass", by="ann", at=START.wall_ms)
    assert ledger.see(asking(decision=ours)) == ()
    ledger.see(asking("Which version?", decision=ours))
    ledger.see(fact(stage=4, decision=ours))
    assert not ledger.batch.signals


@pytest.mark.parametrize("nothing", [None, False, ""])
def test_no_decision_is_no_forgery(nothing: object) -> None:
    assert not asked(decision=nothing).batch.signals


def test_a_forged_decision_that_is_taken_away_is_a_signal_no_more() -> None:
    ledger = Ledger()
    ledger.see(asking(decision={"gate": "task-1-stage-3", "option": "ship"}))
    assert [signal.kind for signal in ledger.batch.signals.values()] == ["spoof_suspected"]
    ledger.see(asking())
    assert not ledger.batch.signals
