"""What ``orch-tui doctor`` tries: the hooks and the MCP server as Claude Code starts them, within bounded time.

All of it runs with a state directory of its own that is thrown away: nothing is asked, recorded or fetched.
"""

from __future__ import annotations

import json
import os
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.claude_home import config_directory
from orchestrator_tui.adapters.connection.state import read_settings, runs, settings_files
from orchestrator_tui.adapters.connection.targets import PROJECT, USER, servers_way, state_file
from orchestrator_tui.adapters.connection.wanted import SERVER, is_our_hook, is_our_server
from orchestrator_tui.cli.finding import OK, PROBLEM, REMARK, Finding
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.mcp_server.tools import TOOLS

PATIENCE_S = 15.0
SLOW_MS = 1_000
PROBED = "UserPromptSubmit"
"""An event whose hook starts Python, and has nothing to do where no repository is watched."""
MAILED = "PostToolUseFailure"
"""An event whose hook only looks for mail."""


def examine_running(place: Place, fix: str) -> Iterator[Callable[[], Finding]]:
    """The trials, in their order."""
    yield claude_version
    yield lambda: hooks(place, fix)
    yield lambda: server(place, fix)


def claude_version() -> Finding:
    """The Claude Code that a terminal here would start."""
    program = shutil.which("claude")
    data: dict[str, Any] = {"path": program, "version": None}
    if program is None:
        text = "there is no `claude` on PATH; sessions are watched wherever they were started from"
        return Finding("version", REMARK, text, "", data)
    try:
        ended = subprocess.run(
            [program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("version", REMARK, f"{program} --version: {error}", "", data)
    version = ended.stdout.decode("utf-8", "replace").strip().partition(" ")[0]
    if ended.returncode or not version:
        return Finding("version", REMARK, f"{program} --version ends with {ended.returncode}", "", data)
    return Finding("version", OK, f"Claude Code {version} ({program})", "", {**data, "version": version})


def hooks(place: Place, fix: str) -> Finding:
    """Our hooks run as they stand in the settings: the look for mail, and one that starts Python."""
    commands = dict(_commands(place))
    data: dict[str, Any] = {"mail_ms": None, "python_ms": None}
    if not commands:
        return Finding("hooks", REMARK, "none of ours is in the settings that hold here", fix, data)
    for event, name in ((MAILED, "mail_ms"), (PROBED, "python_ms")):
        if event not in commands:
            continue
        with tempfile.TemporaryDirectory(prefix="orch-doctor-") as home:
            took, wrong = _run_hook(event, commands[event], Path(home))
        if wrong:
            return Finding("hooks", PROBLEM, f"{event}: {wrong}", fix, data)
        data[name] = took
    slow = max(data["mail_ms"] or 0, data["python_ms"] or 0) > SLOW_MS
    text = f"the look for mail takes {data['mail_ms']} ms, a hook that starts Python {data['python_ms']} ms"
    return Finding("hooks", REMARK if slow else OK, text, "is the disk or the machine busy?" if slow else "", data)


def server(place: Place, fix: str) -> Finding:
    """Our MCP server started as Claude Code would, and asked for its tools."""
    entry = _server_entry(place)
    data: dict[str, Any] = {"tools": [], "ms": None}
    if entry is None:
        return Finding("mcp server", REMARK, "Claude Code knows none of ours", fix, data)
    with tempfile.TemporaryDirectory(prefix="orch-doctor-") as home:
        began = time.monotonic()
        found, wrong = _list_tools(entry, Path(home))
    data |= {"tools": found, "ms": round((time.monotonic() - began) * 1000)}
    missing = [name for name in TOOLS if name not in found]
    if wrong or missing:
        return Finding("mcp server", PROBLEM, wrong or f"it has no {', '.join(missing)}", fix, data)
    return Finding("mcp server", OK, f"starts and lists {len(found)} tools in {data['ms']} ms", "", data)


# --- hooks -------------------------------------------------------------------------------------------------


def _commands(place: Place) -> Iterator[tuple[str, str]]:
    for path in settings_files(os.environ, place.repository):
        found = read_settings(path).get("hooks")
        for event in (MAILED, PROBED):
            groups = found.get(event) if isinstance(found, dict) else None
            for group in groups if isinstance(groups, list) else ():
                inner = group.get("hooks") if isinstance(group, dict) else None
                for hook in filter(is_our_hook, inner if isinstance(inner, list) else ()):
                    yield event, hook["command"]


def _run_hook(event: str, command: str, home: Path) -> tuple[int, str]:
    """How many milliseconds a hook took with ``home`` for its state, and what went wrong, or ""."""
    known = runs(command)
    if known is not None and known.home:
        command = command.replace(shlex.quote(known.home), shlex.quote(str(home)))
    call = {"hook_event_name": event, "session_id": "orch-doctor", "cwd": str(home), "prompt": "", "tool_name": "x"}
    environ = {**os.environ, "CLAUDE_CODE_SESSION_ID": "orch-doctor", "CLAUDE_PROJECT_DIR": str(home)}
    began = time.monotonic()
    try:
        ended = subprocess.run(
            ["sh", "-c", command],
            input=json.dumps(call).encode(),
            env=environ,
            cwd=home,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 0, f"it has not ended after {PATIENCE_S:.0f} s"
    except OSError as error:
        return 0, str(error)
    took = round((time.monotonic() - began) * 1000)
    said = ended.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
    if ended.returncode or said or ended.stdout.strip():
        return took, f"it ends with {ended.returncode}: {said or ended.stdout.decode('utf-8', 'replace')[:200]}"
    return took, ""


# --- the server --------------------------------------------------------------------------------------------


def _server_entry(place: Place) -> Mapping[str, Any] | None:
    state = read_settings(state_file(config_directory(os.environ), os.environ))
    for scope in (PROJECT, USER):
        found: Any = state
        for key in (*servers_way(scope, place.repository), SERVER):
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, dict) and is_our_server(found):
            return found
    return None


def _list_tools(entry: Mapping[str, Any], home: Path) -> tuple[list[str], str]:
    command = [str(entry.get("command")), *(str(one) for one in entry["args"])]
    given = entry.get("env")
    environ = {**os.environ, **(given if isinstance(given, dict) else {}), "ORCH_HOME": str(home)}
    try:
        process = subprocess.Popen(
            command,
            env={key: str(value) for key, value in environ.items()},
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
    except OSError as error:
        return [], f"{command[0]} cannot be started: {error.strerror}"
    try:
        answer = _converse(process)
    finally:
        process.kill()
        process.communicate()
    if answer is None:
        return [], f"it does not answer within {PATIENCE_S:.0f} s"
    listed = answer.get("result", {}).get("tools", [])
    return [str(one.get("name")) for one in listed if isinstance(one, dict)], ""


def _converse(process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    """The server's answer to the question for its tools, or None when it gives none in time."""
    client = {"name": "orch-tui doctor", "version": "1"}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    deadline = time.monotonic() + PATIENCE_S
    asked: tuple[tuple[int | None, str, dict[str, Any]], ...] = (
        (1, "initialize", hello),
        (None, "notifications/initialized", {}),
        (2, "tools/list", {}),
    )
    answer = None
    for number, method, parameters in asked:
        message = {"jsonrpc": "2.0", "method": method, "params": parameters}
        if not _send(process, message if number is None else {**message, "id": number}):
            return None
        if number is not None:
            answer = _receive(process, number, deadline)
            if answer is None:
                return None
    return answer


def _send(process: subprocess.Popen[bytes], message: Mapping[str, Any]) -> bool:
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        return False
    return True


def _receive(process: subprocess.Popen[bytes], number: int, deadline: float) -> dict[str, Any] | None:
    assert process.stdout is not None
    while (left := deadline - time.monotonic()) > 0 and select.select([process.stdout], [], [], left)[0]:
        line = process.stdout.readline()
        if not line:
            return None
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict) and message.get("id") == number:
            return message
    return None
