"""The desk: one server's way to the journals of its callers; every call has a place at it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.connection.state import connected
from orchestrator_tui.adapters.process import claimant_gone, own_claim
from orchestrator_tui.core.event import EventError
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, State
from orchestrator_tui.journal.home import journal_directory, repository_root, state_home
from orchestrator_tui.journal.port import JournalBusy, JournalDamaged, JournalError, JournalMissing, Request
from orchestrator_tui.journal.presence import present
from orchestrator_tui.journal.sqlite import SqliteJournal, open_journal
from orchestrator_tui.mcp_server.caller import Caller, Client
from orchestrator_tui.runtime.doors import Door, Reader
from orchestrator_tui.runtime.ports import Clock
from orchestrator_tui.runtime.watched import watched_batch

ROUTE, HOOK = "mcp", "hook"


class Desk:
    """The journal of the client's repository, opened when it is needed; for use from any thread.

    Args:
        environ: the environment.
        client: who started the server.
        clock: the time.
        pause: waits some seconds; true when the server ends meanwhile.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        client: Client,
        clock: Clock | None = None,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        self.client, self.environ = client, environ
        self.ending = threading.Event()
        self.pause: Callable[[float], bool] = pause or self.ending.wait
        self.clock: Clock = clock or SystemClock()
        self.repository = repository_root(client.start)
        self.directory = journal_directory(state_home(environ), self.repository)
        self._claim = own_claim()
        self._mutex = threading.RLock()
        self._journal: SqliteJournal | None = None
        self._state = State()
        self._opened: set[str] = set()
        self._void: dict[str, list[str]] = {}

    def place(self, caller: Caller) -> Place:
        """The place of one call."""
        return Place(self, caller)

    def journal(self, *, create: bool = False) -> SqliteJournal:
        """The journal; made where there is none when ``create`` says so.

        Raises:
            JournalMissing: there is none, and none was to be made.
            JournalError: it cannot be opened.
        """
        with self._mutex:
            if self._journal is None:
                self._journal = open_journal(self.client.start, self.environ, create=create)
            return self._journal

    def door(self, caller: Caller, *, create: bool) -> Door:
        """The way to the gates of the caller's batch; ``create`` opens the batch where it is not there.

        Raises:
            JournalMissing: the batch is that of a run, which it alone opens, and is not there.
        """
        journal = self.journal(create=create)
        with self._mutex:
            if caller.run is not None and all(head.id != caller.batch for head in journal.batches()):
                raise JournalMissing(f"there is no batch {caller.batch}")
            if create and caller.run is None and caller.batch not in self._opened:
                opened = watched_batch(caller.list_directory, str(self.repository))
                journal.open_batch(caller.batch, opened, self.clock.now(), ROUTE)
                self._opened.add(caller.batch)
        return Door(journal, caller.batch, Reader(ROUTE, self._claim, ROUTE), self.clock, claimant_gone)

    def batch(self, batch: str) -> Batch | None:
        """The state of a batch now, or None when it has not been opened.

        Raises:
            JournalError: it cannot be read.
        """
        journal = self.journal()
        with self._mutex:
            known = self._state.batches.get(batch)
            try:
                self._state = fold(journal.events(batch, known.seq if known else 0), self._state)
            except EventError as error:
                raise JournalDamaged(str(error)) from error
            return self._state.batches.get(batch)

    def wake(self, batch: str, gate: str) -> None:
        """Have those look who wait for this gate."""
        with self._mutex:
            journal = self._journal
        if journal is not None:
            journal.waiters.wake(batch, gate)

    def troubled(self, error: JournalError) -> None:
        """The journal failed: open it anew next time, unless it was only busy."""
        if isinstance(error, JournalBusy):
            return
        with self._mutex:
            self.close()

    def close(self) -> None:
        """Let go of the journal. Idempotent; those who still wait find it closed, and open it anew."""
        with self._mutex:
            journal, self._journal, self._state = self._journal, None, State()
            self._opened.clear()
        if journal is not None:
            try:
                journal.close()
            except JournalError:
                # What was recorded is recorded; only the checkpoint at closing is missing, and any other makes it.
                return

    def routes(self, caller: Caller) -> tuple[str, ...]:
        """The ways to whoever asks here: the result of the call, and its hooks where it runs ours.

        A hook finds the answer with the agent's next tool call of any kind, when nobody waits for it any more. The
        Claude Code of a run is started with our hooks.
        """
        if caller.run is not None and self.environ.get("CLAUDE_CODE_SESSION_ID"):
            return (ROUTE, HOOK)
        home = state_home(self.environ)
        return (ROUTE, HOOK) if connected(self.environ, self.client.start, home) else (ROUTE,)

    def attended(self) -> bool:
        """Whether somebody has orch-tui open for this repository, or for all."""
        return bool(present(self.directory))

    def void(self, caller: Caller, words: str) -> None:
        """Remember to tell an agent that an answer which it was given does not hold."""
        with self._mutex:
            self._void.setdefault(caller.address, []).append(words)

    def voided(self, caller: Caller) -> list[str]:
        """What there is to tell of that, once."""
        with self._mutex:
            return self._void.pop(caller.address, [])


class Place:
    """One call at the desk. Everything here raises :class:`JournalError` when the journal cannot be used.

    Attributes:
        caller: who calls.
        arrived: when the call came.
    """

    def __init__(self, desk: Desk, caller: Caller) -> None:
        self.desk, self.caller = desk, caller
        self.arrived: Instant = desk.clock.now()

    def door(self, *, create: bool = False) -> Door:
        """The way to the gates of the caller's batch."""
        return self.desk.door(self.caller, create=create)

    def batch(self) -> Batch | None:
        """The caller's batch as it is now."""
        return self.desk.batch(self.caller.batch)

    def own_gates(self) -> list[Gate]:
        """The gates that the caller asked and that have not come to their end, the oldest first."""
        gates = self.desk.journal().gates(self.caller.batch)
        own = [gate for gate in gates if gate.asker == self.caller.address]
        return sorted(own, key=lambda gate: (gate.opened_at.wall_ms, gate.id))

    def waited_for(self, gate: Gate) -> bool:
        """Whether somebody waits for this very gate now: a held hook, or another call."""
        return bool(self.desk.journal().waiters.live(gate.batch, gate.id))

    def requests(self) -> tuple[Request, ...]:
        """What was asked of the batch's holder and not taken yet."""
        return self.desk.journal().requests(self.caller.batch)

    def request(self, kind: str, payload: dict[str, Any], track: str) -> None:
        """Leave a request for the batch's holder, in the caller's name."""
        self.door(create=True)
        content = {**payload, "source": self.caller.source, "asker": self.caller.address}
        now, origin = self.desk.clock.now(), f"agent:{track}"
        self.desk.journal().insert_request(self.caller.batch, kind, content, now, origin)
