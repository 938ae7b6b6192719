"""What changes in some directories, as the system tells it: on Linux by inotify itself, elsewhere by watchfiles.

watchfiles looks 125 times a second whether there is something new, which would be a fifth of all that an idle cockpit
costs; a thread that waits for inotify costs nothing while nothing happens, and wakes at once.
"""

from __future__ import annotations

import os
import select
import struct
import sys
import threading
import time
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import suppress

DEBOUNCE_MS = 50
"""Longest time for which changes that keep coming are gathered."""
STEP_MS = 8
"""Quiet time after a change before it is told."""
TURN_MS = 200
"""How often a turn of watchfiles comes although nothing has changed; also how soon it begins and ends."""
WAIT_MS = 500
"""The same for inotify, whose first turn comes at once: each that comes for nothing wakes an idle cockpit."""

Turns = Callable[[Sequence[str], threading.Event], Generator[Collection[str], None, None]]
"""Watches the directories, not what is below them, until the event is set: the changed paths, turn by turn.

Each turn may be empty. The first comes once everything is watched, or later. Raises OSError, RuntimeError or
ImportError when the system refuses to tell, FileNotFoundError when a directory is not there.
"""

_CREATE, _DELETE, _MOVED_FROM, _MOVED_TO = 0x100, 0x200, 0x40, 0x80
_MODIFY, _ATTRIB, _CLOSE_WRITE, _DELETE_SELF, _MOVE_SELF = 0x2, 0x4, 0x8, 0x400, 0x800
_ONLY_DIRECTORIES = 0x01000000
_COMES_OR_GOES = _CREATE | _DELETE | _MOVED_FROM | _MOVED_TO | _DELETE_SELF | _MOVE_SELF
_WANTED = _COMES_OR_GOES | _MODIFY | _ATTRIB | _CLOSE_WRITE | _ONLY_DIRECTORIES
_EVENT = struct.Struct("iIII")
_READ_BYTES = 64 * 1024


def by_inotify(paths: Sequence[str], stop: threading.Event) -> Generator[Collection[str], None, None]:
    """:data:`Turns` by Linux's own events."""
    # Late, because it takes longer to load than the first frame may wait.
    import ctypes

    system = ctypes.CDLL(None, use_errno=True)

    def called(result: int, path: str | None = None) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
        return result

    descriptor = called(system.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    try:
        watched = {
            called(system.inotify_add_watch(descriptor, os.fsencode(path), _WANTED), path): path for path in paths
        }
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        changed: set[str] = set()
        while not stop.is_set():
            yield changed
            changed = _gathered(descriptor, poll, watched)
    finally:
        os.close(descriptor)


def _gathered(descriptor: int, poll: select.poll, watched: dict[int, str]) -> set[str]:
    """What changes within a turn: the first change ends it as soon as it is quiet again."""
    changed: set[str] = set()
    until: float | None = None
    while poll.poll(WAIT_MS if until is None else STEP_MS):
        with suppress(BlockingIOError):
            changed |= _paths(os.read(descriptor, _READ_BYTES), watched)
        now = time.monotonic()
        until = now + DEBOUNCE_MS / 1000 if until is None else until
        if now >= until:
            break
    return changed


def _paths(told: bytes, watched: dict[int, str]) -> set[str]:
    """The paths of some events; "" where the system has lost some."""
    found: set[str] = set()
    place = 0
    while place < len(told):
        watch, _, _, length = _EVENT.unpack_from(told, place)
        name = told[place + _EVENT.size : place + _EVENT.size + length].rstrip(b"\0")
        place += _EVENT.size + length
        directory = watched.get(watch, "")
        found.add(os.path.join(directory, os.fsdecode(name)) if name else directory)
    return found


def by_watchfiles(paths: Sequence[str], stop: threading.Event) -> Generator[Collection[str], None, None]:
    """:data:`Turns` by whatever the system has."""
    from watchfiles import watch

    turns = watch(
        *paths,
        watch_filter=None,
        debounce=DEBOUNCE_MS,
        step=STEP_MS,
        stop_event=stop,
        rust_timeout=TURN_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
        force_polling=False,
        recursive=False,
        ignore_permission_denied=True,
    )
    for changes in turns:
        yield {path for _, path in changes}


turns: Turns = by_inotify if sys.platform.startswith("linux") else by_watchfiles
"""How this system tells."""
