"""A repository, a journal and a client around orch-mcp, and a person who decides."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import anyio
from mcp import ClientSession
from mcp.shared.memory import create_client_server_memory_streams
from mcp.types import CallToolResult, RequestParamsMeta, TextContent

from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.core.agents import address
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.naming import agent_source, list_batch_id
from orchestrator_tui.journal.home import journal_directory, repository_root
from orchestrator_tui.journal.port import Refused, Request
from orchestrator_tui.journal.sqlite import SqliteJournal, open_journal
from orchestrator_tui.mcp_server.caller import Client
from orchestrator_tui.mcp_server.desk import Desk
from orchestrator_tui.mcp_server.server import CALL_ID, Serving
from orchestrator_tui.runtime.ports import Clock
from orchestrator_tui.runtime.watched import watched_batch

SESSION = "0a1b2c3d-1111-2222-3333-444455556666"
DEADLINE_S = 20.0
OPTIONS = ["lru: keep LRU", "ttl: switch to TTL", "reject"]
ASK: dict[str, Any] = {"question": "Which cache?", "options": OPTIONS}


def agent_in_call(config: Path, session: str, call: str) -> str | None:
    """In these tests the id of a call names its agent: ``call@agent``."""
    return call.partition("@")[2]


class Scene:
    """One session and its sub-agents; ``clock`` is the server's, moved by hand where it is the ``manual`` one."""

    def __init__(self, root: Path, clock: Clock | None = None, **environ: str) -> None:
        self.repository = root / "repository"
        (self.repository / ".git").mkdir(parents=True, exist_ok=True)
        self.home, self.config = root / "orch-home", root / "claude"
        self.manual = ManualClock()
        self.clock: Clock = clock or self.manual
        self.environ: dict[str, str] = {
            "HOME": str(root),
            "ORCH_HOME": str(self.home),
            "CLAUDE_CONFIG_DIR": str(self.config),
            "CLAUDE_PROJECT_DIR": str(self.repository),
            "CLAUDE_CODE_SESSION_ID": SESSION,
            "CLAUDE_CODE_ENTRYPOINT": "sdk-cli",
            **environ,
        }
        self.list_directory = str((self.config / "tasks" / SESSION).resolve())
        self.batch = list_batch_id(self.list_directory)
        self.directory = journal_directory(self.home, repository_root(self.repository))
        self._decisions = 0
        self._journal: SqliteJournal | None = None

    # --- the server --------------------------------------------------------------------------------------------

    def desk(self, **more: Any) -> Desk:
        client = Client(self.environ, (), agent_in_call)
        return Desk(self.environ, client, **{"clock": self.clock, **more})

    @asynccontextmanager
    async def served(
        self, desk: Desk | None = None, wrap: Callable[[Any], Any] = lambda out: out
    ) -> AsyncIterator[Agents]:
        """A client connected to a server by streams in memory; ``wrap`` stands between the server and its answers."""
        async with create_client_server_memory_streams() as (theirs, ours), anyio.create_task_group() as group:
            group.start_soon(Serving(desk or self.desk()).run, ours[0], wrap(ours[1]))
            async with ClientSession(*theirs) as session:
                await session.initialize()
                yield Agents(session)
            await theirs[1].aclose()

    # --- the person and the journal ----------------------------------------------------------------------------

    @property
    def journal(self) -> SqliteJournal:
        """The journal as another process has it."""
        if self._journal is None:
            self._journal = open_journal(self.repository, self.environ, create=False)
        return self._journal

    def make_journal(self) -> None:
        """Make the journal and the session's batch, as a cockpit that was open does."""
        journal = open_journal(self.repository, self.environ)
        opened = watched_batch(self.list_directory, str(repository_root(self.repository)))
        journal.open_batch(self.batch, opened, self.clock.now(), "cockpit")
        journal.close()

    def record(self, *drafts: Draft) -> None:
        """Record what a holder sees."""
        lease = self.journal.take_lease(self.batch, "test", self.clock.now())
        assert not isinstance(lease, str)
        self.journal.append(lease, drafts, self.clock.now(), "cockpit")
        lease.release(self.clock.now())

    def add_track(self, slug: str, source: str, stage: int = 0, agent: str = "", **changes: str) -> None:
        """A track that the holder has seen, of a task or an agent, perhaps with the sub-agent that works on it."""
        drafts = [Draft("track_added", {"track": slug, "title": slug, "kind": "work", "source": source})]
        if stage:
            drafts.append(Draft("stage_changed", {"track": slug, "stage": stage, "status": "running", "name": "x"}))
        if agent:
            drafts.append(Draft("agent_seen", {"track": slug, "session": SESSION, "agent": agent, "status": "busy"}))
        if changes:
            drafts.append(Draft("track_changed", {"track": slug, "changes": changes}))
        self.record(*drafts)

    def gates(self) -> list[Gate]:
        return list(self.journal.gates(self.batch))

    def gate(self, identifier: str) -> Gate:
        found = self.journal.gate(self.batch, identifier)
        assert found is not None
        return found

    def change(self, gate: Gate, kind: str, **payload: Any) -> str:
        """Record a gate event as another process would; "" or why it was refused."""
        draft = Draft(kind, {"gate": gate.id, "revision": gate.revision, **payload})
        outcome = self.journal.change_gate(self.batch, draft, self.clock.now(), "cli")
        return outcome.why if isinstance(outcome, Refused) else ""

    def decide(self, gate: Gate, option: str = "ttl", *, text: str = "", reason: str = "", undo_ms: int = 0) -> str:
        self._decisions += 1
        decision = f"d-{self._decisions}"
        refused = self.change(
            gate,
            "gate_decided",
            digest=gate.digest,
            decision=decision,
            options=[] if text else [option],
            text=text,
            label=option,
            by="ann",
            origin="cli",
            undo_ms=undo_ms,
            reason=reason,
        )
        assert refused == ""
        return decision

    def events(self) -> list[Event]:
        return list(self.journal.events(self.batch))

    def requests(self) -> tuple[Request, ...]:
        return self.journal.requests(self.batch)

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()

    # --- waiting for the server's threads ----------------------------------------------------------------------

    async def asked(self, count: int = 1) -> list[Gate]:
        """The gates, once so many wait for their answers with a call behind each."""

        def waiting() -> list[Gate]:
            gates = self.gates() if (self.directory / "journal.db").exists() else []
            return [gate for gate in gates if self.journal.waiters.live(self.batch, gate.id)]

        await eventually(lambda: len(waiting()) >= count)
        return waiting()

    async def steps(self, gate: Gate, *wanted: str) -> Gate:
        """The gate, once its decision has come this way."""
        await eventually(lambda: tuple(step.step for step in self.gate(gate.id).steps) == wanted)
        return self.gate(gate.id)


