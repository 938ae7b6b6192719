"""Which runner a plan's agents are run by."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator_tui.adapters.runners.command import CommandRunner
from orchestrator_tui.adapters.runners.scripted import ScriptedRunner
from orchestrator_tui.core.plan import Plan
from orchestrator_tui.runtime.run_world import Runner

CLAUDE, COMMAND, SCRIPTED = "claude", "command", "scripted"
RUNNERS = (CLAUDE, COMMAND, SCRIPTED)


def runner_for(plan: Plan, source: Mapping[str, str]) -> Runner:
    """The runner that a plan names. ``source`` is the environment that agents get a part of.

    Raises:
        OSError: there is no such runner.
    """
    name = plan.agent.runner
    if name == COMMAND:
        return CommandRunner(source)
    if name == SCRIPTED:
        return ScriptedRunner(source)
    raise OSError(f"there is no runner {name!r}; known are {', '.join(RUNNERS)}")
