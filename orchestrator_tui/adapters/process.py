"""Processes by identity, never by a bare pid: pid, start time and boot (reliability P-2).

Linux tells by ``/proc``: the start time is in clock ticks since boot. Where there is no ``/proc`` (macOS), ``ps`` is
asked: the start time is then its ``lstart``, to the second. Without either, only whether a pid exists is known. A
process that ended but was not waited for is dead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from orchestrator_tui.adapters.clock import boot_id

MAX_ANCESTORS = 64
_STATE, _PARENT, _START = 0, 1, 19
_DEAD = ("Z", "X", "x")
_PS_FIELDS = "pid=,ppid=,stat=,lstart="
_PS_SECONDS = 2.0


class ProcessIdentity(NamedTuple):
    """What names one process of one machine for good. ``start`` is "" when it cannot be known."""

    pid: int
    start: str
    boot: str


class _Seen(NamedTuple):
    parent: int
    start: str
    dead: bool


_UNKNOWN = _Seen(0, "", False)
Look = Callable[[int], "_Seen | None"]


def identity(pid: int | None = None) -> ProcessIdentity | None:
    """The identity of a living process, this one by default; None when there is no such process."""
    pid = os.getpid() if pid is None else pid
    seen = _look(pid)
    return None if seen is None or seen.dead else ProcessIdentity(pid, seen.start, boot_id())


def alive(process: ProcessIdentity) -> bool:
    """Whether this very process still runs: not another that got its number, none of an earlier boot, no zombie."""
    if process.boot != boot_id():
        return False
    return _runs(process.pid, process.start)


def ancestors(pid: int | None = None) -> tuple[ProcessIdentity, ...]:
    """The processes above one, its parent first, as far as they can be seen."""
    table = {} if _has_proc() else _ps_table() or {}
    look: Look = _look_in_proc if _has_proc() else lambda one: table.get(one)
    found: list[ProcessIdentity] = []
    seen = look(os.getpid() if pid is None else pid)
    while seen is not None and seen.parent > 0 and len(found) < MAX_ANCESTORS:
        parent, seen = seen.parent, look(seen.parent)
        if seen is not None:
            found.append(ProcessIdentity(parent, seen.start, boot_id()))
    return tuple(found)


def own_claim() -> str:
    """This process as the claimant of a delivery: ``pid:start time``."""
    own = identity()
    return f"{os.getpid()}:{own.start if own is not None else ''}"


def claimant_gone(claimant: str) -> bool:
    """Whether the process that claimed a delivery in this boot has ended; False where the claim names no process."""
    pid, colon, start = claimant.partition(":")
    if not colon or not (pid.isascii() and pid.isdigit() and len(pid) < 10):
        return False
    return not _runs(int(pid), start)


def _runs(pid: int, start: str) -> bool:
    seen = _look(pid)
    return seen is not None and not seen.dead and (not start or not seen.start or seen.start == start)


def _has_proc() -> bool:
    return os.path.exists("/proc/self/stat")


def _look(pid: int) -> _Seen | None:
    if _has_proc():
        return _look_in_proc(pid)
    table = _ps_table(pid)
    return table.get(pid) if table is not None else _exists(pid)


def _exists(pid: int) -> _Seen | None:
    try:
        os.kill(pid, 0)  # Signal 0 is none: it only asks.
    except ProcessLookupError:
        return None
    except OSError:
        return _UNKNOWN
    return _UNKNOWN


def _look_in_proc(pid: int) -> _Seen | None:
    try:
        # Without a file object, which costs more than all the rest: every process of an agent is asked each second.
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            told = os.read(descriptor, 4096)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    # The second field is the program's name in parentheses; it may hold anything, parentheses too.
    fields = told.rpartition(b")")[2].decode("ascii", "replace").split()
    if len(fields) <= _START:
        return None
    return _Seen(int(fields[_PARENT]), fields[_START], fields[_STATE] in _DEAD)


def _ps_table(pid: int | None = None) -> Mapping[int, _Seen] | None:
    """The processes that ``ps`` sees, or None when it cannot be asked."""
    import subprocess  # Only without /proc: it costs more than the rest of this module.

    which = ["-ax"] if pid is None else ["-p", str(pid)]
    try:
        ended = subprocess.run(
            ["ps", *which, "-o", _PS_FIELDS],
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PS_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_ps(ended.stdout.decode("utf-8", "replace"))


def parse_ps(text: str) -> dict[int, _Seen]:
    """The processes in the output of ``ps -o pid=,ppid=,stat=,lstart=``, by pid; lines of another form are left out."""
    found: dict[int, _Seen] = {}
    for line in text.splitlines():
        fields = line.split(maxsplit=3)
        if len(fields) == 4 and fields[0].isdigit() and fields[1].isdigit():
            found[int(fields[0])] = _Seen(int(fields[1]), " ".join(fields[3].split()), fields[2].startswith(_DEAD))
    return found
