"""What ``orch-tui doctor`` looks at of Claude Code: its sessions, its settings, and how well it is connected."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.claude_home import TASK_TOOLS, task_tools
from orchestrator_tui.adapters.connection.state import Runs, connected, read_settings, settings_files, sight
from orchestrator_tui.adapters.connection.targets import PROJECT, USER, settings_path
from orchestrator_tui.adapters.connection.wanted import BACKGROUND, is_our_hook
from orchestrator_tui.adapters.process import alive
from orchestrator_tui.adapters.sessions.registry import Registry
from orchestrator_tui.adapters.teaching import CONNECT, OTHER_WAYS, turn_on
from orchestrator_tui.cli.claude_files import ClaudeFiles
from orchestrator_tui.cli.faults import Refusal
from orchestrator_tui.cli.finding import OK, PROBLEM, REMARK, Finding
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.cli.world import Surroundings, trees
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.hook.installed import HOLDS_S
from orchestrator_tui.journal.mail import DIRECTORY as MAIL

COMPLETE, PARTLY, OUTDATED, GONE, MOVED, NONE, UNREADABLE = (
    "complete",
    "partly",
    "outdated",
    "interpreter gone",
    "moved home",
    "none",
    "unreadable",
)
"""How the settings of one scope connect."""

BROKEN = frozenset({GONE, MOVED, UNREADABLE})


@frozen
class Connected:
    """How one scope is connected: its state, why in words, and the files it would change."""

    scope: str
    path: Path
    state: str
    why: str = ""

    @property
    def fix(self) -> str:
        """The command that mends it."""
        return CONNECT + (" --project" if self.scope == PROJECT else "")


def examine_claude(place: Place, around: Surroundings) -> Iterator[Callable[[], Finding]]:
    """The looks at Claude Code's own files, in their order; none runs anything."""
    yield lambda: sessions(place, around)
    yield lambda: tools(place, around)
    yield lambda: connection(place)
    yield lambda: hold_times(place)
    yield lambda: waiting_calls(place)
    yield lambda: messages(place, around.discovery.config)


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
        return Finding("claude code", REMARK, text, OTHER_WAYS[0], data)
    named = f" (version {', '.join(versions)})" if versions else ""
    text = f"{len(found.sessions)} sessions worked here, {running} running now{named}"
    return Finding("claude code", OK, text, "", data)


def tools(place: Place, around: Surroundings) -> Finding:
    """Whether sessions get the task tools."""
    config = around.discovery.config
    found = task_tools(os.environ, config, trees(place))
    data = {"on": found.on, "where": found.where}
    if found.on:
        return Finding("task tools", OK, f"{TASK_TOOLS} is on in {found.where}", "", data)
    said = f"{TASK_TOOLS} is off in {found.where}" if found.on is False else f"{TASK_TOOLS} is not set"
    text = f"{said}: current models write no task list without it"
    return Finding("task tools", REMARK, text, turn_on(config, off=found.on is False), data)


# --- the connection ----------------------------------------------------------------------------------------


def scopes(place: Place) -> tuple[Connected, ...]:
    """How each scope is connected, as its files stand."""
    found = []
    for scope in (USER, PROJECT):
        try:
            files = ClaudeFiles(place, scope, os.environ)
        except Refusal:
            continue  # Without a repository there is no such scope.
        found.append(_connected(files, place))
    return tuple(found)


def installed(place: Place) -> tuple[tuple[str, Path, Runs], ...]:
    """Our hooks in the settings that hold here: event, file, and what each is run by."""
    paths = settings_files(os.environ, place.repository)
    return tuple((event, path, runs) for path in paths for event, runs in sight(path).hooks)


def connection(place: Place) -> Finding:
    """Whether Claude Code's sessions call us, by the settings of each scope."""
    found = scopes(place)
    there = [one for one in found if one.state != NONE]
    works = connected(os.environ, place.repository, place.home)
    data = {
        "scopes": [{"scope": one.scope, "path": str(one.path), "state": one.state, "why": one.why} for one in found],
        "connected": works,
    }
    if not there:
        text = "no session calls us: questions are seen, answers stand in task files only"
        return Finding("connection", REMARK, text, CONNECT, data)
    text = "; ".join(f"{one.scope} settings: {one.state}{f' ({one.why})' if one.why else ''}" for one in there)
    broken = next((one for one in there if one.state in BROKEN), None)
    if broken is not None:
        return Finding("connection", PROBLEM, text, broken.fix, data)
    unfinished = next((one for one in there if one.state != COMPLETE), None)
    if unfinished is not None:
        return Finding("connection", REMARK, text, unfinished.fix, data)
    if not works:
        fix = "take disableAllHooks or allowManagedHooksOnly out of the settings that say it"
        return Finding("connection", PROBLEM, f"{text}; but hooks are turned off", fix, data)
    return Finding("connection", OK, text, "", data)


