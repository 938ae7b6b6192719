"""Programs on a pseudo-terminal, timed from their start to what they paint; and what the kernel says of a process."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

COLUMNS, LINES = 120, 40
PATIENCE_S = 30.0
_SCHEDULED = 2
"""Which clock of a process is asked for: as ``clock_getcpuclockid`` makes its number on Linux."""


class NotSeen(Exception):
    """What was waited for did not come."""


class Terminal:
    """One program in a terminal of 120 by 40; everything that it writes is read, and kept since the last look."""

    def __init__(self, argv: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, env=environment, start_new_session=True
        )
        os.close(slave)
        self._seen = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def wait_for(self, painted: str, seconds: float = PATIENCE_S) -> float:
        """The moment at which ``painted`` was read; what came before and with it is forgotten.

        Raises:
            NotSeen: it was not painted in time.
        """
        wanted = painted.encode()
        deadline = time.perf_counter() + seconds
        while wanted not in self._seen:
            if not self._read(deadline):
                tail = self._seen[-600:].decode(errors="replace")
                raise NotSeen(f"{painted!r} was not painted within {seconds:.0f} s; the last was {tail!r}")
        self._seen = b""
        return time.perf_counter()

    def drain(self, seconds: float) -> None:
        """Read and forget whatever it writes for a while."""
        deadline = time.perf_counter() + seconds
        while self._read(deadline):
            self._seen = b""

    def wait_for_end(self, seconds: float = PATIENCE_S) -> float:
        """The moment at which the program had ended."""
        deadline = time.perf_counter() + seconds
        while self._process.poll() is None and time.perf_counter() < deadline:
            self._read(time.perf_counter() + 0.002)
        if self._process.poll() is None:
            raise NotSeen(f"it did not end within {seconds:.0f} s")
        return time.perf_counter()

    def _read(self, deadline: float) -> bool:
        """Whether something was read before the deadline."""
        left = deadline - time.perf_counter()
        if left <= 0 or not select.select([self._master], [], [], left)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return False
        self._seen += data
        return bool(data)


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, all threads, to the microsecond: of one per cent a tick is a fifth."""
    return time.clock_gettime(~pid << 3 | _SCHEDULED)


def memory_mb(pid: int) -> float:
    """The proportional set size of a process."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise NotSeen("the kernel tells no proportional set size")


def has_proc() -> bool:
    """Whether the kernel tells processor time and memory of processes here."""
    return Path("/proc/self/smaps_rollup").exists()
