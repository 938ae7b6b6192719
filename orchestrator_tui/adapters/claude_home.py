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
_TEXT_LIMIT = 255
_MOST_PID = 2**31
_MOST_MS = 2**53
_NAMED_BY_A_PERSON = ("user", "peer")
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


def list_directory(environ: Mapping[str, str], session: str) -> str:
    """The real path of the task list that a session writes, whether it exists yet or not (reference §2.1).

    What its environment names comes first, then its team's list where there is one, then its own.
    """
    tasks = config_directory(environ) / "tasks"
    shared = list_name(environ.get(TASK_LIST, "").strip())
    own, team = list_names(session)
    return os.path.realpath(tasks / (shared or (team if (tasks / team).is_dir() else own)))


JOB_KIND = "bg"
"""The kind of a session that runs as a job in the background, with nobody before it."""


@frozen
class RegisteredSession:
    """An entry of Claude Code's registry (``sessions/<pid>.json``): a process, which may have ended and left it behind.

    Attributes:
        id: the session that the process works on now; it takes up another by ``/clear`` or ``/resume``.
        cwd: the directory in which it was started.
        process: the process by its identity.
        version, kind, entrypoint: as it tells them; ``kind`` is ``bg`` for background jobs.
        name: what it is called; ``named`` tells that a person called it so.
        status, waiting_for: ``busy``, ``idle`` or ``waiting``, and for what; "" where the version does not tell.
        status_ms: since when, in milliseconds of wall time; 0 when it does not say.
        tmux: its pane (``session:@window.%pane``), or "".
        job: the id of its background job, or "".

    Texts are as they stand in the file: who shows them makes them safe.
    """

    id: str
    cwd: str
    process: ProcessIdentity
    version: str = ""
    kind: str = ""
    entrypoint: str = ""
    name: str = ""
    named: bool = False
    status: str = ""
    waiting_for: str = ""
    status_ms: int = 0
    tmux: str = ""
    job: str = ""


def registered(data: Any, boot: str) -> RegisteredSession | None:
    """A registry entry in JSON, or None when it is not of the known form."""
    if not isinstance(data, dict):
        return None
    pid, session, cwd, since = (data.get(key) for key in ("pid", "sessionId", "cwd", "statusUpdatedAt"))
    if not (type(pid) is int and 0 < pid < _MOST_PID and isinstance(session, str) and isinstance(cwd, str)):
        return None
    if not is_name(session) or "\0" in cwd:
        return None
    said = {key: value[:_TEXT_LIMIT] for key, value in data.items() if isinstance(value, str)}
    return RegisteredSession(
        id=session,
        cwd=cwd,
        process=ProcessIdentity(pid, str(data.get("procStart") or ""), boot),
        version=said.get("version", ""),
        kind=said.get("kind", ""),
        entrypoint=said.get("entrypoint", ""),
        name=said.get("name", ""),
        named=said.get("nameSource") in _NAMED_BY_A_PERSON,
        status=said.get("status", ""),
        waiting_for=said.get("waitingFor", ""),
        status_ms=since if type(since) is int and 0 < since < _MOST_MS else 0,
        tmux=said.get("tmux", ""),
        job=said.get("jobId", ""),
    )


def is_name(text: str) -> bool:
    """Whether a text can be the name of one file in a directory."""
    return 0 < len(text) < _TEXT_LIMIT and "/" not in text and "\0" not in text and not text.startswith(".")


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
