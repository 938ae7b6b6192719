"""tmux itself: a pane is found by its process tree, shown with its styles, pasted into, gone to."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator_tui.adapters.process import ProcessIdentity, identity
from orchestrator_tui.adapters.tmux import Pane, Tmux

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed here")

DEADLINE_S = 10.0


class Server:
    """A tmux server of the test's own, with ``cat`` in its second pane."""

    def __init__(self, directory: Path) -> None:
        self.socket = str(directory / "s")
        self.environ = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(directory)}
        self.environ["TMUX_TMPDIR"] = str(directory)
        self("new-session", "-d", "-s", "main room", "-x", "80", "-y", "20", "sleep 600")
        self("split-window", "-d", "sh -c 'cat; true'")

    def __call__(self, *command: str) -> str:
        ended = subprocess.run(
            ["tmux", "-S", self.socket, "-f", "/dev/null", *command],
            env=self.environ,
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout

    def cat(self) -> ProcessIdentity:
        """The process in the second pane, a child of that pane's shell."""
        shell = self("list-panes", "-F", "#{pane_pid}").split()[1]

        def child() -> ProcessIdentity | None:
            children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
            return identity(int(children[0])) if children else None

        return seen(child)


def seen(look: Callable[[], ProcessIdentity | None]) -> ProcessIdentity:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("it was not seen in time")


@pytest.fixture
def server() -> Iterator[Server]:
    # The path of a socket may not exceed about 100 bytes.
    with tempfile.TemporaryDirectory(prefix="tmux-") as directory:
        made = Server(Path(directory))
        yield made
        made("kill-server")


def test_a_pane_is_found_by_its_process_tree(server: Server) -> None:
    tmux = Tmux({**server.environ, "TMUX": f"{server.socket},1,0"})
    assert tmux.sockets()[0] == server.socket
    pane = tmux.pane_of(server.cat())
    assert pane is not None
    assert pane.target == "main room:@0.%1"
    own = identity()
    assert own is not None
    assert tmux.pane_of(own) is None
    assert Tmux(server.environ).sockets() == ()


def test_servers_are_found_where_tmux_keeps_them(server: Server, tmp_path: Path) -> None:
    kept = tmp_path / f"tmux-{os.getuid()}"
    kept.mkdir()
    (kept / "default").symlink_to(server.socket)
    (kept / "no-socket").write_text("x")
    assert Tmux({"TMUX_TMPDIR": str(tmp_path)}).sockets() == (str(kept / "default"),)


def test_what_is_pasted_is_shown(server: Server) -> None:
    tmux = Tmux({**server.environ, "TMUX": f"{server.socket},1,0"})
    pane = tmux.pane_of(server.cat())
    assert pane is not None
    tmux.paste(pane, "pasted 'words' $HOME;\nsecond")
    tmux.press(pane, "Enter")
    deadline = time.monotonic() + DEADLINE_S
    while (shown := tmux.look(pane)) is None or "\n".join(shown.lines).count("second") < 2:
        assert time.monotonic() < deadline, shown
        time.sleep(0.02)
    assert shown.lines[0] == "pasted 'words' $HOME;"
    assert shown.cursor[1] > 0


def test_a_pane_that_shows_its_history_shows_nothing_of_its_program(server: Server) -> None:
    tmux = Tmux(server.environ)
    pane = Pane(server.socket, "%1", "@0", "main room")
    assert tmux.look(pane) is not None
    server("copy-mode", "-t", "%1")
    assert tmux.look(pane) is None


def test_going_to_a_pane_where_nobody_is_attached_says_what_to_type(server: Server) -> None:
    pane = Pane(server.socket, "%1", "@0", "main room")
    told = f"in a terminal: tmux -S {server.socket} attach -t 'main room'"
    assert Tmux(server.environ).go(pane) == told
    assert Tmux({**server.environ, "TMUX": f"{server.socket},1,0"}).go(pane) == told
    assert server("display-message", "-p", "#{pane_id}").strip() == "%1"


def test_a_server_that_is_gone_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="tmux: "):
        Tmux({"PATH": os.environ["PATH"]}).run(str(tmp_path / "none"), "list-panes")


class Recorded(Tmux):
    """No tmux at all: the commands that would have been run, and a state that makes no sense."""

    def __init__(self) -> None:
        super().__init__({})
        self.commands: list[tuple[str, ...]] = []

    def run(self, socket: str, *command: str, text: str | None = None) -> str:
        self.commands.append(command)
        return "\nwords"


def test_pastes_of_two_threads_never_share_a_buffer() -> None:
    tmux, together = Recorded(), threading.Barrier(2)

    def paste(pane: str) -> None:
        together.wait(DEADLINE_S)
        tmux.paste(Pane("s", pane, "@0", "room"), pane)
        together.wait(DEADLINE_S)

    threads = [threading.Thread(target=paste, args=(pane,)) for pane in ("%1", "%2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    pasted = {
        command[-1]: command[command.index("-b") + 1] for command in tmux.commands if command[0] == "paste-buffer"
    }
    assert pasted.keys() == {"%1", "%2"}
    assert pasted["%1"] != pasted["%2"]


def test_a_pane_of_which_tmux_tells_nothing_is_an_error_in_words() -> None:
    with pytest.raises(OSError, match="tells nothing"):
        Recorded().look(Pane("s", "%1", "@0", "room"))
