"""Looking at a job: its directory, its lock and the table of processes, no more than each look needs.

Whoever attends fifty jobs looks at each once a second: what has ended is remembered by its result file, and nobody is
started to find anything out.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from orchestrator_tui.adapters.jobs.job import JobSeen
from orchestrator_tui.adapters.jobs.launching import is_locked
from orchestrator_tui.adapters.jobs.output import segments_among
from orchestrator_tui.adapters.jobs.record import RESULT, STATE, STREAMS, read_facts
from orchestrator_tui.adapters.process import ProcessIdentity, alive

_Stamp = tuple[int, int, int]


class Seeing:
    """The eye of one process on jobs."""

    def __init__(self) -> None:
        self._ended: dict[str, tuple[_Stamp, JobSeen]] = {}
        self._states: dict[str, tuple[_Stamp, dict[str, str]]] = {}

    def look(self, id: str, place: Path) -> JobSeen:
        """What is known of the job ``id``, whose directory ``place`` is, now."""
        known = self._ended.get(id)
        stamp = _stamp(place / RESULT)
        if known is not None and stamp == known[0]:
            return known[1]
        state = self._state(id, place)
        if not state:
            return JobSeen(id, "starting" if is_locked(place) else "absent")
        if stamp is None:
            # Its shim writes the result before it lets go of the lock: without one here, look again.
            attended = is_locked(place)
            stamp = None if attended else _stamp(place / RESULT)
            if stamp is None:
                return self._living(id, place, state, attended)
        seen = _with_result(_base(id, place, state), read_facts(str(place / RESULT)))
        self._ended[id] = (stamp, seen)
        return seen

    def forget(self, id: str) -> None:
        """The job is gone."""
        self._ended.pop(id, None)
        self._states.pop(id, None)

    def _state(self, id: str, place: Path) -> dict[str, str]:
        """Who the job is; it never changes once it is written."""
        stamp = _stamp(place / STATE)
        if stamp is None:
            return {}
        known = self._states.get(id)
        if known is None or known[0] != stamp:
            known = (stamp, read_facts(str(place / STATE)))
            self._states[id] = known
        return known[1]

    def _living(self, id: str, place: Path, state: dict[str, str], attended: bool) -> JobSeen:
        """A job without a result: it runs as long as its shim or its process does."""
        seen = _base(id, place, state)
        if attended or (seen.process is not None and alive(seen.process)):
            return replace(seen, status="running", attended=attended)
        return replace(seen, status="lost", reason="lost")


def _stamp(path: Path) -> _Stamp | None:
    try:
        stat = os.stat(path, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _base(id: str, place: Path, state: dict[str, str]) -> JobSeen:
    """The job by its state and its files."""
    try:
        with os.scandir(place) as found:
            entries = list(found)
    except FileNotFoundError:
        entries = []
    lengths, changed, dropped = [], 0, 0
    for stream in STREAMS:
        parts = segments_among(entries, stream)
        lengths.append(parts[-1].end if parts else 0)
        dropped += lengths[-1] - sum(part.size for part in parts)
        changed = max([changed, *(part.changed_ns for part in parts)])
    process = ProcessIdentity(_number(state, "pid") or 0, state.get("start", ""), state.get("boot", ""))
    return JobSeen(
        id,
        "running",
        process,
        started_wall_ms=_number(state, "started"),
        output_bytes=lengths[0],
        error_bytes=lengths[1],
        last_output_wall_ms=changed // 1_000_000 or None,
        dropped_bytes=dropped,
    )


def _with_result(seen: JobSeen, result: dict[str, str]) -> JobSeen:
    dropped = [_number(result, f"{stream}_dropped") for stream in STREAMS]
    output, error = (_number(result, f"{stream}_bytes") for stream in STREAMS)
    return replace(
        seen,
        status="ended",
        exit_code=_number(result, "code"),
        reason=result.get("reason", ""),
        ended_wall_ms=_number(result, "ended"),
        left_over=_number(result, "left_over") or 0,
        output_bytes=seen.output_bytes if output is None else output,
        error_bytes=seen.error_bytes if error is None else error,
        dropped_bytes=sum(each for each in dropped if each is not None) if None not in dropped else seen.dropped_bytes,
    )


def _number(facts: dict[str, str], name: str) -> int | None:
    text = facts.get(name, "")
    return int(text) if text.lstrip("-").isdigit() else None
