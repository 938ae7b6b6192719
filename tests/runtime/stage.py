"""A machine on which engines start, work and die: a real journal, and everything else in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from orchestrator_tui.adapters.memory import (
    ManualClock,
    MemoryAgents,
    MemoryDisk,
    MemoryLife,
    MemoryMachine,
    MemoryMail,
    MemoryNudges,
    MemoryProcesses,
    MemorySessions,
    MemoryTasks,
)
from orchestrator_tui.core.commands import Command
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.facts import AgentFact, TaskFact
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Batch, Gate, State, Track
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.engine import Engine
from orchestrator_tui.runtime.history import History
from orchestrator_tui.runtime.ports import Outcome
from orchestrator_tui.runtime.recordings import JournalRecording
from orchestrator_tui.runtime.world import World
from tests.core.builders import ANN, NO_RULES, answer

LIST = "/lists/alpha"
BATCH = list_batch_id(LIST)
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000


class UnsyncedJournal(SqliteJournal):
    """A journal that does not wait for the disk: no test takes the machine's power away."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        with self._connection.reading() as connection:
            connection.execute("PRAGMA synchronous = OFF")


class Process:
    """One process with an engine in it."""

    def __init__(self, stage: Stage, name: str, journal: SqliteJournal) -> None:
        self._stage, self._ids = stage, count(1)
        self.name, self.journal = name, journal
        self.world = World(
            clock=stage.clock,
            files=MemoryTasks(stage.disk),
            life=MemoryLife(stage.machine),
            processes=MemoryProcesses(stage.machine, name),
            agents=MemoryAgents(stage.sessions),
            nudges=MemoryNudges(),
            mail=MemoryMail(),
            actor=replace(ANN, name=f"ann at {name}"),
            new_id=lambda prefix: f"{prefix}-{name}-{next(self._ids)}",
            holder=f"cockpit {name}",
            repository="/repository",
        )
        self.rebuild()

    def rebuild(self) -> None:
        """Make the engine of the world as it is set now."""
        self.engine = Engine(self.journal, self.world, self._stage.rules, self._stage.limits)

    @property
    def state(self) -> State:
        return self.engine.state

    @property
    def batch(self) -> Batch:
        return self.state.batches[BATCH]

    def gate(self, task_id: str = "1", stage: int = 3) -> Gate:
        return self.batch.gates[f"task-{task_id}-stage-{stage}"]

    def track(self, slug: str) -> Track:
        return self.batch.tracks[slug]

    def step(self, *, look: bool = True) -> bool:
        return self.engine.step(look=look)

    def carry_out(self, command: Command) -> Outcome:
        return self.engine.carry_out(command)

    def decide(self, gate: Gate, *options: str, reason: str = "as agreed") -> Outcome:
        return self.carry_out(answer(gate, *options, reason=reason))

    def leave(self) -> None:
        """The person quits."""
        self.engine.close()
        self.journal.close()

    def die(self) -> None:
        """It is killed: nothing is released but what the system takes back."""
        self.journal.close()
        self._stage.machine.ended.add(self.name)


class Stage:
    """The machine. Every process that was started is killed by :meth:`clear`."""

    def __init__(self, directory: Path, *, rules: Rules = NO_RULES, limits: Limits | None = None) -> None:
        directory.mkdir(exist_ok=True)
        self.directory = directory / "journal"
        self.rules, self.limits = rules, limits or Limits()
        self.clock = ManualClock()
        self.disk, self.machine, self.sessions = MemoryDisk(), MemoryMachine(), MemorySessions()
        self.started: list[Process] = []

    def start(self, name: str = "", journal: SqliteJournal | None = None) -> Process:
        """Start a process; its engine has not looked yet."""
        process = Process(self, name or f"p{len(self.started) + 1}", journal or UnsyncedJournal(self.directory))
        self.started.append(process)
        return process

    def clear(self) -> None:
        for process in self.started:
            process.die()

    def write(self, *facts: TaskFact, directory: str = LIST) -> None:
        """Agents write their tasks, now."""
        for one in facts:
            self.disk.put(directory, replace(one, mtime_ms=self.clock.now().wall_ms))

    def work(self, *facts: AgentFact, directory: str = LIST) -> None:
        """Agents are seen, now, unless they say when."""
        now = self.clock.now().wall_ms
        seen = (replace(one, last_wall_ms=one.last_wall_ms or now) for one in facts)
        self.sessions.put(directory, *seen)

    def task(self, task_id: str = "1", directory: str = LIST) -> TaskFact:
        fact = self.disk.task(directory, f"task:{task_id}")
        assert fact is not None
        return fact

    def events(self, batch: str = BATCH) -> list[Event]:
        """What the journal holds, read by somebody else."""
        journal = UnsyncedJournal(self.directory)
        found = list(journal.events(batch))
        journal.close()
        return found

    def kinds(self, batch: str = BATCH) -> list[str]:
        return [event.kind for event in self.events(batch)]

    def folded(self, batch: str = BATCH) -> Batch:
        """The batch as a fold of the whole journal, from nothing."""
        return fold(self.events(batch)).batches[batch]

    def replayed(self, batch: str = BATCH) -> Batch:
        """The batch at the end of its replay."""
        past = History(JournalRecording(UnsyncedJournal(self.directory), batch))
        end = past.batch(past.events)
        past.close()
        return end


def payloads(events: Iterable[Event], kind: str) -> Iterator[dict[str, object]]:
    return (dict(event.payload) for event in events if event.kind == kind)
