"""The shim's copier: what a process prints goes into files of bounded size, without its secrets (reliability P-6, S-7).

A stream lies in segments, each a file named by the position of its first byte in the stream. The first one, the head,
stays; of the others the newest stay. So a gap between two segments says by itself how much is missing there, whether it
was rotated away or the disk was full.
"""

from __future__ import annotations

import os

HEAD = 1 << 20
"""Bytes of a stream that are kept from its beginning (at most a quarter of its cap)."""
_PARTS = 4
_MOST_SEGMENTS = 64
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def segment_name(stream: str, start: int) -> str:
    """The file of the segment that begins at ``start`` bytes of the stream; names sort as the segments lie."""
    return f"{stream}.{start:015d}"


class Copier:
    """One stream on its way into the current directory. Nothing that the disk does is an error here.

    Args:
        stream: ``output`` or ``error``.
        cap: bytes on disk at most.
        secrets: values that must not get into the files.
        shapes: whether what looks like a secret is kept out as well.

    Attributes:
        offset: bytes of the stream so far, without what was redacted.
        dropped: those of them that are on disk no more, or never were.
    """

    def __init__(self, stream: str, cap: int, secrets: tuple[str, ...], shapes: bool) -> None:
        self.offset = 0
        self.dropped = 0
        self.holds = False
        self._stream = stream
        self._head = min(HEAD, cap // _PARTS)
        self._part = max(1, (cap - self._head) // _PARTS)
        self._secrets = secrets
        self._shapes = shapes
        self._redactor: Redactor | None = None
        self._segments: list[tuple[int, int]] = []
        self._descriptor = -1
        self._start = 0

    def accept(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        if self._redactor is None:
            # Loaded with the first output: a process that prints nothing does not wait for it.
            from orchestrator_tui.core.redaction import Redactor

            self._redactor = Redactor(self._secrets, shapes=self._shapes)
        self._store(self._redactor.feed(data))
        self.holds = self._redactor.holds

    def release(self) -> None:
        """Write what was held back of a line that does not go on, as far as it cannot be the beginning of a secret."""
        if self._redactor is not None:
            self._store(self._redactor.release())
        self.holds = False

    def finish(self) -> None:
        """The stream has ended: write what was held back."""
        if self._redactor is not None:
            self._store(self._redactor.flush())
        self.holds = False
        self._close()

    def _store(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            room = self._room()
            if room <= 0:
                self._close()
                room = self._open()
            try:
                written = os.write(self._descriptor, rest[:room]) if room > 0 else 0
            except OSError:
                written = 0
            if not written:
                self._close()
                self.offset += len(rest)
                self.dropped += len(rest)
                return
            self.offset += written
            rest = rest[written:]

    def _room(self) -> int:
        """Bytes that still fit into the segment that is being written."""
        if self._descriptor < 0:
            return 0
        return (self._part if self._start else self._head) - (self.offset - self._start)

    def _open(self) -> int:
        try:
            self._descriptor = os.open(segment_name(self._stream, self.offset), _FLAGS, 0o600)
        except OSError:
            return 0
        self._start = self.offset
        self._prune()
        return self._room()

    def _close(self) -> None:
        if self._descriptor < 0:
            return
        os.close(self._descriptor)
        self._descriptor = -1
        size = self.offset - self._start
        if size:
            self._segments.append((self._start, size))
        else:
            self._remove(self._start)

    def _prune(self) -> None:
        """Make room for a whole new segment: the oldest ones behind the head go."""
        while self._segments[1:] and (
            sum(size for _, size in self._segments[1:]) > (_PARTS - 1) * self._part
            or len(self._segments) > _MOST_SEGMENTS
        ):
            start, size = self._segments.pop(1)
            self._remove(start)
            self.dropped += size

    def _remove(self, start: int) -> None:
        try:
            os.unlink(segment_name(self._stream, start))
        except OSError:
            return


TYPE_CHECKING = False
if TYPE_CHECKING:
    from orchestrator_tui.core.redaction import Redactor
