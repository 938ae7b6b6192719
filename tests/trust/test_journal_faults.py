"""The n-th call fails, for n = 1, 2, 3 … until none does: an error of the port or nothing, never half a write (T5)."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.journal.connection import DATABASE
from orchestrator_tui.journal.lease import HeldLease
from orchestrator_tui.journal.port import JournalError, JournalUnwritable
from orchestrator_tui.journal.presence import PresenceLock, present
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.verify import verify_batch
from tests.journal.drafts import BATCH, GATE, asked, at, decided, note, opened
from tests.journal.promises import taken, written

UNTIL = 400


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def journal(directory: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(directory, lock_timeout_s=0.05)
    journal.open_batch(BATCH, opened(), at(0), "cockpit")
    yield journal
    journal.close()


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


Write = Callable[[SqliteJournal, HeldLease, int], object]

WRITES: dict[str, Write] = {
    "open_batch": lambda journal, lease, n: journal.open_batch(f"batch {n}", opened("x" * 9000), at(1), "cli"),
    "append": lambda journal, lease, n: journal.append(lease, [note("x" * 9000)] * 3, at(1), "host"),
    "change_gate": lambda journal, lease, n: written(
        journal.change_gate(BATCH, asked(f"{n}", context="x" * 9000), at(1), "hook")
    ),
    "insert_request": lambda journal, lease, n: journal.insert_request(BATCH, "tell", {"text": "x" * 9000}, at(1), "a"),
    "put_blob": lambda journal, lease, n: journal.put_blob(bytes([n % 256]) * 20_000 + str(n).encode()),
}


@contextmanager
def pages(journal: SqliteJournal, more: int) -> Iterator[None]:
    """A database that may grow by ``more`` pages."""
    with journal.snapshot() as connection:
        pass
    (now,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {now + more}")
    try:
        yield
    finally:
        connection.execute("PRAGMA max_page_count = 1000000")


@contextmanager
def bytes_left(journal: SqliteJournal, more: int) -> Iterator[None]:
    """A disk on which no file may grow beyond the log's size and ``more`` sectors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = (journal.directory / f"{DATABASE}-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + more * 512, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def read_only(journal: SqliteJournal, more: int) -> Iterator[None]:
    """A database that takes no writes the first three times."""
    with journal.snapshot() as connection:
        pass
    connection.execute(f"PRAGMA query_only = {int(more < 3)}")
    try:
        yield
    finally:
        connection.execute("PRAGMA query_only = 0")


@pytest.mark.parametrize("fault", [pages, bytes_left, read_only])
@pytest.mark.parametrize("name", WRITES)
def test_a_disk_without_room_records_nothing_and_recovers(journal: SqliteJournal, name: str, fault: Any) -> None:
    lease = taken(journal)
    assert isinstance(lease, HeldLease)
    failures = 0
    for more in range(UNTIL):
        before, gates, waiting = journal.tail(0), journal.gates(), journal.requests(BATCH)
        written_now = False
        with suppress(JournalUnwritable), fault(journal, more):
            WRITES[name](journal, lease, more)
            written_now = True
        if written_now:
            break
        failures += 1
        assert (journal.tail(0), journal.gates(), journal.requests(BATCH)) == (before, gates, waiting)
    assert 0 < failures < UNTIL
    WRITES[name](journal, lease, UNTIL)
    assert verify_batch(journal, BATCH).intact
    assert journal.problem == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes read-only files: the rights of a file do not bind it")
def test_a_directory_without_rights_is_unwritable(journal: SqliteJournal, directory: Path) -> None:
    journal.close()
    os.chmod(directory / DATABASE, 0o400)
    reader = SqliteJournal(directory)
    with pytest.raises(JournalUnwritable):
        reader.change_gate(BATCH, asked(), at(1), "hook")
    assert [event.kind for event in reader.events(BATCH)] == ["batch_opened"]
    reader.close()


