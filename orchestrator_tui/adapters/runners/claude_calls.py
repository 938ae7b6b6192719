"""The tool calls of headless Claude Code and of its sub-agents, as far as they repeat themselves (seed 004)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.adapters.sessions import entries
from orchestrator_tui.core.repetition import Repeated, Repetitions, strongest

_MOST_AGENTS = 64
_ERROR = 4_000


class Calls:
    """Each agent's calls by themselves: two that read the same file work together (seed 004, detection discipline)."""

    def __init__(self) -> None:
        self._agents: dict[str, Repetitions] = {}

    def made(self, entry: Mapping[str, Any]) -> None:
        """An answer of a model, with the calls that it makes."""
        for block in entries.blocks(entries.part(entry, "message")):
            if block.get("type") == "tool_use" and isinstance(block.get("name"), str):
                given = block.get("input")
                use = entries.text(block, "id", 128)
                self._of(entry).called(use, block["name"], given if isinstance(given, dict) else {})

    def came_back(self, entry: Mapping[str, Any]) -> None:
        """What tools gave back."""
        for block in entries.blocks(entries.part(entry, "message")):
            if block.get("type") == "tool_result":
                failed = block.get("is_error") is True
                self._of(entry).returned(entries.text(block, "tool_use_id", 128), _text(block) if failed else "")

    def repeated(self) -> tuple[Repeated, ...]:
        """Each pattern as far as any of the agents has come in it."""
        return strongest(one for agent in self._agents.values() for one in agent.found())

    def _of(self, entry: Mapping[str, Any]) -> Repetitions:
        name = entries.text(entry, "parent_tool_use_id", 128)
        if name not in self._agents:
            self._agents[name] = Repetitions()
            if len(self._agents) > _MOST_AGENTS:
                # The first is the main agent, who outlives all others.
                del self._agents[next(one for one in self._agents if one)]
        return self._agents[name]


def _text(block: Mapping[str, Any]) -> str:
    content = block.get("content")
    if isinstance(content, str):
        return content[:_ERROR] or "error"
    return " ".join(str(one.get("text", "")) for one in entries.blocks(block))[:_ERROR] or "error"
