"""A fuse that kills a process at its n-th touch of the world: before or after each journal call and each write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.memory import MemoryDisk, MemoryMachine, MemoryProcesses, MemoryTasks
from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate
from orchestrator_tui.journal.lease import HeldLease
from orchestrator_tui.journal.port import Lease, Refused
from orchestrator_tui.runtime.world import Mail, Nudges
from tests.runtime.stage import UnsyncedJournal


class Killed(BaseException):
    """The process is no more; nothing in it may catch this."""


class Fuse:
    """Counts the touches and kills at number ``fatal``; 0 never does."""

    def __init__(self, fatal: int = 0) -> None:
        self._fatal = fatal
        self.touches = 0
        self.last = ""

    def set(self, fatal: int) -> None:
        """Count anew from here on."""
        self._fatal, self.touches = fatal, 0

    def burn(self, touch: str) -> None:
        self.touches += 1
        self.last = touch
        if self.touches == self._fatal:
            raise Killed(touch)


class MortalJournal(UnsyncedJournal):
    """A journal of a process that may be killed around every write."""

    def __init__(self, directory: Path, fuse: Fuse) -> None:
        super().__init__(directory)
        self._fuse = fuse
        self._post = self._mortal(self._post)

    def _mortal(self, post: Callable[[str], None]) -> Callable[[str], None]:
        """Killed between the commit and its mail, or behind both."""

        def posted(session: str) -> None:
            self._fuse.burn("before the mail of a commit")
            post(session)
            self._fuse.burn("after the mail of a commit")

        return posted

    def open_batch(self, batch: str, opened: Draft, now: Instant, origin: str) -> bool:
        self._fuse.burn("before open_batch")
        made = super().open_batch(batch, opened, now, origin)
        self._fuse.burn("after open_batch")
        return made

    def take_lease(self, batch: str, holder: str, now: Instant) -> HeldLease | str:
        self._fuse.burn("before take_lease")
        lease = super().take_lease(batch, holder, now)
        self._fuse.burn("after take_lease")
        return lease

    def append(self, lease: Lease, drafts: Sequence[Draft], now: Instant, origin: str) -> tuple[Event, ...]:
        kinds = ", ".join(draft.kind for draft in drafts)
        self._fuse.burn(f"before {kinds}")
        events = super().append(lease, drafts, now, origin)
        self._fuse.burn(f"after {kinds}")
        return events

    def change_gate(self, batch: str, draft: Draft, now: Instant, origin: str) -> Event | Refused:
        self._fuse.burn(f"before {draft.kind}")
        outcome = super().change_gate(batch, draft, now, origin)
        self._fuse.burn(f"after {draft.kind}")
        return outcome


class MortalTasks(MemoryTasks):
    """Task files of a process that may be killed around every write."""

    def __init__(self, disk: MemoryDisk, fuse: Fuse) -> None:
        super().__init__(disk)
        self._fuse = fuse

    def write_decision(self, directory: str, gate: Gate) -> str:
        self._fuse.burn("before its answer is written")
        refused = super().write_decision(directory, gate)
        self._fuse.burn("after its answer is written")
        return refused

    def write_message(self, directory: str, source: str, message: Mapping[str, Any]) -> str:
        self._fuse.burn("before a message is written")
        refused = super().write_message(directory, source, message)
        self._fuse.burn("after a message is written")
        return refused


class MortalProcesses(MemoryProcesses):
    """Launches of a process that may be killed around every one."""

    def __init__(self, machine: MemoryMachine, claim: str, fuse: Fuse) -> None:
        super().__init__(machine, claim)
        self._fuse = fuse

    def launch(self, argv: Sequence[str], cwd: str) -> tuple[int, str, str]:
        self._fuse.burn("before a launch")
        identity = super().launch(argv, cwd)
        self._fuse.burn("after a launch")
        return identity


class MortalMail:
    """Mail of a process that may be killed around every posting."""

    def __init__(self, mail: Mail, fuse: Fuse) -> None:
        self._mail, self._fuse = mail, fuse

    def post(self, session: str) -> None:
        self._fuse.burn("before mail is posted")
        self._mail.post(session)
        self._fuse.burn("after mail is posted")


class MortalNudges:
    """Nudges of a process that may be killed around every one."""

    def __init__(self, nudges: Nudges, fuse: Fuse) -> None:
        self._nudges, self._fuse = nudges, fuse

    def nudge(self, agent: Agent, text: str) -> tuple[str, str]:
        self._fuse.burn("before a nudge")
        given = self._nudges.nudge(agent, text)
        self._fuse.burn("after a nudge")
        return given
