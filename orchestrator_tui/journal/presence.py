"""Presence: which cockpits and hosts live now, each shown by a lock that dies with it (DESIGN §3)."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.journal.attended import DIRECTORY
from orchestrator_tui.journal.filelock import content_if_held, hold_new
from orchestrator_tui.journal.process import start_time


@frozen
class Presence:
    """One living process that can show or take decisions.

    Attributes:
        role: ``cockpit`` or ``host``.
        repository: the repository it looks at; "" for all of them.
        pid: its process, and ``start`` when that began, in clock ticks since boot ("" when unknown).
        since_wall_ms: since when it is present.
    """

    role: str
    repository: str
    pid: int
    start: str
    since_wall_ms: int


class PresenceLock:
    """Shows this process as present until it is closed or the process dies; a context manager.

    Raises:
        JournalUnwritable: its file cannot be made.
    """

    def __init__(self, directory: Path, role: str, repository: str, since_wall_ms: int) -> None:
        pid = os.getpid()
        self.presence = Presence(role, repository, pid, start_time(pid), since_wall_ms)
        self._lock = hold_new(directory / DIRECTORY, role)
        self._lock.write(json.dumps(asdict(self.presence)).encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Be present no more. Idempotent."""
        self._lock.release(remove=True)


def present(directory: Path) -> tuple[Presence, ...]:
    """Who is present now, those who came first in front; files of the dead are removed."""
    try:
        paths = [Path(entry.path) for entry in os.scandir(directory / DIRECTORY)]
    except OSError:
        return ()
    found = []
    for path in paths:
        content = content_if_held(path)
        if content:
            try:
                found.append(Presence(**json.loads(content)))
            except (ValueError, TypeError):
                continue  # Half written: it will be present in a moment. Or written by a newer version.
    return tuple(sorted(found, key=lambda one: (one.since_wall_ms, one.pid)))
