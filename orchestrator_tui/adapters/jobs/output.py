"""Reading what a job printed: by its position in the stream, over rotation and gaps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MISSING = "\n[{count} bytes of this output were not kept]\n"
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stream on disk; see :mod:`~orchestrator_tui.adapters.jobs.copier`."""

    start: int
    size: int
    path: Path
    changed_ns: int

    @property
    def end(self) -> int:
        """The position behind its last byte."""
        return self.start + self.size


def segments(place: Path, stream: str) -> list[Segment]:
    """The parts of a stream that are on disk, in order; none where there is no such directory."""
    try:
        with os.scandir(place) as entries:
            return segments_among(list(entries), stream)
    except FileNotFoundError:
        return []


def segments_among(entries: list[os.DirEntry[str]], stream: str) -> list[Segment]:
    """The parts of a stream among the entries of its job's directory."""
    found = []
    for entry in entries:
        name, dot, start = entry.name.rpartition(".")
        if name != stream or not dot or not start.isdigit():
            continue
        try:
            stat = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # Rotated away meanwhile.
        found.append(Segment(int(start), stat.st_size, Path(entry.path), stat.st_mtime_ns))
    return sorted(found, key=lambda one: one.start)


def growth(place: Path, stream: str, offset: int, limit: int) -> tuple[bytes, int]:
    """What a stream holds from a position on, and the position behind it; what is missing is said in its place.

    Args:
        limit: bytes of the stream at most; there is more where the position comes out lower than the stream is long.
    """
    parts: list[bytes] = []
    for _ in range(_TRIES):
        for part in segments(place, stream):
            if limit <= 0 or part.end <= offset:
                continue
            if part.start > offset:
                parts.append(MISSING.format(count=part.start - offset).encode())
                offset = part.start
            data = _read(part, offset, limit)
            if data is None:
                break  # Rotated away since it was listed: look again.
            parts.append(data)
            offset += len(data)
            limit -= len(data)
        else:
            break
    return b"".join(parts), offset


def _read(part: Segment, offset: int, limit: int) -> bytes | None:
    try:
        descriptor = os.open(part.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        # No more than was listed: what came since belongs before the next segment, which may not be listed yet.
        wanted, position, data = min(limit, part.end - offset), offset - part.start, []
        while wanted > 0 and (piece := os.pread(descriptor, wanted, position)):
            data.append(piece)
            wanted -= len(piece)
            position += len(piece)
    finally:
        os.close(descriptor)
    return b"".join(data)
