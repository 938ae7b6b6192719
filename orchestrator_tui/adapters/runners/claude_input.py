"""What headless Claude Code takes on its input, as lines of stream-json (reference claude-code §6.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator_tui.core.call_answers import Chosen, behaviour
from orchestrator_tui.core.normalise_calls import call_questions

INTERRUPT = "orch-interrupt"


def user_message(text: str) -> bytes:
    """A text as a person's message: into the running turn with the next tool result, else the beginning of a turn."""
    content = [{"type": "text", "text": text}]
    return _line(
        {
            "type": "user",
            "message": {"role": "user", "content": content},
            "parent_tool_use_id": None,
            "session_id": "",
        }
    )


def interruption() -> bytes:
    """What ends the running turn."""
    return _line({"type": "control_request", "request_id": INTERRUPT, "request": {"subtype": "interrupt"}})


def call_answer(ask: Mapping[str, Any], decided: Sequence[Chosen]) -> bytes:
    """The answer to a call that waits: one decision for each of its questions; b"" when it asks nothing that we know.

    Whatever is allowed is sent with its whole input: plans and questions are not taken without (facts of 2.1.328).
    """
    tool, tool_input = str(ask.get("tool_name")), ask.get("tool_input")
    given: Mapping[str, Any] = tool_input if isinstance(tool_input, Mapping) else {}
    asked = call_questions(tool, given, ask.get("permission_suggestions"), str(ask.get("cwd") or ""))
    if asked is None or len(decided) < len(asked.questions):
        return b""
    said = behaviour(asked, decided[: len(asked.questions)], tool, given)
    if said["behavior"] == "allow":
        said = {"updatedInput": dict(given), **said}
    response = {"subtype": "success", "request_id": ask.get("request_id"), "response": said}
    return _line({"type": "control_response", "response": response})


def _line(message: Mapping[str, Any]) -> bytes:
    # Escaped, so that no line break of a text can end the line, and no lone surrogate keeps it from being sent.
    return json.dumps(message, ensure_ascii=True).encode("ascii") + b"\n"