def everything(directory: Path) -> Iterator[str]:
    """What a process does with a journal, step by step; each step is named when it is done."""
    journal = SqliteJournal(directory, lock_timeout_s=0.05)
    try:
        journal.open_batch(BATCH, opened(), at(0), "cockpit")
        yield "opened"
        lease = taken(journal)
        yield "held"
        with journal.waiter(BATCH, GATE), PresenceLock(directory, "cockpit", "", 0):
            yield "waiting"
            written(journal.change_gate(BATCH, asked(), at(1), "hook"))
            yield "asked"
            written(journal.change_gate(BATCH, decided(), at(1), "cockpit"))
            yield "decided"
            journal.append(lease, [note()], at(1), "cockpit")
            yield "noted"
        lease.release(at(2))
        yield "released"
        journal.checkpoint()
        yield "moved"
    finally:
        with suppress(JournalError):
            journal.close()


RECORDS = {
    "opened": "batch_opened",
    "held": "lease_taken",
    "asked": "gate_opened",
    "decided": "gate_decided",
    "noted": "note_added",
    "released": "lease_released",
}


def run(directory: Path) -> tuple[list[str], JournalError | None]:
    done: list[str] = []
    try:
        for step in everything(directory):
            done.append(step)
    except JournalError as error:
        return done, error
    return done, None


def assert_as_told(directory: Path, done: list[str], error: JournalError | None) -> None:
    """What was told is there; what failed left nothing; everybody can go on."""
    journal = SqliteJournal(directory)
    kinds = [event.kind for event in journal.events(BATCH)]
    expected = [RECORDS[step] for step in done if step in RECORDS]
    assert kinds[: len(expected)] == expected
    # The step that failed may have committed before its error, as the release of a lease does; none behind it.
    assert len(kinds) <= len(expected) + (error is not None)
    if kinds:
        assert verify_batch(journal, BATCH).intact
        assert journal.holder(BATCH) is None
        assert taken(journal).epoch == kinds.count("lease_taken") + 1
    assert present(directory) == ()
    journal.waiters.sweep()
    assert list((directory / "waiters").iterdir()) == []
    journal.close()


CALLS: list[tuple[Any, str]] = [
    (os, "open"),
    (os, "stat"),
    (os, "fstat"),
    (os, "lstat"),
    (os, "mkdir"),
    (os, "mkfifo"),
    (os, "write"),
    (os, "pwrite"),
    (os, "ftruncate"),
    (os, "fsync"),
    (os, "unlink"),
    (os, "scandir"),
    (fcntl, "flock"),
]


@pytest.mark.parametrize(
    "number",
    [
        errno.EIO,
        errno.ENOSPC,
        *(pytest.param(number, marks=pytest.mark.slow) for number in (errno.EACCES, errno.EDQUOT, errno.EMFILE)),
    ],
)
@pytest.mark.parametrize(("module", "name"), CALLS, ids=[name for _, name in CALLS])
def test_the_nth_call_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, number: int
) -> None:
    real = getattr(module, name)
    before = descriptors()
    for nth in range(1, UNTIL):
        directory = tmp_path / f"{nth}"
        calls = 0

        def failing(*arguments: Any, nth: int = nth, **more: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == nth:
                raise OSError(number, os.strerror(number))
            return real(*arguments, **more)

        monkeypatch.setattr(module, name, failing)
        done, error = run(directory)
        monkeypatch.undo()
        if calls < nth:
            assert error is None
            return
        if directory.is_dir() and (directory / "waiters").is_dir():
            assert_as_told(directory, done, error)
        assert descriptors() == before, f"call {nth} of {name}: descriptors leaked"
    pytest.fail("the fault never ended")


def test_the_nth_descriptor_is_missing(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = descriptors()
    for free in range(UNTIL):
        directory = tmp_path / f"{free}"
        fillers: list[int] = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        try:
            with suppress(OSError):
                while True:
                    fillers.append(os.open("/dev/null", os.O_RDONLY))
            for descriptor in fillers[len(fillers) - free :]:
                os.close(descriptor)
            del fillers[len(fillers) - free :]
            done, error = run(directory)
        finally:
            for descriptor in fillers:
                os.close(descriptor)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if directory.is_dir() and (directory / "waiters").is_dir():
            assert_as_told(directory, done, error)
        assert descriptors() == before
        if error is None:
            assert free > 3
            return
    pytest.fail("the fault never ended")
