"""Jobs behind the engine's port (``runtime.run_world.Jobs``)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from orchestrator_tui.adapters.jobs.job import JobError, JobSpec, Stream
from orchestrator_tui.adapters.jobs.job import JobSeen as Seen
from orchestrator_tui.adapters.jobs.jobs import Jobs
from orchestrator_tui.runtime.run_world import JobOrder, JobSeen

STARTS = 3
"""How often a job is started whose shim ends before its process runs."""


class RunJobs:
    """Implements :class:`~orchestrator_tui.runtime.run_world.Jobs` over the jobs of one batch.

    ``grace_s`` is how long each step of the stop ladder waits.
    """

    def __init__(self, jobs: Jobs, grace_s: float = 10.0) -> None:
        self._jobs, self._grace_s = jobs, grace_s
        self._swept: dict[str, int] = {}

    def start(self, identifier: str, order: JobOrder) -> JobSeen:
        """Start it, or adopt what was started under this name."""
        spec = JobSpec(
            id=identifier,
            argv=order.argv,
            cwd=order.cwd,
            env=order.environment,
            stdin=order.stdin,
            keep_open=order.keep_open,
            wall_s=order.wall_ms / 1000 if order.wall_ms else None,
            secrets=order.secrets,
            # What an agent asks by its output is answered with its own words.
            shapes=not order.keep_open,
            grace_s=self._grace_s,
        )
        for _ in range(STARTS - 1):
            # What could not be started never ran: a shim that was killed at its birth is followed by another one.
            with suppress(JobError):
                return _seen(self._jobs.start(spec))
        return _seen(self._jobs.start(spec))

    def look(self, identifier: str) -> JobSeen:
        """How it is now. What is left of a job whose shim died is ended before it counts as lost or stopped."""
        seen = _seen(self._jobs.look(identifier))
        if seen.status != "lost" and seen.reason != "stopped":
            return seen
        if identifier not in self._swept:
            try:
                self._swept[identifier] = self._jobs.sweep(identifier)
            except JobError:
                # Its shim has not let go yet: it counts as ended when that has.
                return replace(seen, status="running", exit_code=None, reason="")
        return replace(seen, left_over=seen.left_over + self._swept[identifier])

    def say(self, identifier: str, data: bytes) -> None:
        """Write into its input, whole or not at all."""
        self._jobs.say(identifier, data)

    def close_input(self, identifier: str) -> None:
        """End its input."""
        self._jobs.close_input(identifier)

    def stop(self, identifier: str) -> None:
        """Begin the stop ladder."""
        self._jobs.stop(identifier, self._grace_s)

    def follow(self, identifier: str, stream: str, offset: int) -> tuple[bytes, int]:
        """What was written since ``offset``, and the next offset."""
        return self._jobs.follow(identifier, _stream(stream), offset)

    def tail(self, identifier: str, stream: str, limit: int) -> bytes:
        """The last of what was written."""
        return self._jobs.tail(identifier, _stream(stream), limit)


def _stream(name: str) -> Stream:
    return "error" if name == "error" else "output"


def _seen(seen: Seen) -> JobSeen:
    process = seen.process
    return JobSeen(
        status=seen.status,
        process=None if process is None else (process.pid, process.start, process.boot),
        exit_code=seen.exit_code,
        reason=seen.reason,
        left_over=seen.left_over,
        last_output_wall_ms=seen.last_output_wall_ms or 0,
        dropped_bytes=seen.dropped_bytes,
    )
