"""What a running cockpit costs: from a file to the screen, from a key to the disk, processor and memory."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator

from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.home import journal_directory
from tests.bench.figures import Figure, percentile, spread
from tests.bench.ground import FULL_FRAME, Ground, ground
from tests.bench.terminal import Terminal, cpu_seconds, has_proc, memory_mb

SETTLED_S = 1.5
REST_S = 0.6
"""Longer than the half second in which the keys of a new card rest."""

POLL_S = 0.0001


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this module."""
    yield from _rename_to_paint(20 if quick else 200)
    yield from _key_to_disk(6 if quick else 40)
    if has_proc():
        yield from _processor(5.0 if quick else 20.0)
        yield from _memory()


def _settled(one: Ground) -> Terminal:
    terminal = one.cockpit()
    terminal.wait_for(FULL_FRAME)
    terminal.drain(SETTLED_S)
    return terminal


def _rename_to_paint(count: int) -> Iterator[Figure]:
    for what, key in (("report", "stageName"), ("activity", "progress")):
        with ground(40) as one, _settled(one) as terminal:
            times = []
            for number in range(count):
                # Apart from each other: what comes faster is shown together.
                terminal.drain(0.3 + number % 7 * 0.013)
                word = f"step{number:04}"
                began = time.perf_counter()
                one.write(1, **{key: word})
                times.append((terminal.wait_for(word) - began) * 1000)
        yield Figure(f"{what} renamed -> painted, p95", percentile(times, 0.95), "ms", spread(times), bar=40)
        yield Figure(f"{what} renamed -> painted, p99", percentile(times, 0.99), "ms", f"max {max(times):.1f}", bar=100)


def _key_to_disk(count: int) -> Iterator[Figure]:
    with ground(0) as one:
        for number in range(1, count + 1):
            one.write(
                number,
                stageStatus="gate_blocked",
                needsDecision=True,
                decisionContext=f"Go on with part {number}?",
                decisionOptions=["yes: go on", "later: wait"],
            )
        with _settled(one) as terminal:
            disk = sqlite3.connect(journal_directory(one.directory / "state", one.repository) / "journal.db")
            times = [_decided(terminal, disk, list_batch_id(str(one.tasks))) for _ in range(count)]
            disk.close()
    yield Figure("key -> decision durable, p95", percentile(times, 0.95), "ms", spread(times), bar=20)


def _decided(terminal: Terminal, disk: sqlite3.Connection, batch: str) -> float:
    """Choose the next gate, let its keys rest, mark its first option; then from Enter to the committed row."""
    terminal.press("w")
    terminal.drain(REST_S)
    terminal.press("1")
    terminal.drain(0.15)
    asked = "SELECT count(*) FROM event WHERE batch = ? AND kind = 'gate_decided'"
    before = disk.execute(asked, (batch,)).fetchone()
    began = time.perf_counter()
    terminal.press("\r")
    while disk.execute(asked, (batch,)).fetchone() == before:
        if time.perf_counter() - began > 5:
            raise RuntimeError("the answer was not recorded within 5 s")
        time.sleep(POLL_S)
    return (time.perf_counter() - began) * 1000


def _processor(seconds: float) -> Iterator[Figure]:
    def nothing(one: Ground, number: int) -> None:
        """The world stands still."""

    def one_row(one: Ground, number: int) -> None:
        one.write(1, progress=f"step {number}")

    def all_rows(one: Ground, number: int) -> None:
        for task in range(1, 101):
            one.write(task, progress=f"step {number}")

    with ground(0) as one, one.minimal() as terminal:
        terminal.wait_for("painted")
        terminal.drain(SETTLED_S)
        floor = _share(one, terminal, seconds, nothing)
    with ground(10) as one, _settled(one) as terminal:
        idle = _share(one, terminal, seconds, nothing)
        yield Figure("processor, idle", idle, "%", "10 tracks, their ages ticking", floor, 1)
        yield Figure("processor, one row at 10 Hz", _share(one, terminal, seconds / 2, one_row), "%", bar=3)
    with ground(100) as one, _settled(one) as terminal:
        busy = _share(one, terminal, seconds / 2, all_rows)
        yield Figure("processor, 100 rows at 10 Hz", busy, "%", "1,000 renames a second", bar=15)


def _share(one: Ground, terminal: Terminal, seconds: float, change: Callable[[Ground, int], None]) -> float:
    """Per cent of one core while ``change`` happens ten times a second."""
    began, used, number = time.perf_counter(), cpu_seconds(terminal.pid), 0
    while (now := time.perf_counter()) - began < seconds:
        change(one, number)
        number += 1
        terminal.drain(max(0.0, began + number * 0.1 - now))
    return (cpu_seconds(terminal.pid) - used) / (time.perf_counter() - began) * 100


def _memory() -> Iterator[Figure]:
    with ground(0) as one, one.minimal() as terminal:
        terminal.wait_for("painted")
        terminal.drain(SETTLED_S)
        floor = memory_mb(terminal.pid)
    for tracks, bar in ((10, 60), (100, 80)):
        with ground(tracks) as one, _settled(one) as terminal:
            yield Figure(f"memory with {tracks} tracks", memory_mb(terminal.pid), "MB", "PSS", floor, bar)
