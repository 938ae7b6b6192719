"""One line of a transcript as an object: bulky and idle kinds are told by their first bytes and never parsed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orchestrator_tui.core.text import sanitise_line

TEXT_LIMIT = 200
_HEAD = 320

# Real files have no blanks between the parts of JSON; files that went through another writer may have one.
_IDLE = re.compile(
    rb'\{"type": ?"(?:api-request[a-z-]*|file-history-snapshot|file-history-delta|mode|permission-mode|atis-latch'
    rb'|tools-used|agent-setting|last-prompt|agent-name|progress)"'
)
_BULKY = re.compile(
    rb'"attachment": ?\{"type": ?"(?:prompt_snapshot|skill_listing|environment|model|agent_listing_delta'
    rb'|session_context|date|auto_mode|remote_session_change|hook_success|hook_cancelled|deferred_tools_delta)"'
)
_ANSWER = re.compile(rb'"role": ?"assistant"')


def is_idle(line: bytes) -> bool:
    """Whether the line is of a kind that says nothing which is read here."""
    return _IDLE.match(line) is not None or _BULKY.search(line, 0, _HEAD) is not None


def is_answer(line: bytes) -> bool:
    """Whether the line holds a part of a model's answer, by its first bytes."""
    return _ANSWER.search(line, 0, _HEAD + 200) is not None


def parse(line: bytes) -> dict[str, Any] | None:
    """The object on a line, or None; bytes that are no UTF-8 become replacement characters."""
    try:
        entry = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def text(entry: Mapping[str, Any], key: str, limit: int = TEXT_LIMIT) -> str:
    """A text of the entry, safe and on one line; "" when there is none."""
    value = entry.get(key)
    return sanitise_line(value[: limit * 4], limit) if isinstance(value, str) else ""


def part(entry: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object in the entry; an empty one when there is none."""
    value = entry.get(key)
    return value if isinstance(value, dict) else {}


def blocks(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The blocks of a message's content; a plain text is one block."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def wall_ms(entry: Mapping[str, Any]) -> int:
    """When the line was written by its own word, in milliseconds of wall time; 0 when it does not say."""
    value = entry.get("timestamp")
    if not isinstance(value, str):
        return 0
    try:
        return max(0, round(datetime.fromisoformat(value).timestamp() * 1000))
    except (ValueError, OverflowError):
        return 0
