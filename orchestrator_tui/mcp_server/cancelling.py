"""How a call that blocks in a thread learns that its client has given it up."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Cancellation:
    """Set once, by the event loop; looked at by the thread, which may leave word how to wake it."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._wake: Callable[[], None] | None = None
        self._event = threading.Event()

    def is_set(self) -> bool:
        """Whether the call was given up."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Whether it was given up within ``seconds``."""
        return self._event.wait(seconds)

    def woken_by(self, wake: Callable[[], None]) -> None:
        """Have ``wake`` called when the call is given up: at once when it has been already."""
        with self._mutex:
            self._wake = wake
            late = self._event.is_set()
        if late:
            wake()

    def set(self) -> None:
        """The call is given up. Idempotent."""
        with self._mutex:
            self._event.set()
            wake = self._wake
        if wake is not None:
            wake()
