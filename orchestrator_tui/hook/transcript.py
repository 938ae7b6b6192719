"""Whether a tool call that waits has ended without us, as its agent's transcript tells (DESIGN §4.2).

Claude Code lets a hook wait on after the dialog was answered at the terminal, so the hook has to find out itself. The
call's own lines are the evidence: the assistant's use of the tool, and the result that belongs to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestrator_tui.hook.growing import NewLines

SLACK_MS = 2_000
"""How much earlier than its hook's first look a call may have ended: the hook has to start, too."""

_USE, _RESULT = b'"tool_use"', b'"tool_result"'


class CallWatch:
    """Follows one transcript for the end of one call; lines that are neither calls nor results are not parsed.

    Args:
        path: the transcript; None when it is not known, which never tells an end.
        is_call: whether a tool use (name, input, working directory) is this call.
        since_wall_ms: when the call asked; results that are much older are those of the same call made before.
    """

    def __init__(
        self, path: Path | None, is_call: Callable[[str, Mapping[str, Any], str], bool], since_wall_ms: int
    ) -> None:
        self._lines, self._is_call = NewLines(path), is_call
        self._since_wall_ms = since_wall_ms - SLACK_MS
        self._waiting: set[str] = set()
        self._seen = False

    def ended(self) -> bool:
        """Whether the call has its result now. Never raises for what a file holds."""
        first = not self._lines.begun
        for line in self._lines.read():
            if _USE in line or _RESULT in line:
                self._take(line, first)
        self._seen = self._seen or bool(self._waiting)
        return self._seen and not self._waiting

    def _take(self, line: bytes, first: bool) -> None:
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            return
        message = said.get("message") if isinstance(said, dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            if not isinstance(block, dict):
                continue
            if block.get("type") == "tool_result" and str(block.get("tool_use_id")) in self._waiting:
                self._waiting.remove(str(block.get("tool_use_id")))
                # Whoever is asked over the control protocol may have answered before we came to look.
                self._seen = self._seen or not first or _wall_ms(said.get("timestamp")) >= self._since_wall_ms
            elif block.get("type") == "tool_use" and isinstance(block.get("input"), dict):
                cwd = said.get("cwd")
                if self._is_call(str(block.get("name")), block["input"], cwd if isinstance(cwd, str) else ""):
                    self._waiting.add(str(block.get("id")))


def _wall_ms(timestamp: Any) -> int:
    try:
        return round(datetime.fromisoformat(str(timestamp)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0
