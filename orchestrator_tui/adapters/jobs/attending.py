"""The shim at work: it starts one process, copies what it prints, feeds it, stops it, and tells how it ended.

Everything happens in one loop that waits for the process, its pipes, the control FIFO and the next deadline; nothing in
it blocks, so that neither a flood nor a full disk nor a deaf process keeps the others waiting.
"""

from __future__ import annotations

import os
import select
import time

from orchestrator_tui.adapters.jobs import processes
from orchestrator_tui.adapters.jobs.copier import Copier
from orchestrator_tui.adapters.jobs.feeding import Feeder
from orchestrator_tui.adapters.jobs.ladder import Ladder, Sweep
from orchestrator_tui.adapters.jobs.record import CONTROL, READY, RESULT, STATE, STREAMS, reserve, write_facts
from orchestrator_tui.adapters.jobs.signals import plain as signal
from orchestrator_tui.adapters.jobs.spawning import Child, spawn

_CHUNK = 1 << 18
_QUIET = 0.2
"""Seconds after which a line that was not ended is written as far as it goes."""
_LAST_READS = 64
_DISK_PAUSE = 1.0
_DISK_TRIES = 600
_FOR_OTHERS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTSTP)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypedDict

    class Order(TypedDict):
        """What a shim is told to run; see :class:`~orchestrator_tui.adapters.jobs.job.JobSpec`."""

        argv: tuple[str, ...]
        cwd: str
        env: dict[str, str]
        stdin: bytes
        keep_open: bool
        output_cap: int
        wall_s: float | None
        secrets: tuple[str, ...]
        shapes: bool
        grace_s: float
        left_over_grace_s: float
        boot: str


def attend(order: Order, tell: Callable[[str], None]) -> None:
    """Run the job of the current directory to its end; ``tell`` is called as soon as its identity is on record.

    Raises:
        OSError: it could not be started; it never ran.
    """
    umask = os.umask(0o077)
    subreaper = processes.become_subreaper()
    wake = _take_signals()
    control = _open_control()
    child = spawn(order["argv"], order["cwd"], order["env"], umask)
    standing = processes.look(child.pid)
    started = time.time_ns() // 1_000_000
    start = standing.start if standing is not None else ""
    reserve(RESULT)
    write_facts(STATE, {"pid": child.pid, "start": start, "boot": order["boot"], "started": started})
    child.run()
    tell(READY)
    attendant = _Attendant(order, child, subreaper, wake, control)
    attendant.run()
    _tell(attendant.result())


def _take_signals() -> int:
    """Leave to others what was meant for them, and hear when a process below ends; the descriptor that tells it."""
    for number in _FOR_OTHERS:
        signal.signal(number, signal.SIG_IGN)
    read, write = os.pipe()
    for descriptor in (read, write):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    return read


def _open_control() -> int:
    if not os.path.exists(CONTROL):  # It is of a shim that died before it had started anything.
        os.mkfifo(CONTROL, 0o600)
    # Opened for both, it never ends however many write to it and go away.
    return os.open(CONTROL, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)


def _tell(result: dict[str, str | int]) -> None:
    """Write the result; a full disk is waited for, a directory that is gone is not."""
    for _ in range(_DISK_TRIES):
        try:
            write_facts(RESULT, result)
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(_DISK_PAUSE)
        else:
            return


