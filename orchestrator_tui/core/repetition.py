"""Whether an agent goes in circles, by the calls that it makes: pages without an edit, the same call, the same error.

Seed 004's circuit breaker defines the three patterns and counts them; how many repeats are too many is the workflow's
to say. What an agent calls is data of an agent: everything that is kept is bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from orchestrator_tui.core.canonical import sha256_hex
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.live_rules import ERROR_ECHO, PAGINATION, PATTERNS, SPIRAL, TURN_REPEAT
from orchestrator_tui.core.text import sanitise_line

_PAGES = frozenset({"offset", "limit", "start_line", "end_line", "number", "head_limit", "pages"})
"""Arguments that only say which piece of a file is read; they are no part of a turn key."""
_WORDS = frozenset({"description", "timeout", "run_in_background"})
"""Arguments that say nothing of what a call does."""
_READING = frozenset({"Read", "Grep", "NotebookRead"})
_EDITING = frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"})
_WAITING = frozenset({"AgentOutput", "BashOutput", "Monitor", "ScheduleWakeup", "Sleep", "TaskOutput"})
"""Tools by which an agent waits for something else: asking again is what they are for."""
_OURS = ("orch-agent", "mcp__orch-tui__")
"""How calls of ours begin: who waits for a decision asks for it again and again."""
_PATHS = ("file_path", "notebook_path", "path", "file")

_MOST = 256
_TEXT, _ERROR = 160, 400
_DIGITS, _TAG = re.compile(r"\d+"), re.compile(r"</?tool_use_error>")

_K = TypeVar("_K")
_V = TypeVar("_V")


@frozen
class Repeated:
    """One pattern as far as it has gone. ``what`` is the call in words, ``error`` what came back, where that counts."""

    pattern: str
    times: int
    what: str
    file: str = ""
    error: str = ""


@frozen
class _Call:
    tool: str
    key: str
    page: str
    file: str
    what: str


class Repetitions:
    """The calls of one agent in their order. Two agents that read the same file are no pattern: one of these each."""

    def __init__(self) -> None:
        self._open: dict[str, _Call] = {}
        self._pages: dict[str, tuple[int, frozenset[str], _Call]] = {}
        self._run: tuple[str, frozenset[str], int] = ("", frozenset(), 0)
        self._errors: dict[tuple[str, str], tuple[int, str, _Call]] = {}
        self._edits: dict[str, int] = {}
        self._most: dict[str, Repeated] = {}

    def called(self, use: str, tool: str, arguments: Mapping[str, Any]) -> None:
        """A call begins; ``use`` is the name under which its result comes back."""
        if _waits(tool, arguments):
            return
        call = _call(tool, arguments)
        _keep(self._open, use, call)
        key, pages, times = self._run
        pages, times = (pages | {call.page}, times + 1) if key == call.key else (frozenset({call.page}), 1)
        self._run = (call.key, pages, times)
        if len(pages) == 1:
            # Pieces of one file are a pattern of their own.
            self._reached(Repeated(TURN_REPEAT, times, call.what, call.file))
        if tool in _EDITING:
            # Paging that leads to an edit was reading.
            self._pages.clear()
        elif tool in _READING and call.file:
            count, seen, _ = self._pages.get(call.key, (0, frozenset(), call))
            _keep(self._pages, call.key, (count + 1, frozenset(list(seen | {call.page})[:8]), call))

    def returned(self, use: str, error: str = "") -> None:
        """The result of a call: what went wrong, or "" where nothing did."""
        call = self._open.pop(use, None)
        if call is None:
            return
        editing = call.tool in _EDITING
        # Whoever tries to mend the same file in the same way may write it a little differently each time.
        fix = f"edit {call.file}" if editing else call.key
        if error:
            text = sanitise_line(_TAG.sub("", error[: 4 * _ERROR]), _ERROR)
            same = (fix, _DIGITS.sub("#", text).lower())
            times = self._errors.get(same, (0, "", call))[0] + 1
            _keep(self._errors, same, (times, text, call))
            self._reached(Repeated(ERROR_ECHO, times, call.what, call.file, text))
            return
        # A file that was changed makes every other error a new one.
        self._errors = {} if editing else {key: one for key, one in self._errors.items() if key[0] != fix}
        if editing and call.file:
            times = self._edits.get(call.file, 0) + 1
            _keep(self._edits, call.file, times)
            self._reached(Repeated(SPIRAL, times, call.what, call.file))

    def found(self) -> tuple[Repeated, ...]:
        """Each pattern as far as it went, those that happened at least twice."""
        paged = [
            Repeated(PAGINATION, times, call.what, call.file)
            for times, pages, call in self._pages.values()
            if len(pages) > 1
        ]
        return strongest((*self._most.values(), *paged))

    def _reached(self, one: Repeated) -> None:
        before = self._most.get(one.pattern)
        if before is None or one.times > before.times:
            self._most[one.pattern] = one


def strongest(found: Iterable[Repeated]) -> tuple[Repeated, ...]:
    """Of each pattern the one that went furthest, if it happened at least twice."""
    most: dict[str, Repeated] = {}
    for one in found:
        if one.times > 1 and one.times > (most[one.pattern].times if one.pattern in most else 0):
            most[one.pattern] = one
    return tuple(most[pattern] for pattern in PATTERNS if pattern in most)


def _waits(tool: str, arguments: Mapping[str, Any]) -> bool:
    command = arguments.get("command")
    said = command.lstrip() if isinstance(command, str) else ""
    return tool in _WAITING or tool.startswith(_OURS) or said.startswith(_OURS)


def _call(tool: str, arguments: Mapping[str, Any]) -> _Call:
    file = next((value for name in _PATHS if isinstance(value := arguments.get(name), str)), "")
    page = {name: value for name, value in arguments.items() if name in _PAGES}
    primary = {name: value for name, value in arguments.items() if name not in _PAGES and name not in _WORDS}
    said = next((value for value in (file, *primary.values()) if isinstance(value, str) and value), "")
    tool = sanitise_line(tool[:_TEXT], 60)
    return _Call(
        tool,
        f"{tool}:{_digest(primary)}",
        _digest(page),
        sanitise_line(file[: 4 * _TEXT], _TEXT),
        sanitise_line(f"{tool} {said[: 4 * _TEXT]}", _TEXT),
    )


def _digest(arguments: Mapping[str, Any]) -> str:
    try:
        return sha256_hex(json.dumps(arguments, sort_keys=True))[:16]
    except (TypeError, ValueError, RecursionError):
        # Too deep to be compared: nothing that any tool takes.
        return "deep"


def _keep(table: dict[_K, _V], key: _K, value: _V) -> None:
    table.pop(key, None)
    table[key] = value
    if len(table) > _MOST:
        del table[next(iter(table))]
