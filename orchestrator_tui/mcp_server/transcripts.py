"""Which agent of a session made a tool call: its transcript is the one that holds it (reference claude-code §5.3).

Claude Code names the call to an MCP server, not the agent that made it; main session and sub-agents share one server.
The line with the call is written while the call is on its way to us: it is there then, or some milliseconds later.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from glob import escape
from pathlib import Path

from orchestrator_tui.adapters.claude_home import is_name

WAIT_S = 2.0
"""How long to look for the line of a call."""

LATELY_S = 60.0
"""How long ago a sub-agent's transcript may have grown for the last time and hold a call that is made now."""

_PAUSE_S = 0.01
_TAIL_BYTES = 2 * 1024 * 1024
_PREFIX, _SUFFIX = "agent-", ".jsonl"


def caller_of(
    config: Path,
    session: str,
    call: str,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str | None:
    """The id of the sub-agent that made ``call``, "" for the session's main agent, None when nobody is seen to have.

    Args:
        config: Claude Code's directory.
        session: id of the session.
        call: id of the tool use.
        monotonic, sleep: the clock and the waiting; replaced in tests.
    """
    if not call or not is_name(session):
        return None
    tails: dict[Path, _Tail] = {}
    deadline = monotonic() + WAIT_S
    while True:
        for path in _transcripts(config, session):
            tail = tails.setdefault(path, _Tail(path))
            if any(_makes(line, call) for line in tail.lines_with(call.encode())):
                return path.name[len(_PREFIX) : -len(_SUFFIX)] if path.name.startswith(_PREFIX) else ""
        if monotonic() >= deadline:
            return None
        sleep(_PAUSE_S)


def _transcripts(config: Path, session: str) -> Iterator[Path]:
    """The transcripts of a session and its sub-agents; a session that changed its directory has several."""
    for main in (config / "projects").glob(f"*/{escape(session)}{_SUFFIX}"):
        # Those of sub-agents first: an older Claude Code repeats their calls in the session's own.
        yield from _written_lately((main.parent / session / "subagents").glob(f"{_PREFIX}*{_SUFFIX}"))
        yield main


def _written_lately(paths: Iterable[Path]) -> Iterator[Path]:
    """Those that grew just now, the newest first: a session may have had hundreds of sub-agents before."""
    dated = []
    for path in paths:
        with suppress(OSError):
            dated.append((os.stat(path).st_mtime, path))
    since = time.time() - LATELY_S
    yield from (path for changed, path in sorted(dated, reverse=True) if changed >= since)


class _Tail:
    """The end of one transcript, and what is appended to it while we look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at: int | None = None
        self._rest = b""

    def lines_with(self, wanted: bytes) -> list[bytes]:
        """The new whole lines that hold ``wanted``."""
        try:
            size = os.stat(self._path).st_size
            at = max(0, size - _TAIL_BYTES) if self._at is None else self._at
            if size <= at:
                return []
            with open(self._path, "rb") as file:
                file.seek(at)
                data = self._rest + file.read(_TAIL_BYTES)
        except OSError:
            return []
        self._at = at + len(data) - len(self._rest)
        whole, _, self._rest = data.rpartition(b"\n")
        return [line for line in whole.split(b"\n") if wanted in line] if wanted in whole else []


def _makes(line: bytes, call: str) -> bool:
    """Whether this line of a transcript makes the call, and does not only speak of it."""
    try:
        entry = json.loads(line)
        blocks = entry["message"]["content"] if entry["type"] == "assistant" else ()
        return any(block["type"] == "tool_use" and block["id"] == call for block in blocks)
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
