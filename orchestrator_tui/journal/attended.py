"""Whether anybody is present to answer, found out as cheaply as a hook must: no module of ours, no journal opened."""

from __future__ import annotations

import fcntl
import os

DIRECTORY = "presence"


def attended(journal_directory: str | os.PathLike[str]) -> bool:
    """Whether a cockpit or host holds a file of presence below this journal's directory (DESIGN §3, presence)."""
    try:
        with os.scandir(os.path.join(journal_directory, DIRECTORY)) as entries:
            return any(_held(entry.path) for entry in entries)
    except OSError:
        return False


def _held(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        # The names of these files are never used again: a lock taken for a moment keeps nobody from taking it.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