class Agents:
    """The agents of the connected client."""

    def __init__(self, session: ClientSession) -> None:
        self.session = session

    async def call(self, tool: str, arguments: Mapping[str, Any] | None = None, agent: str = "") -> CallToolResult:
        """One call of a tool, by the main agent or a sub-agent."""
        meta = cast(RequestParamsMeta, {CALL_ID: f"toolu@{agent}"})
        return await self.session.call_tool(tool, dict(arguments or {}), meta=meta)

    async def ask(self, agent: str = "", **arguments: Any) -> CallToolResult:
        """One question."""
        return await self.call("request_decision", {**ASK, **arguments}, agent)


def words(result: CallToolResult) -> str:
    """What the model reads."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    if result.structured_content is not None:
        assert result.structured_content["words"] == content.text
    return content.text


def data(result: CallToolResult) -> dict[str, Any]:
    """The same for programs."""
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def eventually(holds: Callable[[], bool]) -> None:
    """Poll until it is true; fail after the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        await anyio.sleep(0.005)


async def background(group: anyio.abc.TaskGroup, call: Awaitable[CallToolResult]) -> list[CallToolResult]:
    """Start a call beside others; its result comes into the list."""
    results: list[CallToolResult] = []

    async def run() -> None:
        results.append(await call)

    group.start_soon(run)
    return results


def own_source(agent: str = "") -> str:
    """What the track of an agent is joined by."""
    return agent_source(SESSION, agent)


def asker(agent: str = "") -> str:
    """The address of an agent."""
    return address(SESSION, agent)
