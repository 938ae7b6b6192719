"""A cockpit in a real tmux pane; what is seen is what ``capture-pane`` shows."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator_tui.demo.terminal import Frame

NAMES = {"Enter": "Enter", "Esc": "Escape", "Tab": "Tab"}
PAUSE_S = 0.06
SETTLE_S = 0.3


def require_tmux() -> None:
    """Fail by name when the suite cannot run."""
    if shutil.which("tmux") is None:
        pytest.fail("SUITE NOT RUN: e2e_tmux: tmux is not on PATH")


class TmuxTerminal:
    """One tmux server with one pane of ``columns`` × ``lines`` that runs ``command``."""

    def __init__(self, socket: Path, command: list[str], size: tuple[int, int], environ: Mapping[str, str]) -> None:
        self._socket = socket
        columns, lines = size
        shell = shlex.join(["env", *(f"{key}={value}" for key, value in environ.items()), *command])
        # The pane outlives its program, so that its last words can be read.
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(lines), f"exec {shell}")
        self.tmux("set-option", "-g", "remain-on-exit", "on")

    @property
    def pid(self) -> int:
        """The process in the pane."""
        return int(self.tmux("display-message", "-p", "#{pane_pid}"))

    @property
    def ended(self) -> bool:
        """Whether the program has ended."""
        return self.tmux("display-message", "-p", "#{pane_dead}").strip() == "1"

    def press(self, *keys: str) -> None:
        """Press keys by name or as they are."""
        for key in keys:
            if key in NAMES:
                self.tmux("send-keys", NAMES[key])
            else:
                self.tmux("send-keys", "-l", key)
            time.sleep(SETTLE_S if key == "Esc" else PAUSE_S)

    def type(self, text: str) -> None:
        """Type a text."""
        self.press(*text)

    def settle(self) -> None:
        """Give a dialog the time to open."""
        time.sleep(SETTLE_S)

    def frame(self) -> Frame:
        """The pane as it is."""
        time.sleep(PAUSE_S)
        return Frame(self.screen(), Path("/dev/null"))

    def screen(self) -> str:
        """The text of the pane."""
        return self.tmux("capture-pane", "-p")

    def kill(self) -> None:
        """Kill the program as nothing can stop it from being killed."""
        os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the server and what runs in it."""
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], capture_output=True, check=False)

    def tmux(self, *arguments: str) -> str:
        """Run one tmux command and return what it prints."""
        done = subprocess.run(["tmux", "-S", self._socket, *arguments], capture_output=True, text=True, check=True)
        return done.stdout
