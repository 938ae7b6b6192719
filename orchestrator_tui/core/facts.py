"""What was seen outside, as plain data for ``observe``: no reading, no clock, nothing trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator_tui.core.canonical import json_text, sha256_hex
from orchestrator_tui.core.frozen import frozen

OUR_KEYS = frozenset({"decision", "messages"})
"""What we write into a task's metadata: our answer, and what was said to its agent."""

PROGRESS = "progress"
"""Where an agent says what it is just doing."""


@frozen
class TaskFact:
    """One task file as it is now (reference claude-code §2).

    ``source`` names the task for good inside its list. ``metadata`` holds whatever the file holds, unknown keys too.
    ``problem`` says why the file could not be read; everything else is then the last good reading, if there was one.
    """

    source: str
    task_id: str
    subject: str
    description: str
    status: str
    metadata: Mapping[str, Any]
    mtime_ms: int
    active_form: str = ""
    owner: str = ""
    blocked_by: tuple[str, ...] = ()
    problem: str = ""

    def fingerprint(self) -> str:
        """Identity of what the agent said: everything but our own keys and the description that we write into."""
        said = {key: value for key, value in self.metadata.items() if key not in OUR_KEYS}
        return sha256_hex(json_text([self.subject, self.status, self.active_form, self.owner, said]))[:16]

    def without_activity(self) -> TaskFact:
        """The same task, but for what its agent says that it is just doing and for when it said so."""
        rest = {key: value for key, value in self.metadata.items() if key != PROGRESS}
        return replace(self, metadata=rest, active_form="", mtime_ms=0)


@frozen
class LifeSign:
    """One sign that an agent lives: what it is (process, commits, transcript, tool), and how old, in milliseconds."""

    kind: str
    age_ms: int
    detail: str = ""
