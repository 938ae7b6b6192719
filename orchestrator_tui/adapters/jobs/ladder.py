"""The stop ladder: SIGINT, grace, SIGTERM, grace, SIGKILL, and the sweep of what is left behind (reliability P-4)."""

from __future__ import annotations

import os

from orchestrator_tui.adapters.jobs import processes
from orchestrator_tui.adapters.jobs.signals import plain as signal

_RUNGS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
_LONGEST = 5.0
"""Seconds that killed processes are waited for: one that sits in the kernel may take as long as it likes."""
_STEP = 0.02
_LOOK = 0.2
_NEVER = float("inf")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Ladder:
    """How far stopping has come. Times are seconds of one monotonic clock.

    Attributes:
        reason: why it is being stopped; "" while it is not.
        due: when the next rung is to be taken; None when there is none.
    """

    def __init__(self, send: Callable[[int], None]) -> None:
        self.reason = ""
        self.due: float | None = None
        self.grace = 0.0
        self._send = send
        self._taken = 0

    @property
    def killed(self) -> bool:
        """Whether the last rung was taken."""
        return self._taken == len(_RUNGS)

    def ask(self, reason: str, grace: float, now: float) -> None:
        """Begin, or go on no later than with this grace; the first reason stands."""
        if not self.reason:
            self.reason, self.grace, self.due = reason, grace, now
        elif self.due is not None:
            self.grace = min(self.grace, grace)
            self.due = min(self.due, now + self.grace)

    def step(self, now: float) -> None:
        """Take the rung that is due."""
        if self.due is None or now < self.due:
            return
        self._send(_RUNGS[self._taken])
        self._taken += 1
        self.due = None if self.killed else now + self.grace


class Sweep:
    """Ends what the process of a job left running: it gets a grace, SIGTERM, a second grace, then SIGKILL.

    Args:
        child: the pid of the process that has ended; its process group bears the same number.
        subreaper: whether orphans come to this process; else only the group can be found.
        grace: seconds before SIGTERM and again before SIGKILL.
        killed: the group was sent SIGKILL already: no further grace.

    Attributes:
        due: when to look again.
    """

    def __init__(self, child: int, subreaper: bool, grace: float, killed: bool, now: float) -> None:
        self.due = now
        self._child = child
        self._subreaper = subreaper
        self._group_killed = killed
        self._terminate_at = _NEVER if killed else now + grace
        self._kill_at = now if killed else now + 2 * grace
        self._signalled: set[tuple[int, str]] = set()

    @property
    def swept(self) -> int:
        """How many processes had to be signalled."""
        return len(self._signalled)

    def hurry(self, grace: float, now: float) -> None:
        """Go on no later than with this grace."""
        if self._terminate_at != _NEVER:
            self._terminate_at = min(self._terminate_at, now)
        self._kill_at = min(self._kill_at, now + grace)
        self.due = min(self.due, self._terminate_at, self._kill_at)

    def step(self, now: float) -> bool:
        """Do what is due; whether nothing is left, or what is left cannot be ended."""
        if self._subreaper and not _has_children():
            return True
        if now < self.due:
            return False
        left = self._left()
        if not self._subreaper and not left:
            return True
        if now >= self._kill_at:
            self._signal(left, signal.SIGKILL)
            self.due = now + _STEP
            return now >= self._kill_at + _LONGEST
        if now >= self._terminate_at:
            self._terminate_at = _NEVER
            self._signal(left, signal.SIGTERM)
        self.due = min(self._terminate_at, self._kill_at, _NEVER if self._subreaper else now + _LOOK)
        return False

    def _left(self) -> list[processes.Standing]:
        known = processes.table()
        if self._subreaper:
            found = processes.below({os.getpid()}, known)
        else:
            group = {one.pid: one for one in known.values() if one.group == self._child}
            found = [*group.values(), *(one for one in processes.below(set(group), known) if one.pid not in group)]
        return [one for one in found if not one.dead]

    def _signal(self, left: list[processes.Standing], number: int) -> None:
        for one in left:
            # What the ladder killed is only on its way out.
            counts = not (self._group_killed and one.group == self._child)
            if processes.send(one.pid, one.start, number) and counts:
                self._signalled.add((one.pid, one.start))


def _has_children() -> bool:
    """Whether any process is below this one, waited for or not."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
