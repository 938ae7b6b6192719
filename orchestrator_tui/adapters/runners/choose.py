"""Which runner a plan's agents are run by."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator_tui.adapters.connection.wanted import Wanted
from orchestrator_tui.adapters.runners.claude import ClaudeRunner
from orchestrator_tui.adapters.runners.command import CommandRunner
from orchestrator_tui.adapters.runners.scripted import ScriptedRunner
from orchestrator_tui.core.plan import Plan
from orchestrator_tui.runtime.run_world import Runner

CLAUDE, COMMAND, SCRIPTED = "claude", "command", "scripted"
RUNNERS = (CLAUDE, COMMAND, SCRIPTED)


def runner_for(plan: Plan, source: Mapping[str, str], wanted: Wanted | None = None) -> Runner:
    """The runner that a plan names.

    Args:
        plan: the plan.
        source: the environment that agents get a part of.
        wanted: the hooks and the MCP server that Claude Code is given; only that runner needs them.

    Raises:
        OSError: there is no such runner, or Claude Code is not told what it is given.
    """
    name = plan.agent.runner
    if name == CLAUDE:
        if wanted is None:
            raise OSError("agents of Claude Code need our hooks and MCP server, and none are named")
        return ClaudeRunner(source, wanted)
    if name == COMMAND:
        return CommandRunner(source)
    if name == SCRIPTED:
        return ScriptedRunner(source)
    raise OSError(f"there is no runner {name!r}; known are {', '.join(RUNNERS)}")
