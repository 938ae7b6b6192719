"""Who calls: session and agent, their batch and repository, from what Claude Code gives an MCP server.

The session is the one that the registry has for the process that started us: ``/clear`` begins another one under the
same server. The environment, which stays as it was, tells where that has no entry. Which agent of the session calls,
its transcript says. Another client than Claude Code has a session by its process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from orchestrator_tui.adapters.claude_home import (
    JOB_KIND,
    RegisteredSession,
    config_directory,
    is_name,
    list_directory,
    read_json,
    registered,
)
from orchestrator_tui.adapters.process import ProcessIdentity, alive, ancestors
from orchestrator_tui.core.agents import address
from orchestrator_tui.core.canonical import sha256_hex
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.naming import agent_source, list_batch_id
from orchestrator_tui.mcp_server.transcripts import caller_of
from orchestrator_tui.runtime.run_agent import RunAgent, run_agent

INTERACTIVE = "cli"
"""What Claude Code calls a session at a terminal in ``CLAUDE_CODE_ENTRYPOINT``."""

_NEAREST = 6
"""How many processes above us may be the client: a launcher or two stand between."""


@frozen
class Caller:
    """The agent behind one call.

    Attributes:
        session: id of its session.
        agent: its own id inside the session; "" for the main agent.
        list_directory: real path of the task list that is its batch, whether that exists or not.
        interactive: it is the main agent of a session with a person at its terminal.
        run: the batch and track that it works for, when it is an agent of a run.
    """

    session: str
    agent: str
    list_directory: str
    interactive: bool
    run: RunAgent | None = None

    @property
    def address(self) -> str:
        """How it is addressed in events."""
        return address(self.session, self.agent)

    @property
    def source(self) -> str:
        """What its own track is joined by."""
        return agent_source(self.session, self.agent)

    @property
    def batch(self) -> str:
        """The batch that it belongs to."""
        return list_batch_id(self.list_directory)


class Client:
    """The process that started this server, and the agents in it.

    Args:
        environ: the environment.
        above: the processes above this one, the nearest first.
        find: tells the agent of a call; see :func:`~orchestrator_tui.mcp_server.transcripts.caller_of`.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        above: Sequence[ProcessIdentity] | None = None,
        find: Callable[[Path, str, str], str | None] = caller_of,
    ) -> None:
        self._environ, self._find = environ, find
        self._above = tuple(ancestors() if above is None else above)[:_NEAREST]
        self._config = config_directory(environ)
        self.start = Path(environ.get("CLAUDE_PROJECT_DIR", "").strip() or os.getcwd())
        self._run = run_agent(environ, self.start)

    def caller(self, call: str = "") -> Caller:
        """Who makes the tool call with this id; a call that no transcript shows is the main agent's."""
        entry, session = self._session()
        agent = self._find(self._config, session, call) or "" if call else ""
        directory = list_directory(self._environ, session) if self._run is None else self._run.tasks
        # A job in the background says so, too, and nobody sits there.
        is_job = entry is not None and entry.kind == JOB_KIND
        at_terminal = self._environ.get("CLAUDE_CODE_ENTRYPOINT") == INTERACTIVE and not is_job
        return Caller(session, agent, directory, at_terminal and not agent, self._run)

    def _session(self) -> tuple[RegisteredSession | None, str]:
        """The session's entry in the registry, where it has one, and its id."""
        said = self._environ.get("CLAUDE_CODE_SESSION_ID", "").strip()
        # Further up there may be the session that started this one: its answers are not for agents of ours.
        above = self._above[:1] if is_name(said) else self._above
        entry = next((found for one in above if (found := self._entry(one)) is not None), None)
        if entry is not None:
            return entry, entry.id
        return None, said if is_name(said) else f"client-{sha256_hex(repr(self._above[:1]))[:8]}"

    def _entry(self, process: ProcessIdentity) -> RegisteredSession | None:
        """The registry's entry of one process that still runs."""
        data = read_json(self._config / "sessions" / f"{process.pid}.json")
        entry = registered(data, process.boot)
        return entry if entry is not None and entry.id and alive(entry.process) else None
