"""The jobs of one repository: started once, seen by whoever looks, asked by whoever may (reliability P-1 to P-6).

Every job has a directory of its own; who started it is forgotten at once. All that is known of it lies there: its lock
says whether its shim lives, its state who it is, its result how it ended. So any process can adopt it at any time.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from orchestrator_tui.adapters.clock import boot_id
from orchestrator_tui.adapters.jobs import processes
from orchestrator_tui.adapters.jobs.job import MEBIBYTE, MOST_SAID, JobError, JobSeen, JobSpec, Stream
from orchestrator_tui.adapters.jobs.launching import start_shim, take_lock
from orchestrator_tui.adapters.jobs.leavings import MARK, sweep
from orchestrator_tui.adapters.jobs.output import growth, segments
from orchestrator_tui.adapters.jobs.record import (
    CLOSE_SUFFIX,
    CLOSED,
    CONTROL,
    RESULT,
    SPOOL,
    STATE,
    STREAMS,
)
from orchestrator_tui.adapters.jobs.seeing import Seeing
from orchestrator_tui.adapters.process import alive

_NAME_LIMIT = 200
_ADOPT_SECONDS = 20.0
_ADOPT_STEP = 0.005
_REMOVED = re.compile(r"^\.removed-")


class Jobs:
    """The jobs below one directory, which is made when the first one starts."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seeing = Seeing()

    def start(self, spec: JobSpec) -> JobSeen:
        """Start a job, or adopt the one of this name: whoever calls how often, its process is started once.

        Returns as soon as its identity is on record; whether its program could be started, a later look will tell.

        Raises:
            JobError: it could not be started, and never ran.
            ValueError: the name or the arguments are none.
        """
        place = self._place(spec.id)
        order = _order(spec, place)
        until = time.monotonic() + _ADOPT_SECONDS
        while True:
            seen = self.look(spec.id)
            if seen.status not in ("absent", "starting") or time.monotonic() >= until:
                return seen
            lock = self._lock(spec.id, place)
            if lock is None:
                time.sleep(_ADOPT_STEP)  # Somebody else starts it right now.
                continue
            try:
                # Only now it is certain: what had no state when the lock was free will never get one by others.
                if not (place / STATE).exists():
                    self._begin(spec, place, lock, order)
            finally:
                os.close(lock)
            return self.look(spec.id)

    def look(self, id: str) -> JobSeen:
        """What is known of a job now. Cheap: no process is started, and what has ended is read once."""
        return self._seeing.look(id, self._place(id))

    def all(self) -> tuple[str, ...]:
        """The names of all jobs that have a directory, in order."""
        try:
            names = os.listdir(self._directory)
        except (FileNotFoundError, NotADirectoryError):
            return ()
        return tuple(sorted(unquote(name) for name in names if not _REMOVED.match(name)))

    def forget(self, id: str) -> None:
        """Remove everything of a job that has ended; nothing where there is nothing.

        Raises:
            JobError: it still runs.
        """
        place = self._place(id)
        if not place.exists():
            return
        status = self.look(id).status
        lock = None if status == "running" else take_lock(place)
        # Between its result and its end a shim does nothing more.
        if lock is None and status != "ended":
            raise JobError(f"job {id}: it still runs")
        removed = self._directory / f".removed-{os.getpid()}-{os.urandom(4).hex()}"
        try:
            place.rename(removed)
        finally:
            if lock is not None:
                os.close(lock)
        self._seeing.forget(id)
        shutil.rmtree(removed)

    def say(self, id: str, data: bytes) -> None:
        """Write to the standard input of a job: whole, behind everything said before, as soon as it reads.

        It is written even when the caller ends right after this.

        Raises:
            JobError: the job does not run, its standard input is closed, or this is more than `MOST_SAID`.
        """
        if len(data) > MOST_SAID:
            raise JobError(f"job {id}: {len(data)} bytes cannot be said at once, only {MOST_SAID}")
        self._put(id, data, "")

    def close_input(self, id: str) -> None:
        """End the standard input of a job, behind everything that was said; nothing when it has ended already.

        Raises:
            JobError: the job does not run.
        """
        if (self._place(id) / CLOSED).exists():
            return
        self._put(id, b"", CLOSE_SUFFIX)
        (self._place(id) / CLOSED).touch(mode=0o600)

    def stop(self, id: str, grace_s: float = 10.0) -> None:
        """Have a job stopped: SIGINT, a grace, SIGTERM, a grace, SIGKILL, and whatever it left behind swept away.

        Its shim does so, also when the caller ends; asked again with a shorter grace it hurries. Where its shim is
        dead, another one is started that does the same by identity. Nothing where the job does not run.

        Raises:
            JobError: it runs and cannot be asked.
        """
        if self.look(id).status != "running" or self._ask(id, f"stop {grace_s}"):
            return
        place = self._place(id)
        lock = take_lock(place)
        if lock is None:
            return  # It is being ended by somebody, or has just ended.
        try:
            process = self.look(id).process
            if (place / RESULT).exists() or process is None or not alive(process):
                return
            order = {"pid": process.pid, "start": process.start, "grace": grace_s}
            failure = start_shim(place, lock, "rescue", order)
        finally:
            os.close(lock)
        if failure:
            raise JobError(f"job {id}: it cannot be stopped: {failure}")

    def interrupt(self, id: str) -> None:
        """Send SIGINT, and nothing else, to a job and its process group; nothing where it does not run.

        Raises:
            JobError: it runs and cannot be asked.
        """
        seen = self.look(id)
        if seen.status != "running" or seen.process is None or self._ask(id, "interrupt"):
            return
        if alive(seen.process):
            for one in processes.table().values():
                if one.group == seen.process.pid:
                    processes.send(one.pid, one.start, signal.SIGINT)

    def sweep(self, id: str) -> int:
        """End what a job has left behind whose shim died before it could; how many processes there were.

        They are known by the session of the job's process, and by the variable ``MARK`` wherever they have gone.

        Raises:
            JobError: it runs, or is being started.
        """
        place = self._place(id)
        seen = self.look(id)
        lock = take_lock(place) if seen.status in ("ended", "lost") else None
        if lock is None:
            raise JobError(f"job {id}: it still runs")
        try:
            own = seen.process
            leader = own.pid if own is not None and own.boot == boot_id() else 0
            return sweep(leader, self.mark(id))
        finally:
            os.close(lock)

    def mark(self, id: str) -> str:
        """What stands in the environment of a job's processes: the variable ``MARK`` with the place of this job."""
        return f"{MARK}={self._place(id)}"

    def tail(self, id: str, stream: Stream = "output", limit: int = 65_536) -> bytes:
        """The last bytes of what a job printed."""
        place = self._place(id)
        parts = segments(place, stream)
        offset = max(0, parts[-1].end - limit) if parts else 0
        return growth(place, stream, offset, limit)[0]

    def follow(self, id: str, stream: Stream, offset: int, limit: int = 8 * MEBIBYTE) -> tuple[bytes, int]:
        """What a job printed from a position on, and the position to go on from.

        Nothing is left out: what was rotated away, or could not be written, is said in its place. A line may come in
        pieces. There is more than ``limit`` where the position is still below the length of the stream.
        """
        return growth(self._place(id), stream, offset, limit)

    def paths(self, id: str) -> dict[str, tuple[Path, ...]]:
        """The files of a job's streams, oldest first."""
        return {stream: tuple(one.path for one in segments(self._place(id), stream)) for stream in STREAMS}

    def _place(self, id: str) -> Path:
        name = quote(id, safe=" @=+,:").replace("~", "%7E")
        name = f"%2E{name[1:]}" if name.startswith(".") else name
        if not name or len(name) > _NAME_LIMIT:
            raise ValueError(f"{id!r} cannot name a job: it has to be 1 to {_NAME_LIMIT} bytes as a file name")
        return self._directory / name

    def _lock(self, id: str, place: Path) -> int | None:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.mkdir(mode=0o700, exist_ok=True)
            return take_lock(place)
        except OSError as error:
            raise JobError(f"job {id}: it cannot be started: {error.strerror}: {error.filename}") from error

    def _begin(self, spec: JobSpec, place: Path, lock: int, order: dict[str, Any]) -> None:
        try:
            (place / SPOOL).mkdir(mode=0o700, exist_ok=True)
            if not spec.keep_open:
                (place / CLOSED).touch(mode=0o600)
            failure = start_shim(place, lock, "attend", order)
        except OSError as error:
            raise JobError(f"job {spec.id}: it cannot be started: {error.strerror}: {error.filename}") from error
        if failure:
            raise JobError(f"job {spec.id}: it cannot be started: {failure}")

    def _ask(self, id: str, line: str) -> bool:
        """Put a line into the job's control FIFO, which its shim reads whatever becomes of us; False without a shim."""
        try:
            descriptor = os.open(self._place(id) / CONTROL, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            os.write(descriptor, line.encode() + b"\n")
        except BlockingIOError as error:
            raise JobError(f"job {id}: its shim does not listen") from error
        except BrokenPipeError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _put(self, id: str, data: bytes, suffix: str) -> None:
        """Lay a message into the spool; names sort by the moment of this boot, which no job outlives."""
        place = self._place(id)
        seen = self.look(id)
        if seen.status != "running":
            raise JobError(f"job {id}: it does not run")
        if not seen.attended:
            raise JobError(f"job {id}: its shim is dead: nobody can write to its standard input")
        if (place / CLOSED).exists():
            raise JobError(f"job {id}: its standard input is closed")
        name = f"{time.monotonic_ns():020d}-{os.getpid()}-{os.urandom(2).hex()}{suffix}"
        message = place / SPOOL / name
        try:
            hidden = message.with_name("." + name)
            hidden.write_bytes(data)
            hidden.rename(message)
        except OSError as error:
            raise JobError(f"job {id}: nothing can be said: {error.strerror}") from error
        if not self._ask(id, "input"):
            message.unlink(missing_ok=True)
            raise JobError(f"job {id}: it has ended")


def _order(spec: JobSpec, place: Path) -> dict[str, Any]:
    """What the shim needs to know, in plain data."""
    if not spec.argv or not spec.argv[0]:
        raise ValueError(f"job {spec.id}: there is no program to start")
    texts = (spec.cwd, *spec.argv, *spec.env, *spec.env.values())
    if any("\0" in text for text in texts) or any("=" in name or not name for name in spec.env):
        raise ValueError(f"job {spec.id}: its arguments, directory or environment cannot be passed on")
    return {
        "argv": tuple(spec.argv),
        "cwd": spec.cwd,
        "env": {**spec.env, MARK: str(place)},
        "stdin": spec.stdin,
        "keep_open": spec.keep_open,
        "output_cap": spec.output_cap,
        "wall_s": spec.wall_s,
        "secrets": tuple(spec.secrets),
        "shapes": spec.shapes,
        "grace_s": spec.grace_s,
        "left_over_grace_s": spec.left_over_grace_s,
        "boot": boot_id(),
    }
