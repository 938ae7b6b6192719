"""Names that several processes must arrive at alone: the batch of a task list, the source of a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.canonical import json_text, sha256_hex
from orchestrator_tui.core.metadata import slugify

_TASK = "task:"
_SESSION = "session:"
_AGENT = "agent:"


def list_batch_id(directory: str) -> str:
    """The id of the batch that watches one task list, from the list directory's real path."""
    name = directory.rstrip("/").rpartition("/")[2]
    return f"{slugify(name)[:40].strip('-') or 'list'}-{sha256_hex(directory)[:8]}"


def task_source(task_id: str) -> str:
    """The name of a task inside its list: what joins a track and its gates to their task file."""
    return f"{_TASK}{task_id}"


def is_task_source(source: str) -> bool:
    """Whether this names a task of a list."""
    return source.startswith(_TASK)


def agent_source(session: str, agent: str = "") -> str:
    """The source of the track of a session's own agent, or of a sub-agent of it."""
    return f"{_AGENT}{agent}" if agent else f"{_SESSION}{session}"


def agent_slug(session: str, agent: str = "") -> str:
    """The slug of an agent's track for those who meet the agent before anybody has named its track."""
    return f"agent-{slugify(agent)[-8:]}" if agent else f"session-{slugify(session)[:8]}"


def call_gate_id(session: str, agent: str, tool: str, tool_input: Mapping[str, Any]) -> str:
    """The id of the gate of one tool call: permission, question or plan.

    A PermissionRequest hook and a transcript must arrive at it alone: neither says the other's identifier of the call.
    """
    asked = {key: value for key, value in tool_input.items() if key != "answers"}
    return "call-" + sha256_hex(json_text([session, agent, tool, asked]))[:12]
