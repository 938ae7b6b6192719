"""Processes and their families as the kernel tells of them, and signals that reach no stranger (reliability P-2).

The shim reads this at its start, so it needs the standard library's lightest modules only. Linux tells by ``/proc``;
elsewhere ``ps`` is asked, families are process groups and what descends from them, and no orphan comes back to us.
"""

from __future__ import annotations

import os
import sys

from orchestrator_tui.adapters.jobs.signals import plain as signal

_STATE, _PARENT, _GROUP, _SESSION, _START = 0, 1, 2, 3, 19
_DEAD = ("Z", "X", "x")
_PR_SET_CHILD_SUBREAPER = 36
_PS = ("ps", "-ax", "-o", "pid=,ppid=,pgid=,stat=,lstart=")
_PS_SECONDS = 5.0


class Standing:
    """One process at one moment.

    Attributes:
        start: with the pid it names the process; clock ticks since boot, or what ``ps`` prints.
        session: 0 where it cannot be known.
        dead: it ended and was not waited for.
    """

    __slots__ = ("dead", "group", "parent", "pid", "session", "start")

    def __init__(self, pid: int, parent: int, group: int, session: int, start: str, dead: bool) -> None:
        self.pid = pid
        self.parent = parent
        self.group = group
        self.session = session
        self.start = start
        self.dead = dead


def look(pid: int) -> Standing | None:
    """One process, or None when there is none of this number."""
    if not has_proc():
        return table().get(pid)
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = os.read(descriptor, 4096)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    # The second field is the program's name in parentheses; it may hold anything, parentheses too.
    fields = text.rpartition(b")")[2].decode("ascii", "replace").split()
    if len(fields) <= _START:
        return None
    return Standing(
        pid,
        int(fields[_PARENT]),
        int(fields[_GROUP]),
        int(fields[_SESSION]),
        fields[_START],
        fields[_STATE] in _DEAD,
    )


def has_proc() -> bool:
    """Whether this system tells of its processes by ``/proc``."""
    return os.path.exists("/proc/self/stat")


def table() -> dict[int, Standing]:
    """All processes that can be seen, by pid."""
    if not has_proc():
        return _ps_table()
    seen = (look(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return {one.pid: one for one in seen if one is not None}


def below(roots: set[int], known: dict[int, Standing]) -> list[Standing]:
    """The processes that descend from any of some others, parents before their children."""
    children: dict[int, list[Standing]] = {}
    for one in known.values():
        children.setdefault(one.parent, []).append(one)
    found: dict[int, Standing] = {}
    ahead = [child for root in sorted(roots) for child in children.get(root, ())]
    while ahead:
        one = ahead.pop(0)
        if one.pid not in found:
            found[one.pid] = one
            ahead += children.get(one.pid, ())
    return list(found.values())


def send(pid: int, start: str, number: int) -> bool:
    """Signal this very process, or nothing; whether it was signalled.

    A descriptor of the process is taken before its start time is compared: between both it cannot become another.
    """
    handle = _handle(pid)
    try:
        seen = look(pid)
        if seen is None or seen.dead or seen.start != start:
            return False
        if handle is None:
            os.kill(pid, number)
        else:
            signal.pidfd_send_signal(handle, number)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        if handle is not None:
            os.close(handle)
    return True


def _handle(pid: int) -> int | None:
    """A descriptor of a process, None where there is no such thing or no such process."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except (OSError, AttributeError):
        return None


def become_subreaper() -> bool:
    """Let orphans below this process come back to it; whether this system can."""
    if sys.platform != "linux":
        return False
    import ctypes  # Only here: elsewhere nothing of it is needed.

    try:
        failed = ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):
        return False
    return not failed


def _ps_table() -> dict[int, Standing]:
    import subprocess  # Only without /proc: it costs more than all the rest of the shim.

    try:
        ended = subprocess.run(
            _PS,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PS_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return parse_ps(ended.stdout.decode("utf-8", "replace"))


def parse_ps(text: str) -> dict[int, Standing]:
    """The processes in the output of ``ps -o pid=,ppid=,pgid=,stat=,lstart=``; lines of another form are left out."""
    found: dict[int, Standing] = {}
    for line in text.splitlines():
        fields = line.split(maxsplit=4)
        if len(fields) == 5 and all(each.isdigit() for each in fields[:3]):
            pid, parent, group = (int(each) for each in fields[:3])
            start = " ".join(fields[4].split())
            found[pid] = Standing(pid, parent, group, 0, start, fields[3].startswith(_DEAD))
    return found
