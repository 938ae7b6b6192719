"""Who may not decide: a process that belongs to the very batch it would decide in (DESIGN §4.2, Authority).

This stops accidents, not attacks: an agent of the same user could always write what that user can write.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.process import ProcessIdentity, ancestors, identity
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.text import sanitise_line


class Authority:
    """What is known of this process: its environment, and the processes above it at its start."""

    def __init__(self, environ: Mapping[str, str], above: Iterable[ProcessIdentity] | None = None) -> None:
        self._environ = environ
        if above is None:
            own = identity()
            above = (*(() if own is None else (own,)), *ancestors())
        self._above = tuple(above)
        config = claude_home.config_directory(environ)
        self._tasks = os.path.realpath(config / "tasks")
        self._sessions = self._session_lists(config)

    def refusal(self, batch: Batch) -> str | None:
        """Why nothing of ``batch`` may be decided from here, or None."""
        who = self._agent(batch) or self._attempt(batch) or self._session(batch)
        return None if who is None else f"{who} of this batch may not decide in it; decide in a terminal of your own"

    def _agent(self, batch: Batch) -> str | None:
        """The track that the environment says we are, when it is one of this batch."""
        track = self._environ.get("ORCH_TRACK", "").strip()
        if not track:
            return None
        task, tasks = self._environ.get("ORCH_TASK", "").strip(), self._environ.get("ORCH_TASKS", "").strip()
        directory = os.path.dirname(os.path.abspath(task)) if task else tasks
        same = os.path.realpath(directory) == batch.source if directory else track in batch.tracks
        return f"the agent {track[:60]!r} (ORCH_TRACK)" if same else None

    def _attempt(self, batch: Batch) -> str | None:
        for track in batch.tracks.values():
            for attempt in track.attempts:
                if attempt.process is not None and self._is_above(ProcessIdentity(*attempt.process)):
                    return f"a process of the agent {track.slug!r} (pid {attempt.process[0]})"
        return None

    def _session(self, batch: Batch) -> str | None:
        directory, name = os.path.split(batch.source)
        return self._sessions.get(name) if directory == self._tasks else None

    def _session_lists(self, config: Path) -> dict[str, str]:
        """The task lists of the Claude Code sessions above us, and of the one that our environment names."""
        found: dict[str, str] = {}
        named = self._environ.get("CLAUDE_CODE_SESSION_ID", "").strip()
        if named:
            found |= dict.fromkeys(claude_home.list_names(named), f"Claude Code session {sanitise_line(named, 60)}")
        shared = self._environ.get(claude_home.TASK_LIST, "").strip()
        for process in self._above:
            path = config / "sessions" / f"{process.pid}.json"
            entry = claude_home.registered(claude_home.read_json(path), process.boot)
            if entry is None or not _same(entry.process, process):
                continue
            lists = (*claude_home.list_names(entry.id), *((claude_home.list_name(shared),) if shared else ()))
            who = f"Claude Code session {sanitise_line(entry.id, 60)} (pid {process.pid})"
            found |= dict.fromkeys(lists, who)
        return found

    def _is_above(self, process: ProcessIdentity) -> bool:
        return any(_same(process, one) for one in self._above)


def _same(known: ProcessIdentity, seen: ProcessIdentity) -> bool:
    """Whether both name one process; where one start time is unknown, the number alone is enough to refuse."""
    if known.pid != seen.pid or (known.boot and seen.boot and known.boot != seen.boot):
        return False
    return not known.start or not seen.start or known.start == seen.start
