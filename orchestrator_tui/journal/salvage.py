"""Salvage: what can still be read of a damaged database, as exports that say what is missing (reliability J-4)."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orchestrator_tui.core.event import Event
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.journal.codec import Header
from orchestrator_tui.journal.connection import DATABASE, LOCK
from orchestrator_tui.journal.event_rows import COLUMNS, event_of
from orchestrator_tui.journal.filelock import FileLock
from orchestrator_tui.journal.port import JournalDamaged, JournalError, JournalUnwritable
from orchestrator_tui.journal.record import GENESIS, canonical_text, chained_hash
from orchestrator_tui.journal.transfer import EXPORTED_BY, ExportWriter

_LOCK_TIMEOUT_S = 2.0
_LOG = "-wal"


@frozen
class Salvaged:
    """One batch that was found. ``note`` says what is missing of it, "" when nothing is.

    Attributes:
        batch: its id.
        path: its export; None when not even its first event could be read.
        count: events in the export: the unbroken beginning of the batch.
        lost: how many more there were at least, readable or not.
    """

    batch: str
    path: Path | None
    count: int
    lost: int
    note: str


def salvage(directory: Path, target: Path, timezone: str) -> tuple[Salvaged, ...]:
    """Export every batch of the journal in ``directory`` into ``target`` as far as it is intact.

    Works on a copy: the damaged files stay as they are. To be called by a process that has this journal not open,
    since reading an open database's file by hand gives up SQLite's locks on it.

    Raises:
        JournalError: there is no journal, or nothing at all can be read from it.
        JournalUnwritable: the copy or an export cannot be written.
    """
    if not (directory / DATABASE).exists():
        raise JournalError(f"there is no journal at {directory / DATABASE}")
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target, prefix=".salvage-") as name:
            copy = _copied(directory, Path(name))
            return _salvage_copy(copy, directory, target, timezone)
    except OSError as error:
        raise JournalUnwritable(f"cannot salvage into {target}: {error.strerror}") from error


def _copied(directory: Path, target: Path) -> Path:
    lock = FileLock(directory / LOCK)
    try:
        with lock.held(_LOCK_TIMEOUT_S):
            for suffix in ("", _LOG):
                source = directory / f"{DATABASE}{suffix}"
                if source.exists():
                    shutil.copyfile(source, target / source.name)
    finally:
        lock.close()
    return target / DATABASE


def _salvage_copy(copy: Path, directory: Path, target: Path, timezone: str) -> tuple[Salvaged, ...]:
    connection = sqlite3.connect(copy, isolation_level=None)
    try:
        batches = _Found(connection).batches()
        if not batches:
            raise JournalDamaged(f"nothing can be read from {directory / DATABASE}")
        return tuple(
            _export(connection, batch, events, highest, target, timezone)
            for batch, (events, highest) in sorted(batches.items())
        )
    finally:
        connection.close()


class _Found:
    """The events that can be read, by place in their batch; damaged pages are passed over."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def batches(self) -> dict[str, tuple[dict[int, Event], int]]:
        """Per batch its readable events and its highest known seq."""
        found: dict[str, tuple[dict[int, Event], int]] = {}
        for event in self._events():
            events, highest = found.get(event.batch, ({}, 0))
            events[event.seq] = event
            found[event.batch] = (events, max(highest, event.seq))
        for batch, seq in self._heads():
            events, highest = found.get(batch, ({}, 0))
            found[batch] = (events, max(highest, seq))
        return found

    def _events(self) -> Iterator[Event]:
        position, last = 0, self._last_position()
        while position <= last:
            # The table itself, not its indexes: each may be damaged without the other.
            query = f"SELECT {COLUMNS}, position FROM event NOT INDEXED WHERE position > ? ORDER BY position"
            try:
                for row in self._connection.execute(query, (position,)):
                    position = row[-1]
                    yield from _readable(row[:-1])
                return
            except sqlite3.DatabaseError:
                position += 1

    def _last_position(self) -> int:
        for query in (
            "SELECT seq FROM sqlite_sequence WHERE name = 'event'",
            "SELECT max(position) FROM event",
            "SELECT sum(seq) FROM batch",
        ):
            try:
                row = self._connection.execute(query).fetchone()
            except sqlite3.DatabaseError:
                continue
            if row is not None and isinstance(row[0], int):
                return row[0]
        return 0

    def _heads(self) -> Iterator[tuple[str, int]]:
        try:
            for batch, seq in self._connection.execute("SELECT id, seq FROM batch"):
                if isinstance(batch, str) and isinstance(seq, int):
                    yield batch, seq
        except sqlite3.DatabaseError:
            return


def _readable(row: tuple[Any, ...]) -> Iterator[Event]:
    texts, numbers = (row[0], row[4], row[5], row[6], row[8], row[9]), (row[1], row[2], row[3], row[7])
    if all(isinstance(one, str) for one in texts) and all(isinstance(one, int) for one in numbers):
        with suppress(JournalDamaged):
            yield event_of(row)


def _export(
    connection: sqlite3.Connection, batch: str, events: dict[int, Event], highest: int, target: Path, timezone: str
) -> Salvaged:
    intact = _unbroken(events)
    lost = max(highest, *events, 0) - len(intact) if events else highest
    note = f"salvaged: {lost} of {lost + len(intact)} events are missing after event {len(intact)}" if lost else ""
    if not intact:
        return Salvaged(batch, None, 0, lost, note)
    path = target / f"salvaged-{hashlib.sha256(batch.encode()).hexdigest()[:8]}.jsonl"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as out:
        writer = ExportWriter(out, Header(batch, timezone, EXPORTED_BY, note))
        for event in intact:
            writer.event(event)
        writer.blobs(lambda digest: _blob(connection, digest))
        writer.trailer()
        out.flush()
        os.fsync(out.fileno())
    return Salvaged(batch, path, len(intact), lost, note)


def _unbroken(events: dict[int, Event]) -> list[Event]:
    """The events from the first on whose chain holds."""
    intact: list[Event] = []
    head = GENESIS
    while (event := events.get(len(intact) + 1)) is not None:
        text = canonical_text(event.payload)
        hashed = chained_hash(head, event.batch, event.seq, event.at, event.kind, event.origin, event.epoch, text)
        if hashed != event.hash:
            break
        intact.append(event)
        head = event.hash
    return intact


def _blob(connection: sqlite3.Connection, digest: str) -> bytes | None:
    try:
        row = connection.execute("SELECT content FROM blob WHERE digest = ?", (digest,)).fetchone()
    except sqlite3.DatabaseError:
        return None
    if row is None or not isinstance(row[0], bytes) or hashlib.sha256(row[0]).hexdigest() != digest:
        return None
    return row[0]
