"""The ways out of the screen: bell, desktop notice, terminal title (S-8: only sanitised text of ours goes out)."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence

from orchestrator_tui.core.text import sanitise_line

# Which notice sequence a terminal understands, by what it calls itself; one that takes both must not get both.
_SEQUENCES: Mapping[str, tuple[str, ...]] = {
    "iTerm.app": ("9",),
    "WezTerm": ("777",),
    "ghostty": ("777",),
    "kitty": ("9",),
    "rio": ("777",),
}
_UNKNOWN = ("9", "777")
_SESSION_VARIABLES = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY")
_PATIENCE_SECONDS = 5

SAVE_TITLE = "\x1b[22;0t"
RESTORE_TITLE = "\x1b[23;0t"


class TerminalWarner:
    """Warns through the terminal and, where the terminal is not known to show notices, through ``notify-send``."""

    def __init__(
        self,
        write: Callable[[str], None],
        environment: Mapping[str, str],
        run: Callable[[Sequence[str]], None] | None = None,
        which: Callable[[str], str | None] = shutil.which,
    ) -> None:
        """``write`` reaches the terminal; ``run`` starts a command and does not wait for it."""
        self._write = write
        self._environment = environment
        self._run = run or _run_aside
        self._which = which
        self._title = ""

    def bell(self) -> None:
        """Ring the terminal's bell."""
        self._write("\a")

    def desktop(self, title: str, body: str, urgent: bool) -> None:
        """Show a desktop notice by the terminal's sequences and, for an unknown terminal, by ``notify-send``."""
        title, body = sanitise_line(title, 200), sanitise_line(body, 400)
        known = _SEQUENCES.get(self._environment.get("TERM_PROGRAM", ""))
        for kind in known or _UNKNOWN:
            self._write(self._wrapped(_notice_sequence(kind, title, body)))
        if known is None:
            self._notify_send(title, body, urgent)

    def title(self, text: str) -> None:
        """Set the terminal's title, when it changed; the title before the first one is kept for :meth:`close`."""
        if text != self._title:
            begin = "" if self._title else SAVE_TITLE
            self._title = text
            self._write(f"{begin}\x1b]0;{sanitise_line(text, 120)}\x1b\\")

    def close(self) -> None:
        """Give the terminal its own title back."""
        if self._title:
            self._write(RESTORE_TITLE)
            self._title = ""

    def _wrapped(self, sequence: str) -> str:
        # tmux keeps unknown sequences to itself unless they are handed through.
        if not self._environment.get("TMUX"):
            return sequence
        doubled = sequence.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{doubled}\x1b\\"

    def _notify_send(self, title: str, body: str, urgent: bool) -> None:
        if not any(self._environment.get(name) for name in _SESSION_VARIABLES):
            return
        program = self._which("notify-send")
        if program is None:
            return
        urgency = "critical" if urgent else "normal"
        # Notice daemons read markup in the body.
        body = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        self._run([program, "--app-name=orch-tui", f"--urgency={urgency}", "--", title, body])


def _notice_sequence(kind: str, title: str, body: str) -> str:
    if kind == "9":
        return f"\x1b]9;{title}: {body}\x1b\\"
    # The semicolon parts the fields of this sequence.
    return f"\x1b]777;notify;{title.replace(';', ',')};{body.replace(';', ',')}\x1b\\"


def _run_aside(command: Sequence[str]) -> None:
    """Run ``command`` in a thread of its own, which waits for it, so that no process is left behind."""
    threading.Thread(target=_run_quietly, args=(tuple(command),), daemon=True).start()


def _run_quietly(command: Sequence[str]) -> None:
    try:
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        # A desktop that cannot show the notice is no reason to disturb the screen: the banner stands there.
        return
