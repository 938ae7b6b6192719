"""Waiters are woken after commits, find out by themselves when nobody wakes them, and leave nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from orchestrator_tui.journal.port import JournalUnwritable
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.waking import BACKSTOP_S, LiveWaiter, Waiter, Waiters, wait_readable
from tests.journal.drafts import BATCH, GATE, asked, at, decided, opened


class Time:
    """A clock that only waiting moves; a FIFO that is readable when it is, without waiting for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def readable(self, descriptor: int, seconds: float) -> bool:
        if wait_readable(descriptor, 0):
            return True
        self.waits.append(seconds)
        self.now += seconds
        return False


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal")
    journal.open_batch(BATCH, opened(), at(0), "cockpit")
    yield journal
    journal.close()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def wait_for(journal: SqliteJournal, time: Time) -> Iterator[Callable[..., Waiter]]:
    made: list[Waiter] = []

    def make(batch: str | None = BATCH, gate: str | None = GATE) -> Waiter:
        waiter = journal.waiters.wait_for(
            batch, gate, journal.data_version, readable=time.readable, monotonic=time.monotonic
        )
        made.append(waiter)
        return waiter

    yield make
    for waiter in made:
        waiter.close()


def test_a_gate_change_wakes_those_who_wait_for_it_and_no_others(
    journal: SqliteJournal, wait_for: Callable[..., Waiter]
) -> None:
    this, other, holder, follower = wait_for(), wait_for(gate="other"), wait_for(gate=None), wait_for(None, None)
    journal.change_gate(BATCH, asked(), at(1), "hook")
    journal.change_gate(BATCH, decided(), at(1), "cockpit")
    assert [one.wait(0) for one in (this, holder, follower, other)] == [True, True, True, False]
    assert [one.wait(0) for one in (this, holder, follower, other)] == [False] * 4


def test_a_wake_up_before_the_wait_is_not_lost(journal: SqliteJournal, wait_for: Callable[..., Waiter]) -> None:
    waiter = wait_for()
    for _ in range(3):
        journal.waiters.wake(BATCH, GATE)
    assert waiter.wait(10)
    assert not waiter.wait(0)


def test_a_request_wakes_the_holder(journal: SqliteJournal, wait_for: Callable[..., Waiter]) -> None:
    holder, gate = wait_for(gate=None), wait_for()
    journal.insert_request(BATCH, "pause", {}, at(1), "cli")
    assert (holder.wait(0), gate.wait(0)) == (True, False)


def test_waiting_ends_at_its_time(time: Time, wait_for: Callable[..., Waiter]) -> None:
    assert not wait_for().wait(2.5)
    assert time.now == pytest.approx(2.5)
    assert time.waits == pytest.approx([BACKSTOP_S, BACKSTOP_S, 0.5])


def test_a_waiter_that_nobody_wakes_finds_out_within_a_second(
    tmp_path: Path, time: Time, wait_for: Callable[..., Waiter]
) -> None:
    waiter = wait_for()
    silent = SqliteJournal(tmp_path / "journal", wake=lambda batch, gate: None)
    silent.change_gate(BATCH, asked(), at(1), "hook")
    silent.close()
    assert waiter.wait(600)
    assert time.waits == [BACKSTOP_S]


def test_a_full_fifo_neither_blocks_nor_fails_the_waker(
    journal: SqliteJournal, wait_for: Callable[..., Waiter]
) -> None:
    waiter = wait_for()
    descriptor = os.open(next((journal.directory / "waiters").glob("*.fifo")), os.O_WRONLY | os.O_NONBLOCK)
    with suppress(BlockingIOError):
        while os.write(descriptor, b"\0" * 4096):
            pass
    os.close(descriptor)
    journal.waiters.wake(BATCH, GATE)
    assert waiter.wait(0)
    assert not waiter.wait(0)


def test_live_waiters_are_listed_with_what_they_say(journal: SqliteJournal) -> None:
    with journal.waiter(BATCH, GATE, what="hook of alpha"):
        assert journal.waiters.live(BATCH, GATE) == (LiveWaiter(BATCH, GATE, os.getpid(), "hook of alpha", 0),)
        assert journal.waiters.live(BATCH, None) == ()
        assert journal.waiters.live(BATCH, "other") == ()
    assert journal.waiters.live(BATCH, GATE) == ()


def test_a_closed_waiter_leaves_no_file(journal: SqliteJournal) -> None:
    waiter = journal.waiter(BATCH, GATE)
    assert waiter.fileno() >= 0
    waiter.close()
    waiter.close()
    assert list((journal.directory / "waiters").iterdir()) == []


@pytest.mark.parametrize("finder", ["live", "sweep", "wake"])
def test_a_dead_waiter_is_swept_by_whoever_finds_it(journal: SqliteJournal, finder: str) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from orchestrator_tui.journal.waking import Waiters;"
        "Waiters(Path(sys.argv[1])).wait_for(sys.argv[2], sys.argv[3], lambda: 0);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(journal.directory), BATCH, GATE], check=False)
    waiters = journal.directory / "waiters"
    assert killed.returncode == -9
    assert len(list(waiters.iterdir())) == 2
    match finder:
        case "live":
            assert journal.waiters.live(BATCH, GATE) == ()
        case "sweep":
            journal.waiters.sweep()
        case _:
            journal.waiters.wake(BATCH, GATE)
    assert list(waiters.iterdir()) == []


def test_a_living_waiter_is_not_swept(journal: SqliteJournal, wait_for: Callable[..., Waiter]) -> None:
    waiter = wait_for()
    (journal.directory / "waiters" / "orphan-1-2.fifo").write_bytes(b"")
    journal.waiters.sweep()
    assert len(list((journal.directory / "waiters").iterdir())) == 2
    journal.waiters.wake(BATCH, GATE)
    assert waiter.wait(0)


def test_waking_in_a_directory_that_is_gone_is_no_error(tmp_path: Path) -> None:
    waiters = Waiters(tmp_path / "nowhere")
    waiters.wake(BATCH, GATE)
    waiters.sweep()
    assert waiters.live(BATCH, GATE) == ()
    with pytest.raises(JournalUnwritable, match="waiters"):
        waiters.wait_for(BATCH, GATE, lambda: 0)
