"""One hook call's way into the journal of its repository, and its way back to Claude Code."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.process import claimant_gone, own_claim
from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.naming import is_call_gate, list_batch_id
from orchestrator_tui.hook.claude import Caller
from orchestrator_tui.journal.attended import attended
from orchestrator_tui.journal.home import journal_directory, state_home
from orchestrator_tui.journal.port import JournalMissing, JournalNewer
from orchestrator_tui.journal.sqlite import HOOK_LOCK_TIMEOUT_S, SqliteJournal
from orchestrator_tui.runtime.doors import Door, Reader
from orchestrator_tui.runtime.ports import Clock
from orchestrator_tui.runtime.watched import watched_batch

ROUTE = "hook"
"""The route by which a hook brings decisions, and where its events come from."""


class Visit:
    """Everything that one hook call works with; a context manager.

    Attributes:
        call: what Claude Code said on stdin.
        caller: the agent that it is about.
        journal: the journal of its repository; never made by a hook.
        batch: the batch of its task list, which need not be open yet.
        door: its way to gates; where the journal's lock cannot be had for 50 ms, its methods raise.

    Raises:
        JournalError: the journal cannot be opened, or a newer version wrote it.
    """

    def __init__(
        self,
        call: Mapping[str, Any],
        environ: Mapping[str, str],
        write: Callable[[str], None],
        clock: Clock | None = None,
        lock_timeout_s: float = HOOK_LOCK_TIMEOUT_S,
    ) -> None:
        self.call = call
        self.caller = Caller(call, environ)
        self.home = state_home(environ)
        self.clock = clock or SystemClock()
        self.batch = list_batch_id(self.caller.list_directory)
        self._write = write
        self._directory = journal_directory(self.home, self.caller.repository)
        self.journal = SqliteJournal(self._directory, lock_timeout_s=lock_timeout_s, create=False)
        self.door = Door(self.journal, self.batch, Reader(ROUTE, own_claim(), ROUTE), self.clock, claimant_gone)

    def __enter__(self) -> Self:
        if self.journal.problem:
            self.journal.close()
            raise JournalNewer(self.journal.problem)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.journal.close()

    @property
    def event(self) -> str:
        """The name of the hook event."""
        return str(self.call["hook_event_name"])

    @property
    def tool(self) -> str:
        """The tool that was or is to be called, "" where the event is none of a tool."""
        return str(self.call.get("tool_name", ""))

    @property
    def tool_input(self) -> Mapping[str, Any]:
        """What the tool was or is to be called with."""
        given = self.call.get("tool_input")
        return given if isinstance(given, dict) else {}

    @property
    def attended(self) -> bool:
        """Whether somebody is there to answer now."""
        return attended(self._directory)

    @property
    def has_batch(self) -> bool:
        """Whether the batch of the caller's list is open."""
        return any(head.id == self.batch for head in self.journal.batches())

    def open_batch(self) -> None:
        """Open the batch of the caller's list, where nobody has yet; that of a run is opened by the run alone.

        Raises:
            JournalMissing: its run has no batch.
        """
        if self.caller.run is not None:
            if not self.has_batch:
                raise JournalMissing(f"there is no batch {self.batch}")
            return
        opened = watched_batch(self.caller.list_directory, str(self.caller.repository))
        self.journal.open_batch(self.batch, opened, self.clock.now(), ROUTE)

    def gates(self) -> tuple[Gate, ...]:
        """The living gates of the caller's list, but for calls that wait: their own process answers those."""
        return tuple(gate for gate in self.journal.gates(self.batch) if not is_call_gate(gate.id))

    def print(self, output: Mapping[str, Any]) -> None:
        """Print the hook's one output.

        Raises:
            OSError: nobody reads it.
        """
        self._write(json.dumps(output))

    def tell(self, text: str) -> None:
        """Print what the agent is to be given beside what happened."""
        self.print({"hookSpecificOutput": {"hookEventName": self.event, "additionalContext": text}})

    def block(self, text: str) -> None:
        """Print that the agent may not stop yet, and why."""
        self.print({"decision": "block", "reason": text})
