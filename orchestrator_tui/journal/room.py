"""Whether the disk of the journal has room for what is to be recorded (reliability J-5)."""

from __future__ import annotations

import os
from pathlib import Path

LEAST = 256 * 1024
"""Bytes below which the disk counts as full: a few of the largest events, with what the database writes beside them."""


def lack_of_room(directory: Path) -> str:
    """Why nothing can be recorded now for want of room, in one line, or ""."""
    try:
        about = os.statvfs(directory)
    except OSError:
        return ""  # Whoever writes finds out, and says more.
    if about.f_bavail * about.f_frsize >= LEAST:
        return ""
    return f"the disk is full: nothing can be recorded, decided or begun until there is room below {directory}"
