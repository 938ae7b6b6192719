"""What a hook must find out cheaply, with no module of ours loaded and no journal opened: who is there, who writes."""

from __future__ import annotations

import fcntl
import os

DIRECTORY = "presence"
LOCK = "journal.lock"


def attended(journal_directory: str | os.PathLike[str]) -> bool:
    """Whether a cockpit or host holds a file of presence below this journal's directory (DESIGN §3, presence)."""
    try:
        with os.scandir(os.path.join(journal_directory, DIRECTORY)) as entries:
            return any(_held(entry.path) for entry in entries)
    except OSError:
        return False


def locked(journal_directory: str | os.PathLike[str]) -> bool:
    """Whether somebody holds the lock of this journal at this moment."""
    return _held(os.path.join(journal_directory, LOCK))


def _held(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        # A lock taken for a moment keeps nobody from anything: names of presence are never used again, and whoever
        # writes tries more often than that. It is shared, so that two who look do not take each other for somebody.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
