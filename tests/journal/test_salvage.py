"""What is left of a damaged database is exported, and what is missing is said (reliability J-4)."""

from __future__ import annotations

import random
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from orchestrator_tui.core.event import Event
from orchestrator_tui.journal.connection import DATABASE
from orchestrator_tui.journal.exported import read_export
from orchestrator_tui.journal.port import JournalDamaged, JournalError
from orchestrator_tui.journal.salvage import Salvaged, salvage
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.verify import verify_export
from tests.journal.drafts import BATCH, at, note, opened
from tests.journal.histories import write_history
from tests.journal.promises import taken

PAGE = 4096


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Two batches, one of them with 300 events, all in the database file."""
    journal = SqliteJournal(tmp_path / "journal")
    write_history(journal)
    journal.open_batch("long", opened("Long"), at(0), "cockpit")
    lease = taken(journal, "long")
    journal.append(lease, [note(f"{number} " + "x" * 200) for number in range(300)], at(1), "cockpit")
    journal.close()
    return tmp_path / "journal"


def root_page(directory: Path, name: str) -> int:
    with sqlite3.connect(directory / DATABASE) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    connection.close()
    return int(page)


def overwrite(directory: Path, page: int, content: bytes = b"\xa5" * PAGE) -> None:
    with (directory / DATABASE).open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(content)


def test_an_intact_journal_is_salvaged_whole(directory: Path, tmp_path: Path) -> None:
    before = (directory / DATABASE).read_bytes()
    found = salvage(directory, tmp_path / "out", "UTC")
    assert [(one.batch, one.lost, one.note) for one in found] == [(BATCH, 0, ""), ("long", 0, "")]
    for one in found:
        assert one.path is not None
        assert verify_export(one.path).intact
        assert len(read_export(one.path).events) == one.count
        assert read_export(one.path).complete
    assert (directory / DATABASE).read_bytes() == before
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_log_that_was_not_moved_yet_is_salvaged(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal")
    write_history(journal)
    copy = tmp_path / "crashed"
    copy.mkdir()
    for path in (tmp_path / "journal").glob("journal.db*"):
        (copy / path.name).write_bytes(path.read_bytes())
    (head,) = journal.batches()
    journal.close()
    (found,) = salvage(copy, tmp_path / "out", "UTC")
    assert (found.count, found.lost) == (head.seq, 0)


@pytest.mark.parametrize("name", ["event_gate", "event_kind", "gate", "request", "sqlite_autoindex_event_1", "batch"])
def test_damage_beside_the_events_loses_no_event(directory: Path, tmp_path: Path, name: str) -> None:
    overwrite(directory, root_page(directory, name))
    found = salvage(directory, tmp_path / "out", "UTC")
    assert [(one.batch, one.lost) for one in found] == [(BATCH, 0), ("long", 0)]


def test_a_damaged_page_of_events_costs_what_follows_it_in_its_batch(directory: Path, tmp_path: Path) -> None:
    with sqlite3.connect(directory / DATABASE) as connection:
        (total,) = connection.execute("SELECT seq FROM batch WHERE id = 'long'").fetchone()
    connection.close()
    content = (directory / DATABASE).read_bytes()
    page = content.index(b"150 " + b"x" * 200) // PAGE + 1
    overwrite(directory, page)
    first, second = salvage(directory, tmp_path / "out", "UTC")
    assert (first.batch, first.lost) == (BATCH, 0)
    assert 100 < second.count < 153
    assert second.count + second.lost == total
    assert second.path is not None
    batch = read_export(second.path)
    assert not batch.complete
    assert f"{second.lost} of {total} events are missing" in batch.note
    assert verify_export(second.path).count == second.count


def test_a_changed_event_ends_what_is_believed(directory: Path, tmp_path: Path) -> None:
    with sqlite3.connect(directory / DATABASE) as connection:
        connection.execute("UPDATE event SET payload = replace(payload, '40 x', '40 y') WHERE batch = 'long'")
        connection.execute("UPDATE event SET payload = 'no JSON' WHERE batch = ? AND seq = 1", (BATCH,))
    connection.close()
    first, second = salvage(directory, tmp_path / "out", "UTC")
    assert (first.path, first.count) == (None, 0)
    assert first.lost > 0
    assert (second.count, second.count + second.lost) == (42, 302)


@pytest.mark.parametrize("seed", range(12))
def test_no_damage_makes_salvage_lie(directory: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray((directory / DATABASE).read_bytes())
    for _ in range(chance.randint(1, 20)):
        place = chance.randrange(len(content))
        length = min(chance.choice([1, 16, 512, 4096]), len(content) - place)
        content[place : place + length] = chance.randbytes(length)
    true = {batch: _events(directory, batch) for batch in (BATCH, "long")}
    (directory / DATABASE).write_bytes(content)
    found: tuple[Salvaged, ...] = ()
    with suppress(JournalDamaged):
        found = salvage(directory, tmp_path / "out", "UTC")
    for one in found:
        if one.path is not None:
            assert list(read_export(one.path).events) == true[one.batch][: one.count]


def _events(directory: Path, batch: str) -> list[Event]:
    journal = SqliteJournal(directory)
    events = list(journal.events(batch))
    journal.close()
    return events


def test_what_is_no_journal_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal"):
        salvage(tmp_path, tmp_path / "out", "UTC")
    (tmp_path / DATABASE).write_bytes(b"not a database, but long enough to look at: " * 400)
    with pytest.raises(JournalDamaged, match="nothing can be read"):
        salvage(tmp_path, tmp_path / "out", "UTC")
