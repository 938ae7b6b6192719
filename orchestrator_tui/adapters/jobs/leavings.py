"""What a job has left behind whose shim died before it could sweep up (reliability P-4)."""

from __future__ import annotations

import os
import signal
import time

from orchestrator_tui.adapters.jobs import processes

MARK = "ORCH_JOB"
"""The variable in the environment of a job's processes that tells whose they are."""

_LONGEST_S = 5.0
_STEP_S = 0.01


def sweep(leader: int, mark: str) -> int:
    """Kill every process of a job that has ended; how many there were.

    Args:
        leader: the number of the job's process, which has ended; 0 when that was in an earlier boot.
        mark: the variable that stands in the environment of its processes.
    """
    swept: set[tuple[int, str]] = set()
    until = time.monotonic() + _LONGEST_S
    while (left := _left(leader, mark)) and time.monotonic() < until:
        for one in left:
            if processes.send(one.pid, one.start, signal.SIGKILL):
                swept.add((one.pid, one.start))
        time.sleep(_STEP_S)
    return len(swept)


def _left(leader: int, mark: str) -> list[processes.Standing]:
    table = processes.table()
    # A number is not given anew while a session or group goes by it; by another process of that number it may be.
    gone = leader not in table or table[leader].dead
    roots = [
        one
        for one in table.values()
        if not one.dead and ((gone and leader and leader in (one.session, one.group)) or _is_marked(one.pid, mark))
    ]
    found = {one.pid: one for one in (*roots, *processes.below({one.pid for one in roots}, table)) if not one.dead}
    found.pop(os.getpid(), None)
    return list(found.values())


def _is_marked(pid: int, mark: str) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return os.fsencode(mark) in file.read().split(b"\0")
    except OSError:
        return False
