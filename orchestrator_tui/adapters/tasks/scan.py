"""All followed task lists, read from their directories: the scan is the truth, events are only hints (W-1, W-4, W-5).

A file that is half written keeps its last good reading while it is read again; a file that is gone for a moment, as
between an editor's two renames, is not gone. So no question disappears because of how a file is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

from orchestrator_tui.adapters.tasks.listing import Listing, ScanProblem, TaskList, list_roots
from orchestrator_tui.adapters.tasks.reader import read_entry
from orchestrator_tui.adapters.tasks.record import TaskRecord
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant

RETRY_MS = (50, 150, 400, 1000)
"""Milliseconds after a file was first seen torn at which it is read again; after the last it is unreadable (W-4)."""
VANISH_MS = 150
"""Milliseconds that a file must be gone before it counts as removed."""
RECENT_MS = 2000
"""A file that was read within this time of its last change may change again unseen by its times (W-5)."""


@frozen
class ScanResult:
    """What one scan found.

    Attributes:
        changed: tasks that are new or say something else than before, by list and number. One that became unreadable
            has a ``problem`` and, beside it, the fields of its last good reading.
        vanished: the last known record of each task whose file is gone.
        lists: every list that is followed and there.
        problems: directories that could not be read, and links that were not followed.
        next_retry_at: boot milliseconds at which to scan again although nothing else calls for it, or None.
    """

    changed: tuple[TaskRecord, ...]
    vanished: tuple[TaskRecord, ...]
    lists: tuple[TaskList, ...]
    problems: tuple[ScanProblem, ...]
    next_retry_at: int | None


@dataclass(slots=True)
class _Entry:
    """What is remembered of one file."""

    stamp: tuple[int, int, int, int] | None = None
    read_at: int = 0
    good: TaskRecord | None = None
    reported: TaskRecord | None = None
    torn_since: int | None = None
    gone_since: int | None = None

    def must_be_read(self, stamp: tuple[int, int, int, int]) -> bool:
        """Whether its status does not prove that it is as it was when it was last read."""
        if self.stamp != stamp or self.torn_since is not None:
            return True
        if abs(self.read_at - stamp[3] // 1_000_000) < RECENT_MS:
            return True
        # An error of the system leaves no bytes to compare, and may pass without a trace in the file's status.
        return self.reported is not None and self.reported.torn and not self.reported.digest


class TaskLists:
    """The task lists below some roots, and what was last known of every task in them.

    A root is a list itself, or holds lists, or both. It need not exist yet.
    """

    def __init__(self, roots: Iterable[str | os.PathLike[str]]) -> None:
        self._roots: tuple[str, ...] = ()
        self._entries: dict[str, _Entry] = {}
        self._lists: tuple[TaskList, ...] = ()
        self.follow(roots)

    def follow(self, roots: Iterable[str | os.PathLike[str]]) -> None:
        """Follow these roots from now on. Tasks elsewhere are forgotten; they do not count as vanished."""
        self._roots = tuple(dict.fromkeys(os.path.abspath(os.fspath(root)) for root in roots))
        parents = set(self._roots)
        self._entries = {
            path: entry
            for path, entry in self._entries.items()
            if parents & {os.path.dirname(path), os.path.dirname(os.path.dirname(path))}
        }

    @property
    def roots(self) -> tuple[str, ...]:
        """The roots as absolute paths."""
        return self._roots

    def directories(self) -> tuple[str, ...]:
        """The directories in which a change matters: all roots, and the lists that the last scan found."""
        return tuple(dict.fromkeys((*self._roots, *(one.directory for one in self._lists))))

    def records(self) -> tuple[TaskRecord, ...]:
        """What is known of every task, by list and number."""
        known = (entry.reported for entry in self._entries.values())
        return tuple(sorted((record for record in known if record is not None), key=_order))

    def scan(self, now: Instant) -> ScanResult:
        """Read whatever may have changed since the last scan. Never raises on what it finds."""
        listing = list_roots(self._roots)
        changed = [
            record for path, status in listing.files.items() if (record := self._look(path, status, now)) is not None
        ]
        vanished = self._miss(listing, now)
        self._lists = listing.lists
        return ScanResult(
            changed=tuple(sorted(changed, key=_order)),
            vanished=tuple(sorted(vanished, key=_order)),
            lists=listing.lists,
            problems=listing.problems,
            next_retry_at=self._next_retry(now),
        )

    def _look(self, path: str, status: os.stat_result, now: Instant) -> TaskRecord | None:
        """The task's record if there is news of it."""
        entry = self._entries.get(path)
        if entry is None:
            entry = self._entries[path] = _Entry()
        elif not entry.must_be_read(_stamp(status)):
            entry.gone_since = None
            return None
        read = read_entry(path)
        if read is None:
            # Gone between the listing and the reading: for `_miss` to judge.
            if entry.gone_since is None:
                entry.gone_since = now.boot_ms
            return None
        record, status_read = read
        entry.gone_since = None
        entry.read_at = now.wall_ms
        entry.stamp = _stamp(status_read or status)
        return _settle(entry, record, now)

    def _miss(self, listing: Listing, now: Instant) -> list[TaskRecord]:
        """The last records of files that have been gone long enough."""
        vanished: list[TaskRecord] = []
        missing = [
            path for path, entry in self._entries.items() if entry.gone_since is not None or path not in listing.files
        ]
        for path in missing:
            entry = self._entries[path]
            if not listing.is_gone(path):
                entry.gone_since = None
                continue
            if entry.gone_since is None:
                entry.gone_since = now.boot_ms
            if now.boot_ms - entry.gone_since >= VANISH_MS:
                del self._entries[path]
                if entry.reported is not None:
                    vanished.append(entry.reported)
        return vanished

    def _next_retry(self, now: Instant) -> int | None:
        waiting: list[int] = []
        for entry in self._entries.values():
            if entry.gone_since is not None:
                waiting.append(entry.gone_since + VANISH_MS)
            elif entry.torn_since is not None:
                waiting += [at for offset in RETRY_MS if (at := entry.torn_since + offset) > now.boot_ms][:1]
        return min(waiting, default=None)


def _settle(entry: _Entry, record: TaskRecord, now: Instant) -> TaskRecord | None:
    """Take a reading into the memory; the record if it is news."""
    if record.torn:
        if entry.torn_since is None and not _is_known(entry, record):
            entry.torn_since = now.boot_ms
        if entry.torn_since is not None and now.boot_ms - entry.torn_since < RETRY_MS[-1]:
            return None
    entry.torn_since = None
    if record.problem is None:
        entry.good = record
    if _is_known(entry, record):
        return None
    entry.reported = record if record.problem is None or entry.good is None else _with_problem(entry.good, record)
    return entry.reported


def _is_known(entry: _Entry, record: TaskRecord) -> bool:
    known = entry.reported
    return known is not None and (known.digest, known.problem) == (record.digest, record.problem)


def _with_problem(good: TaskRecord, record: TaskRecord) -> TaskRecord:
    """The last good reading, marked with what is wrong with the file now: its question is still the last one known."""
    return replace(
        good,
        problem=record.problem,
        torn=record.torn,
        digest=record.digest,
        mtime_ns=record.mtime_ns,
        size=record.size,
        inode=record.inode,
        notes=record.notes,
    )


def _stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _order(record: TaskRecord) -> tuple[str, int, str]:
    return record.order
