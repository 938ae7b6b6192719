"""What every store must do, written against the port alone; a second store subclasses :class:`Conformance`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from orchestrator_tui.core.event import FORMAT_VERSION, Draft, EventError
from orchestrator_tui.journal.port import Journal, JournalError, JournalNewer, LeaseLost
from orchestrator_tui.journal.record import GENESIS, chained_hash, payload_text
from tests.journal.conformance_gates import GatePromises
from tests.journal.drafts import BATCH, GATE, asked, at, decided, note, opened, undone, withdrawn
from tests.journal.promises import Open, taken, written


class Conformance(GatePromises):
    """The whole port: batches, events, leases, gates, requests, blobs, wake-ups."""

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
        assert open().events_of(BATCH, "note_added") == events
        assert open().events_of(BATCH, "track_added") == open().events_of("nowhere", "note_added") == ()

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
