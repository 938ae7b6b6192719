"""Stopping a process whose shim is dead: the same ladder, by identity alone (reliability P-2, P-4).

It runs as a shim of its own, so that it goes on when whoever asked for it ends. It is not the parent: the exit status
stays unknown, and of what the process left behind it finds what is in its session or descends from it.
"""

from __future__ import annotations

import os
import time

from orchestrator_tui.adapters.jobs import processes
from orchestrator_tui.adapters.jobs.ladder import Ladder
from orchestrator_tui.adapters.jobs.record import READY, RESULT, write_facts
from orchestrator_tui.adapters.jobs.signals import plain as signal

_STEP = 0.03
_LONGEST = 5.0

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypedDict

    class Stranded(TypedDict):
        """The process that lost its shim, and how long it gets between two signals, in seconds."""

        pid: int
        start: str
        grace: float


def rescue(order: Stranded, tell: Callable[[str], None]) -> None:
    """End the process and what belongs to it, and write the result of the job in the current directory.

    Raises:
        OSError: the result cannot be written.
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)
    tell(READY)
    family = _Family(order["pid"], order["start"])
    ladder = Ladder(family.send)
    ladder.ask("stopped", order["grace"], time.monotonic())
    while family.leader_lives():
        ladder.step(time.monotonic())
        time.sleep(_STEP)
    family.kill(time.monotonic() + _LONGEST)
    ended = time.time_ns() // 1_000_000
    write_facts(RESULT, {"reason": ladder.reason, "ended": ended, "left_over": family.swept})


class _Family:
    """A process, its group, its session, and what descends from any of them."""

    def __init__(self, pid: int, start: str) -> None:
        self._pid = pid
        self._start = start
        self._known: dict[int, str] = {pid: start}
        self._swept: set[tuple[int, str]] = set()

    @property
    def swept(self) -> int:
        """How many were ended after the process itself."""
        return len(self._swept)

    def leader_lives(self) -> bool:
        """Whether the process itself still runs."""
        seen = processes.look(self._pid)
        return seen is not None and not seen.dead and seen.start == self._start

    def send(self, number: int) -> None:
        """Signal the process and its group."""
        for one in self._living():
            if one.group == self._pid:
                processes.send(one.pid, one.start, number)
                processes.send(one.pid, one.start, signal.SIGCONT)

    def kill(self, until: float) -> None:
        """Kill whoever is left, until nobody is or this moment of the monotonic clock has come."""
        while (left := self._living()) and time.monotonic() < until:
            for one in left:
                if processes.send(one.pid, one.start, signal.SIGKILL):
                    self._swept.add((one.pid, one.start))
            time.sleep(_STEP)

    def _living(self) -> list[processes.Standing]:
        """Those known so far that live, and those found by them; as long as the leader lives, all of its session."""
        table = processes.table()
        roots = {pid for pid, start in self._known.items() if pid in table and table[pid].start == start}
        found = [table[pid] for pid in sorted(roots)]
        if self._pid in roots:
            found += [one for one in table.values() if self._pid in (one.session, one.group) and one.pid not in roots]
        found += processes.below({one.pid for one in found}, table)
        living = {one.pid: one for one in found if not one.dead}
        self._known.update({one.pid: one.start for one in living.values()})
        return list(living.values())
