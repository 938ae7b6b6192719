"""What every store must do with gates (reliability A-1…A-6); part of the conformance suite."""

from __future__ import annotations

import pytest

from orchestrator_tui.core import gates
from orchestrator_tui.core.event import Draft, EventError
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.model import GateState
from orchestrator_tui.journal.port import Journal
from tests.journal.drafts import (
    BATCH,
    GATE,
    acknowledged,
    asked,
    at,
    cancelled,
    claimed,
    decided,
    delivered,
    failed,
    note,
    opened,
    undone,
    withdrawn,
)
from tests.journal.promises import Open, Promises, refused, written


class GatePromises(Promises):
    """One gate, many processes, one decision."""

    def test_a_gate_lives_from_open_to_acknowledged(self, journal: Journal, open: Open) -> None:
        other = open()
        steps = (
            (asked(), GateState.OPEN),
            (decided(), GateState.DECIDED),
            (claimed(), GateState.DECIDED),
            (delivered(), GateState.DELIVERED),
            (acknowledged(), GateState.ACKNOWLEDGED),
        )
        for number, (draft, state) in enumerate(steps):
            handle = (journal, other)[number % 2]
            event = written(handle.change_gate(BATCH, draft, at(number), "hook"))
            assert (event.kind, event.seq, event.at) == (draft.kind, number + 2, at(number))
            gate = journal.gate(BATCH, GATE)
            assert gate is not None
            assert gate.state is state
            assert other.gate(BATCH, GATE) == gate
            assert journal.gates() == (() if state is GateState.ACKNOWLEDGED else (gate,))

    def test_gates_are_what_evolve_makes_of_the_events(self, journal: Journal) -> None:
        for draft in (
            asked("a"),
            asked("b"),
            decided("a", decision="x"),
            decided("a", option="2", by="bob", decision="y"),
            asked("b", revision=2, digest="d2"),
            withdrawn("b", 2),
            asked("b", revision=3, digest="d2"),
            claimed("a", decision="x"),
            failed("a", decision="x"),
        ):
            journal.change_gate(BATCH, draft, at(1), "cockpit")
        state = fold(event for event in journal.events(BATCH)).batches[BATCH]
        assert dict(state.gates) == {name: journal.gate(BATCH, name) for name in ("a", "b")}
        assert journal.gates(BATCH) == (state.gates["a"], state.gates["b"])

    def test_gates_are_listed_by_batch_in_the_order_they_opened(self, journal: Journal) -> None:
        journal.open_batch("batch-2", opened(), at(0), "cockpit")
        for batch, gate in (("batch-2", "z"), (BATCH, "y"), (BATCH, "x"), ("batch-2", "a")):
            journal.change_gate(batch, asked(gate), at(1), "hook")
        journal.change_gate(BATCH, asked("y", 2, "d2"), at(2), "hook")
        assert [gate.id for gate in journal.gates()] == ["x", "y", "z", "a"]
        assert [gate.id for gate in journal.gates("batch-2")] == ["z", "a"]
        assert journal.gates("nowhere") == ()

    @pytest.mark.parametrize(
        ("draft", "why"),
        [
            (decided(revision=2), "revision"),
            (decided(digest="other"), "changed"),
            (decided(option="9"), "no option"),
            (decided("elsewhere"), "no gate"),
        ],
    )
    def test_an_unfit_decision_is_refused_and_recorded(self, journal: Journal, draft: Draft, why: str) -> None:
        journal.change_gate(BATCH, asked(), at(1), "hook")
        outcome = refused(journal.change_gate(BATCH, draft, at(2), "cockpit"))
        assert why in outcome.why
        event = [*journal.events(BATCH)][-1]
        assert (event.kind, event.origin) == ("decision_refused", "cockpit")
        assert event.payload["why"] == outcome.why
        assert event.payload["gate"] == draft.payload["gate"]
        gate = journal.gate(BATCH, GATE)
        assert gate is not None
        assert gate.state is GateState.OPEN
        assert outcome.gate == (gate if draft.payload["gate"] == GATE else None)

    def test_the_second_decision_is_refused_and_recorded(self, journal: Journal, open: Open) -> None:
        journal.change_gate(BATCH, asked(), at(1), "hook")
        journal.change_gate(BATCH, decided(), at(2), "cockpit")
        outcome = refused(open().change_gate(BATCH, decided(option="2", by="bob", decision="dec-2"), at(3), "cli"))
        assert "ann" in outcome.why
        assert outcome.gate is not None
        assert outcome.gate.decision is not None
        assert outcome.gate.decision.id == "dec-1"
        assert [event.kind for event in journal.events(BATCH)][-2:] == ["gate_decided", "decision_refused"]

    def test_the_same_decision_again_changes_nothing(self, journal: Journal) -> None:
        journal.change_gate(BATCH, asked(), at(1), "hook")
        journal.change_gate(BATCH, decided(), at(2), "cockpit")
        before = list(journal.events(BATCH))
        assert refused(journal.change_gate(BATCH, decided(decision="dec-2"), at(3), "cli")).why == gates.ALREADY
        assert list(journal.events(BATCH)) == before

    @pytest.mark.parametrize("end", [withdrawn(), cancelled()])
    def test_an_end_beats_a_decision_that_was_not_delivered(self, journal: Journal, end: Draft) -> None:
        journal.change_gate(BATCH, asked(), at(1), "hook")
        journal.change_gate(BATCH, decided(), at(2), "cockpit")
        written(journal.change_gate(BATCH, end, at(3), "host"))
        before = list(journal.events(BATCH))
        for draft in (claimed(), delivered(), acknowledged(), undone()):
            refused(journal.change_gate(BATCH, draft, at(4), "hook"))
        assert list(journal.events(BATCH)) == before
        assert journal.gates() == ()

    def test_delivery_has_one_claim(self, journal: Journal, open: Open) -> None:
        journal.change_gate(BATCH, asked(), at(1), "hook")
        journal.change_gate(BATCH, decided(), at(2), "cockpit")
        written(journal.change_gate(BATCH, claimed(claimant="a"), at(3), "hook"))
        assert "a" in refused(open().change_gate(BATCH, claimed(claimant="b"), at(3), "hook")).why

    def test_a_decision_can_be_undone_in_its_time(self, journal: Journal) -> None:
        journal.change_gate(BATCH, asked(), at(0), "hook")
        journal.change_gate(BATCH, decided(undo_ms=5000), at(0), "cockpit")
        refused(journal.change_gate(BATCH, claimed(), at(4999), "hook"))
        written(journal.change_gate(BATCH, undone(), at(4999), "cockpit"))
        journal.change_gate(BATCH, decided(undo_ms=5000, decision="dec-2"), at(6000), "cockpit")
        refused(journal.change_gate(BATCH, undone(decision="dec-2"), at(11_000), "cockpit"))
        written(journal.change_gate(BATCH, claimed(decision="dec-2"), at(11_000), "hook"))

    def test_a_new_revision_replaces_the_old_one(self, journal: Journal) -> None:
        journal.change_gate(BATCH, asked(), at(1), "hook")
        refused(journal.change_gate(BATCH, asked(revision=2, digest="d1"), at(2), "hook"))
        refused(journal.change_gate(BATCH, asked(revision=3, digest="d2"), at(2), "hook"))
        written(journal.change_gate(BATCH, asked(revision=2, digest="d2"), at(2), "hook"))
        (gate,) = journal.gates()
        assert (gate.revision, gate.digest, gate.state) == (2, "d2", GateState.OPEN)
        assert "revision 2" in refused(journal.change_gate(BATCH, decided(), at(3), "cockpit")).why

    def test_change_gate_takes_gate_kinds_that_fit(self, journal: Journal) -> None:
        before = list(journal.events(BATCH))
        for draft in (note(), asked(risk="no such risk"), asked(options=["left"]), Draft("gate_decided", {})):
            with pytest.raises(EventError):
                journal.change_gate(BATCH, draft, at(1), "hook")
        assert list(journal.events(BATCH)) == before
        assert journal.gates() == ()

    # --- mail ----------------------------------------------------------------------------------------------------

    def test_who_asked_by_a_hook_gets_mail_when_it_is_decided_by_whatever_process(
        self, journal: Journal, open: Open, told: list[str]
    ) -> None:
        journal.change_gate(BATCH, asked(routes=["hook", "task_file"], asker="s-1/a-1"), at(1), "hook")
        assert told == []
        written(open().change_gate(BATCH, decided(), at(2), "cli"))
        assert told == ["s-1"]
        for later in (claimed(), delivered(), acknowledged()):
            written(journal.change_gate(BATCH, later, at(3), "hook"))
        assert told == ["s-1"]

    def test_sending_again_posts_again(self, journal: Journal, told: list[str]) -> None:
        journal.change_gate(BATCH, asked(routes=["hook"], asker="s-1"), at(1), "hook")
        journal.change_gate(BATCH, decided(), at(2), "cli")
        journal.change_gate(BATCH, claimed(), at(3), "hook")
        journal.change_gate(BATCH, failed(undelivered=True), at(4), "cockpit")
        again = Draft("redelivery_asked", {"gate": GATE, "revision": 1, "decision": "dec-1", "by": "ann"})
        written(journal.change_gate(BATCH, again, at(5), "cockpit"))
        assert told == ["s-1", "s-1"]

    def test_who_asks_a_decided_gate_now_gets_the_mail(self, journal: Journal, told: list[str]) -> None:
        journal.change_gate(BATCH, asked(routes=["task_file"]), at(1), "cockpit")
        journal.change_gate(BATCH, decided(), at(2), "cli")
        assert told == []
        route = Draft("gate_route_added", {"gate": GATE, "revision": 1, "route": "hook", "asker": "s-2/a-9"})
        written(journal.change_gate(BATCH, route, at(3), "hook"))
        assert told == ["s-2"]

    @pytest.mark.parametrize(
        "gate",
        [asked(), asked(routes=["shell", "task_file"], asker="s-1"), asked(routes=["hook"])],
        ids=["no way", "by its shell", "nobody knows who"],
    )
    def test_nobody_else_gets_mail(self, journal: Journal, told: list[str], gate: Draft) -> None:
        journal.change_gate(BATCH, gate, at(1), "hook")
        written(journal.change_gate(BATCH, decided(), at(2), "cli"))
        assert told == []

    def test_a_refused_decision_posts_nothing(self, journal: Journal, told: list[str]) -> None:
        journal.change_gate(BATCH, asked(routes=["hook"], asker="s-1"), at(1), "hook")
        written(journal.change_gate(BATCH, decided(), at(2), "cli"))
        refused(journal.change_gate(BATCH, decided(option="2", by="bob"), at(3), "cli"))
        refused(journal.change_gate(BATCH, decided(), at(4), "cli"))
        assert told == ["s-1"]
