"""The complete lines of a file that others append to, however it is written and whatever happens to it meanwhile.

Only what was appended is read. A line that is half written waits for its end; one that is longer than
:data:`LINE_LIMIT` is left out. A file that was replaced, cut or written anew is read from its beginning again: it is
known by its inode and by the last bytes that were read. Links and whatever is no regular file are not followed.
"""

from __future__ import annotations

import os
import stat

from orchestrator_tui.core.frozen import frozen

LINE_LIMIT = 4 * 1024 * 1024
"""Longest line that is kept, in bytes."""
CHUNK = 256 * 1024
"""Bytes that are read at once."""
READ_LIMIT = 8 * 1024 * 1024
"""Bytes after which a read ends although there is more."""

_SEAL = 48
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


class LineSplitter:
    """Puts lines together from pieces of a file in their order. ``aligned`` is false when the first is cut off."""

    __slots__ = ("_dropping", "_partial")

    def __init__(self, *, aligned: bool = True) -> None:
        self._partial = b""
        self._dropping = not aligned

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that ``piece`` completes, without their ends, empty ones left out."""
        *complete, rest = piece.split(b"\n")
        lines: list[bytes] = []
        if complete:
            first = self._partial + complete[0]
            complete[0] = b"" if self._dropping or len(first) > LINE_LIMIT else first
            self._partial, self._dropping = b"", False
            lines = [line for line in complete if line and len(line) <= LINE_LIMIT]
        if not self._dropping:
            self._partial += rest
            if len(self._partial) > LINE_LIMIT:
                self._partial, self._dropping = b"", True
        return lines


@frozen
class Growth:
    """What one read brought.

    Attributes:
        lines: the lines that are complete now.
        anew: the file is not the one of the last read, or is read for the first time: what was known is void.
        more: the read ended at its limit; another one brings more.
    """

    lines: tuple[bytes, ...] = ()
    anew: bool = False
    more: bool = False


class GrowingFile:
    """One file that grows. Of a large one the first read begins ``window`` bytes before its end."""

    __slots__ = ("_identity", "_offset", "_path", "_seal", "_splitter", "_window", "begun_at")

    def __init__(self, path: str, window: int) -> None:
        self._path, self._window = path, window
        self._identity: tuple[int, int] | None = None
        self._offset = 0
        self._seal = b""
        self._splitter = LineSplitter()
        self.begun_at = 0
        """Where the first line that was not left out begins."""

    @property
    def identity(self) -> tuple[int, int] | None:
        """Device and inode of what was read."""
        return self._identity

    def read(self, limit: int = READ_LIMIT) -> Growth | None:
        """What was appended since the last read; None when there is no file that can be read."""
        try:
            descriptor = os.open(self._path, _FLAGS)
        except (OSError, ValueError):
            return None
        try:
            return self._read(descriptor, limit)
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int, limit: int) -> Growth | None:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        anew = not self._is_same(descriptor, status)
        if anew:
            self._begin(descriptor, status)
        lines: list[bytes] = []
        end = self._offset + limit
        while self._offset < end:
            piece = os.pread(descriptor, min(CHUNK, end - self._offset), self._offset)
            if not piece:
                break
            self._offset += len(piece)
            self._seal = (self._seal + piece)[-_SEAL:]
            lines += self._splitter.feed(piece)
        return Growth(tuple(lines), anew, self._offset >= end)

    def _is_same(self, descriptor: int, status: os.stat_result) -> bool:
        if self._identity != (status.st_dev, status.st_ino) or status.st_size < self._offset:
            return False
        return os.pread(descriptor, len(self._seal), self._offset - len(self._seal)) == self._seal

    def _begin(self, descriptor: int, status: os.stat_result) -> None:
        self._identity = status.st_dev, status.st_ino
        start = max(0, status.st_size - self._window)
        self.begun_at = _after_line(descriptor, start, status.st_size) if start else 0
        self._offset, self._seal = self.begun_at, b""
        self._splitter = LineSplitter()


class Past:
    """The lines of a file before the place at which following it began, read piece by piece when there is time."""

    __slots__ = ("_end", "_identity", "_offset", "_path", "_splitter")

    def __init__(self, path: str, identity: tuple[int, int] | None, end: int) -> None:
        self._path, self._identity, self._end = path, identity, end
        self._offset = 0
        self._splitter = LineSplitter()

    @property
    def is_read(self) -> bool:
        """Whether there is nothing more to read."""
        return self._offset >= self._end

    def read(self, limit: int) -> list[bytes]:
        """The next lines; none, and nothing more, when the file is not the one that was begun."""
        try:
            descriptor = os.open(self._path, _FLAGS)
        except (OSError, ValueError):
            self._offset = self._end
            return []
        try:
            status = os.fstat(descriptor)
            piece = b""
            if (status.st_dev, status.st_ino) == self._identity:
                piece = os.pread(descriptor, min(limit, self._end - self._offset), self._offset)
        except OSError:
            piece = b""
        finally:
            os.close(descriptor)
        self._offset = self._offset + len(piece) if piece else self._end
        return self._splitter.feed(piece)


def _after_line(descriptor: int, start: int, size: int) -> int:
    """The beginning of the first whole line from ``start`` on; ``size`` when there is none."""
    while start < size:
        piece = os.pread(descriptor, CHUNK, start)
        if not piece:
            return size
        place = piece.find(b"\n")
        if place >= 0:
            return start + place + 1
        start += len(piece)
    return size
