"""What a crash may leave of the files: the journal opens with everything acknowledged, or says that it is damaged (T3).

Power loss may keep any part of what was written since the last sync. The states below are built from the real bytes of
a short history: every state of the write-ahead log between two syncs, and every state of the database file while a
checkpoint moves the log into it.
"""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator_tui.core.event import Event
from orchestrator_tui.journal.connection import DATABASE
from orchestrator_tui.journal.port import JournalDamaged, JournalError
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.verify import verify_batch
from tests.journal.drafts import BATCH, acknowledged, asked, at, claimed, decided, delivered, note, opened, withdrawn
from tests.journal.promises import taken

LOG, SHARED = f"{DATABASE}-wal", f"{DATABASE}-shm"
SECTOR = 512
PAGE = 4096


@dataclass(frozen=True)
class Crash:
    """Bytes of the files after a crash, and how many events were acknowledged before it."""

    database: bytes
    log: bytes
    acknowledged: int


@dataclass(frozen=True)
class Recording:
    """A history with the files after each acknowledged call, before and after the checkpoint that ends it."""

    events: list[Event]
    states: list[Crash]
    moved: bytes

    @property
    def last(self) -> Crash:
        return self.states[-1]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    directory = tmp_path_factory.mktemp("recorded") / "journal"
    journal = SqliteJournal(directory, wake=lambda batch, gate: None)
    states: list[Crash] = []

    def snapshot() -> None:
        count = sum(1 for _ in journal.events(BATCH))
        states.append(Crash((directory / DATABASE).read_bytes(), (directory / LOG).read_bytes(), count))

    snapshot()
    journal.open_batch(BATCH, opened(), at(0), "cockpit")
    snapshot()
    lease = taken(journal)
    snapshot()
    for draft in (
        asked("a"),
        decided("a"),
        claimed("a"),
        delivered("a"),
        acknowledged("a"),
        asked("b"),
        withdrawn("b"),
    ):
        journal.change_gate(BATCH, draft, at(1), "hook")
        snapshot()
    journal.append(lease, [note("x" * 3000) for _ in range(5)], at(2), "cockpit")
    snapshot()
    journal.insert_request(BATCH, "pause", {}, at(3), "cli")
    snapshot()
    events = list(journal.events(BATCH))
    journal.checkpoint()
    yield Recording(events, states, (directory / DATABASE).read_bytes())
    journal.close()


