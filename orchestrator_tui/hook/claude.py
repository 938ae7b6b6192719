"""The Claude Code around a hook: which list and session it belongs to, and whether it still lives."""

from __future__ import annotations

import os
import select
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.process import ProcessIdentity, alive, identity


class Caller:
    """The session behind one hook call.

    Attributes:
        session: its session id.
        track: the track that it is in a watched batch, until its tasks name one (DESIGN §1).
        list_directory: real path of its task list, whether that exists yet or not.
    """

    def __init__(self, call: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self.session = _text(call, "session_id")
        self.directory = Path(_text(call, "cwd"))
        self.track = f"session-{self.session[:8]}"
        shared = claude_home.list_name(environ.get(claude_home.TASK_LIST, "").strip())
        tasks = claude_home.config_directory(environ) / "tasks"
        self.list_directory = os.path.realpath(tasks / (shared or self.session))
        self._process = _claude(environ)

    def gone(self) -> bool:
        """Whether Claude Code has ended: nobody reads our output, or its process is gone."""
        poll = select.poll()
        poll.register(1, select.POLLERR | select.POLLHUP)
        if any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0)):
            return True
        return self._process is not None and not alive(self._process)


def _claude(environ: Mapping[str, str]) -> ProcessIdentity | None:
    pid = environ.get("CLAUDE_PID", "")
    return identity(int(pid)) if pid.isdigit() else None


def _text(call: Mapping[str, Any], key: str) -> str:
    value = call[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"the hook call has no {key}")
    return value
