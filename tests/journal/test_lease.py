"""The lease of the SQLite store: held by the kernel, shown with its holder, never robbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator_tui.journal.lease import HeldLease, LeaseHolder
from orchestrator_tui.journal.port import LeaseLost
from orchestrator_tui.journal.process import is_stopped, start_time
from orchestrator_tui.journal.sqlite import SqliteJournal
from tests.journal.drafts import BATCH, at, note, opened
from tests.journal.processes import until

HOLD = """
import sys
from pathlib import Path
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.journal.sqlite import SqliteJournal
journal = SqliteJournal(Path(sys.argv[1]))
lease = journal.take_lease(sys.argv[2], "host 7 on tty2", Instant(1, 1, "b"))
print(lease.epoch, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal", lock_timeout_s=0.5)
    journal.open_batch(BATCH, opened(), at(0), "cockpit")
    yield journal
    journal.close()


@contextmanager
def other_holder(journal: SqliteJournal) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD, str(journal.directory), BATCH]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_holder_of_another_process_is_named_and_dies_with_it(journal: SqliteJournal) -> None:
    with other_holder(journal) as process:
        assert journal.take_lease(BATCH, "me", at(1)) == "host 7 on tty2"
        assert journal.holder(BATCH) == LeaseHolder("host 7 on tty2", process.pid, False)
    assert journal.holder(BATCH) is None
    lease = journal.take_lease(BATCH, "me", at(2))
    assert isinstance(lease, HeldLease)
    assert lease.epoch == 2


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="without /proc it is not known who is stopped")
def test_a_stopped_holder_is_shown_and_not_robbed(journal: SqliteJournal) -> None:
    with other_holder(journal) as process:
        os.kill(process.pid, signal.SIGSTOP)
        until(lambda: is_stopped(process.pid))
        assert journal.take_lease(BATCH, "me", at(1)) == "host 7 on tty2, stopped"
        os.kill(process.pid, signal.SIGCONT)
        until(lambda: not is_stopped(process.pid))
        assert journal.take_lease(BATCH, "me", at(1)) == "host 7 on tty2"


def test_a_holder_that_was_passed_by_cannot_append(journal: SqliteJournal) -> None:
    first = journal.take_lease(BATCH, "first", at(0))
    assert isinstance(first, HeldLease)
    # Somebody removes the lock file by hand: the lock is gone, the epoch still tells the two apart.
    for path in (journal.directory / "leases").iterdir():
        path.unlink()
    other = SqliteJournal(journal.directory)
    second = other.take_lease(BATCH, "second", at(1))
    assert isinstance(second, HeldLease)
    with pytest.raises(LeaseLost, match="epoch 2"):
        journal.append(first, [note()], at(2), "cockpit")
    other.append(second, [note()], at(2), "cockpit")
    other.close()


def test_a_lease_whose_event_cannot_be_written_is_not_held(journal: SqliteJournal) -> None:
    with pytest.raises(ValueError, match="origin"):
        journal.take_lease(BATCH, "two\nlines", at(0))
    assert journal.holder(BATCH) is None


def test_a_torn_lease_file_still_says_that_somebody_holds_it(journal: SqliteJournal) -> None:
    lease = journal.take_lease(BATCH, "first", at(0))
    assert isinstance(lease, HeldLease)
    (path,) = (journal.directory / "leases").iterdir()
    path.write_bytes(b'{"holder": "fi')
    assert journal.take_lease(BATCH, "me", at(1)) == "another process"


def test_processes_are_known_by_their_start(tmp_path: Path) -> None:
    assert start_time(os.getpid()) == start_time(os.getpid())
    assert start_time(2**22 + 1) == ""
    assert not is_stopped(os.getpid())
    assert not is_stopped(2**22 + 1)
