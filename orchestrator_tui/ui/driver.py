"""The terminal's driver: the toolkit's own, which here waits for keys instead of looking for them ten times a second.

A cockpit stands open all day, and next to nothing is typed: looking was a fifth of all it used while idle.
"""

from __future__ import annotations

import os
import select
from codecs import getincrementaldecoder
from threading import Event
from typing import TYPE_CHECKING, Any

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.app import App

READ_BYTES = 4096
PENDING_S = constants.ESCAPE_DELAY + 0.01
"""How long after a byte the next may belong to it: then an Escape to which nothing came is a key."""


class _Ringing(Event):
    """An event that wakes who waits for a descriptor, too."""

    def __init__(self) -> None:
        super().__init__()
        # Kept as long as the program lives: the terminal may be lent to an editor and taken back.
        self.heard, self._bell = os.pipe()

    def set(self) -> None:
        super().set()
        os.write(self._bell, b"\0")

    def clear(self) -> None:
        if self.is_set():
            os.read(self.heard, 1)
        super().clear()


class WaitingDriver(LinuxDriver):
    """Waits for what is typed, without end; asked to end, it ends at once."""

    def __init__(self, app: App[Any], *, debug: bool, mouse: bool, size: tuple[int, int] | None) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.exit_event = self._ended = _Ringing()

    def run_input_thread(self) -> None:
        """Read and post what is typed until the driver is asked to end."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")().decode
        pending = False
        while True:
            watched = [self.fileno, self._ended.heard]
            typed, _, _ = select.select(watched, [], [], PENDING_S if pending else None)
            if self._ended.heard in typed:
                return
            pending = bool(typed)
            if pending:
                data = os.read(self.fileno, READ_BYTES)
                if not data:
                    # There is no terminal any more, and nothing will ever be typed.
                    select.select([self._ended.heard], [], [])
                    return
                # Of a character that has come in part there is no text yet, and feeding none would be the end.
                if text := decode(data):
                    for message in parser.feed(text):
                        self.process_message(message)
            for message in parser.tick():
                self.process_message(message)