def reopened(directory: Path, crash: Crash, shared: bytes | None = None) -> list[Event] | None:
    """The events that the journal holds after the crash, or None when it says that it is damaged."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    (directory / DATABASE).write_bytes(crash.database)
    (directory / LOG).write_bytes(crash.log)
    if shared is not None:
        (directory / SHARED).write_bytes(shared)
    try:
        journal = SqliteJournal(directory, wake=lambda batch, gate: None)
    except JournalDamaged:
        return None
    try:
        events = list(journal.events(BATCH))
        if events and not verify_batch(journal, BATCH).intact:
            return None
        # What came back must be able to go on.
        journal.open_batch("next", opened(), at(9), "cockpit")
        return events
    except JournalDamaged:
        return None
    finally:
        journal.close()


def assert_nothing_lost(recording: Recording, directory: Path, crash: Crash, what: object) -> None:
    events = reopened(directory, crash)
    assert events is not None, f"damaged: {what}"
    assert events == recording.events[: len(events)], f"not what was written: {what}"
    assert len(events) >= crash.acknowledged, f"lost {crash.acknowledged - len(events)} events: {what}"
    assert {len(events)} <= {state.acknowledged for state in recording.states}, f"half a transaction: {what}"


def log_states(recording: Recording, chance: random.Random, each: int) -> Iterator[tuple[str, Crash]]:
    """The log as it may be when the next commit was under way: cut, torn, scattered or filled with something else."""
    for before, after in itertools.pairwise(recording.states):
        synced, new = before.log, after.log[len(before.log) :]
        lengths = {0, 1, SECTOR, len(new) - 1, len(new), *(chance.randrange(len(new)) for _ in range(each))}
        for length in sorted(lengths):
            yield f"cut at {length}", Crash(before.database, synced + new[:length], before.acknowledged)
        for number in range(each):
            sectors = [new[start : start + SECTOR] for start in range(0, len(new), SECTOR)]
            kept = [one if chance.random() < 0.7 else bytes(len(one)) for one in sectors]
            yield f"scattered {number}", Crash(before.database, synced + b"".join(kept), before.acknowledged)
            noise = chance.randbytes(chance.randrange(1, len(new)))
            yield f"noise {number}", Crash(before.database, synced + noise, before.acknowledged)
            torn = bytearray(new)
            torn[chance.randrange(len(new))] ^= 1 << chance.randrange(8)
            yield f"one bit {number}", Crash(before.database, synced + bytes(torn), before.acknowledged)


def checkpoint_states(recording: Recording, chance: random.Random, each: int) -> Iterator[tuple[str, Crash]]:
    """The database as it may be while the checkpoint writes it, the log still whole; then the log emptied."""
    last, moved = recording.last, recording.moved
    old = last.database.ljust(len(moved), b"\0")
    for number in range(each * 8):
        sectors = range(0, len(moved), SECTOR)
        mixed = b"".join((moved if chance.random() < 0.5 else old)[start : start + SECTOR] for start in sectors)
        length = chance.choice([len(mixed), len(last.database), chance.randrange(len(last.database), len(mixed) + 1)])
        yield f"mixed {number}", Crash(mixed[:length], last.log, last.acknowledged)
    yield "log not emptied yet", Crash(moved, last.log, last.acknowledged)
    yield "log emptied", Crash(moved, b"", last.acknowledged)


@pytest.mark.parametrize(("seed", "each"), [(1, 4), pytest.param(2, 200, marks=pytest.mark.nightly)])
def test_no_acknowledged_event_is_lost_in_the_log(tmp_path: Path, recording: Recording, seed: int, each: int) -> None:
    for what, crash in log_states(recording, random.Random(seed), each):
        assert_nothing_lost(recording, tmp_path / "crashed", crash, (seed, what))


@pytest.mark.parametrize(("seed", "each"), [(3, 4), pytest.param(4, 200, marks=pytest.mark.nightly)])
def test_no_event_is_lost_while_a_checkpoint_moves_it(
    tmp_path: Path, recording: Recording, seed: int, each: int
) -> None:
    for what, crash in checkpoint_states(recording, random.Random(seed), each):
        assert_nothing_lost(recording, tmp_path / "crashed", crash, (seed, what))


def test_what_the_last_boot_left_in_shared_memory_is_not_believed(tmp_path: Path, recording: Recording) -> None:
    chance = random.Random(5)
    for shared in (b"", bytes(32768), chance.randbytes(32768), chance.randbytes(1000)):
        assert reopened(tmp_path / "crashed", recording.last, shared) == recording.events


@pytest.mark.parametrize(("seed", "count"), [(6, 60), pytest.param(7, 5_000, marks=pytest.mark.nightly)])
def test_a_database_that_lost_what_was_synced_never_lies(
    tmp_path: Path, recording: Recording, seed: int, count: int
) -> None:
    # No honest disk does this. From two bytes on the loss shows; SQLite takes one byte for none, which is a new file.
    chance = random.Random(seed)
    lengths = [
        2,
        *range(PAGE, len(recording.moved), PAGE),
        *(chance.randrange(2, len(recording.moved)) for _ in range(count)),
    ]
    for length in lengths:
        events = reopened(tmp_path / "crashed", Crash(recording.moved[:length], b"", 0))
        assert events is None, f"seed {seed}: cut to {length} bytes, it opened with {len(events)} events"


def test_an_opening_that_was_cut_short_is_begun_again(tmp_path: Path, recording: Recording) -> None:
    first = recording.states[0]
    chance = random.Random(8)
    for length in {0, 1, 31, 32, len(first.log), *(chance.randrange(len(first.log)) for _ in range(30))}:
        for database in (b"", first.database):
            crash = Crash(database, first.log[:length] if database else b"", 0)
            assert reopened(tmp_path / "crashed", crash) == [], f"log cut at {length}"


def test_a_reader_sees_a_whole_moment(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal", wake=lambda batch, gate: None)
    journal.open_batch(BATCH, opened(), at(0), "cockpit")
    reader = SqliteJournal(tmp_path / "journal")
    with reader.snapshot() as connection:
        before = connection.execute("SELECT count(*) FROM event").fetchone()
        journal.change_gate(BATCH, asked(), at(1), "hook")
        journal.checkpoint()
        assert connection.execute("SELECT count(*) FROM event").fetchone() == before
    assert len(reader.gates()) == 1
    reader.close()
    journal.checkpoint()
    assert (tmp_path / "journal" / LOG).stat().st_size == 0
    with pytest.raises(JournalError, match="closed"):
        reader.gates()
    journal.close()
