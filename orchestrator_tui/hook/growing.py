"""A transcript that grows while a hook looks at it: its last lines first, then what is new since the last look."""

from __future__ import annotations

import os
from pathlib import Path

FIRST_BYTES = 4 << 20
"""How far back the first look goes: some lines hold whole requests, and what matters is the last that happened."""
MOST_BYTES = 16 << 20
"""Bytes read at one look; whatever grew by more has gone on long ago."""


class NewLines:
    """The whole lines that one file has got since the last look; none where the path is None or cannot be read."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._offset = -1
        self._rest = b""

    @property
    def begun(self) -> bool:
        """Whether anything was looked at before."""
        return self._offset >= 0

    def read(self) -> list[bytes]:
        """Look. Never raises for what a file is or holds."""
        if self._path is None:
            return []
        try:
            with open(self._path, "rb", opener=_open) as file:
                size = os.fstat(file.fileno()).st_size
                if self._offset < 0 or size < self._offset:
                    self._offset, self._rest = max(0, size - FIRST_BYTES), b""
                if size == self._offset:
                    return []
                file.seek(self._offset)
                found = file.read(min(size - self._offset, MOST_BYTES))
        except OSError:
            return []
        self._offset += len(found)
        *lines, self._rest = (self._rest + found).split(b"\n")
        return lines


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
