"""Calls that wait for an answer by the control protocol, and which answers Claude Code has taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.adapters.sessions import entries

MOST = 64
"""Calls that may wait at once; the oldest goes."""

_NAME = 128


class Asks:
    """The calls that wait, in the order in which they were asked. ``session`` and ``cwd`` are the agent's."""

    __slots__ = ("_answered", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[str, Mapping[str, Any]] = {}
        self._answered: dict[str, str] = {}

    def waiting(self) -> tuple[Mapping[str, Any], ...]:
        """Each as the input of a PermissionRequest hook, with its ``request_id`` and ``tool_use_id``."""
        return tuple(self._waiting.values())

    def asked(self, entry: Mapping[str, Any], session: str, cwd: str) -> Mapping[str, Any] | None:
        """Take a request; the call when it is one that waits."""
        request, name = entries.part(entry, "request"), entry.get("request_id")
        if request.get("subtype") != "can_use_tool" or not _is_name(name) or not isinstance(name, str):
            return None
        tool, given = request.get("tool_name"), request.get("input")
        if not isinstance(tool, str) or not isinstance(given, dict):
            return None
        ask: dict[str, Any] = {
            "hook_event_name": "PermissionRequest",
            "request_id": name,
            "session_id": session,
            "cwd": cwd,
            "tool_name": tool,
            "tool_input": given,
            "permission_suggestions": request.get("permission_suggestions"),
        }
        for key in ("tool_use_id", "agent_id"):
            if _is_name(request.get(key)):
                ask[key] = request[key]
        self._waiting.pop(name, None)
        self._waiting[name] = ask
        if len(self._waiting) > MOST:
            del self._waiting[next(iter(self._waiting))]
        return ask

    def cancelled(self, name: Any) -> bool:
        """A call needs no answer any more: a hook gave it."""
        return isinstance(name, str) and self._waiting.pop(name, None) is not None

    def replied(self, entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Claude Code has read an answer of ours, which it echoes; the call that it refused, if it did."""
        response = entries.part(entry, "response")
        name = response.get("request_id")
        ask = self._waiting.pop(name, None) if isinstance(name, str) else None
        if ask is None or not isinstance(name, str):
            return None
        use = ask.get("tool_use_id")
        if isinstance(use, str):
            self._answered[use] = name
            if len(self._answered) > MOST:
                del self._answered[next(iter(self._answered))]
        return ask if entries.part(response, "response").get("behavior") == "deny" else None

    def came_back(self, use: Any) -> str:
        """A call has its result; the request by whose answer it went on, or ""."""
        if not isinstance(use, str):
            return ""
        for name, ask in tuple(self._waiting.items()):
            if ask.get("tool_use_id") == use:
                del self._waiting[name]
        return self._answered.pop(use, "")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _NAME and value.isprintable()
