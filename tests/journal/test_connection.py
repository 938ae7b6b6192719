"""Every way in which a database cannot be used has its name, and none is a traceback or half a transaction."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator_tui.core.event import FORMAT_VERSION
from orchestrator_tui.journal.connection import DATABASE, LOCK
from orchestrator_tui.journal.port import (
    JournalBusy,
    JournalDamaged,
    JournalError,
    JournalNewer,
    JournalUnwritable,
)
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.verify import verify_batch
from tests.journal.drafts import BATCH, asked, at, decided, note, opened
from tests.journal.promises import taken, written


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def journal(directory: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(directory, lock_timeout_s=0.05)
    journal.open_batch(BATCH, opened(), at(0), "cockpit")
    yield journal
    journal.close()


def execute(directory: Path, *statements: str) -> None:
    connection = sqlite3.connect(directory / DATABASE, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_every_commit_is_synced_and_no_checkpoint_is_automatic(journal: SqliteJournal) -> None:
    with journal.snapshot() as connection:
        settings = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "wal_autocheckpoint")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 0}


def test_a_locked_journal_is_busy_for_writers_and_open_for_readers(journal: SqliteJournal, directory: Path) -> None:
    descriptor = os.open(directory / LOCK, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    writes: list[Callable[[], object]] = [
        lambda: journal.change_gate(BATCH, asked(), at(1), "hook"),
        lambda: journal.insert_request(BATCH, "pause", {}, at(1), "cli"),
        lambda: journal.open_batch("other", opened(), at(1), "cli"),
        journal.checkpoint,
        lambda: SqliteJournal(directory, lock_timeout_s=0.01),
    ]
    for write in writes:
        with pytest.raises(JournalBusy, match="busy"):
            write()
    assert [event.kind for event in journal.events(BATCH)] == ["batch_opened"]
    assert journal.gates() == ()
    os.close(descriptor)
    written(journal.change_gate(BATCH, asked(), at(1), "hook"))


def test_closing_waits_no_longer_than_it_must(journal: SqliteJournal, directory: Path) -> None:
    other = SqliteJournal(directory, lock_timeout_s=0.01)
    descriptor = os.open(directory / LOCK, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    other.close()
    os.close(descriptor)
    written(journal.change_gate(BATCH, asked(), at(1), "hook"))
    assert verify_batch(journal, BATCH).intact


def test_a_foreign_transaction_makes_it_busy_too(journal: SqliteJournal, directory: Path) -> None:
    foreign = sqlite3.connect(directory / DATABASE, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalBusy):
        journal.change_gate(BATCH, asked(), at(1), "hook")
    foreign.execute("ROLLBACK")
    foreign.close()
    written(journal.change_gate(BATCH, asked(), at(1), "hook"))


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\x00 but not really" * 300, b"\x00" * 8192, b"text\n" * 4000]
)
def test_a_file_that_is_no_database_is_damaged_or_empty(directory: Path, content: bytes) -> None:
    directory.mkdir(mode=0o700)
    (directory / DATABASE).write_bytes(content)
    if not content:
        journal = SqliteJournal(directory)
        assert journal.batches() == ()
        journal.close()
        return
    with pytest.raises(JournalDamaged, match=r"damaged|journal of orch-tui"):
        SqliteJournal(directory)
    assert (directory / DATABASE).read_bytes() == content


def test_another_programs_database_is_left_alone(directory: Path) -> None:
    directory.mkdir(mode=0o700)
    execute(directory, "CREATE TABLE recipe (name TEXT)")
    with pytest.raises(JournalDamaged, match="not a journal"):
        SqliteJournal(directory)
    execute(directory, "INSERT INTO recipe VALUES ('soup')")


def test_a_newer_journal_can_only_be_read(journal: SqliteJournal, directory: Path) -> None:
    execute(directory, f"UPDATE meta SET value = {FORMAT_VERSION + 1} WHERE key = 'min_reader'")
    newer = SqliteJournal(directory)
    assert "newer" in newer.problem
    assert journal.problem == ""
    for write in (
        lambda: newer.open_batch("other", opened(), at(1), "cli"),
        lambda: newer.take_lease(BATCH, "me", at(1)),
        lambda: newer.put_blob(b""),
    ):
        with pytest.raises(JournalNewer, match="newer"):
            write()
    assert [event.kind for event in newer.events(BATCH)] == ["batch_opened"]
    assert newer.holder(BATCH) is None
    newer.close()


def test_a_kind_of_a_newer_version_makes_its_batch_read_only(journal: SqliteJournal, directory: Path) -> None:
    journal.open_batch("other", opened(), at(0), "cockpit")
    lease = taken(journal)
    journal.append(lease, [note()], at(1), "cockpit")
    add = (
        "INSERT INTO event (batch, seq, wall_ms, boot_ms, boot_id, kind, origin, epoch, payload, hash)"
        f" SELECT batch, seq + 1, wall_ms, boot_ms, boot_id, 'moon_landed', origin, epoch, '{{}}', 'f00' FROM event"
        f" WHERE batch = '{BATCH}' ORDER BY seq DESC LIMIT 1"
    )
    execute(directory, add, f"UPDATE batch SET seq = seq + 1, head = 'f00' WHERE id = '{BATCH}'")
    for handle in (journal, SqliteJournal(directory)):
        with pytest.raises(JournalNewer, match="moon_landed"):
            handle.change_gate(BATCH, asked(), at(2), "hook")
        assert [event.kind for event in handle.events(BATCH)][-1] == "moon_landed"
        written(handle.change_gate("other", asked(str(id(handle))), at(2), "hook"))
        handle.close()


def test_damage_that_shows_while_working_ends_writing(journal: SqliteJournal, directory: Path) -> None:
    for number in range(30):
        journal.change_gate(BATCH, asked(f"g{number}", context="x" * 4000), at(1), "hook")
    journal.close()
    with (directory / DATABASE).open("r+b") as file:
        file.seek(4096 * 2)
        while file.tell() < 4096 * 40:
            file.write(b"\xa5" * 4096)
    damaged = SqliteJournal(directory)
    with pytest.raises(JournalDamaged, match="damaged"):
        damaged.change_gate(BATCH, asked("g0", 2, "d2"), at(2), "hook")
    assert "damaged" in damaged.problem
    with pytest.raises(JournalDamaged):
        damaged.open_batch("other", opened(), at(2), "hook")
    damaged.close()


def test_a_damaged_blob_is_not_given_out(journal: SqliteJournal, directory: Path) -> None:
    digest = journal.put_blob(b"content")
    execute(directory, "UPDATE blob SET content = x'00'")
    with pytest.raises(JournalDamaged, match=digest):
        journal.blob(digest)


def test_a_removed_journal_is_not_written_to(journal: SqliteJournal, directory: Path) -> None:
    lease = taken(journal)
    (directory / DATABASE).rename(directory / "aside")
    with pytest.raises(JournalUnwritable, match="removed or replaced"):
        journal.append(lease, [note()], at(1), "cockpit")
    (directory / "aside").rename(directory / DATABASE)
    journal.append(lease, [note()], at(1), "cockpit")


def test_a_removed_lock_is_made_again_and_holds(journal: SqliteJournal, directory: Path) -> None:
    (directory / LOCK).unlink()
    written(journal.change_gate(BATCH, asked(), at(1), "hook"))
    assert (directory / LOCK).exists()
    other = SqliteJournal(directory)
    written(other.change_gate(BATCH, decided(), at(1), "hook"))
    other.close()


def test_many_threads_share_one_handle(journal: SqliteJournal, directory: Path) -> None:
    shared = SqliteJournal(directory, lock_timeout_s=30)
    errors: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for number in range(5):
                shared.change_gate(BATCH, asked(f"{name}-{number}"), at(1), "hook")
                shared.gates(BATCH)
                list(shared.events(BATCH))
        except JournalError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(shared.gates(BATCH)) == 20
    assert verify_batch(shared, BATCH).intact
    shared.close()


def test_importing_the_journal_is_cheap() -> None:
    script = "import sys, orchestrator_tui.journal.sqlite; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {os.getcwd()!r}); {script}"],
                            capture_output=True, text=True, check=True).stdout.split()  # fmt: skip
    heavy = {"asyncio", "subprocess", "platformdirs", "pydantic", "yaml", "tempfile", "shutil", "logging", "socket"}
    assert heavy.isdisjoint(loaded)


def test_long_histories_are_read_in_pieces(journal: SqliteJournal) -> None:
    lease = taken(journal)
    journal.append(lease, [note(str(number)) for number in range(5000)], at(1), "cockpit")
    events = journal.events(BATCH)
    assert next(events).seq == 1
    journal.append(lease, [note("behind")], at(2), "cockpit")
    rest = list(events)
    assert [event.seq for event in rest] == list(range(2, 5004))
    assert rest[-1].payload["text"] == "behind"
