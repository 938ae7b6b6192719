"""The real cockpit on a pseudo-terminal, driven by real keys."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestrator_tui.cli.itself import ORCH_TUI
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.demo.repository import DemoError

COLUMNS, LINES = 120, 40
KEY_PAUSE_S = 0.06
"""A person's fingers are slower than this; the cockpit gets each key as one."""

SETTLE_S = 0.3
KEYS = {"Enter": "\r", "Esc": "\x1b", "Tab": "\t"}


def wait_for(look: Callable[[], bool], what: str, seconds: float, every: float = 0.02) -> None:
    """Look until it is true. Raises :class:`DemoError` when it is not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise DemoError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)


def orch(directory: Path, *arguments: str) -> tuple[int, str]:
    """Run ``orch-tui`` in a directory to its end; its exit code and what it printed."""
    done = subprocess.run(
        [*ORCH_TUI, *arguments], cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


@frozen
class Frame:
    """One screen: its text, and the picture that lies beside it."""

    text: str
    picture: Path


class CockpitTerminal:
    """One cockpit in a terminal of its own; frames are the ones that its own snapshot key saves."""

    def __init__(self, arguments: Sequence[str], frames: Path) -> None:
        """``arguments`` are those of ``orch-tui``."""
        frames.mkdir(parents=True, exist_ok=True)
        self._frames = frames
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._process = subprocess.Popen(
            [*ORCH_TUI, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._drain, name="terminal", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The cockpit's process."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the cockpit has ended."""
        return self._process.poll() is not None

    def press(self, *keys: str) -> None:
        """Press keys one after the other; ``Enter``, ``Esc`` and ``Tab`` by name, all others as they are."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())
            # A key that follows Escape at once would be taken for a combination with it.
            time.sleep(SETTLE_S if key == "Esc" else KEY_PAUSE_S)

    def type(self, text: str) -> None:
        """Type a text into what takes one."""
        self.press(*text)

    def settle(self) -> None:
        """Give a dialog the time to open, as a person's eye would."""
        time.sleep(SETTLE_S)

    def frame(self) -> Frame:
        """The screen as the cockpit's own snapshot key saves it."""
        before = set(self._frames.glob("*.txt"))
        self.press("S")
        wait_for(lambda: set(self._frames.glob("*.txt")) > before, "a frame of the cockpit", 10)
        saved = max(set(self._frames.glob("*.txt")) - before)
        wait_for(lambda: saved.stat().st_size > 0, "a frame of the cockpit", 10)
        return Frame(saved.read_text("utf-8"), saved.with_suffix(".svg"))

    def kill(self) -> None:
        """Kill the cockpit as nothing can stop it from being killed."""
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """End the cockpit whatever it does."""
        if not self.ended:
            self._process.terminate()
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self.kill()
        self._reader.join(1)
        os.close(self._master)

    def _drain(self) -> None:
        # What the cockpit draws must be read, or it would stand still.
        while True:
            try:
                if not os.read(self._master, 65_536):
                    return
            except OSError:
                return
