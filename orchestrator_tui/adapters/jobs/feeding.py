"""The shim's way from messages to the standard input of its process: whole, in order, never blocking."""

from __future__ import annotations

import os

from orchestrator_tui.adapters.jobs.record import CLOSE_SUFFIX, CLOSED, SPOOL


class Feeder:
    """The writing end of a standard input.

    Args:
        descriptor: the writing end, set not to block.
        first: what is written before everything else.
        keep_open: whether messages may follow; else it is closed behind ``first``.
    """

    def __init__(self, descriptor: int, first: bytes, keep_open: bool) -> None:
        self.descriptor = descriptor
        self._pending = memoryview(first)
        self._keep_open = keep_open
        self._look = keep_open

    @property
    def waits(self) -> bool:
        """Whether it has bytes that the process does not take yet."""
        return self.descriptor >= 0 and len(self._pending) > 0

    def told(self) -> None:
        """Somebody said something: look at the messages."""
        self._look = self._keep_open
        self.pump()

    def pump(self) -> None:
        """Write as much as the process takes now."""
        while self.descriptor >= 0 and (self._pending or self._next()):
            try:
                written = os.write(self.descriptor, self._pending)
            except BlockingIOError:
                return
            except OSError:
                self.close()
                return
            self._pending = self._pending[written:]

    def _next(self) -> bool:
        """Take the next message, if there is one; closes where nothing can follow."""
        if not self._keep_open:
            self.close()
            return False
        while self._look:
            try:
                names = sorted(name for name in os.listdir(SPOOL) if not name.startswith("."))
            except OSError:
                names = []
            self._look = bool(names)
            for name in names:
                if self._take(f"{SPOOL}/{name}"):
                    return self.descriptor >= 0
        return False

    def _take(self, path: str) -> bool:
        """Make one message the pending one; False when it was empty or is gone."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            parts = []
            while part := os.read(descriptor, 1 << 20):
                parts.append(part)
        finally:
            os.close(descriptor)
        os.unlink(path)
        if path.endswith(CLOSE_SUFFIX):
            self.close()
            return True
        self._pending = memoryview(b"".join(parts))
        return len(self._pending) > 0

    def close(self) -> None:
        """Close the standard input, and let everybody know."""
        if self.descriptor < 0:
            return
        os.close(self.descriptor)
        self.descriptor = -1
        self._pending = memoryview(b"")
        try:
            os.close(os.open(CLOSED, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        except OSError:
            return
