"""What is known of a process of this machine from ``/proc``; without it, only that nothing is known."""

from __future__ import annotations

from pathlib import Path

_STATE = 0
_START = 19


def start_time(pid: int) -> str:
    """When the process started, in clock ticks since boot; with the pid it names a process. "" when unknown."""
    fields = _stat_fields(pid)
    return fields[_START] if len(fields) > _START else ""


def is_stopped(pid: int) -> bool:
    """Whether the process is stopped (SIGSTOP, Ctrl-Z, a debugger); False when unknown."""
    fields = _stat_fields(pid)
    return bool(fields) and fields[_STATE] in ("T", "t")


def _stat_fields(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    # The second field is the program's name in parentheses; it may hold anything, parentheses too.
    return text.rpartition(")")[2].split()
