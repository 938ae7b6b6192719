"""Why nothing is shown and what to do about it, in words a newcomer can follow (DESIGN §2.1, §5: empty teaches)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orchestrator_tui.adapters.claude_home import TASK_TOOLS, TaskTools, task_tools
from orchestrator_tui.adapters.discovery import Found
from orchestrator_tui.core.text import plural, sanitise_line

ELSEWHERE = "Watch a task list that stands elsewhere: orch-tui --tasks DIR"
A_RUN = "Run a plan of your own with many agents at once: orch-tui run plan.yaml"
DEMO = "See it at work with scripted agents, without an account: orch-tui demo"
OTHER_WAYS = (ELSEWHERE, A_RUN, DEMO)


CONNECT = "orch-tui connect claude"
"""What lets agents ask and hear us, and turns the task tools on."""


def turn_on(config: Path, *, off: bool = False, connecting: str = CONNECT) -> str:
    """How the task tools are turned on, in one line; connecting does not where somebody has turned them ``off``."""
    by_hand = f'put  "env": {{"{TASK_TOOLS}": "1"}}  into {config}/settings.json (running sessions take it over)'
    return f"Turn the task tools on: {by_hand}" if off else f"Turn the task tools on: {connecting}; or {by_hand}"


def why_empty(found: Found, environ: Mapping[str, str], config: Path, repository: Path) -> tuple[str, ...]:
    """The lines to show while there is no task in any list that is followed."""
    tools = task_tools(environ, config, (repository,))
    return (*(sanitise_line(line, 400) for line in _reason(found, tools, config, repository)), *OTHER_WAYS)


def _reason(found: Found, tools: TaskTools, config: Path, repository: Path) -> tuple[str, ...]:
    count = len(found.sessions)
    if not count:
        first = f"No Claude Code session has worked in {repository} yet (looked in {config})"
        return (first, *(() if tools.on else ("Its task tools are off by default.", turn_on(config))))
    worked = f"{plural(count, 'Claude Code session')} worked here"
    if found.by_list and any(found.by_list.values()):
        return (f"{worked}; no task stands in a list now: Claude Code clears a list when all of it is done",)
    if tools.on:
        return (f"{worked}, none has a task list yet. The task tools are on: tracks appear with the first task",)
    if tools.on is False:
        return (
            f"{worked}, none has a task list: {TASK_TOOLS} is turned off in {tools.where}",
            turn_on(config, off=True),
        )
    return (f"{worked}, none has a task list: current models do not get the task tools by default", turn_on(config))
