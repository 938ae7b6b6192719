"""The Claude Code around a hook: which agent calls, for which list and repository, and whether it still lives."""

from __future__ import annotations

import os
import re
import select
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters import claude_home
from orchestrator_tui.adapters.process import ProcessIdentity, alive, identity
from orchestrator_tui.core.agents import address
from orchestrator_tui.core.naming import agent_slug, agent_source
from orchestrator_tui.hook.main import has_person
from orchestrator_tui.journal.home import repository_root
from orchestrator_tui.runtime.run_agent import run_agent

PROJECT = "CLAUDE_PROJECT_DIR"
PROCESS = "CLAUDE_PID"

_SESSION = re.compile(r"[A-Za-z0-9_-]{1,128}")
# A teammate's has in it what somebody called it.
_AGENT = re.compile(r"[^/\x00-\x1f\x7f]{1,200}")


class Caller:
    """The agent behind one hook call.

    Attributes:
        session: its session id.
        agent: its own id inside the session; "" for the session's main agent.
        directory: where its session was started; its repository is found from there (DESIGN §3).
        run: the batch and track that it works for, when it is an agent of a run.
        own_list: real path of the task list that its session writes, whether that exists yet or not.
        transcript: the file that holds what it said and was given; None when it is not told.
    """

    def __init__(self, call: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self.session = _identifier(call["session_id"], _SESSION)
        self.agent = _identifier(call["agent_id"], _AGENT) if call.get("agent_id") else ""
        # The directory of the call is where the agent has gone meanwhile.
        self.directory = Path(environ.get(PROJECT, "").strip() or _text(call, "cwd"))
        self.run = run_agent(environ, self.directory)
        self.own_list = claude_home.list_directory(environ, self.session)
        self.transcript = _transcript(call, self.session, self.agent)
        self._attended = has_person(environ)
        self._parent = os.getppid()
        self._process = _claude(environ)

    @property
    def address(self) -> str:
        """How the agent is addressed in events."""
        return address(self.session, self.agent)

    @property
    def list_directory(self) -> str:
        """Real path of the task list that is its batch: its own, or that of its run."""
        return self.own_list if self.run is None else self.run.tasks

    @property
    def track(self) -> str:
        """The slug of the agent's track: that of its run, else its own, until somebody names it (DESIGN §1)."""
        return agent_slug(self.session, self.agent) if self.run is None else self.run.track

    @property
    def source(self) -> str:
        """What joins the agent to its track."""
        return agent_source(self.session, self.agent)

    @property
    def repository(self) -> Path:
        """The main working tree of the repository that its session works in."""
        return repository_root(self.directory)

    @property
    def at_a_terminal(self) -> bool:
        """Whether this is a session's own agent with a person before it: never held (DESIGN §4.2)."""
        return self._attended and not self.agent

    def gone(self) -> bool:
        """Whether Claude Code has ended or given the hook up: nobody reads what we print."""
        poll = select.poll()
        poll.register(1, select.POLLERR | select.POLLHUP)
        if any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0)):
            return True
        # The shell that runs the hook's command is ended alone when a hook is cancelled.
        return os.getppid() != self._parent or self.ended()

    def ended(self) -> bool:
        """Whether Claude Code itself is known to have ended."""
        return self._process is not None and not alive(self._process)


def _claude(environ: Mapping[str, str]) -> ProcessIdentity | None:
    pid = environ.get(PROCESS, "")
    return identity(int(pid)) if pid.isascii() and pid.isdigit() else None


def _transcript(call: Mapping[str, Any], session: str, agent: str) -> Path | None:
    """The agent's own transcript: hooks of a sub-agent name its session's (reference claude-code §3)."""
    named = call.get("agent_transcript_path" if agent else "transcript_path")
    if isinstance(named, str) and named:
        return Path(named)
    of_session = call.get("transcript_path")
    if not agent or not isinstance(of_session, str) or not of_session:
        return None
    return Path(of_session).parent / session / "subagents" / f"agent-{agent}.jsonl"


def _identifier(value: Any, form: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ValueError("the hook call names no session or agent that there can be")
    return value


def _text(call: Mapping[str, Any], key: str) -> str:
    value = call[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"the hook call has no {key}")
    return value
