"""What we want to stand in Claude Code's settings, and how our own entries are recognised there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.adapters.claude_home import TASK_TOOLS
from orchestrator_tui.core.frozen import frozen

SERVER = "orch-tui"
"""The name of our MCP server: its tools are called ``mcp__orch-tui__…``."""

RULES = (f"mcp__{SERVER}__*", "Bash(orch-agent:*)")
"""What agents may do without being asked for permission: talk to us."""

BACKGROUND = "CLAUDE_CODE_MCP_AUTO_BACKGROUND_MS"
"""After how many milliseconds an interactive session moves an MCP call into the background; ``0`` never."""

VALUES: Mapping[str, str] = {TASK_TOOLS: "1", BACKGROUND: "0"}
"""The variables that sessions need: the task tools of current models, and questions that may wait."""

HOOK_MODULE = "orchestrator_tui.hook"
SERVER_MODULE = "orchestrator_tui.mcp_server"
HOLD_MS = 86_400_000
"""How long one call of our server may take; an entry's own limit goes before ``MCP_TOOL_TIMEOUT``."""


@frozen
class HookEntry:
    """One command of ours: its event, the tools that it is for ("" for all), and its limit in seconds."""

    event: str
    matcher: str
    command: str
    timeout: int

    def group(self) -> dict[str, Any]:
        """The entry as it stands in settings: a matcher with one command."""
        hooks = [{"type": "command", "command": self.command, "timeout": self.timeout}]
        return {"matcher": self.matcher, "hooks": hooks} if self.matcher else {"hooks": hooks}


@frozen
class Wanted:
    """Everything of ours that depends on where we are installed; rules and variables are always the same."""

    hooks: tuple[HookEntry, ...]
    server: Mapping[str, Any]
    skill: str


def server_entry(python: str, home: str) -> dict[str, Any]:
    """Our MCP server by absolute interpreter; ``home`` is ``ORCH_HOME`` where that is set, else ""."""
    entry: dict[str, Any] = {
        "type": "stdio",
        "command": python,
        "args": ["-I", "-m", SERVER_MODULE],
        "timeout": HOLD_MS,
    }
    return {**entry, "env": {"ORCH_HOME": home}} if home else entry


def is_our_hook(hook: Any) -> bool:
    """Whether one hook of the settings runs our module, by whichever interpreter and version."""
    return isinstance(hook, dict) and f"-m {HOOK_MODULE} " in f"{hook.get('command')} "


def has_our_hook(group: Any) -> bool:
    """Whether one matcher of the settings runs our module among others."""
    return any(is_our_hook(hook) for hook in _hooks(group))


def is_our_group(group: Any) -> bool:
    """Whether one matcher of the settings runs our module and nothing else."""
    hooks = _hooks(group)
    return bool(hooks) and all(is_our_hook(hook) for hook in hooks)


def is_our_server(server: Any) -> bool:
    """Whether an MCP server is ours, by whichever interpreter and version."""
    arguments = server.get("args") if isinstance(server, dict) else None
    return isinstance(arguments, list) and SERVER_MODULE in arguments


def _hooks(group: Any) -> list[Any]:
    hooks = group.get("hooks") if isinstance(group, dict) else None
    return hooks if isinstance(hooks, list) else []
