"""The live processes and background jobs of Claude Code, by the small files that it keeps of them (reference §5.1)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.claude_home import RegisteredSession
from orchestrator_tui.adapters.clock import boot_id
from orchestrator_tui.core.frozen import frozen

Found = TypeVar("Found")
SETTLED_NS = 2_000_000_000
"""What was read within this time of its last change may change again unseen by its times (reliability W-5)."""

_Stamp = tuple[int, int, int]
_NEVER: _Stamp = (0, 0, 0)


class SmallFiles(Generic[Found]):
    """What small JSON files say, by their path; each is read again only when it may have changed.

    Args:
        understand: what the JSON of one file means; None when it is of no known form.
    """

    def __init__(self, understand: Callable[[Any], Found | None]) -> None:
        self._understand = understand
        self._known: dict[str, tuple[_Stamp, Found | None]] = {}

    def read(self, paths: Iterable[str]) -> dict[str, Found]:
        """What these files say now; all others are forgotten."""
        seen: dict[str, tuple[_Stamp, Found | None]] = {}
        for path in paths:
            try:
                status = os.stat(path)
            except (OSError, ValueError):
                continue
            stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
            before = self._known.get(path)
            if before is None or before[0] != stamp:
                settled = is_settled(status.st_mtime_ns)
                said = self._understand(claude_home.read_json(Path(path)))
                # A file that is half written is no reason to forget what it said until its next change.
                if said is None and before is not None:
                    said, settled = before[1], False
                before = (stamp if settled and said is not None else _NEVER, said)
            seen[path] = before
        self._known = seen
        return {path: said for path, (_, said) in seen.items() if said is not None}


class Registry:
    """All entries below one directory of Claude Code."""

    def __init__(self, config: Path) -> None:
        self.directory = os.path.join(config, "sessions")
        self._files = SmallFiles(lambda data: claude_home.registered(data, boot_id()))

    def read(self) -> tuple[RegisteredSession, ...]:
        """The entries as they are now, those of processes that ended among them."""
        files = (name for name in names(self.directory) if name.endswith(".json"))
        return tuple(self._files.read(os.path.join(self.directory, name) for name in files).values())


@frozen
class Job:
    """A background job: what its daemon says of it."""

    id: str
    session: str
    name: str
    state: str


class Jobs:
    """The background jobs below one directory of Claude Code (reference claude-code §5.2)."""

    def __init__(self, config: Path) -> None:
        self._directory = os.path.join(config, "jobs")
        self._files = SmallFiles(_job)

    def read(self) -> Mapping[str, Job]:
        """Every job by the session that it runs."""
        paths = {os.path.join(self._directory, name, "state.json"): name for name in names(self._directory)}
        found = self._files.read(paths)
        return {job.session: Job(paths[path], job.session, job.name, job.state) for path, job in found.items()}


def _job(data: Any) -> Job | None:
    said = {key: value for key, value in data.items() if isinstance(value, str)} if isinstance(data, dict) else {}
    session = said.get("sessionId", "")
    return Job("", session, said.get("name", ""), said.get("state", "")) if session else None


def is_settled(changed_ns: int) -> bool:
    """Whether what is read now, of a file or directory that changed then, stands until its times change."""
    return abs(time.time_ns() - changed_ns) >= SETTLED_NS


def names(directory: str) -> list[str]:
    """The names in a directory in their order; none where there is no such directory."""
    try:
        with os.scandir(directory) as found:
            return sorted(entry.name for entry in found)
    except (OSError, ValueError):
        return []
