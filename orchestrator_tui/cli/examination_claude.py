"""What ``orch-tui doctor`` looks at of Claude Code: its sessions, its settings, and what holds there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.claude_home import TASK_TOOLS, task_tools
from orchestrator_tui.adapters.connection.state import Runs, read_settings, settings_files, sight
from orchestrator_tui.adapters.connection.wanted import BACKGROUND, is_our_hook
from orchestrator_tui.adapters.process import alive
from orchestrator_tui.adapters.sessions.registry import Registry
from orchestrator_tui.adapters.teaching import ELSEWHERE, turn_on
from orchestrator_tui.cli.examination_connection import Connected, connection, mending
from orchestrator_tui.cli.finding import OK, REMARK, Finding
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.cli.world import Surroundings, trees
from orchestrator_tui.hook.installed import HOLDS_S


def examine_claude(place: Place, around: Surroundings, found: Sequence[Connected]) -> Iterator[Callable[[], Finding]]:
    """The looks at Claude Code's own files, in their order; none runs anything."""
    fix = mending(found)
    yield lambda: sessions(place, around)
    yield lambda: tools(place, around, fix)
    yield lambda: connection(place, found)
    yield lambda: hold_times(place, fix)
    yield lambda: waiting_calls(place, fix)


def sessions(place: Place, around: Surroundings) -> Finding:
    """The sessions that worked here, and the versions that run."""
    found = around.discovery.found
    running = sum(session.process is not None for session in found.sessions)
    config = around.discovery.config
    versions = sorted({one.version for one in Registry(config).read() if one.version and alive(one.process)})
    data = {
        "config": str(config),
        "sessions": len(found.sessions),
        "running": running,
        "running_versions": versions,
    }
    if not config.is_dir():
        fix = "start Claude Code here once; or export CLAUDE_CONFIG_DIR=its directory"
        return Finding("claude code", REMARK, f"there is no {config}", fix, data)
    if not found.sessions:
        text = f"no session has worked in {place.repository} (looked in {config})"
        return Finding("claude code", REMARK, text, ELSEWHERE, data)
    named = f" (version {', '.join(versions)})" if versions else ""
    text = f"{len(found.sessions)} sessions worked here, {running} running now{named}"
    return Finding("claude code", OK, text, "", data)


def tools(place: Place, around: Surroundings, connecting: str) -> Finding:
    """Whether sessions get the task tools."""
    config = around.discovery.config
    found = task_tools(os.environ, config, trees(place))
    data = {"on": found.on, "where": found.where}
    if found.on:
        return Finding("task tools", OK, f"{TASK_TOOLS} is on in {found.where}", "", data)
    said = f"{TASK_TOOLS} is off in {found.where}" if found.on is False else f"{TASK_TOOLS} is not set"
    text = f"{said}: current models write no task list without it"
    return Finding("task tools", REMARK, text, turn_on(config, off=found.on is False, connecting=connecting), data)


def installed(place: Place) -> tuple[tuple[str, Path, Runs], ...]:
    """Our hooks in the settings that hold here: event, file, and what each is run by."""
    paths = settings_files(os.environ, place.repository)
    return tuple((event, path, runs) for path in paths for event, runs in sight(path).hooks)


def hold_times(place: Place, fix: str) -> Finding:
    """Whether hooks and MCP calls may hold as long as a person may need."""
    wanted = {"PermissionRequest", "Stop", "SubagentStop"}
    short = []
    for path in settings_files(os.environ, place.repository):
        for event, hook in _our_hooks(read_settings(path)):
            timeout = hook.get("timeout", 600)
            if event in wanted and isinstance(timeout, int | float) and timeout < HOLDS_S:
                short.append({"file": str(path), "event": event, "timeout": timeout})
    if not installed(place):
        return Finding("hold times", REMARK, "no hook of ours holds anything", fix, {"short": []})
    if short:
        one = short[0]
        text = f"{one['event']} may hold {one['timeout']} s only ({one['file']}): a question later than that is lost"
        return Finding("hold times", REMARK, text, fix, {"short": short})
    return Finding("hold times", OK, f"a question may wait for {HOLDS_S // 3600} h", "", {"short": []})


def waiting_calls(place: Place, fix: str) -> Finding:
    """Whether an interactive session moves a waiting MCP call into the background (reference claude-code §6.1)."""
    said = [(os.environ.get(BACKGROUND), "the environment")]
    for path in settings_files(os.environ, place.repository):
        env = read_settings(path).get("env")
        said.append((env.get(BACKGROUND) if isinstance(env, dict) else None, str(path)))
    # Settings go before what a session inherits, the nearest ones last.
    value, where = next(((value, where) for value, where in reversed(said) if value is not None), (None, ""))
    data = {"value": value, "where": where}
    if value is not None and str(value).strip() == "0":
        return Finding("mcp waiting", OK, f"{BACKGROUND}=0 in {where}", "", data)
    text = (
        f"{BACKGROUND} is {'not set' if value is None else f'{value} in {where}'}: interactive sessions move a call"
        f" that waits {'2 min' if value is None else 'so many ms'} into the background"
    )
    if value is not None:
        fix = f'put "{BACKGROUND}": "0" into "env" of {where}'
    return Finding("mcp waiting", REMARK, text, fix, data)


def _our_hooks(settings: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    hooks = settings.get("hooks")
    for event, groups in hooks.items() if isinstance(hooks, dict) else ():
        for group in groups if isinstance(groups, list) else ():
            inner = group.get("hooks") if isinstance(group, dict) else None
            yield from ((event, hook) for hook in (inner if isinstance(inner, list) else ()) if is_our_hook(hook))
