"""A warm `orch-tui`: one process that has read the commands' modules and forks for each command line.

What runs is the real command in a process of its own, with its own environment, directory and descriptors, to the
interpreter's own end. Only the reading of some hundred modules, most of a short command's time, is done once for all
tests of a worker. What a start loads is held by `test_entry_points.py`, which starts cold.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator_tui.cli import main as command_line

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("core", "plan", "journal", "runtime", "adapters", "cli")
"""What commands load; the screens are left to the tests that draw them."""


class Warm:
    """The side of the tests: runs one command line after the other."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def run(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], timeout_s: float) -> tuple[int, bytes, bytes]:
        """Run `orch-tui` with these arguments; its exit code (negative: the signal), stdout and stderr.

        Raises ``subprocess.TimeoutExpired`` when it does not end in time.
        """
        request = json.dumps({"argv": list(argv), "cwd": str(cwd), "env": dict(env)}).encode()
        with self._one_at_a_time, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            connection = self._connected()
            connection.settimeout(timeout_s)
            try:
                socket.send_fds(connection, [len(request).to_bytes(8, "big")], [out.fileno(), err.fileno()])
                connection.sendall(request)
                code = int.from_bytes(_received(connection, 4), "big", signed=True)
            except TimeoutError:
                self.close()
                raise subprocess.TimeoutExpired(list(argv), timeout_s) from None
            out.seek(0)
            err.seek(0)
            return code, out.read(), err.read()

    def close(self) -> None:
        """End the process, and the command that it may be at."""
        if self._server is not None and self._socket is not None:
            self._socket.close()
            os.killpg(self._server.pid, 9)
            self._server.wait()
        self._server = self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            ours, theirs = socket.socketpair()
            with theirs:
                self._server = subprocess.Popen(
                    [sys.executable, "-P", "-m", "tests.cli.warm"],
                    stdin=theirs.fileno(),
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                    start_new_session=True,
                )
            self._socket = ours
        return self._socket


def _received(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = connection.recv(count - len(found))
        if not more:
            raise EOFError
        found += more
    return found


def _read_modules() -> None:
    for name in PACKAGES:
        package = importlib.import_module(f"orchestrator_tui.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    # What is here stays: no child need look through it for garbage.
    gc.freeze()


def _serve() -> list[str] | None:
    """Fork for each request: None at the end of requests, or, in a forked process, the arguments it has to run."""
    connection = socket.socket(fileno=os.dup(0))
    while True:
        try:
            head, descriptors, _, _ = socket.recv_fds(connection, 8, 2)
            request = json.loads(_received(connection, int.from_bytes(head, "big")))
        except EOFError:
            return None
        child = os.fork()
        if child == 0:
            connection.close()
            _become(request["cwd"], request["env"], descriptors)
            argv: list[str] = request["argv"]
            return argv
        for descriptor in descriptors:
            os.close(descriptor)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        connection.sendall(code.to_bytes(4, "big", signed=True))


def _become(cwd: str, env: Mapping[str, str], descriptors: Sequence[int]) -> None:
    """Make this process one that was just started there, with nothing to read."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, descriptor in enumerate((nothing, *descriptors)):
        os.dup2(descriptor, target)
        os.close(descriptor)


if __name__ == "__main__":
    _read_modules()
    ARGV = _serve()
    if ARGV is not None:
        sys.argv = ["orch-tui", *ARGV]
        sys.exit(command_line.main())