def _connected(files: ClaudeFiles, place: Place) -> Connected:
    path = settings_path(files.scope, files.config, place.repository)
    runs = {one for _, one in sight(path).hooks}
    if not runs and files.scope == PROJECT:
        return Connected(files.scope, path, NONE)
    try:
        changes = files.connecting()
    except Refusal as error:
        return Connected(files.scope, path, UNREADABLE, str(error))
    if not runs:
        return Connected(files.scope, path, NONE)
    gone = next((one.python for one in runs if not os.access(one.python, os.X_OK)), "")
    if gone:
        return Connected(files.scope, path, GONE, f"there is no {gone}")
    moved = next((one.home for one in runs if Path(one.home) != place.home), "")
    if moved:
        return Connected(files.scope, path, MOVED, f"hooks tell {moved}, this is {place.home}")
    words = [word for change in changes for word in change.words]
    if not words:
        return Connected(files.scope, path, COMPLETE)
    state = OUTDATED if any("up to date" in word for word in words) else PARTLY
    return Connected(files.scope, path, state, "missing or older: " + "; ".join(words))


def hold_times(place: Place) -> Finding:
    """Whether hooks and MCP calls may hold as long as a person may need."""
    wanted = {"PermissionRequest", "Stop", "SubagentStop"}
    short = []
    for path in settings_files(os.environ, place.repository):
        for event, hook in _our_hooks(read_settings(path)):
            timeout = hook.get("timeout", 600)
            if event in wanted and isinstance(timeout, int | float) and timeout < HOLDS_S:
                short.append({"file": str(path), "event": event, "timeout": timeout})
    if not installed(place):
        return Finding("hold times", REMARK, "no hook of ours holds anything", CONNECT, {"short": []})
    if short:
        one = short[0]
        text = f"{one['event']} may hold {one['timeout']} s only ({one['file']}): a question later than that is lost"
        return Finding("hold times", REMARK, text, CONNECT, {"short": short})
    return Finding("hold times", OK, f"a question may wait for {HOLDS_S // 3600} h", "", {"short": []})


def waiting_calls(place: Place) -> Finding:
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
    fix = CONNECT if value is None else f'put "{BACKGROUND}": "0" into "env" of {where}'
    return Finding("mcp waiting", REMARK, text, fix, data)


def messages(place: Place, config: Path) -> Finding:
    """Mail that was posted and never fetched: its session makes no tool calls, or runs hooks of another program."""
    living = {one.id for one in Registry(config).read() if alive(one.process)}
    held: list[dict[str, Any]] = []
    left: list[dict[str, Any]] = []
    for name, age_s in _mail(place.home):
        (held if name in living and age_s * 1000 > Limits().mail_ms else left).append({"session": name, "age_s": age_s})
    data: dict[str, Any] = {"waiting": held, "left_behind": len(left)}
    if not held:
        return Finding("messages", OK, "nothing waits to be fetched by a running session", "", data)
    oldest = max(held, key=lambda one: one["age_s"])
    text = (
        f"mail for session {str(oldest['session'])[:8]} has waited {oldest['age_s'] // 60} min: it makes no tool calls,"
        " or runs without our hooks"
    )
    fix = f"look at its terminal; or start it anew: claude --resume {oldest['session']}"
    return Finding("messages", REMARK, text, fix, data)


def _mail(home: Path) -> Iterator[tuple[str, int]]:
    try:
        entries = list(os.scandir(home / MAIL))
    except OSError:
        return
    now = time.time()
    for entry in entries:
        try:
            yield entry.name, max(0, int(now - entry.stat(follow_symlinks=False).st_mtime))
        except OSError:
            continue


def _our_hooks(settings: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    hooks = settings.get("hooks")
    for event, groups in hooks.items() if isinstance(hooks, dict) else ():
        for group in groups if isinstance(groups, list) else ():
            inner = group.get("hooks") if isinstance(group, dict) else None
            yield from ((event, hook) for hook in (inner if isinstance(inner, list) else ()) if is_our_hook(hook))
