"""What every store must do, written against the port alone; a second store subclasses :class:`Conformance`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from orchestrator_tui.core import gates
from orchestrator_tui.core.event import FORMAT_VERSION, Draft, Event, EventError
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.model import GateState
from orchestrator_tui.journal.port import (
    Journal,
    JournalError,
    JournalNewer,
    Lease,
    LeaseLost,
    Refused,
)
from orchestrator_tui.journal.record import GENESIS, chained_hash, payload_text
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

Open = Callable[[], Journal]


def taken(journal: Journal, batch: str = BATCH, holder: str = "cockpit 1") -> Lease:
    lease = journal.take_lease(batch, holder, at(0))
    assert not isinstance(lease, str), lease
    return lease


def written(outcome: Event | Refused) -> Event:
    assert isinstance(outcome, Event), outcome
    return outcome


def refused(outcome: Event | Refused) -> Refused:
    assert isinstance(outcome, Refused), outcome
    return outcome


class Conformance:
    """One test a promise of the port. ``open`` gives a new handle on the same data; ``woken`` lists its wake-ups."""

    @pytest.fixture
    def woken(self) -> list[tuple[str, str | None]]:
        return []

    @pytest.fixture
    def open(self) -> Open:
        raise NotImplementedError("the store under test provides its handles")

    @pytest.fixture
    def journal(self, open: Open) -> Journal:
        journal = open()
        journal.open_batch(BATCH, opened(), at(0), "cockpit")
        return journal

    # --- batches -----------------------------------------------------------------------------------------------

    def test_a_batch_is_made_once(self, open: Open) -> None:
        journal = open()
        assert journal.open_batch(BATCH, opened("First", source="tasks:x"), at(1), "hook")
        assert not journal.open_batch(BATCH, opened("Second"), at(2), "hook")
        (head,) = journal.batches()
        (event,) = journal.events(BATCH)
        assert (head.id, head.title, head.kind, head.source) == (BATCH, "First", "watch", "tasks:x")
        assert (head.epoch, head.seq, head.head, head.opened_wall_ms) == (0, 1, event.hash, at(1).wall_ms)
        assert head.min_reader == FORMAT_VERSION
        assert (event.kind, event.origin, event.seq, event.epoch, event.at) == ("batch_opened", "hook", 1, 0, at(1))

    def test_batches_are_listed_oldest_first(self, open: Open) -> None:
        journal = open()
        for name, when in (("late", 300), ("early", 100), ("middle", 200)):
            journal.open_batch(name, opened(name), at(when), "cockpit")
        assert [head.id for head in journal.batches()] == ["early", "middle", "late"]

    def test_a_batch_opens_with_batch_opened_only(self, open: Open) -> None:
        with pytest.raises(EventError, match="batch_opened"):
            open().open_batch(BATCH, note(), at(0), "cockpit")
        assert open().batches() == ()

    def test_writing_to_an_unknown_batch_is_an_error(self, journal: Journal) -> None:
        for write in (
            lambda: journal.take_lease("nowhere", "cockpit", at(0)),
            lambda: journal.change_gate("nowhere", asked(), at(0), "hook"),
            lambda: journal.insert_request("nowhere", "pause", {}, at(0), "cli"),
        ):
            with pytest.raises(JournalError, match="nowhere"):
                write()
        assert list(journal.events("nowhere")) == []
        assert journal.gate("nowhere", GATE) is None
        assert journal.requests("nowhere") == ()

    def test_a_batch_of_a_newer_version_is_read_only(self, open: Open) -> None:
        journal = open()
        journal.open_batch(BATCH, opened(min_reader=FORMAT_VERSION + 1), at(0), "cockpit")
        for write in (
            lambda: journal.take_lease(BATCH, "cockpit", at(0)),
            lambda: journal.change_gate(BATCH, asked(), at(0), "hook"),
            lambda: journal.insert_request(BATCH, "pause", {}, at(0), "cli"),
        ):
            with pytest.raises(JournalNewer):
                write()
        assert [event.kind for event in journal.events(BATCH)] == ["batch_opened"]

    # --- events ------------------------------------------------------------------------------------------------

    def test_events_come_back_as_they_were_written(self, journal: Journal, open: Open) -> None:
        lease = taken(journal)
        events = journal.append(lease, [note("one"), note("zwei ✓ \x00 \u2028")], at(5), "cockpit")
        assert [(event.seq, event.epoch, event.at) for event in events] == [(3, 1, at(5)), (4, 1, at(5))]
        assert events[1].payload == {"track": "alpha", "text": "zwei ✓ \x00 \u2028"}
        assert tuple(open().events(BATCH, after=2)) == events

    def test_a_lone_surrogate_is_kept(self, journal: Journal) -> None:
        lease = taken(journal)
        journal.append(lease, [note("torn \ud83d emoji")], at(5), "cockpit")
        assert [*journal.events(BATCH)][-1].payload["text"] == "torn \ud83d emoji"

    def test_every_event_is_chained_to_the_one_before(self, journal: Journal) -> None:
        lease = taken(journal)
        journal.append(lease, [note(str(number)) for number in range(5)], at(5), "cockpit")
        previous = GENESIS
        for event in journal.events(BATCH):
            text = payload_text(event.payload)
            assert event.hash == chained_hash(
                previous, event.batch, event.seq, event.at, event.kind, event.origin, event.epoch, text
            )
            previous = event.hash
        assert journal.batches()[0].head == previous

    def test_an_append_is_all_or_nothing(self, journal: Journal) -> None:
        lease = taken(journal)
        before = list(journal.events(BATCH))
        bad: list[tuple[Draft, str]] = [
            (Draft("note_added", {"track": "alpha"}), "text"),
            (Draft("note_added", {"track": "alpha", "text": 7}), "int"),
            (Draft("nonsense", {}), "nonsense"),
            (Draft("note_added", {"track": "alpha", "text": "x" * 70_000}), "blob"),
            (Draft("note_added", {"track": "alpha", "text": "x", "more": float("nan")}), "JSON"),
            (Draft("note_added", {"track": "alpha", "text": "x", "more": object()}), "JSON"),
            (asked(), "gate_opened"),
            (Draft("lease_taken", {"holder": "me"}), "lease_taken"),
            (Draft("request_made", {"kind": "pause", "payload": {}}), "request_made"),
        ]
        for draft, why in bad:
            with pytest.raises(EventError, match=why):
                journal.append(lease, [note(), draft], at(1), "cockpit")
        assert list(journal.events(BATCH)) == before

    @pytest.mark.parametrize("origin", ["", "two\nlines", "\ud800", "a\x00b"])
    def test_columns_are_printable_text(self, journal: Journal, origin: str) -> None:
        lease = taken(journal)
        with pytest.raises(EventError, match="origin"):
            journal.append(lease, [note()], at(1), origin)

    def test_times_beyond_64_bits_are_refused(self, journal: Journal) -> None:
        lease = taken(journal)
        with pytest.raises(EventError, match="wall_ms"):
            journal.append(lease, [note()], at(2**64), "cockpit")

    def test_what_the_writer_keeps_changing_is_not_what_was_written(self, journal: Journal) -> None:
        lease = taken(journal)
        payload: dict[str, Any] = {"track": "alpha", "text": "first"}
        (event,) = journal.append(lease, [Draft("note_added", payload)], at(1), "cockpit")
        payload["text"] = "second"
        assert event.payload["text"] == "first"

    def test_the_tail_follows_all_batches_from_a_position(self, journal: Journal, open: Open) -> None:
        other = open()
        position = other.position()
        assert other.tail(position) == ((), position)
        journal.open_batch("batch-2", opened(), at(1), "cockpit")
        lease = taken(journal)
        journal.append(lease, [note()], at(2), "cockpit")
        events, after = other.tail(position)
        assert [(event.batch, event.kind) for event in events] == [
            ("batch-2", "batch_opened"),
            (BATCH, "lease_taken"),
            (BATCH, "note_added"),
        ]
        assert after == other.position()
        assert other.tail(after) == ((), after)
        assert len(other.tail(0)[0]) == 4

    def test_data_version_changes_when_another_handle_writes(self, journal: Journal, open: Open) -> None:
        other = open()
        before = other.data_version()
        assert other.data_version() == before
        journal.insert_request(BATCH, "pause", {}, at(1), "cli")
        assert other.data_version() != before

    # --- the lease ---------------------------------------------------------------------------------------------

    def test_one_holder_at_a_time(self, journal: Journal, open: Open) -> None:
        other = open()
        lease = taken(journal, holder="cockpit 1")
        assert other.take_lease(BATCH, "cockpit 2", at(1)) == "cockpit 1"
        assert journal.take_lease(BATCH, "cockpit 3", at(1)) == "cockpit 1"
        lease.release(at(2))
        second = taken(other, holder="cockpit 2")
        assert (lease.epoch, second.epoch) == (1, 2)
        kinds = [(event.kind, event.epoch) for event in journal.events(BATCH)]
        assert kinds[1:] == [("lease_taken", 1), ("lease_released", 1), ("lease_taken", 2)]

    def test_a_lease_is_for_one_batch(self, journal: Journal) -> None:
        journal.open_batch("batch-2", opened(), at(0), "cockpit")
        first, second = taken(journal), taken(journal, "batch-2")
        journal.append(first, [note()], at(1), "cockpit")
        journal.append(second, [note()], at(1), "cockpit")
        assert {(event.batch, event.seq) for event in journal.tail(0)[0] if event.kind == "note_added"} == {
            (BATCH, 3),
            ("batch-2", 3),
        }

    def test_a_released_lease_appends_no_more(self, journal: Journal) -> None:
        lease = taken(journal)
        lease.release(at(1))
        lease.release(at(2))
        with pytest.raises(LeaseLost):
            journal.append(lease, [note()], at(3), "cockpit")
        assert [event.kind for event in journal.events(BATCH)] == ["batch_opened", "lease_taken", "lease_released"]

    def test_closing_lets_go_of_the_lease(self, journal: Journal, open: Open) -> None:
        lease = taken(journal)
        journal.close()
        journal.close()
        other = open()
        assert taken(other).epoch == lease.epoch + 1
        with pytest.raises(JournalError):
            journal.append(lease, [note()], at(3), "cockpit")

    def test_peers_write_with_the_epoch_of_the_holder(self, journal: Journal, open: Open) -> None:
        other = open()
        assert written(other.change_gate(BATCH, asked("g0"), at(1), "hook")).epoch == 0
        taken(journal)
        assert written(other.change_gate(BATCH, asked("g1"), at(1), "hook")).epoch == 1

    # --- gates -------------------------------------------------------------------------------------------------

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
        assert state.gates == {name: journal.gate(BATCH, name) for name in ("a", "b")}
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

    # --- requests ----------------------------------------------------------------------------------------------

    def test_requests_wait_until_the_holder_takes_them(self, journal: Journal, open: Open) -> None:
        other = open()
        first = other.insert_request(BATCH, "pause", {"track": "alpha"}, at(1), "cli")
        second = other.insert_request(BATCH, "tell", {"text": "hello"}, at(2), "agent:alpha")
        lease = taken(journal)
        waiting = journal.requests(BATCH)
        assert [(one.id, one.kind, one.origin, one.at) for one in waiting] == [
            (first, "pause", "cli", at(1)),
            (second, "tell", "agent:alpha", at(2)),
        ]
        assert (waiting[0].batch, waiting[0].payload) == (BATCH, {"track": "alpha"})
        journal.append(lease, [Draft("request_taken", {"request": first, "kind": "pause"}), note()], at(3), "host")
        assert [one.id for one in other.requests(BATCH)] == [second]

    def test_a_request_is_taken_once(self, journal: Journal) -> None:
        request = journal.insert_request(BATCH, "pause", {}, at(1), "cli")
        lease = taken(journal)
        take = Draft("request_taken", {"request": request, "kind": "pause"})
        with pytest.raises(JournalError, match="request"):
            journal.append(lease, [take, take], at(2), "host")
        assert len(journal.requests(BATCH)) == 1
        journal.append(lease, [take], at(2), "host")
        before = list(journal.events(BATCH))
        with pytest.raises(JournalError, match="request"):
            journal.append(lease, [note(), take], at(3), "host")
        assert list(journal.events(BATCH)) == before

    # --- blobs and waking --------------------------------------------------------------------------------------

    def test_blobs_are_named_by_their_bytes(self, journal: Journal, open: Open) -> None:
        content = bytes(range(256)) * 1000
        digest = journal.put_blob(content)
        assert digest == hashlib.sha256(content).hexdigest()
        assert journal.put_blob(content) == digest
        assert open().blob(digest) == content
        assert journal.blob("0" * 64) is None

    def test_every_commit_wakes_after_it_happened(self, open: Open, woken: list[tuple[str, str | None]]) -> None:
        journal = open()

        def wakes(write: Callable[[], object]) -> list[tuple[str, str | None]]:
            woken.clear()
            write()
            return list(woken)

        holder, waiters = (BATCH, None), (BATCH, GATE)
        assert wakes(lambda: journal.open_batch(BATCH, opened(), at(0), "hook")) == [holder]
        lease = taken(journal)
        assert wakes(lambda: journal.append(lease, [note()], at(0), "host")) == [holder]
        assert wakes(lambda: journal.insert_request(BATCH, "pause", {}, at(0), "cli")) == [holder]
        for draft in (asked(), decided(undo_ms=9), undone(), decided(), withdrawn()):
            assert wakes(partial(journal.change_gate, BATCH, draft, at(1), "hook")) == [waiters]
        assert wakes(lambda: journal.change_gate(BATCH, decided(digest="x"), at(1), "cli")) == [holder]
        assert wakes(lambda: journal.change_gate(BATCH, withdrawn(), at(1), "cli")) == []

    def test_checkpointing_loses_nothing(self, journal: Journal, open: Open) -> None:
        lease = taken(journal)
        journal.append(lease, [note(str(number)) for number in range(50)], at(1), "cockpit")
        before = list(journal.events(BATCH))
        journal.checkpoint()
        assert list(open().events(BATCH)) == before

    def test_a_closed_handle_says_so(self, journal: Journal) -> None:
        journal.close()
        for use in (journal.batches, journal.gates, lambda: journal.put_blob(b""), journal.data_version):
            with pytest.raises(JournalError, match="closed"):
                use()
