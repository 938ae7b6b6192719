"""Which task lists belong to a repository, with nothing installed into Claude Code (DESIGN §2.1).

A session belongs to the repository when its transcripts stand in the folder of the main tree or of a worktree, or when
its live process works below one of them. All of it is directory listings and a few small files that are read again
only when they changed, so that it can be asked at every full look.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.claude_home import RegisteredSession
from orchestrator_tui.adapters.clock import boot_id
from orchestrator_tui.adapters.process import ProcessIdentity, alive
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.runtime.ports import Clock

FORGOTTEN_MS = 7 * 24 * 3_600_000
"""A session without a process whose transcript is older than this is history; its list is not followed."""


LOOK_MS = 5_000
"""Longest time for which what was found stands; a list that is new is found at once."""


@frozen
class Session:
    """A Claude Code session of the repository, as far as it can be seen."""

    id: str
    transcript: Path | None = None
    process: ProcessIdentity | None = None


@frozen
class Found:
    """What one look found.

    Attributes:
        lists: the directories of the task lists to follow, real paths, those that were asked for first.
        sessions: every session of the repository.
        by_list: the sessions behind each of ``lists``.
    """

    lists: tuple[str, ...] = ()
    sessions: tuple[Session, ...] = ()
    by_list: Mapping[str, tuple[Session, ...]] = field(default_factory=dict)


class Discovery:
    """Finds the sessions and task lists of one repository.

    Args:
        environ: names Claude Code's directory and a task list of our own.
        trees: the main tree and the worktrees as they are now.
        asked_for: task lists to follow whatever is found.
        clock: the time.
        alive: whether a process still runs; replaced in tests.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        trees: Callable[[], Iterable[Path]],
        asked_for: Iterable[Path],
        clock: Clock,
        alive: Callable[[ProcessIdentity], bool] = alive,
    ) -> None:
        self.config = claude_home.config_directory(environ)
        self.tasks = Path(os.path.realpath(self.config / "tasks"))
        self.trees = trees
        self._environ, self._clock, self._alive = environ, clock, alive
        self._asked_for = tuple(os.path.realpath(one) for one in asked_for)
        self._registry: dict[str, tuple[tuple[int, int, int], RegisteredSession | None]] = {}
        self._looked: tuple[int, Instant] | None = None
        self.found = Found()

    def refresh(self) -> Found:
        """What was found, looked for again when a list may have come or gone, or some time has passed."""
        if self._looked is not None:
            stamp, at = self._looked
            if stamp == _stamp(self.tasks) and elapsed_ms(at, self._clock.now()) < LOOK_MS:
                return self.found
        return self.look()

    def look(self) -> Found:
        """Look again; what was found is also in ``found``."""
        self._looked = _stamp(self.tasks), self._clock.now()
        trees = tuple(self.trees())
        sessions = self._with_processes(self._with_transcripts(trees), trees)
        tasks = str(self.tasks)
        known = set(_names(tasks))
        by_list: dict[str, list[Session]] = {directory: [] for directory in self._asked_for}
        own = claude_home.list_name(self._environ.get(claude_home.TASK_LIST, "").strip())
        if own:
            by_list.setdefault(os.path.join(tasks, own), [])
        for session in sessions.values():
            for name in claude_home.list_names(session.id):
                directory = os.path.join(tasks, name)
                if directory in by_list or (name in known and self._is_recent(session)):
                    by_list.setdefault(directory, []).append(session)
        self.found = Found(
            lists=tuple(by_list),
            sessions=tuple(sessions.values()),
            by_list={directory: tuple(found) for directory, found in by_list.items()},
        )
        return self.found

    def _with_transcripts(self, trees: Iterable[Path]) -> dict[str, Session]:
        found: dict[str, Session] = {}
        for tree in trees:
            folder = self.config / "projects" / claude_home.project_slug(tree)
            for name in _names(str(folder)):
                if name.endswith(".jsonl"):
                    session = name.removesuffix(".jsonl")
                    found[session] = Session(session, folder / name)
        return found

    def _with_processes(self, sessions: dict[str, Session], trees: Iterable[Path]) -> dict[str, Session]:
        for entry in self._registered():
            below = any(Path(entry.cwd).is_relative_to(tree) for tree in trees)
            if (below or entry.id in sessions) and self._alive(entry.process):
                known = sessions.get(entry.id)
                sessions[entry.id] = Session(entry.id, known.transcript if known else None, entry.process)
        return sessions

    def _registered(self) -> Iterator[RegisteredSession]:
        """The registry's entries; a file is read again only when it changed."""
        seen: dict[str, tuple[tuple[int, int, int], RegisteredSession | None]] = {}
        for name in _names(str(self.config / "sessions")):
            path = self.config / "sessions" / name
            if not name.endswith(".json"):
                continue
            try:
                status = os.stat(path)
            except OSError:
                continue
            stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
            before = self._registry.get(name)
            entry = before[1] if before and before[0] == stamp else self._read(path)
            # A file that is half written is no reason to forget the session until its next change.
            seen[name] = (stamp, entry) if entry is not None else ((0, 0, 0), before[1] if before else None)
            known = seen[name][1]
            if known is not None:
                yield known
        self._registry = seen

    @staticmethod
    def _read(path: Path) -> RegisteredSession | None:
        return claude_home.registered(claude_home.read_json(path), boot_id())

    def _is_recent(self, session: Session) -> bool:
        if session.process is not None or session.transcript is None:
            return True
        try:
            changed_ms = os.stat(session.transcript).st_mtime_ns // 1_000_000
        except OSError:
            return False
        return self._clock.now().wall_ms - changed_ms < FORGOTTEN_MS


def _stamp(directory: Path) -> int:
    """The time of the last coming or going in a directory; 0 where there is none."""
    try:
        return os.stat(directory).st_mtime_ns
    except OSError:
        return 0


def _names(directory: str) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            return sorted(entry.name for entry in entries)
    except OSError:
        return []


def machine_directories(
    environ: Mapping[str, str], alive: Callable[[ProcessIdentity], bool] = alive
) -> tuple[Path, ...]:
    """The directories in which sessions of Claude Code run now, whatever repository they belong to."""
    folder = claude_home.config_directory(environ) / "sessions"
    entries = (
        claude_home.registered(claude_home.read_json(folder / name), boot_id())
        for name in _names(str(folder))
        if name.endswith(".json")
    )
    found = {Path(entry.cwd) for entry in entries if entry is not None and alive(entry.process)}
    return tuple(sorted(path for path in found if path.is_dir()))
