"""tmux as the place in which agents sit: which pane holds a process, what it shows, and going there.

A pane is found by its process tree, never by its name alone: the numbers of panes are given again, by every server.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from orchestrator_tui.adapters.process import ProcessIdentity, ancestors
from orchestrator_tui.core.frozen import frozen

SECONDS = 2.0
"""How long one tmux command may take."""

_MOST_SERVERS = 8
_PANES = "#{pane_pid} #{pane_id} #{window_id} #{session_name}"
_STATE = "#{pane_in_mode} #{pane_dead} #{cursor_x} #{cursor_y}"


@frozen
class Pane:
    """One pane: its server's socket, its id, its window's, and the name of its session."""

    socket: str
    id: str
    window: str
    session: str

    @property
    def target(self) -> str:
        """As Claude Code's registry writes it: ``session:@window.%pane``."""
        return f"{self.session}:{self.window}.{self.id}"


@frozen
class Shown:
    """What a pane shows: its lines with their styles, and the cursor's column and row."""

    lines: tuple[str, ...]
    cursor: tuple[int, int]


class Tmux:
    """The tmux servers of this user.

    Args:
        environ: tells the server that we run in ourselves, and where servers keep their sockets.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)

    @property
    def own_socket(self) -> str:
        """The socket of the server that we run in; "" outside of tmux."""
        return self._environ.get("TMUX", "").partition(",")[0]

    def sockets(self) -> tuple[str, ...]:
        """The sockets of servers, our own first."""
        try:
            listed = sorted(str(one) for one in self._directory.iterdir())
        except OSError:
            listed = []
        return tuple(dict.fromkeys(one for one in (self.own_socket, *listed) if _is_ours(one)))[:_MOST_SERVERS]

    def pane_of(self, process: ProcessIdentity) -> Pane | None:
        """The pane in which a process runs; None when it runs in none that can be seen."""
        sockets = self.sockets()
        above = {process.pid, *(one.pid for one in ancestors(process.pid))} if sockets else set()
        for socket in sockets:
            try:
                listed = self.run(socket, "list-panes", "-a", "-F", _PANES)
            except OSError:
                continue
            for line in listed.splitlines():
                pid, pane, window, session = (*line.split(" ", 3), "", "", "", "")[:4]
                if pid.isascii() and pid.isdigit() and int(pid) in above and pane.startswith("%"):
                    return Pane(socket, pane, window, session)
        return None

    def look(self, pane: Pane) -> Shown | None:
        """What a pane shows now; None when it shows its own history, or its program has ended.

        Raises:
            OSError: as :meth:`run`, or it tells something else than it was asked for.
        """
        state, *lines = self.run(
            pane.socket, "display-message", "-p", "-t", pane.id, _STATE, ";", "capture-pane", "-p", "-e", "-t", pane.id
        ).split("\n")
        told = state.split()
        if len(told) != 4 or not all(one.isascii() and one.isdigit() for one in told):
            raise OSError("tmux tells nothing of its pane")
        mode, dead, column, row = map(int, told)
        return None if mode or dead else Shown(tuple(lines), (column, row))

    def paste(self, pane: Pane, text: str) -> None:
        """Paste text into a pane as a terminal does, so that its program knows it for pasted. Nothing is submitted."""
        # A name of this thread alone: the engines of several repositories must not paste each other's words.
        buffer = f"orch-tui-{os.getpid()}-{threading.get_native_id()}"
        self.run(pane.socket, "load-buffer", "-b", buffer, "-", text=text)
        self.run(pane.socket, "paste-buffer", "-p", "-d", "-r", "-b", buffer, "-t", pane.id)

    def press(self, pane: Pane, key: str) -> None:
        """Press a key in a pane."""
        self.run(pane.socket, "send-keys", "-t", pane.id, key)

    def go(self, pane: Pane) -> str:
        """Show a pane to the person at our terminal; in words what was done, or what to type where we cannot."""
        self.run(pane.socket, "select-window", "-t", pane.window, ";", "select-pane", "-t", pane.id)
        if pane.socket == self.own_socket:
            try:
                self.run(pane.socket, "switch-client", "-t", pane.session)
            except OSError:
                # Nobody is attached where we run: then somebody has to.
                return self._attaching(pane)
            return f"went to {pane.target} in tmux"
        return self._attaching(pane)

    def _attaching(self, pane: Pane) -> str:
        default = self._directory / "default"
        server = [] if pane.socket == str(default) else ["-S", pane.socket]
        return f"in a terminal: {shlex.join(['tmux', *server, 'attach', '-t', pane.session])}"

    @property
    def _directory(self) -> Path:
        return Path(self._environ.get("TMUX_TMPDIR") or "/tmp", f"tmux-{os.getuid()}")

    def run(self, socket: str, *command: str, text: str | None = None) -> str:
        """What a tmux command prints.

        Raises:
            OSError: tmux is missing, refuses, or does not answer.
        """
        try:
            ended = subprocess.run(
                ["tmux", "-S", socket, *command],
                env=self._environ,
                input=text,
                stdin=subprocess.DEVNULL if text is None else None,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise OSError(f"tmux did not answer within {SECONDS:.0f} s") from None
        if ended.returncode != 0:
            why = ended.stderr.strip().splitlines()
            raise OSError(f"tmux: {why[-1] if why else 'failed'}")
        return ended.stdout


def _is_ours(path: str) -> bool:
    """Whether a path is a socket that belongs to this user: another's server would be told what we say."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISSOCK(status.st_mode) and status.st_uid == os.getuid()
