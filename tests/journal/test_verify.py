"""Verification finds every change, in the file and in the database, and names the event (reliability D-5)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.journal.connection import DATABASE
from orchestrator_tui.journal.memory import MemoryJournal
from orchestrator_tui.journal.port import JournalDamaged, JournalError
from orchestrator_tui.journal.record import chained_hash, gate_column, payload_text
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.transfer import export_file
from orchestrator_tui.journal.verify import verify_batch, verify_export
from tests.journal.drafts import (
    BATCH,
    acknowledged,
    asked,
    at,
    claimed,
    decided,
    delivered,
    note,
    opened,
    withdrawn,
)
from tests.journal.histories import write_history


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    memory = MemoryJournal()
    write_history(memory)
    path = tmp_path_factory.mktemp("export") / "batch.jsonl"
    export_file(memory, BATCH, path, "UTC")
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal")
    write_history(journal)
    yield journal
    journal.close()


def test_what_was_written_is_intact(journal: SqliteJournal, export: Path) -> None:
    (head,) = journal.batches()
    for verdict in (verify_batch(journal, BATCH), verify_export(export)):
        assert (verdict.batch, verdict.intact, verdict.count, verdict.head) == (BATCH, True, head.seq, head.head)
        assert (verdict.seq, verdict.kind, verdict.reason, verdict.truncated) == (None, "", "", False)
    with pytest.raises(JournalError, match="nowhere"):
        verify_batch(journal, "nowhere")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data())
def test_one_changed_byte_is_found_and_its_event_named(export: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(export.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1), label="place")
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]), label="byte")
    line = content[:place].count(b"\n") + 1
    kinds = [line.split(b'"kind":"')[1].split(b'"')[0] for line in bytes(content).splitlines()[1:-2]]
    content[place] = byte
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes(content)
    try:
        verdict = verify_export(changed)
    except JournalError:
        assert line == 1, "only a damaged header makes it no export at all"
        return
    assert not verdict.intact
    assert verdict.reason
    if 1 < line <= len(kinds) + 1:
        assert verdict.seq == line - 1
        assert verdict.count == line - 2
        assert not verdict.truncated


TAMPERING = {
    "a payload": ("UPDATE event SET payload = replace(payload, 'left', 'lift') WHERE seq = 4", 4),
    "a payload that is no JSON": ("UPDATE event SET payload = '{' WHERE seq = 5", 5),
    "a time": ("UPDATE event SET wall_ms = wall_ms + 1 WHERE seq = 6", 6),
    "a time that is no number": ("UPDATE event SET wall_ms = 'noon' WHERE seq = 6", 6),
    "an origin": ("UPDATE event SET origin = 'key' WHERE seq = 7", 7),
    "a hash": ("UPDATE event SET hash = upper(hash) WHERE seq = 7", 7),
    "the gate an event is listed under": ("UPDATE event SET gate = 'b' WHERE seq = 4", 4),
    "an event gone": ("DELETE FROM event WHERE seq = 8", 9),
    "the last event gone": ("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)", None),
    "all events gone": ("DELETE FROM event", None),
    "a gate's state": ("UPDATE gate SET state = 'decided' WHERE gate = 'c'", None),
    "a gate's decision": ("UPDATE gate SET decision = 'forged' WHERE gate = 'a'", None),
    "a gate's claim": ("UPDATE gate SET claim = 'nobody' WHERE gate = 'a'", None),
    "a superseded revision": ("DELETE FROM gate WHERE gate = 'b' AND revision = 1", None),
    "a gate that nobody asked": (
        "INSERT INTO gate SELECT batch, 'z', revision, digest, state, track, decision, claim, 3, 3 FROM gate LIMIT 1",
        None,
    ),
    "a request taken": ("UPDATE request SET taken_seq = NULL", None),
    "a request gone": ("DELETE FROM request", None),
    "the batch's head": ("UPDATE batch SET head = 'f00'", None),
    "the batch's title": ("UPDATE batch SET title = 'another'", None),
    "the batch's epoch": ("UPDATE batch SET epoch = epoch + 1", None),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_a_changed_row_is_found(journal: SqliteJournal, name: str) -> None:
    statement, seq = TAMPERING[name]
    with sqlite3.connect(journal.directory / DATABASE) as connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()
    verdict = verify_batch(journal, BATCH)
    assert not verdict.intact
    assert verdict.seq == seq
    assert verdict.reason


def forge(journal: SqliteJournal, drafts: list[Draft], epochs: list[int] | None = None) -> None:
    """Write events as they are, with a fitting chain, as somebody would who knows the format."""
    journal.open_batch(BATCH, opened(), at(0), "cockpit")
    (first,) = journal.events(BATCH)
    head = first.hash
    with sqlite3.connect(journal.directory / DATABASE) as connection:
        for seq, draft in enumerate(drafts, 2):
            epoch = 0 if epochs is None else epochs[seq - 2]
            text = payload_text(draft.payload)
            head = chained_hash(head, BATCH, seq, at(1), draft.kind, "hook", epoch, text)
            event = Event(BATCH, seq, at(1), draft.kind, "hook", epoch, draft.payload, head)
            connection.execute(
                "INSERT INTO event (batch, seq, wall_ms, boot_ms, boot_id, kind, origin, epoch, gate, payload, hash)"
                " VALUES (?, ?, ?, ?, ?, ?, 'hook', ?, ?, ?, ?)",
                (
                    BATCH,
                    seq,
                    event.at.wall_ms,
                    event.at.boot_ms,
                    event.at.boot_id,
                    event.kind,
                    epoch,
                    gate_column(event.kind, event.payload),
                    text,
                    head,
                ),
            )
    connection.close()


IMPOSSIBLE: dict[str, tuple[list[Draft], str]] = {
    "a delivery without a decision": ([asked(), delivered()], "refused"),
    "an acknowledgement without a delivery's decision": ([asked(), acknowledged()], "refused"),
    "two claims": ([asked(), decided(), claimed(), claimed(claimant="b")], "claimed"),
    "a decision after the end": ([asked(), withdrawn(), decided()], "withdrawn"),
    "two decisions": ([asked(), decided(), decided(option="2", by="bob")], "already"),
    "a decision of another digest": ([asked(), decided(digest="other")], "changed"),
    "a decision without a gate": ([decided()], "no gate"),
    "a gate of an unknown risk": ([asked(risk="none such")], "risk|payload"),
    "options that are none": ([asked(options=["left"])], "payload"),
    "a decision for options that are none": ([asked(), decided(option=[])], "payload|no option"),  # type: ignore[arg-type]
    "a request taken that nobody made": ([Draft("request_taken", {"request": 9, "kind": "pause"})], "request 9"),
    "a second opening": ([opened()], "first event"),
    "an unknown kind": ([Draft("moon_landed", {})], "unknown"),
    "a payload that does not fit": ([Draft("note_added", {"track": "alpha"})], "missing"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_could_not_have_happened_is_found(tmp_path: Path, name: str) -> None:
    drafts, why = IMPOSSIBLE[name]
    journal = SqliteJournal(tmp_path / "journal")
    forge(journal, drafts)
    verdict = verify_batch(journal, BATCH)
    journal.close()
    assert (verdict.intact, verdict.seq, verdict.kind) == (False, len(drafts) + 1, drafts[-1].kind)
    assert any(word in verdict.reason for word in why.split("|")), verdict.reason


@pytest.mark.parametrize("epochs", [[1], [0, 1], [-1]])
def test_an_epoch_that_nobody_took_is_found(tmp_path: Path, epochs: list[int]) -> None:
    journal = SqliteJournal(tmp_path / "journal")
    forge(journal, [note() for _ in epochs], epochs)
    verdict = verify_batch(journal, BATCH)
    journal.close()
    assert (verdict.intact, verdict.seq) == (False, len(epochs) + 1)
    assert "epoch" in verdict.reason


@pytest.mark.parametrize("payload", ["5", "[]", "null", '"text"', "{}, {}", "", "{"])
def test_a_payload_that_is_no_object_is_never_read(journal: SqliteJournal, payload: str) -> None:
    with sqlite3.connect(journal.directory / DATABASE) as connection:
        connection.execute("UPDATE event SET payload = ? WHERE seq = 3", (payload,))
    connection.close()
    for read in (lambda: list(journal.events(BATCH)), lambda: journal.tail(0)):
        with pytest.raises(JournalDamaged, match="/3 "):
            read()
    assert verify_batch(journal, BATCH).seq == 3


def test_reading_a_broken_history_is_never_silent(journal: SqliteJournal) -> None:
    with sqlite3.connect(journal.directory / DATABASE) as connection:
        connection.execute("DELETE FROM event WHERE seq = 4")
        connection.execute("UPDATE event SET payload = 'no JSON' WHERE seq = 3")
    connection.close()
    with pytest.raises(JournalDamaged, match="3 "):
        list(journal.events(BATCH))
    with pytest.raises(JournalDamaged, match="4 is missing"):
        list(journal.events(BATCH, after=3))
    with pytest.raises(JournalDamaged):
        journal.tail(0)
