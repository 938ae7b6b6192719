"""Clocks that a workflow sets: they hold where the person has said nothing else, and act at their edge."""

from __future__ import annotations

from dataclasses import asdict, replace

from orchestrator_tui.core.clocks import Clocks, with_clocks
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.queries import stale_gates
from tests.core.builders import MINUTE, SECOND, Ledger, opened, track_added


def test_the_workflow_speaks_where_the_person_has_not() -> None:
    assert with_clocks(Limits(), Clocks()) == Limits()
    assert with_clocks(Limits(), Clocks(120_000, 60_000)) == replace(
        Limits(), gate_stale_ms=120_000, gate_repeat_ms=60_000
    )
    own = replace(Limits(), gate_stale_ms=600_000)
    assert with_clocks(own, Clocks(120_000, 60_000)) == replace(own, gate_repeat_ms=60_000)


def test_a_question_is_brought_up_just_at_its_clock_and_again_after_the_other() -> None:
    """[002-157] [002-17]"""
    limits = with_clocks(Limits(), Clocks(2 * MINUTE, MINUTE))
    ledger = Ledger(limits=asdict(limits))
    ledger.must(track_added(), opened())
    warned = []
    for at in (2 * MINUTE - 1, 1, MINUTE - 1, 1):
        ledger.tick(at)
        ledger.due()
        warned.append([event.kind for event in ledger.events].count("gate_stale"))
    assert warned == [0, 1, 1, 2]
    ledger.tick(SECOND)
    assert stale_gates(ledger.state, ledger.now)
