"""Recordings: where the events of one batch can be read again and again, from any place (DESIGN §2.7).

A recording holds no events, only the way to them, so that a million of them need no memory (reliability J-9).
"""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from orchestrator_tui.core.event import KINDS, Event, EventError, check_payload
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.journal.codec import Header, Unfit, header_of, parsed, trailer_of
from orchestrator_tui.journal.exported import StoredEvent, Torn, open_export, read_lines
from orchestrator_tui.journal.port import Journal, JournalDamaged, JournalError

EVENTS_AT_ONCE = 256
_EVENT = b'{"boot_id":'
_TRAILER = b'{"count":'


class Recording(Protocol):
    """The events of one batch."""

    @property
    def batch(self) -> str:
        """Id of the batch."""

    @property
    def note(self) -> str:
        """What is missing, in one line, or ""."""

    def events(self, after: int = 0) -> Iterator[Event]:
        """The events with a number greater than ``after``, in order.

        Raises:
            JournalError: they cannot be read, or are not what was written.
        """

    def close(self) -> None:
        """Let go of it. Idempotent."""


class JournalRecording:
    """One batch of a journal; its events are read from the database where they are asked for."""

    note = ""

    def __init__(self, journal: Journal, batch: str) -> None:
        self._journal = journal
        self.batch = batch

    def events(self, after: int = 0) -> Iterator[Event]:
        """The events behind ``after``; those that are written meanwhile too."""
        return self._journal.events(self.batch, after)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()


class FileRecording:
    """One exported batch; needs no database. The file stays open, so that it may be moved or deleted meanwhile.

    The sum in its trailer proves the whole file at a tenth of what checking every line costs; only a file whose sum
    does not fit is read line by line, to name what is wrong with it or to keep what is whole.

    Raises:
        JournalError: it cannot be read, or is no export.
        JournalDamaged: a line before the end is not what was written; the text names it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = open_export(path)
        try:
            found = _scan(self._file, path)
            self.note = found.note if found.whole else self._check_lines(found)
        except BaseException:
            self._file.close()
            raise
        self.batch = found.header.batch
        self._starts = found.starts

    def events(self, after: int = 0) -> Iterator[Event]:
        """The events behind ``after``, each of the form that its kind demands."""
        last = len(self._starts) - 1
        while after < last:
            until = min(after + EVENTS_AT_ONCE, last)
            yield from self._read(after, until)
            after = until

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self, after: int, until: int) -> Iterator[Event]:
        begin, end = self._starts[after], self._starts[until]
        try:
            raw = os.pread(self._file.fileno(), end - begin, begin)
            listed = json.loads(b"[" + b",".join(raw.splitlines()) + b"]")
            if len(listed) != until - after:
                raise ValueError("lines are missing")
            for seq, data in enumerate(listed, after + 1):
                yield _event(self.batch, seq, data)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise JournalDamaged(f"{self._path}: events {after + 1} to {until} are damaged: {error}") from error
        except OSError as error:
            raise JournalError(f"cannot read {self._path}: {error.strerror}") from error

    def _check_lines(self, found: _Scan) -> str:
        """What is missing at the end of a file without its sum; whatever else is wrong with it is raised."""
        count, note = 0, ""
        for line in read_lines(self._path):
            if isinstance(line, StoredEvent):
                count += 1
            elif isinstance(line, Torn):
                note = line.note
        if not note:
            raise JournalError(f"{self._path} changed while it was read")
        del found.starts[count + 1 :]
        return note


@dataclass(slots=True)
class _Scan:
    """What one pass over a file finds: where its events start, behind the last one too, and whether its sum fits."""

    header: Header
    starts: array[int]
    whole: bool
    note: str


def _scan(file: BinaryIO, path: Path) -> _Scan:
    starts = array("Q")
    summed = hashlib.sha256()
    position, whole = 0, False
    first = file.readline()
    header = _header(first, path)
    summed.update(first)
    position = len(first)
    end = position
    for line in file:
        if line.startswith(_EVENT) and line.endswith(b"\n"):
            starts.append(position)
            end = position + len(line)
        elif line.startswith(_TRAILER):
            whole = _fits(line, len(starts), summed.hexdigest()) and not file.read(1)
            break
        summed.update(line)
        position += len(line)
    starts.append(end)
    return _Scan(header, starts, whole, header.note)


def _header(line: bytes, path: Path) -> Header:
    try:
        data = parsed(line)
        if data.get("type") != "header":
            raise Unfit("it does not begin with a header")
        return header_of(data)
    except Unfit as error:
        raise JournalError(f"{path} is no export of orch-tui: {error}") from error


def _fits(line: bytes, count: int, digest: str) -> bool:
    try:
        trailer = trailer_of(parsed(line))
    except Unfit:
        return False
    return (trailer.count, trailer.sha256) == (count, digest)


def _event(batch: str, seq: int, data: dict[str, Any]) -> Event:
    """The event of a line. The file may come from anybody: what its payload holds is checked."""
    kind, payload = data["kind"], data["payload"]
    if data["seq"] != seq:
        raise ValueError(f"event {seq} is missing")
    if kind in KINDS:
        try:
            check_payload(kind, payload)
        except EventError as error:
            raise ValueError(f"event {seq}: {error}") from error
    at = Instant(int(data["wall_ms"]), int(data["boot_ms"]), str(data["boot_id"]))
    return Event(batch, seq, at, str(kind), str(data["origin"]), int(data["epoch"]), payload, str(data["hash"]))
