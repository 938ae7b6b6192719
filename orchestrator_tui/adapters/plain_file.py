"""Plain files in trees of agents: no link, no pipe that would have us wait, and never more than asked for (S-6)."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def beginning(file: Path, limit: int) -> bytes | None:
    """At most ``limit`` bytes of a plain file; None where there is none."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(descriptor, "rb") as opened:
        return opened.read(limit) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def whole(file: Path, limit: int) -> bytes | None:
    """All of a plain file; None where there is none, or it is longer than ``limit`` bytes."""
    found = beginning(file, limit + 1)
    return None if found is None or len(found) > limit else found
