"""Export and import of one batch as one JSONL file (reliability J-6)."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from orchestrator_tui import __version__
from orchestrator_tui.core.event import FORMAT_VERSION, KINDS, Event
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.journal import batch_rows, gate_rows
from orchestrator_tui.journal.batch_rows import first_head
from orchestrator_tui.journal.codec import Blob, Header, Trailer, blob_line, event_line, header_line, trailer_line
from orchestrator_tui.journal.event_rows import insert_event
from orchestrator_tui.journal.exported import StoredEvent, Torn, read_lines
from orchestrator_tui.journal.history import History, Impossible
from orchestrator_tui.journal.port import (
    BatchHead,
    Journal,
    JournalDamaged,
    JournalError,
    JournalNewer,
    JournalUnwritable,
)
from orchestrator_tui.journal.record import GENESIS, canonical_text, chained_hash, gate_column
from orchestrator_tui.journal.sqlite import SqliteJournal

EXPORTED_BY = f"orch-tui {__version__}"
_BLOB_NAME = re.compile('"([0-9a-f]{64})"')


@frozen
class Imported:
    """What an import did. ``new`` is false when the same history was there already; ``note`` says what is missing."""

    batch: str
    count: int
    head: str
    new: bool
    note: str


class ExportWriter:
    """Writes the lines of one export in order and sums them up for the trailer."""

    def __init__(self, out: BinaryIO, header: Header) -> None:
        self._out = out
        self._sum = hashlib.sha256()
        self._names: set[str] = set()
        self.count, self.head = 0, GENESIS
        self._batch = header.batch
        self._write(header_line(header))

    def event(self, event: Event) -> None:
        """Write the next event.

        Raises:
            JournalDamaged: it does not follow the one before.
        """
        text = canonical_text(event.payload)
        hashed = chained_hash(
            self.head, self._batch, self.count + 1, event.at, event.kind, event.origin, event.epoch, text
        )
        if hashed != event.hash or event.seq != self.count + 1:
            raise JournalDamaged(f"event {event.batch}/{event.seq} ({event.kind}) does not follow event {self.count}")
        self._names.update(_BLOB_NAME.findall(text))
        self._write(event_line(event, text))
        self.count, self.head = event.seq, event.hash

    def blobs(self, blob: Callable[[str], bytes | None]) -> None:
        """Write the blobs that the events name, those that ``blob`` has."""
        for digest in sorted(self._names):
            content = blob(digest)
            if content is not None:
                self._write(blob_line(Blob(digest, content)))

    def trailer(self) -> None:
        """Write the last line: nothing is missing."""
        self._out.write(trailer_line(Trailer(self.count, self.head, self._sum.hexdigest())))

    def _write(self, line: bytes) -> None:
        self._sum.update(line)
        self._out.write(line)


def export_batch(journal: Journal, batch: str, out: BinaryIO, timezone: str) -> int:
    """Write one batch to ``out``; returns the number of its events. The same history always gives the same bytes.

    ``timezone`` names the zone that the batch's times are shown in.

    Raises:
        JournalError: there is no such batch.
        JournalDamaged: its events do not follow each other; what was written has no trailer.
    """
    head = next((head for head in journal.batches() if head.id == batch), None)
    if head is None:
        raise JournalError(f"there is no batch {batch!r}")
    writer = ExportWriter(out, Header(batch, timezone, EXPORTED_BY, min_reader=head.min_reader))
    for event in journal.events(batch):
        writer.event(event)
    writer.blobs(journal.blob)
    writer.trailer()
    return writer.count


def export_file(journal: Journal, batch: str, path: Path, timezone: str) -> int:
    """Write one batch to ``path``, which appears whole or not at all; returns the number of its events.

    Raises:
        JournalUnwritable: the file cannot be written.
        JournalError, JournalDamaged: as :func:`export_batch`.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as out:
            count = export_batch(journal, batch, out, timezone)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise JournalUnwritable(f"cannot write {path}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return count


def import_file(journal: SqliteJournal, path: Path) -> Imported:
    """Add the batch of an exported file to a journal, in one transaction.

    A file that was cut short is imported as far as it goes, and ``note`` says so.

    Raises:
        JournalError: the file is no export, or the batch is there with another history.
        JournalNewer: a newer version wrote it.
        ExportDamaged: a line is not what was written.
    """
    read = _read(path)
    known = next((head for head in journal.batches() if head.id == read.batch), None)
    if known is not None:
        if known.head != read.head:
            raise JournalError(
                f"batch {read.batch!r} is here already with another history:"
                f" head {known.head[:12]}, not {read.head[:12]}"
            )
        return replace(read, new=False)
    # Read once more under the lock: every event goes straight from the file into the database.
    journal.import_rows(read.batch, lambda connection: _insert(connection, path, read))
    return read


def _read(path: Path) -> Imported:
    """Everything about the file, checked, without keeping its events."""
    history = History()
    batch, count, head, note = "", 0, GENESIS, ""
    for line in read_lines(path):
        match line:
            case Header():
                if max(line.min_reader, line.format) > FORMAT_VERSION:
                    raise JournalNewer(f"{path} was written by a newer version (format {line.min_reader})")
                batch, note = line.batch, line.note
            case StoredEvent(event):
                _follow(history, event, path)
                count, head = event.seq, event.hash
            case Torn():
                note = line.note
    if count == 0:
        raise JournalError(f"{path} holds no event to import")
    return Imported(batch, count, head, True, note)


def _follow(history: History, event: Event, path: Path) -> None:
    try:
        history.follow(event)
    except Impossible as error:
        kind = JournalNewer if event.kind not in KINDS else JournalDamaged
        raise kind(f"{path}, event {event.seq} ({event.kind}): {error}") from error


def _insert(connection: sqlite3.Connection, path: Path, read: Imported) -> None:
    if batch_rows.head_of(connection, read.batch) is not None:
        raise JournalError(f"batch {read.batch!r} was made by somebody else in this moment")
    history = History()
    head: BatchHead | None = None
    for line in read_lines(path):
        match line:
            case StoredEvent(event, payload):
                _follow(history, event, path)
                insert_event(connection, event, payload, gate_column(event.kind, event.payload))
                opened = first_head(event) if head is None else head
                head = replace(opened, epoch=event.epoch, seq=event.seq, head=event.hash)
            case Blob(digest, content):
                connection.execute("INSERT OR IGNORE INTO blob (digest, content) VALUES (?, ?)", (digest, content))
    if head is None or head.head != read.head:
        raise JournalDamaged(f"{path} changed while it was read")
    batch_rows.insert_head(connection, head)
    for row in history.gate_rows.values():
        gate_rows.put(connection, row)
    connection.executemany(
        "INSERT INTO request (batch, id, kind, taken_seq) VALUES (?, ?, ?, ?)",
        [(head.id, *request) for request in history.requests.values()],
    )
