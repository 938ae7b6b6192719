"""What the journal and its replay cost: commits, folding, loading, seeking."""

from __future__ import annotations

import random
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.batch_rows import open_batch
from orchestrator_tui.journal.event_rows import BatchWriter, KnownKinds
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.transfer import export_file
from orchestrator_tui.runtime.history import History
from orchestrator_tui.runtime.recordings import FileRecording, JournalRecording, Recording
from tests.bench.figures import Figure, percentile, spread
from tests.bench.ground import ROOT, Ground, fill, ground
from tests.replay import batches

LOAD = """
import sys
sys.path.insert(0, {root!r})
from tests.bench.storing import load_in_a_process
load_in_a_process({directory!r}, {batch!r})
"""


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this module."""
    yield from _commits(300 if quick else 2_000)
    yield from _fold(20_000 if quick else 100_000)
    with ground(0) as one:
        fill(one, 10_000, 50)
        yield from _replay(one)
    if not quick:
        yield from _million()


def _commits(count: int) -> Iterator[Figure]:
    with ground(0) as one:
        floor = _bare_commits(one.directory / "bare.db", count)
        journal = one.journal()
        drafts = list(batches.drafts(count + 60, tracks=50))
        journal.open_batch("b", drafts[0], batches.START, "bench")
        lease = journal.take_lease("b", "bench", batches.START)
        assert not isinstance(lease, str), lease
        journal.append(lease, drafts[1:51], batches.START, "bench")
        began = time.perf_counter()
        for draft in (one for one in drafts[51:] if one.kind == "activity_seen"):
            journal.append(lease, [draft], batches.START, "bench")
        done = sum(one.kind == "activity_seen" for one in drafts[51:])
        each = (time.perf_counter() - began) / done * 1000
        journal.close()
    yield Figure("journal, one durable commit", each, "ms", f"{1000 / each:,.0f} a second", floor)


def _bare_commits(path: Path, count: int) -> float:
    bare = sqlite3.connect(path, isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, text TEXT)")
    began = time.perf_counter()
    for _ in range(count):
        bare.execute("INSERT INTO one (text) VALUES (?)", ("x" * 200,))
    each = (time.perf_counter() - began) / count * 1000
    bare.close()
    return each


def _fold(count: int) -> Iterator[Figure]:
    events, times = list(batches.events(count)), []
    for _ in range(3):
        began = time.perf_counter()
        fold(events)
        times.append((time.perf_counter() - began) / count * 1e6)
    yield Figure("fold, one event", min(times), "us", f"{count:,} events, 50 tracks")


def _replay(one: Ground) -> Iterator[Figure]:
    batch = list_batch_id(str(one.tasks))
    journal = one.journal()
    path = one.directory / "batch.jsonl"
    export_file(journal, batch, path, "UTC")
    for what, recording in (("journal", JournalRecording(journal, batch)), ("file", FileRecording(path))):
        yield from _loaded(what, recording)


def _loaded(what: str, recording: Recording) -> Iterator[Figure]:
    began = time.perf_counter()
    past = History(recording)
    yield Figure(f"replay, load 10,000 events of a {what}", (time.perf_counter() - began) * 1000, "ms")
    chance, times = random.Random(1), []
    for _ in range(300):
        place = chance.randrange(1, past.events + 1)
        began = time.perf_counter()
        past.batch(place)
        times.append((time.perf_counter() - began) * 1000)
    past.close()
    yield Figure(f"replay, seek in them ({what}), p99", percentile(times, 0.99), "ms", spread(times), bar=40)


def _million() -> Iterator[Figure]:
    """A million events, loaded in a process of its own so that its memory is known."""
    with ground(0) as one:
        directory = one.directory / "million"
        _write_fast(directory, 1_000_000)
        code = LOAD.format(root=str(ROOT), directory=str(directory), batch=batches.BATCH)
        ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    seconds, megabytes = map(float, ended.stdout.split())
    yield Figure("replay, load 1,000,000 events", seconds, "s", bar=10)
    yield Figure("replay, memory with 1,000,000 events", megabytes, "MB", "highest resident size", bar=500)


def load_in_a_process(directory: str, batch: str) -> None:
    """Load a batch and print seconds and megabytes."""
    recording = JournalRecording(SqliteJournal(Path(directory), create=False), batch)
    began = time.perf_counter()
    History(recording)
    seconds = time.perf_counter() - began
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _write_fast(directory: Path, count: int) -> None:
    """A long batch in one transaction: a commit for each of its events would take a quarter of an hour."""
    journal = SqliteJournal(directory)
    drafts = batches.drafts(count)
    with journal._connection.writing() as connection:
        open_batch(connection, batches.BATCH, next(drafts), batches.START, "bench")
        writer = BatchWriter(connection, KnownKinds(), batches.BATCH)
        for number, draft in enumerate(drafts, 1):
            writer.write(draft, batches.START.plus(number * batches.STEP_MS), "bench")
        writer.save()
    journal.checkpoint()
    journal.close()
