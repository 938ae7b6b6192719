"""Where Claude Code keeps what we read of it, and how it names things there (reference claude-code §1, §2.1, §5)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.process import ProcessIdentity
from orchestrator_tui.core.frozen import frozen

TASK_TOOLS = "CLAUDE_CODE_ENABLE_TODO_TOOLS"
"""The variable that gives current models the task tools; without it no task list is written."""

TASK_LIST = "CLAUDE_CODE_TASK_LIST_ID"
"""The variable by which several sessions share one task list."""

_OFF = frozenset({"", "0", "false", "no", "off"})
_READ_LIMIT = 256 * 1024
_NOT_IN_SLUG = re.compile("[^A-Za-z0-9]")
_NOT_IN_LIST = re.compile("[^A-Za-z0-9_-]")


def config_directory(environ: Mapping[str, str]) -> Path:
    """``CLAUDE_CONFIG_DIR``, else ``~/.claude``."""
    chosen = environ.get("CLAUDE_CONFIG_DIR", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(environ.get("HOME") or os.path.expanduser("~")) / ".claude"


def project_slug(directory: Path) -> str:
    """The name of the folder below ``projects`` that holds the transcripts of sessions in ``directory``."""
    return _NOT_IN_SLUG.sub("-", str(directory))


def list_name(identifier: str) -> str:
    """The name of the task list that :data:`TASK_LIST` asks for."""
    return _NOT_IN_LIST.sub("-", identifier)


def list_names(session: str) -> tuple[str, ...]:
    """The task lists that a session may write: its own, and that of its team."""
    return session, f"session-{session[:8]}"


@frozen
class RegisteredSession:
    """A live process of Claude Code as its registry has it (``sessions/<pid>.json``)."""

    id: str
    cwd: str
    process: ProcessIdentity


def registered(data: Any, boot: str) -> RegisteredSession | None:
    """A registry entry in JSON, or None when it is not of the known form."""
    if not isinstance(data, dict):
        return None
    pid, start, session, cwd = (data.get(key) for key in ("pid", "procStart", "sessionId", "cwd"))
    if not (isinstance(pid, int) and isinstance(session, str) and isinstance(cwd, str)):
        return None
    return RegisteredSession(session, cwd, ProcessIdentity(pid, str(start or ""), boot))


@frozen
class TaskTools:
    """Whether sessions get the task tools: on, off, or left to the model (None); and what says so."""

    on: bool | None
    where: str


def task_tools(environ: Mapping[str, str], config: Path, trees: Iterable[Path]) -> TaskTools:
    """What our environment and the settings of the user and of the projects say about the task tools."""
    settings = [config / "settings.json"]
    for tree in trees:
        settings += [tree / ".claude" / name for name in ("settings.json", "settings.local.json")]
    said = [(environ.get(TASK_TOOLS), "the environment")]
    for path in settings:
        data = read_json(path)
        env = data.get("env") if isinstance(data, dict) else None
        said.append((env.get(TASK_TOOLS) if isinstance(env, dict) else None, str(path)))
    for value, where in said:
        if value is not None:
            return TaskTools(str(value).strip().lower() not in _OFF, where)
    return TaskTools(None, "")


def read_json(path: Path) -> Any:
    """The JSON in a small regular file, or None when there is none or it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return json.loads(os.read(descriptor, _READ_LIMIT))
    except (OSError, ValueError, RecursionError):
        return None
    finally:
        os.close(descriptor)
