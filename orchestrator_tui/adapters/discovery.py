"""Which sessions and task lists belong to a repository, with nothing installed into Claude Code (DESIGN §2.1).

A session belongs to the repository when its transcripts stand in the folder of a directory of the main tree or of a
worktree, or when its live process works in one. All of it is directory listings and a few small files that are read
again only when they changed, so that it can be asked at every full look.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.claude_home import RegisteredSession
from orchestrator_tui.adapters.process import ProcessIdentity, alive
from orchestrator_tui.adapters.sessions.places import Places
from orchestrator_tui.adapters.sessions.registry import Registry, is_settled, names
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.runtime.ports import Clock

FORGOTTEN_MS = 7 * 24 * 3_600_000
"""A session without a process whose transcript is older than this is history; its list is not followed."""


LOOK_MS = 5_000
"""Longest time for which what was found stands; a list or a process that is new is found at once."""


@frozen
class Session:
    """A Claude Code session of the repository, as far as it can be seen.

    Attributes:
        id: its id.
        transcript: its transcript, which may not be there yet; None when it is not known where it stands.
        process: the process that works on it now.
        cwd: the directory in which it was started, as far as known.
        entry: its entry in the registry, be its process alive or not; None when it has none.
        directory: the real path of the task list that it writes, whether that exists or not.
    """

    id: str
    transcript: Path | None = None
    process: ProcessIdentity | None = None
    cwd: str = ""
    entry: RegisteredSession | None = None
    directory: str = ""


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
        root: the main tree of the repository that a directory is in; by default a directory below a tree is in it.
        of_a_run: whether a session is one of a run's attempts, which the run itself follows; it is not found here.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        trees: Callable[[], Iterable[Path]],
        asked_for: Iterable[Path],
        clock: Clock,
        alive: Callable[[ProcessIdentity], bool] = alive,
        root: Callable[[Path], Path] | None = None,
        of_a_run: Callable[[str], bool] = lambda session: False,
    ) -> None:
        self.config = claude_home.config_directory(environ)
        self.tasks = Path(os.path.realpath(self.config / "tasks"))
        self.trees = trees
        self.registry = Registry(self.config)
        self._environ, self._clock, self._alive, self._of_a_run = environ, clock, alive, of_a_run
        self._asked_for = tuple(os.path.realpath(one) for one in asked_for)
        self._places = Places(self.config, root)
        self._looked: tuple[tuple[int, int], Instant] | None = None
        self._folders: dict[str, tuple[int, tuple[Session, ...]]] = {}
        self._listed: dict[str, tuple[Session, Session, tuple[str, ...]]] = {}
        self._lists_of: object = None
        self.found = Found()

    def refresh(self) -> Found:
        """What was found, looked for again when a list or a process came or went, or some time has passed."""
        if self._looked is not None:
            stamp, at = self._looked
            if stamp == self._stamp() and elapsed_ms(at, self._clock.now()) < LOOK_MS:
                return self.found
        return self.look()

    def look(self) -> Found:
        """Look again; what was found is also in ``found``."""
        self._looked = self._stamp(), self._clock.now()
        trees = tuple(self.trees())
        known = set(names(str(self.tasks)))
        self._places.refresh()
        self._forget_lists((known, self._places.teams, self._own_list()))
        sessions: list[Session] = []
        by_list: dict[str, list[Session]] = {directory: [] for directory in self._asked_for}
        if self._own_list():
            by_list.setdefault(self._own_list(), [])
        for one in self._with_processes(self._with_transcripts(trees), trees).values():
            if self._of_a_run(one.id):
                continue
            session, listed = self._with_lists(one, known)
            sessions.append(session)
            for name in listed:
                directory = os.path.join(self.tasks, name)
                if directory in by_list or (name in known and self.is_recent(session, FORGOTTEN_MS)):
                    by_list.setdefault(directory, []).append(session)
        self.found = Found(
            lists=tuple(by_list),
            sessions=tuple(sessions),
            by_list={directory: tuple(found) for directory, found in by_list.items()},
        )
        return self.found

    def is_recent(self, session: Session, within_ms: int) -> bool:
        """Whether a session has a process, or its transcript grew within this time."""
        if session.process is not None or session.transcript is None:
            return True
        try:
            changed_ms = os.stat(session.transcript).st_mtime_ns // 1_000_000
        except OSError:
            return False
        return self._clock.now().wall_ms - changed_ms < within_ms

    def _stamp(self) -> tuple[int, int]:
        return _changed(self.tasks), _changed(self.registry.directory)

    def _own_list(self) -> str:
        own = claude_home.list_name(self._environ.get(claude_home.TASK_LIST, "").strip())
        return os.path.join(self.tasks, own) if own else ""

    def _forget_lists(self, now: object) -> None:
        """Find the lists of all sessions again when there are others, or other teams, than at the last look."""
        if now != self._lists_of:
            self._lists_of = now
            self._listed.clear()

    def _with_lists(self, one: Session, known: set[str]) -> tuple[Session, tuple[str, ...]]:
        """A session with the list that it writes, and the names of all that it may."""
        found = self._listed.get(one.id)
        if found is None or found[0] is not one:
            listed = self._places.list_names(one.id, one.transcript)
            found = one, replace(one, directory=self._directory(one.id, listed, known)), listed
            self._listed[one.id] = found
        return found[1:]

    def _directory(self, session: str, listed: tuple[str, ...], known: set[str]) -> str:
        """The list that a session writes: one that is there; else the one that our environment names, as its may."""
        name = next((name for name in (*listed[1:], session) if name in known), "")
        return os.path.join(self.tasks, name) if name else self._own_list() or os.path.join(self.tasks, session)

    def _with_transcripts(self, trees: tuple[Path, ...]) -> dict[str, Session]:
        found: dict[str, Session] = {}
        seen: dict[str, tuple[int, tuple[Session, ...]]] = {}
        for folder, directory in self._places.folders(trees):
            stamp = _changed(folder)
            before = self._folders.get(folder)
            if before is None or before[0] != stamp:
                settled = is_settled(stamp)
                sessions = self._in_folder(folder, directory, trees)
                # Sessions that have not said yet where they are make it worth another look.
                certain = settled and all(one.cwd for one in sessions)
                before = stamp if certain else -1, sessions
            seen[folder] = before
            found.update((one.id, one) for one in before[1] if one.cwd)
        self._folders = seen
        return found

    def _in_folder(self, folder: str, directory: str, trees: tuple[Path, ...]) -> tuple[Session, ...]:
        """The sessions of one folder of transcripts, also those that have not said yet where they are."""
        found: list[Session] = []
        for name in names(folder):
            if name.endswith(".jsonl"):
                path = os.path.join(folder, name)
                cwd = directory or self._places.cwd(path)
                if directory or not cwd or self._places.belongs(cwd, trees):
                    found.append(Session(name.removesuffix(".jsonl"), Path(path), cwd=cwd))
        return tuple(found)

    def _with_processes(self, sessions: dict[str, Session], trees: tuple[Path, ...]) -> dict[str, Session]:
        for entry in self.registry.read():
            known = sessions.get(entry.id)
            if known is None and not self._places.belongs(entry.cwd, trees):
                continue
            lives = self._alive(entry.process)
            if known is None and not lives:
                continue
            if known is not None and known.process is not None and not lives:
                continue
            sessions[entry.id] = Session(
                entry.id,
                known.transcript if known else self._places.transcript(entry.cwd, entry.id),
                entry.process if lives else None,
                entry.cwd,
                entry,
            )
        return sessions


def _changed(directory: Path | str) -> int:
    """The time of the last coming or going in a directory; 0 where there is none."""
    try:
        return os.stat(directory).st_mtime_ns
    except OSError:
        return 0


def machine_sessions(
    environ: Mapping[str, str],
    root: Callable[[Path], Path],
    alive: Callable[[ProcessIdentity], bool] = alive,
) -> Mapping[Path, tuple[RegisteredSession, ...]]:
    """The sessions that run now on this machine, of whatever project, by the main tree that ``root`` finds for each."""
    found: dict[Path, list[RegisteredSession]] = {}
    for entry in Registry(claude_home.config_directory(environ)).read():
        if alive(entry.process) and os.path.isdir(entry.cwd):
            found.setdefault(root(Path(entry.cwd)), []).append(entry)
    return {repository: tuple(entries) for repository, entries in found.items()}
