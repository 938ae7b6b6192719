"""A job: one process with a name of its own that outlives whoever started it, and what can be seen of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestrator_tui.adapters.process import ProcessIdentity

Status = Literal["absent", "starting", "running", "ended", "lost"]
Stream = Literal["output", "error"]
MEBIBYTE = 1 << 20
MOST_SAID = MEBIBYTE
"""Bytes that can be said at once."""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What is to run.

    Attributes:
        id: names the job for good; starting it again starts nothing.
        argv: the program and its arguments; found on the ``PATH`` of ``env``.
        cwd: the directory that it runs in.
        env: its whole environment, but for the variable that tells which job it is (`leavings.MARK`).
        stdin: written to its standard input first.
        keep_open: whether more can be said later; else the standard input ends behind ``stdin``.
        output_cap: bytes on disk at most, for each of its two streams: the first mebibyte and the newest are kept.
        wall_s: seconds after which its shim stops it.
        secrets: values that must not get into the files of its output.
        shapes: whether what only looks like a secret is kept out of them too. Whoever has to send parts of the output
            back to the process word by word takes it as it is, and redacts what he shows or records.
        grace_s: seconds between the signals with which ``wall_s`` stops it.
        left_over_grace_s: seconds that processes which it left running get to end by themselves, and again between
            SIGTERM and SIGKILL.
    """

    id: str
    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str] = field(repr=False)
    stdin: bytes = field(default=b"", repr=False)
    keep_open: bool = False
    output_cap: int = 64 * MEBIBYTE
    wall_s: float | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    shapes: bool = True
    grace_s: float = 10.0
    left_over_grace_s: float = 1.0


@dataclass(frozen=True, slots=True)
class JobSeen:
    """What is known of a job now. Times are wall time in milliseconds since the epoch.

    Attributes:
        status: ``absent`` nothing of this name has run; ``starting`` its process does not run yet; ``running``;
            ``ended`` with a result; ``lost`` it ran, and neither it nor its shim live, and there is no result.
        process: the process itself, not its shim.
        exit_code: as its parent saw it, minus the signal's number when one ended it; None when nobody knows.
        reason: "" while it runs, else ``exited``, ``signal N``, ``stopped``, ``wall limit``, ``cannot start: …`` or
            ``lost``.
        left_over: processes that it left behind and that had to be ended.
        output_bytes, error_bytes: how long its streams are; positions for ``follow``.
        dropped_bytes: those of them that are on disk no more, or never were.
        attended: whether its shim lives: else nobody copies its output, feeds it or keeps its ``wall_s``.
    """

    id: str
    status: Status
    process: ProcessIdentity | None = None
    exit_code: int | None = None
    reason: str = ""
    started_wall_ms: int | None = None
    ended_wall_ms: int | None = None
    left_over: int = 0
    output_bytes: int = 0
    error_bytes: int = 0
    last_output_wall_ms: int | None = None
    dropped_bytes: int = 0
    attended: bool = False


class JobError(OSError):
    """What was asked of a job cannot be done: one line that says which job and why."""
