"""The interactive CLI in a tmux server of its own."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.claude_rig.waiting import DEFAULT_TIMEOUT, wait_until

_TARGET = "claude"


class TerminalSession:
    """One pane; what a person would type and see."""

    def __init__(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], socket: Path, size: tuple[int, int]
    ) -> None:
        self._environment = environment
        self._socket = socket
        width, height = (str(cells) for cells in size)
        # The server itself gets the isolated environment, so every pane that the CLI opens has it too.
        self._tmux("new-session", "-d", "-s", _TARGET, "-x", width, "-y", height, "-c", str(cwd), shlex.join(command))

    def screen(self) -> str:
        """What the pane shows, as plain text."""
        return self._tmux("capture-pane", "-p", "-t", _TARGET)

    def wait_for(self, text: str, timeout: float = DEFAULT_TIMEOUT) -> str:
        """Wait until the screen holds `text`, and return the screen. Raises NotSeenError with the last screen."""
        return wait_until(
            lambda: screen if text in (screen := self.screen()) else None,
            f"{text!r} on the screen",
            timeout=timeout,
            context=self.screen,
        )

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names, such as `Enter` or `Down`."""
        self._tmux("send-keys", "-t", _TARGET, *keys)

    def enter(self, line: str) -> None:
        """Type one line, wait for its echo, so that Enter is not taken as part of a paste, and press Enter."""
        self._tmux("send-keys", "-t", _TARGET, "-l", line)
        self.wait_for(line)
        self.press("Enter")

    def answer_dialog(self, key: str, dialog: str) -> None:
        """Wait for the text `dialog` and press `key` until it is gone: one that has just opened ignores keys."""
        self.wait_for(dialog)

        def gone() -> bool:
            if dialog not in self.screen():
                return True
            self.press(key)
            return False

        wait_until(gone, f"the end of the dialog {dialog!r}", every=0.5, context=self.screen)

    def close(self) -> None:
        """End the server and its pane; safe when they are gone."""
        self._tmux("kill-server", check=False)

    def _tmux(self, *arguments: str, check: bool = True) -> str:
        command = ["tmux", "-S", str(self._socket), "-f", "/dev/null", *arguments]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False, timeout=30)
        if check and done.returncode != 0:
            raise AssertionError(f"tmux {arguments[0]}: {done.stderr.strip()}")
        return done.stdout
