"""What waits for an agent beside our answer, as its transcript tells: a gate must never keep it from other work.

While a session is held at the end of its turn, the end of a background agent and what its person or program writes
are queued for it, and taken only when the hook lets it go (reference claude-code §5.3).
"""

from __future__ import annotations

import json
from pathlib import Path

from orchestrator_tui.hook.growing import NewLines

_LINE = b'"queue-operation"'


class Queue:
    """Follows the queue of one agent by its transcript; None for the path never tells that anything waits."""

    def __init__(self, path: Path | None) -> None:
        self._lines = NewLines(path)
        self._waiting = 0

    def holds_something(self) -> bool:
        """Whether something was queued for the agent and is not taken yet."""
        for line in self._lines.read():
            if _LINE in line:
                self._take(line)
        return self._waiting > 0

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(entry, dict) or entry.get("type") != "queue-operation":
            return
        operation = entry.get("operation")
        if operation == "enqueue":
            self._waiting += 1
        elif operation in ("dequeue", "remove"):
            # The first look may begin behind what this one took.
            self._waiting = max(0, self._waiting - 1)
        else:
            self._waiting = 0
