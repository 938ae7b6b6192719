"""Hints that files may have changed: they bring the next scan forward, and nothing else depends on them (W-1).

The system tells of changes in each directory of task files, and in the small ones that tell which agents run, never of
anything below a worktree (W-2). Where it does not tell, or cannot any more, a hint comes every second instead (W-6).
Hints may be lost, doubled or wrong. Transcripts are not watched: fifty that grow would give hints all the time.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import closing, suppress

from orchestrator_tui.adapters.tasks.filesystem import TELLING, filesystem_of
from orchestrator_tui.core.frozen import frozen

POLL_SECONDS = 1.0
"""Time between two hints where changes have to be looked for."""
RETRY_SECONDS = 60.0
"""Time after which watching is tried again when the system refused it."""

_CHECK_SECONDS = 2.0
_JOIN_SECONDS = 0.25


@frozen
class _Place:
    """A directory that is there, by its identity: one made anew under the same name must be watched anew."""

    path: str
    device: int
    inode: int


@frozen
class _Plan:
    """What to watch at one time: directories, those above missing ones, and what must be polled."""

    told: tuple[_Place, ...] = ()
    above: tuple[_Place, ...] = ()
    polled: tuple[_Place, ...] = ()

    @property
    def paths(self) -> list[str]:
        return [place.path for place in (*self.told, *self.above)]

    def concerns(self, path: str) -> bool:
        """Whether a change matters: of a task file, of a list that comes or goes, or above a missing directory."""
        parent, name = os.path.split(path)
        watched = any(parent == place.path for place in self.told)
        return not (watched and (name.startswith(".") or name.endswith(".lock")))


class TaskWatch:
    """Implements :class:`~orchestrator_tui.runtime.world.Hints` for the directories of task lists.

    Args:
        directories: the absolute paths of directories in which changes matter now; asked again and again, from the
            watching thread. They need not exist.
        probe: the kind of file system of a path.
    """

    def __init__(self, directories: Callable[[], Iterable[str]], probe: Callable[[str], str] = filesystem_of) -> None:
        self._directories, self._probe = directories, probe
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._timer: threading.Timer | None = None
        self._timer_at = 0.0
        self._changed: Callable[[], None] = _nobody
        self._refused, self._refused_until = "", 0.0
        self._kinds: dict[int, str] = {}
        self._mode = "not watching yet"

    @property
    def mode(self) -> str:
        """How changes are noticed, in words, e.g. ``3 directories, by events``."""
        return self._mode

    def start(self, changed: Callable[[], None]) -> None:
        """Begin: ``changed`` is called from another thread, at once and after every change."""
        self._changed = changed
        self._thread = threading.Thread(target=self._run, name="task-watch", daemon=True)
        self._thread.start()

    def again_in(self, milliseconds: int) -> None:
        """Give a hint after this time, too (a scan that wants to be repeated, W-4). The earliest wish counts."""
        at = time.monotonic() + milliseconds / 1000
        if self._stop.is_set() or (self._timer is not None and self._timer.is_alive() and self._timer_at <= at):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = threading.Timer(max(0.0, milliseconds / 1000), self._changed)
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        """Stop watching. Idempotent."""
        self._stop.set()
        if self._timer is not None:
            self._timer.cancel()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            plan = self._plan()
            self._mode = self._described(plan)
            self._changed()
            if plan.paths:
                self._follow(plan)
            else:
                self._wait_by_polling(plan)

    def _follow(self, plan: _Plan) -> None:
        """Give hints from the system's events until there is something else to watch."""
        # Loaded by the thread that watches, after the first frame.
        from orchestrator_tui.adapters.tasks import changes

        try:
            turns = changes.turns(plan.paths, self._stop)
            with closing(turns):
                self._take_turns(plan, turns)
        except FileNotFoundError:
            # Gone since it was looked for: the next plan knows.
            self._stop.wait(changes.TURN_MS / 1000)
        except (OSError, RuntimeError, ImportError) as error:
            self._refused = _one_line(error)
            self._refused_until = time.monotonic() + RETRY_SECONDS

    def _take_turns(self, plan: _Plan, turns: Iterable[Collection[str]]) -> None:
        checked = polled = time.monotonic()
        armed = False
        for changed in turns:
            now = time.monotonic()
            # What happened between the look at the directories and the start of the watch came without an event.
            hint = not armed or any(map(plan.concerns, changed))
            armed = True
            if plan.polled and now - polled >= POLL_SECONDS:
                polled, hint = now, True
            if hint:
                self._changed()
            if hint or now - checked >= _CHECK_SECONDS:
                checked = now
                if self._plan() != plan:
                    return

    def _wait_by_polling(self, plan: _Plan) -> None:
        while not self._stop.wait(POLL_SECONDS):
            if self._plan() != plan:
                return
            self._changed()

    def _plan(self) -> _Plan:
        told: dict[str, _Place] = {}
        above: dict[str, _Place] = {}
        polled: dict[str, _Place] = {}
        if time.monotonic() >= self._refused_until:
            self._refused = ""
        for directory in dict.fromkeys(self._directories()):
            place = _nearest(directory)
            if place is None:
                continue
            if self._refused or self._kind(place) not in TELLING:
                polled[place.path] = place
            elif place.path == directory:
                told[directory] = place
            else:
                above[place.path] = place
        only_above = tuple(place for path, place in above.items() if path not in told)
        return _Plan(tuple(told.values()), only_above, tuple(polled.values()))

    def _kind(self, place: _Place) -> str:
        if place.device not in self._kinds:
            self._kinds[place.device] = self._probe(place.path)
        return self._kinds[place.device]

    def _described(self, plan: _Plan) -> str:
        parts: list[str] = []
        if plan.told:
            parts.append(f"{_counted(len(plan.told))}, by events")
        elif plan.above and not plan.polled:
            parts.append("waiting for a task list, by events")
        if plan.polled:
            why = self._refused or "file system " + ", ".join(sorted({self._kind(place) for place in plan.polled}))
            parts.append(f"{_counted(len(plan.polled))} polled every second ({why})")
        return "; ".join(parts) or "nothing to watch"


def _nearest(directory: str) -> _Place | None:
    """The directory, or the nearest one above it that is there."""
    path = directory
    while True:
        with suppress(OSError, ValueError):
            status = os.stat(path)
            if stat.S_ISDIR(status.st_mode):
                return _Place(path, status.st_dev, status.st_ino)
        parent = os.path.dirname(path)
        if parent == path:
            return None
        path = parent


def _counted(number: int) -> str:
    return "1 directory" if number == 1 else f"{number} directories"


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return " ".join(str(error).split())[:80] or type(error).__name__


def _nobody() -> None:
    """Nobody has started to listen."""
