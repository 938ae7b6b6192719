"""Several repositories in one queue: a session over sessions, opened as repositories come (DESIGN §4.4, --all)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from time import monotonic

from orchestrator_tui.core.commands import Command
from orchestrator_tui.core.model import Activity, Batch, State
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.runtime.ports import Clock, Live, Outcome, Recorded, Session, Snapshot

FIND_S = 5.0
"""How often repositories that are new are looked for."""

CLOSE_S = 0.25

Opened = Callable[[], Session]
"""Opens the session of one repository; what it raises says why it cannot be shown."""


class SeveralSessions:
    """Implements :class:`~orchestrator_tui.runtime.ports.Session` over the sessions of several repositories.

    Args:
        clock: the time.
        find: the repositories that are to be shown, by a name that stays theirs, each with what opens its session.
            It is asked again every :data:`FIND_S` seconds; one that was shown stays.
    """

    mode = "live"

    def __init__(self, clock: Clock, find: Callable[[], Mapping[str, Opened]]) -> None:
        self._clock, self._find = clock, find
        self._sessions: dict[str, Session] = {}
        self._problems: dict[str, str] = {}
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._changed: Callable[[Snapshot], None] | None = None
        self._finished: Callable[[Outcome], None] = lambda _: None
        self._merged: tuple[tuple[Snapshot, ...] | None, Snapshot] = (None, Snapshot(State()))
        self._open_new()

    @property
    def clock(self) -> Clock:
        """The clock of all of them."""
        return self._clock

    def start(self, changed: Callable[[Snapshot], None], finished: Callable[[Outcome], None]) -> None:
        """Begin to watch all of them, and to look for new ones."""
        with self._lock:
            self._changed, self._finished = changed, finished
            for session in self._sessions.values():
                session.start(self._publish, finished)
        self._thread = threading.Thread(target=self._look_around, name="repositories", daemon=True)
        self._thread.start()

    def snapshot(self) -> Snapshot:
        """One picture of all of them; the same object as long as none of them has changed."""
        with self._lock:
            pictures = tuple(session.snapshot() for session in self._sessions.values())
            before, merged = self._merged
            if before is None or any(old is not new for old, new in zip(before, pictures, strict=True)):
                merged = self._merge(dict(zip(self._sessions, pictures, strict=True)))
                self._merged = pictures, merged
            return merged

    def dispatch(self, command: Command) -> None:
        """Hand a command to the session that shows its batch."""
        with self._lock:
            sessions = tuple(self._sessions.values())
        for session in sessions:
            if command.batch in session.snapshot().state.batches:
                session.dispatch(command)
                return
        self._finished(Outcome(command, refused="its repository is not shown any more"))

    def close(self) -> None:
        """Close all of them side by side: each may take as long as all together."""
        self._stop.set()
        with self._lock:
            closing = [threading.Thread(target=session.close, daemon=True) for session in self._sessions.values()]
        for thread in closing:
            thread.start()
        until = monotonic() + CLOSE_S
        for thread in closing:
            thread.join(max(0.0, until - monotonic()))

    # --- looking around --------------------------------------------------------------------------------------

    def _look_around(self) -> None:
        while not self._stop.wait(FIND_S):
            if self._open_new():
                self._publish(self.snapshot())

    def _open_new(self) -> bool:
        """Open what is new; whether anything is. What cannot be opened is tried again, and its problem shown."""
        found = self._find()
        new = False
        for name, opened in found.items():
            if name in self._sessions or self._stop.is_set():
                continue
            try:
                session = opened()
            except (JournalError, OSError) as error:
                with self._lock:
                    new |= self._problems.get(name) != str(error)
                    self._problems[name] = str(error)
                    self._merged = (None, Snapshot(State()))
                continue
            new = True
            with self._lock:
                self._problems.pop(name, None)
                self._sessions[name] = session
                self._merged = (None, Snapshot(State()))
                if self._changed is not None:
                    session.start(self._publish, self._finished)
        return new

    def _publish(self, _: Snapshot) -> None:
        """Hand on the picture of all: one of them has changed."""
        with self._lock:
            if self._changed is not None:
                self._changed(self.snapshot())

    def _merge(self, pictures: Mapping[str, Snapshot]) -> Snapshot:
        batches: dict[str, Batch] = {}
        activity: dict[tuple[str, str], Activity] = {}
        held_by: dict[str, str] = {}
        for picture in pictures.values():
            batches.update(picture.state.batches)
            activity.update(picture.live.activity)
            held_by.update(picture.live.held_by)
        problems = {name: picture.live.problem for name, picture in pictures.items() if picture.live.problem}
        live = Live(
            activity=activity,
            watching="1 repository" if len(pictures) == 1 else f"{len(pictures)} repositories",
            empty=() if batches else _empty(pictures.values()),
            problem=next((f"{name}: {problem}" for name, problem in {**self._problems, **problems}.items()), ""),
            held_by=held_by,
            past=() if batches else _past(pictures.values()),
        )
        return Snapshot(State(batches), live)


def _past(pictures: Iterable[Snapshot]) -> tuple[Recorded, ...]:
    """What can be replayed of all repositories, newest first."""
    found = [one for picture in pictures for one in picture.live.past]
    return tuple(sorted(found, key=lambda one: one.opened_wall_ms, reverse=True))


def _empty(pictures: Iterable[Snapshot]) -> tuple[str, ...]:
    """Why nothing is shown: what the first repository says, or that there is none."""
    said = next((picture.live.empty for picture in pictures if picture.live.empty), ())
    return said or ("No repository of this machine is watched yet, and no Claude Code session runs.",)