class _Attendant:
    def __init__(self, order: Order, child: Child, subreaper: bool, wake: int, control: int) -> None:
        self._child = child
        self._subreaper = subreaper
        self._wake = wake
        self._control = control
        self._grace = order["grace_s"]
        self._left_over_grace = order["left_over_grace_s"]
        wall = order["wall_s"]
        self._wall_at = None if wall is None else time.monotonic() + wall
        self._feeder = Feeder(child.input, order["stdin"], order["keep_open"])
        self._copiers = [Copier(name, order["output_cap"], order["secrets"], order["shapes"]) for name in STREAMS]
        self._sources = dict(zip((child.output, child.error), self._copiers, strict=True))
        self._ladder = Ladder(self._send)
        self._sweep: Sweep | None = None
        self._status: int | None = None
        self._ended = 0
        self._asked = b""
        self._poll = select.poll()
        for descriptor in (wake, control, *self._sources):
            self._poll.register(descriptor, select.POLLIN)
        self._poll.register(child.input, 0)
        self._polled_input = child.input

    def run(self) -> None:
        """Attend until the process has ended and nothing of it is left."""
        self._feeder.pump()
        while True:
            self._wait()
            self._reap()
            now = time.monotonic()
            if self._wall_at is not None and now >= self._wall_at and self._sweep is None:
                self._wall_at = None
                self._ladder.ask("wall limit", self._grace, now)
            if self._sweep is None:
                self._ladder.step(now)
            elif self._sweep.step(now):
                break
        self._drain()

    def result(self) -> dict[str, str | int]:
        """How it ended, as facts."""
        status = self._status if self._status is not None else 0
        code = os.waitstatus_to_exitcode(status)
        failure = self._child.failure()
        if failure:
            reason = f"cannot start: {failure}"
        elif self._ladder.reason:
            reason = self._ladder.reason
        else:
            reason = f"signal {-code}" if code < 0 else "exited"
        facts: dict[str, str | int] = {"code": code, "reason": reason, "ended": self._ended}
        facts["left_over"] = self._sweep.swept if self._sweep is not None else 0
        for name, copier in zip(STREAMS, self._copiers, strict=True):
            facts[f"{name}_bytes"] = copier.offset
            facts[f"{name}_dropped"] = copier.dropped
        return facts

    def _wait(self) -> None:
        """Wait until something happens or is due, and take what the descriptors hold."""
        self._poll_input()
        ready = self._poll.poll(self._timeout())
        if not ready:
            for copier in self._copiers:
                copier.release()
        for descriptor, events in ready:
            if descriptor == self._wake:
                os.read(descriptor, 4096)
            elif descriptor == self._control:
                self._listen()
            elif descriptor in self._sources:
                self._copy(descriptor)
            elif events & (select.POLLERR | select.POLLNVAL):
                self._feeder.close()
            else:
                self._feeder.pump()

    def _poll_input(self) -> None:
        """Ask after the standard input as the feeder needs it; that its reader closed it is told in any case."""
        if self._feeder.descriptor >= 0:
            self._poll.register(self._polled_input, select.POLLOUT if self._feeder.waits else 0)
        elif self._polled_input >= 0:
            self._poll.unregister(self._polled_input)
            self._polled_input = -1

    def _timeout(self) -> int | None:
        """Milliseconds until something is due."""
        due = [self._wall_at] if self._sweep is None else []
        due.append(self._ladder.due if self._sweep is None else self._sweep.due)
        known = [each for each in due if each is not None]
        if any(copier.holds for copier in self._copiers):
            known.append(time.monotonic() + _QUIET)
        return max(0, int((min(known) - time.monotonic()) * 1000) + 1) if known else None

    def _copy(self, descriptor: int) -> bool:
        """Copy what a pipe holds, up to a bound; whether there may be more."""
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return False
        if data:
            self._sources[descriptor].accept(data)
            return True
        self._poll.unregister(descriptor)
        del self._sources[descriptor]
        os.close(descriptor)
        return False

    def _drain(self) -> None:
        """Take what is left in the pipes; everybody who could write into them has ended, or cannot be waited for."""
        for descriptor in list(self._sources):
            for _ in range(_LAST_READS):
                if not self._copy(descriptor):
                    break
        for copier in self._copiers:
            copier.finish()
        self._feeder.close()

    def _listen(self) -> None:
        *lines, self._asked = (self._asked + os.read(self._control, 4096)).split(b"\n")
        self._asked = self._asked[-256:]
        for line in lines:
            word, _, argument = line.partition(b" ")
            if word == b"input":
                self._feeder.told()
            elif word == b"interrupt":
                self._send(signal.SIGINT)
            elif word == b"stop":
                self._stop(argument)

    def _stop(self, argument: bytes) -> None:
        try:
            grace = float(argument)
        except ValueError:
            return
        # Neither a number that is none nor one without bound may keep the ladder from being climbed.
        grace = min(max(grace, 0.0), 3600.0) if grace == grace else 0.0
        now = time.monotonic()
        if self._sweep is None:
            self._ladder.ask("stopped", grace, now)
        else:
            self._sweep.hurry(grace, now)

    def _send(self, number: int) -> None:
        """Signal the process group; a stopped one is woken so that it can hear."""
        if self._status is not None:
            return  # Its number may be another's by now.
        for each in (number,) if number == signal.SIGKILL else (number, signal.SIGCONT):
            try:
                os.killpg(self._child.pid, each)
            except ProcessLookupError:
                os.kill(self._child.pid, each)  # It has not made its group yet.
            except PermissionError:
                return

    def _reap(self) -> None:
        """Wait for whoever has ended: the process itself, and orphans that came to us."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if pid == self._child.pid:
                self._status = status
                self._ended = time.time_ns() // 1_000_000
                now = time.monotonic()
                grace = min(self._left_over_grace, self._ladder.grace if self._ladder.reason else self._left_over_grace)
                self._sweep = Sweep(pid, self._subreaper, grace, self._ladder.killed, now)
