"""What the scripted agents do: tasks, questions, plain work and sub-agents, as Claude Code's own tool calls."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import Any

from tests.claude_rig import JsonObject, Step, ToolCall, call

SERVER = "mcp__orch-tui__"
"""What Claude Code puts before the names of our MCP server's tools."""

TEAMS = {"CLAUDE_CODE_EXPERIMENTAL_AGENT_TEAMS": "1"}
"""The variable that lets a session have teammates."""


def create(subject: str) -> Step:
    """A task is made; the first of a list is task 1."""
    return call("TaskCreate", subject=subject, description="d")


def update(stage: int, status: str = "in_progress", *, task: str = "1", **metadata: Any) -> Step:
    """A task reports a stage."""
    reported = {"stage": stage, "stageStatus": status, **metadata}
    return call("TaskUpdate", taskId=task, metadata=reported)


def ask(question: str, *options: str, stage: int = 3, task: str = "1", **metadata: Any) -> Step:
    """A task asks for a decision."""
    asked: JsonObject = {
        "needsDecision": True,
        "decisionContext": question,
        "decisionOptions": list(options),
        **metadata,
    }
    return update(stage, "gate_blocked", task=task, **asked)


def answered(stage: int = 3, task: str = "1") -> Step:
    """A task takes its question down."""
    return update(stage, task=task, needsDecision=False)


def bash(command: str, hold: Event | None = None) -> Step:
    """A plain tool call; ``hold`` keeps the model thinking before it until the test sets it."""
    return Step(calls=(ToolCall("Bash", {"command": command, "description": "works"}),), hold=hold)


def agent(prompt: str, *, background: bool = False, **more: str) -> Step:
    """A sub-agent is started."""
    return Step(calls=(agent_call(prompt, background=background, **more),))


def agent_call(prompt: str, *, background: bool = False, **more: str) -> ToolCall:
    """The call that starts a sub-agent."""
    started = {"description": "works on a part", "prompt": prompt, "subagent_type": "general-purpose", **more}
    return ToolCall("Agent", {**started, "run_in_background": background})


def ours(tool: str, **arguments: Any) -> Step:
    """A tool of our MCP server is called."""
    return call(SERVER + tool, **arguments)


def question(text: str, *labels: str, several: bool = False) -> Mapping[str, Any]:
    """One question of AskUserQuestion."""
    listed = [{"label": label, "description": f"means {label}"} for label in labels]
    return {"question": text, "header": "Gate", "multiSelect": several, "options": listed}
