"""Reading exported batches: line by line with every check, or whole, for a replay without a database (J-6)."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from orchestrator_tui.core.event import FORMAT_VERSION, Event
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.journal.codec import (
    Blob,
    Header,
    Trailer,
    Unfit,
    blob_line,
    blob_of,
    event_line,
    event_of_line,
    header_line,
    header_of,
    parsed,
    trailer_line,
    trailer_of,
)
from orchestrator_tui.journal.port import JournalDamaged, JournalError
from orchestrator_tui.journal.record import GENESIS

LONGEST_LINE = 128 * 1024 * 1024
"""Bytes; a longer line is damage. Only blobs come near it."""

_KIND = re.compile(rb'"kind":"([a-z_]+)"')
_NOT_EVENTS = (b'{"content":', b'{"count":')


@frozen
class StoredEvent:
    """An event of an export and its payload's exact text."""

    event: Event
    payload: str


@frozen
class Torn:
    """What stands in the trailer's place when the file was cut short; a torn last line is not used."""

    note: str


Line = Header | StoredEvent | Blob | Trailer | Torn


class ExportDamaged(JournalDamaged):
    """A line that is not what was written. ``seq`` and ``kind`` name its event, as far as that can be known."""

    def __init__(self, path: Path, line: int, seq: int | None, kind: str, reason: str) -> None:
        where = "" if seq is None else f" (event {seq}{', ' + kind if kind else ''})"
        super().__init__(f"{path}, line {line}{where}: {reason}")
        self.line, self.seq, self.kind, self.reason = line, seq, kind, reason


@frozen
class ExportedBatch:
    """A whole batch from a file. ``note`` is one line on what is missing, "" when ``complete``."""

    header: Header
    events: tuple[Event, ...]
    blobs: Mapping[str, bytes]
    complete: bool
    note: str


def read_export(path: Path) -> ExportedBatch:
    """A batch from its exported file alone.

    Raises:
        JournalError: the file cannot be read, or is no export.
        ExportDamaged: a line before the end is not what was written.
    """
    events: list[Event] = []
    blobs: dict[str, bytes] = {}
    header, note = None, ""
    for line in read_lines(path):
        match line:
            case Header():
                header = line
            case StoredEvent():
                events.append(line.event)
            case Blob():
                blobs[line.digest] = line.content
            case Torn():
                note = line.note
            case Trailer():
                note = header.note if header is not None else ""
    assert header is not None, "read_lines begins with the header"
    return ExportedBatch(header, tuple(events), blobs, not note, note)


def read_lines(path: Path) -> Iterator[Line]:
    """The header, the events in order with their chain checked, the blobs, and a trailer or :class:`Torn`.

    Raises:
        JournalError: the file cannot be read, or is no export.
        ExportDamaged: a line before the end is not what was written.
    """
    with open_export(path) as file:
        reader = _Reader(path, file)
        yield reader.header()
        ended = False
        while not ended:
            line = reader.line()
            yield line
            ended = isinstance(line, Trailer | Torn)


class _Reader:
    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._number, self._seq, self._head, self._batch = 0, 0, GENESIS, ""
        self._blobs = False
        self._sum = hashlib.sha256()

    def header(self) -> Header:
        raw = self._next()
        try:
            data = parsed(raw or b"")
            if data.get("type") != "header":
                raise Unfit("it does not begin with a header")
        except Unfit as error:
            raise JournalError(f"{self._path} is no export of orch-tui: {error}") from error
        try:
            header = header_of(data)
            # A newer version may say more in its header than we can spell.
            if header.format <= FORMAT_VERSION and header_line(header) != raw:
                raise Unfit("the header is not spelled as it was written")
        except Unfit as error:
            raise self._damaged(str(error), None) from error
        self._batch = header.batch
        self._sum.update(raw or b"")
        return header

    def line(self) -> Line:
        raw = self._next()
        if raw is None:
            return Torn(f"{self._path} was cut short after event {self._seq}: it has no trailer")
        line: Line
        try:
            data = parsed(raw)
            match data.get("type"):
                case "event":
                    line = self._event(data, raw)
                case "blob":
                    line = self._blob(data, raw)
                case "trailer":
                    line = self._trailer(data, raw)
                case other:
                    raise Unfit(f"it is of no known type ({other!r})")
        except Unfit as error:
            seq = None if raw.startswith(_NOT_EVENTS) else self._seq + 1
            kind = _KIND.search(raw) if seq is not None else None
            raise self._damaged(str(error), seq, kind[1].decode() if kind else "") from error
        self._sum.update(raw)
        return line

    def _event(self, data: dict[str, Any], raw: bytes) -> StoredEvent:
        if self._blobs:
            raise Unfit("an event follows a blob")
        if data.get("seq") != self._seq + 1:
            raise Unfit(f"event {self._seq + 1} is missing: {data.get('seq')!r} follows {self._seq}")
        event, text = event_of_line(data, self._batch, self._head)
        _check_spelling(event_line(event, text), raw)
        self._seq, self._head = event.seq, event.hash
        return StoredEvent(event, text)

    def _blob(self, data: dict[str, Any], raw: bytes) -> Blob:
        blob = blob_of(data)
        _check_spelling(blob_line(blob), raw)
        self._blobs = True
        return blob

    def _trailer(self, data: dict[str, Any], raw: bytes) -> Trailer:
        trailer = trailer_of(data)
        _check_spelling(trailer_line(trailer), raw)
        if (trailer.count, trailer.head) != (self._seq, self._head):
            raise Unfit(f"the trailer speaks of {trailer.count} events and another head")
        if trailer.sha256 != self._sum.hexdigest():
            raise Unfit("the trailer's sum does not fit the file")
        if self._file.read(1):
            raise Unfit("there is more behind the trailer")
        return trailer

    def _next(self) -> bytes | None:
        """The next line, or None when the file ends before its line break."""
        raw = self._file.readline(LONGEST_LINE)
        self._number += 1
        if raw.endswith(b"\n"):
            return raw
        if len(raw) == LONGEST_LINE:
            raise self._damaged("the line is too long", self._seq + 1)
        return None

    def _damaged(self, reason: str, seq: int | None, kind: str = "") -> ExportDamaged:
        return ExportDamaged(self._path, self._number, seq, kind, reason)


def _check_spelling(written: bytes, raw: bytes) -> None:
    if written != raw:
        raise Unfit("it is not spelled as it was written")


def open_export(path: Path) -> BinaryIO:
    """A regular file, to be read.

    Raises:
        JournalError: there is none, or it cannot be read.
    """
    try:
        # A FIFO would block for ever without O_NONBLOCK; for files it means nothing.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise JournalError(f"cannot read {path}: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise JournalError(f"cannot read {path}: it is not a file")
    return os.fdopen(descriptor, "rb")
