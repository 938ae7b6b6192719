"""What needs no look each second: a watched batch in which nobody waits for anything."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Liveness
from orchestrator_tui.core.policy import nothing_waits
from tests.core.builders import ANN, MINUTE, Ledger, answer, asking, fact, kinds, on_gate


def _watched() -> Ledger:
    ledger = Ledger()
    ledger.see(fact("7", track="cart", stage=2, stageStatus="in_progress"))
    return ledger


def test_work_without_a_question_waits_for_nothing() -> None:
    assert nothing_waits(_watched().batch)


def test_a_question_waits_until_its_answer_was_taken_in() -> None:
    ledger = Ledger()
    ledger.see(asking("Ship it?", "ship: send it", "no: not yet"))
    assert not nothing_waits(ledger.batch)
    gate = ledger.only_gate()
    ledger.carry_out(answer(gate, "ship"))
    assert not nothing_waits(ledger.batch)
    ledger.must(on_gate("delivery_claimed", gate.id, route="task_file"))
    ledger.must(on_gate("decision_delivered", gate.id, route="task_file"))
    assert not nothing_waits(ledger.batch)
    ledger.must(on_gate("decision_acknowledged", gate.id, route="task_file"))
    assert nothing_waits(ledger.batch)


def test_a_message_waits_until_it_was_read() -> None:
    ledger = _watched()
    ledger.must(Draft("message_sent", {"track": "cart", "message": "m-1", "text": "hurry", "by": ANN.name}))
    assert not nothing_waits(ledger.batch)


def test_an_agent_that_was_asked_for_a_word_is_waited_for() -> None:
    ledger = _watched()
    ledger.tick(11 * MINUTE)
    assert "agent_asked" in kinds(ledger.due())
    assert ledger.track("cart").liveness is Liveness.ASKED
    assert not nothing_waits(ledger.batch)


def test_a_run_is_never_calm() -> None:
    batch = _watched().batch
    assert not nothing_waits(replace(batch, run=object()))  # type: ignore[arg-type]
