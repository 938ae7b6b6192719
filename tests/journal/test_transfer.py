"""A batch travels as one file: out, in, and read without a database (reliability J-6)."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.event import FORMAT_VERSION, Draft, Event
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.journal.codec import Header, header_line
from orchestrator_tui.journal.exported import ExportDamaged, read_export
from orchestrator_tui.journal.memory import MemoryJournal
from orchestrator_tui.journal.port import JournalDamaged, JournalError, JournalNewer, JournalUnwritable
from orchestrator_tui.journal.record import GENESIS, chained_hash, payload_text
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.transfer import ExportWriter, export_batch, export_file, import_file
from orchestrator_tui.journal.verify import verify_batch, verify_export
from tests.journal.drafts import BATCH, asked, at, note, opened
from tests.journal.histories import write_history
from tests.journal.promises import taken


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal")
    write_history(journal)
    yield journal
    journal.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[SqliteJournal]:
    other = SqliteJournal(tmp_path / "other")
    yield other
    other.close()


@pytest.fixture
def export(journal: SqliteJournal, tmp_path: Path) -> Path:
    path = tmp_path / "batch.jsonl"
    export_file(journal, BATCH, path, "Europe/Berlin")
    return path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def test_an_export_holds_the_whole_batch(journal: SqliteJournal, export: Path) -> None:
    first, *middle, last = [json.loads(line) for line in lines(export)]
    assert first == {
        "type": "header",
        "batch": BATCH,
        "timezone": "Europe/Berlin",
        "exported_by": "orch-tui 0.1.0",
        "note": "",
        "format": FORMAT_VERSION,
        "min_reader": FORMAT_VERSION,
    }
    (head,) = journal.batches()
    assert (last["type"], last["count"], last["head"]) == ("trailer", head.seq, head.head)
    assert [line["type"] for line in middle] == ["event"] * head.seq + ["blob"]
    batch = read_export(export)
    assert batch.events == tuple(journal.events(BATCH))
    assert (batch.complete, batch.note) == (True, "")
    assert [*batch.blobs.values()] == [b"\x00 a long diff \xff"]
    assert os.stat(export).st_mode & 0o777 == 0o600


def test_the_same_history_gives_the_same_bytes_from_every_store(journal: SqliteJournal, export: Path) -> None:
    memory = MemoryJournal()
    write_history(memory)
    for store in (journal, memory):
        out = io.BytesIO()
        export_batch(store, BATCH, out, "Europe/Berlin")
        assert out.getvalue() == export.read_bytes()


def test_an_import_is_the_batch_that_was_exported(journal: SqliteJournal, other: SqliteJournal, export: Path) -> None:
    woken = other.waiter()
    outcome = import_file(other, export)
    (head,) = journal.batches()
    assert (outcome.batch, outcome.count, outcome.head, outcome.new, outcome.note) == (
        BATCH,
        head.seq,
        head.head,
        True,
        "",
    )
    assert woken.wait(0)
    woken.close()
    assert other.batches() == (head,)
    assert list(other.events(BATCH)) == list(journal.events(BATCH))
    assert other.gates() == journal.gates()
    assert other.gate(BATCH, "b") == journal.gate(BATCH, "b")
    assert other.requests(BATCH) == journal.requests(BATCH)
    assert verify_batch(other, BATCH).intact
    assert fold(other.events(BATCH)) == fold(read_export(export).events)
    again = io.BytesIO()
    export_batch(other, BATCH, again, "Europe/Berlin")
    assert again.getvalue() == export.read_bytes()


def test_an_imported_batch_goes_on(other: SqliteJournal, export: Path) -> None:
    import_file(other, export)
    lease = taken(other)
    assert lease.epoch == 3
    other.append(lease, [note()], at(9), "cockpit")
    other.change_gate(BATCH, asked("d"), at(9), "hook")
    assert verify_batch(other, BATCH).intact


def test_the_same_import_again_changes_nothing_another_history_is_refused(
    other: SqliteJournal, export: Path, tmp_path: Path
) -> None:
    import_file(other, export)
    before = other.tail(0)
    assert not import_file(other, export).new
    assert other.tail(0) == before
    different = MemoryJournal()
    different.open_batch(BATCH, opened(), at(3), "cockpit")
    export_file(different, BATCH, tmp_path / "different", "UTC")
    with pytest.raises(JournalError, match="another history"):
        import_file(other, tmp_path / "different")
    assert other.tail(0) == before


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
def test_a_file_that_was_cut_short_is_read_up_to_there(
    journal: SqliteJournal, other: SqliteJournal, export: Path, keep: float
) -> None:
    content = export.read_bytes()
    cut = content[: int(len(content) * keep)]
    export.write_bytes(cut)
    whole = cut.count(b"\n") - 1
    expected = list(journal.events(BATCH))[:whole]
    batch = read_export(export)
    assert list(batch.events) == expected
    assert not batch.complete
    assert f"after event {len(expected)}" in batch.note
    outcome = import_file(other, export)
    assert (outcome.count, outcome.note) == (len(expected), batch.note)
    verdict = verify_export(export)
    assert (verdict.intact, verdict.truncated, verdict.seq, verdict.count) == (False, True, None, len(expected))
    assert verify_batch(other, BATCH).intact


@pytest.mark.parametrize("at_line", [1, 7, -2])
def test_damage_before_the_end_is_refused_with_its_line(other: SqliteJournal, export: Path, at_line: int) -> None:
    content = lines(export)
    content[at_line] = content[at_line].replace(b'"type"', b'"typo"')
    export.write_bytes(b"".join(content))
    number = at_line + 1 if at_line >= 0 else len(content) + at_line + 1
    for use in (lambda: read_export(export), lambda: import_file(other, export)):
        with pytest.raises(ExportDamaged, match=f"line {number}") as caught:
            use()
        assert caught.value.line == number
    assert other.batches() == ()


def test_a_newer_export_is_read_and_not_imported(other: SqliteJournal, export: Path, tmp_path: Path) -> None:
    content = lines(export)
    newer = Header(BATCH, "UTC", "orch-tui 9", format=FORMAT_VERSION + 1, min_reader=FORMAT_VERSION + 1)
    export.write_bytes(header_line(newer).replace(b'"note"', b'"new":1,"note"') + b"".join(content[1:-1]))
    assert len(read_export(export).events) == len(content) - 3
    with pytest.raises(JournalNewer):
        import_file(other, export)


def test_an_unknown_kind_is_read_and_not_imported(other: SqliteJournal, tmp_path: Path) -> None:
    path = tmp_path / "newer"
    history: list[tuple[str, dict[str, Any]]] = [
        ("batch_opened", {"title": "t", "kind": "watch"}),
        ("moon_landed", {"crew": 3}),
    ]
    with path.open("wb") as out:
        writer = ExportWriter(out, Header(BATCH, "UTC", "orch-tui 9"))
        head = GENESIS
        for seq, (kind, payload) in enumerate(history, 1):
            head = chained_hash(head, BATCH, seq, at(0), kind, "host", 0, payload_text(payload))
            writer.event(Event(BATCH, seq, at(0), kind, "host", 0, payload, head))
        writer.trailer()
    assert [event.kind for event in read_export(path).events] == ["batch_opened", "moon_landed"]
    with pytest.raises(JournalNewer, match="moon_landed"):
        import_file(other, path)
    verdict = verify_export(path)
    assert (verdict.intact, verdict.seq, verdict.kind) == (False, 2, "moon_landed")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty|unfinished|no export"),
        (b"\n", "no export"),
        (b"[1, 2]\n", "no export"),
        (b'{"type": "event"}\n', "header"),
        (b"\xff\xfe\x00binary\n", "no export"),
        (b"PK\x03\x04 a zip file, say", "no export"),
        (b"[" * 100_000 + b"\n", "no export"),
    ],
)
def test_what_is_no_export_is_said_to_be_none(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    for use in (read_export, verify_export):
        with pytest.raises(JournalError, match=why):
            use(path)


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path, why in ((tmp_path / "fifo", "not a file"), (tmp_path, "not a file"), (tmp_path / "x", "No such")):
        with pytest.raises(JournalError, match=why):
            read_export(path)


def test_an_export_appears_whole_or_not_at_all(journal: SqliteJournal, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no batch"):
        export_file(journal, "nowhere", tmp_path / "x.jsonl", "UTC")
    with pytest.raises(JournalUnwritable, match="No such file"):
        export_file(journal, BATCH, tmp_path / "no" / "x.jsonl", "UTC")
    with journal.snapshot() as connection:
        pass
    connection.execute("UPDATE event SET payload = replace(payload, 'a diff', 'a dUff')")
    with pytest.raises(JournalDamaged, match="does not follow"):
        export_file(journal, BATCH, tmp_path / "x.jsonl", "UTC")
    assert not [path for path in tmp_path.iterdir() if "x.jsonl" in path.name]


def test_a_history_that_cannot_be_shown_is_not_let_in(
    journal: SqliteJournal, other: SqliteJournal, tmp_path: Path
) -> None:
    journal.open_batch("strange", opened(), at(0), "cockpit")
    journal.append(taken(journal, "strange"), [Draft("track_reported", {"track": "nobody knows it"})], at(1), "cockpit")
    path = tmp_path / "strange.jsonl"
    export_file(journal, "strange", path, "UTC")
    verdict = verify_export(path)
    assert (verdict.intact, verdict.seq) == (False, 3)
    assert "names the unknown track 'nobody knows it'" in verdict.reason
    with pytest.raises(JournalDamaged, match="unknown track"):
        import_file(other, path)
    assert other.batches() == ()
