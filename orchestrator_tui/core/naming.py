"""Names that several processes must arrive at alone: the batch of a task list, the source of a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.canonical import json_text, sha256_hex
from orchestrator_tui.core.metadata import slugify

MOST_QUESTIONS = 9
"""Questions that one tool call may ask at once; Claude Code's own dialog takes four."""

BATCH_TRACK = "batch"
"""Slug and kind of the track that stands for a run itself: its own stages, checks, and the gates of no track."""

_TASK = "task:"
_SESSION = "session:"
_AGENT = "agent:"
_CALL = "call-"

_ANSWERED = frozenset({"answers", "annotations"})
_PATHS = frozenset({"file_path", "notebook_path", "path"})
# The plan is what stands in its file: hooks are told that, or nothing, and transcripts what the model sent along.
_PLAN_TOOL, _PLAN = "ExitPlanMode", frozenset({"plan", "planFilePath"})


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


def is_session_source(source: str) -> bool:
    """Whether this names a session's own agent."""
    return source.startswith(_SESSION)


def is_agent_source(source: str) -> bool:
    """Whether this names a sub-agent or teammate."""
    return source.startswith(_AGENT)


def agent_slug(session: str, agent: str = "") -> str:
    """The slug of an agent's track for those who meet the agent before anybody has named its track."""
    return f"agent-{slugify(agent)[-8:]}" if agent else f"session-{slugify(session)[:8]}"


def call_gate_id(session: str, agent: str, tool: str, tool_input: Mapping[str, Any], cwd: str = "") -> str:
    """The id of the gate of one tool call: permission, question or plan.

    A PermissionRequest hook and a transcript must arrive at it alone: neither says the other's identifier of the call.
    Hooks are given absolute paths and every default, transcripts keep what the model wrote: paths are taken from
    ``cwd``, and what is false or null counts as not said. What an answer adds to the input does not count either, nor
    does a plan, of which the two may be told differently: an agent asks for the approval of one at a time.
    """
    beside = _ANSWERED | _PLAN if tool == _PLAN_TOOL else _ANSWERED
    asked = {key: _as_asked(key, value, cwd) for key, value in tool_input.items() if key not in beside}
    said = {key: value for key, value in asked.items() if value not in (None, False)}
    return _CALL + sha256_hex(json_text([session, agent, tool, said]))[:12]


def part_gate_id(call: str, place: int) -> str:
    """The id of the gate of the question at ``place`` (from 1) of a call that asks several, by the id of the call."""
    return call if place == 1 else f"{call}-{place}"


def gates_of_call(call: str) -> tuple[str, ...]:
    """The ids that the gates of one call can have."""
    return tuple(part_gate_id(call, place) for place in range(1, MOST_QUESTIONS + 1))


def is_call_gate(gate_id: str) -> bool:
    """Whether a gate belongs to a tool call that waits: only the process that holds the call can answer it."""
    return gate_id.startswith(_CALL)


def _as_asked(key: str, value: Any, cwd: str) -> Any:
    if key in _PATHS and isinstance(value, str) and value:
        return _absolute(value, cwd)
    if isinstance(value, Mapping):
        return {inner: _as_asked("", one, cwd) for inner, one in value.items() if one not in (None, False)}
    if isinstance(value, (list, tuple)):
        return [_as_asked("", one, cwd) for one in value]
    return value


def _absolute(path: str, cwd: str) -> str:
    parts: list[str] = []
    for part in f"{'' if path.startswith('/') else cwd}/{path}".split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)
