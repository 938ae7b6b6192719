"""A tool call in words: the tool and the one argument that tells what it does, as ``Edit cart/sum.py``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.text import sanitise_line

LIMIT = 120
_ARGUMENT_LIMIT = 400
"""Characters that are looked at: what stands behind them would be cut anyway."""

_PATHS = ("file_path", "notebook_path", "path")
_TELLING: Mapping[str, tuple[str, ...]] = {
    "Bash": ("command",),
    "BashOutput": ("bash_id",),
    "KillShell": ("shell_id",),
    "Glob": ("pattern",),
    "Grep": ("pattern",),
    "WebFetch": ("url",),
    "WebSearch": ("query",),
    "Agent": ("description", "subagent_type"),
    "Task": ("description", "subagent_type"),
    "Skill": ("skill", "command"),
    "SendMessage": ("to", "recipient"),
    "TaskCreate": ("subject",),
    "TaskGet": ("taskId",),
    "ToolSearch": ("query",),
    "Monitor": ("description", "command"),
    "TodoWrite": (),
    "ExitPlanMode": (),
}
_MCP = "mcp__"


def tool_words(name: str, tool_input: Mapping[str, Any], cwd: str) -> str:
    """What a call does, on one line of at most :data:`LIMIT` characters; paths are shown as seen from ``cwd``."""
    argument = _argument(name, tool_input, cwd)
    return sanitise_line(f"{_tool(name)} {argument}" if argument else _tool(name), LIMIT)


def _tool(name: str) -> str:
    """A tool of an MCP server without what only machines need: ``orch-tui request_decision``."""
    if not name.startswith(_MCP):
        return name[:_ARGUMENT_LIMIT]
    return name.removeprefix(_MCP)[:_ARGUMENT_LIMIT].replace("__", " ", 1)


def _argument(name: str, tool_input: Mapping[str, Any], cwd: str) -> str:
    if name == "TaskUpdate":
        return _task(tool_input)
    if name == "AskUserQuestion":
        return _question(tool_input)
    keys = _TELLING.get(name)
    if keys is None:
        path = next((found for key in _PATHS if (found := _text(tool_input.get(key)))), "")
        if path:
            return _seen_from(path, cwd)
        keys = tuple(tool_input)[:20]
    return next((found for key in keys if (found := _text(tool_input.get(key)))), "")


def _task(tool_input: Mapping[str, Any]) -> str:
    metadata = tool_input.get("metadata")
    stage = metadata.get("stage") if isinstance(metadata, Mapping) else None
    done = _text(tool_input.get("status")) or (f"stage {stage}" if isinstance(stage, int | str) and stage else "")
    return f"#{_text(tool_input.get('taskId'))} {done}".strip()


def _question(tool_input: Mapping[str, Any]) -> str:
    questions = tool_input.get("questions")
    first = questions[0] if isinstance(questions, list) and questions else None
    return _text(first.get("question")) if isinstance(first, Mapping) else ""


def _text(value: Any) -> str:
    return value[:_ARGUMENT_LIMIT].strip() if isinstance(value, str) else ""


def _seen_from(path: str, cwd: str) -> str:
    """The path as its person would type it: below the agent's directory without that directory."""
    if cwd and path.startswith(cwd.rstrip("/") + "/"):
        return os.path.normpath(path[len(cwd.rstrip("/")) + 1 :])
    return path
