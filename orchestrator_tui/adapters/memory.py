"""Ports without a machine behind them, for tests and simulations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from orchestrator_tui.adapters.tasks.answer import decision_metadata
from orchestrator_tui.core.agents import Agent, address
from orchestrator_tui.core.facts import (
    OUR_KEYS,
    AgentFact,
    AgentsSeen,
    CallEnded,
    LifeSign,
    ListSeen,
    StageSaid,
    TaskFact,
)
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.metadata import read_metadata
from orchestrator_tui.core.model import Gate, Track
from orchestrator_tui.core.normalise import digest, task_question
from orchestrator_tui.runtime.world import AgentsSight, ListSight


class ManualClock:
    """Time that moves only when it is told to; implements :class:`~orchestrator_tui.runtime.ports.Clock`."""

    def __init__(self, wall_ms: int = 1_700_000_000_000, boot_ms: int = 60_000, boot_id: str = "boot-1") -> None:
        self._now = Instant(wall_ms, boot_ms, boot_id)

    def now(self) -> Instant:
        """The moment that was set."""
        return self._now

    def advance(self, milliseconds: int) -> Instant:
        """Let time pass on both clocks; returns the new moment."""
        self._now = self._now.plus(milliseconds)
        return self._now

    def step_wall(self, milliseconds: int) -> Instant:
        """Set the wall clock forward, or back when negative, while no time passes."""
        self._now = Instant(self._now.wall_ms + milliseconds, self._now.boot_ms, self._now.boot_id)
        return self._now

    def reboot(self, boot_id: str, asleep_ms: int = 0) -> Instant:
        """Start the machine again ``asleep_ms`` later: the boot clock begins anew."""
        self._now = Instant(self._now.wall_ms + asleep_ms, 0, boot_id)
        return self._now


class MemoryDisk:
    """The task lists that several watchers share, as several processes share a disk.

    ``refused`` is why nothing can be written now, or "".
    """

    def __init__(self) -> None:
        self.lists: dict[str, dict[str, TaskFact]] = {}
        self.refused = ""
        self.written: list[tuple[str, str]] = []

    def put(self, directory: str, fact: TaskFact) -> None:
        """An agent writes its task: what we wrote into it stays, as Claude Code's own merge leaves it."""
        before = self.lists.setdefault(directory, {}).get(fact.source)
        ours = {} if before is None else {key: before.metadata[key] for key in OUR_KEYS if key in before.metadata}
        self.lists[directory][fact.source] = replace(fact, metadata={**ours, **fact.metadata})

    def remove(self, directory: str, source: str) -> None:
        """A task's file is deleted."""
        del self.lists[directory][source]

    def task(self, directory: str, source: str) -> TaskFact | None:
        """A task as it is now, or None."""
        return self.lists.get(directory, {}).get(source)


class MemoryTasks:
    """One watcher of a :class:`MemoryDisk`; implements :class:`~orchestrator_tui.runtime.world.TaskFiles`."""

    def __init__(self, disk: MemoryDisk) -> None:
        self._disk = disk
        self._told: dict[str, dict[str, TaskFact]] = {}
        self._followed: frozenset[str] = frozenset()

    def scan(self) -> tuple[ListSight, ...]:
        """What differs from the last look in every list; the first look tells a list as a whole."""
        return tuple(self._look(directory) for directory in sorted({*self._disk.lists, *self._told, *self._followed}))

    def follow(self, directories: Iterable[str]) -> None:
        """Look at these lists, too, whether they are there or not."""
        self._followed = frozenset(directories)

    def forget(self, directory: str) -> None:
        """Tell this list as a whole at the next look."""
        self._told.pop(directory, None)

    def write_decision(self, directory: str, gate: Gate) -> str:
        """Write the answer into the gate's task, if the question there is still the one that was answered."""
        fact = self._disk.task(directory, gate.source)
        if self._disk.refused or fact is None:
            return self._disk.refused or "its task is gone"
        if gate.question.kind == "task":
            question = task_question(fact.metadata, read_metadata(fact).stage)
            if question is None or digest(question) != gate.digest:
                return "the question in its task changed since it was answered"
        self._change(directory, fact, {"decision": decision_metadata(gate)})
        assert gate.decision is not None
        self._disk.written.append((gate.id, gate.decision.id))
        return ""

    def holds_decision(self, directory: str, gate: Gate) -> bool:
        """Whether the task holds this very decision."""
        fact = self._disk.task(directory, gate.source)
        return fact is not None and gate.decision is not None and _decision_id(fact) == gate.decision.id

    def write_message(self, directory: str, source: str, message: Mapping[str, Any]) -> str:
        """Add a message to the task, once."""
        fact = self._disk.task(directory, source)
        if self._disk.refused or fact is None:
            return self._disk.refused or "its task is gone"
        others = [one for one in fact.metadata.get("messages", []) if one["id"] != message["id"]]
        self._change(directory, fact, {"messages": [*others, dict(message)]})
        return ""

    def empty_reason(self) -> tuple[str, ...]:
        """Why there is nothing to show; () when there are tasks."""
        return () if any(self._disk.lists.values()) else ("There are no task lists in memory.",)

    def _look(self, directory: str) -> ListSight:
        now = dict(self._disk.lists.get(directory, {}))
        before = self._told.get(directory)
        self._told[directory] = now
        changed = tuple(fact for source, fact in now.items() if before is None or before.get(source) != fact)
        vanished = () if before is None else tuple(sorted(before.keys() - now.keys()))
        name = directory.rpartition("/")[2]
        return ListSight(directory, name, ListSeen(changed, vanished, whole=before is None))

    def _change(self, directory: str, fact: TaskFact, changes: Mapping[str, Any]) -> None:
        self._disk.lists[directory][fact.source] = replace(fact, metadata={**fact.metadata, **changes})


def _decision_id(fact: TaskFact) -> object:
    decision = fact.metadata.get("decision")
    return decision.get("id") if isinstance(decision, Mapping) else None


@dataclass(slots=True)
class MemoryMachine:
    """The processes of one machine: who has ended, what was launched, which signs of life there are.

    ``cannot_start`` is why nothing can be launched now, or "".
    """

    ended: set[str] = field(default_factory=set)
    launched: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    cannot_start: str = ""
    signs: dict[str, tuple[LifeSign, ...]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


class MemoryProcesses:
    """One process of a :class:`MemoryMachine`; implements :class:`~orchestrator_tui.runtime.world.Processes`."""

    def __init__(self, machine: MemoryMachine, claim: str) -> None:
        self._machine, self._claim = machine, claim
        self._pids = count(1000)

    def claimant_gone(self, claimant: str) -> bool:
        """Whether this process has ended."""
        return claimant in self._machine.ended

    def own_claim(self) -> str:
        """This process."""
        return self._claim

    def launch(self, argv: Sequence[str], cwd: str) -> tuple[int, str, str]:
        """Remember what was to be started."""
        if self._machine.cannot_start:
            raise OSError(2, self._machine.cannot_start)
        self._machine.launched.append((tuple(argv), cwd))
        return next(self._pids), "1", "boot-1"


class MemoryLife:
    """Signs of life as they were set; implements :class:`~orchestrator_tui.runtime.world.Life`."""

    def __init__(self, machine: MemoryMachine) -> None:
        self._machine = machine

    def look(self, track: Track) -> tuple[tuple[LifeSign, ...], bool]:
        """The signs of a track's agent, and whether its process has ended."""
        return self._machine.signs.get(track.slug, ()), track.slug in self._machine.gone


class MemorySessions:
    """The sessions of one machine with the agents in them, by the directory of their task list.

    Watchers share them as they share Claude Code's own files.
    """

    def __init__(self) -> None:
        self.lists: dict[str, dict[str, AgentFact]] = {}
        self.titles: dict[str, str] = {}
        self.calls: list[tuple[str, CallEnded]] = []
        self.given: list[tuple[str, str, str, str]] = []
        self.said: list[tuple[str, StageSaid]] = []

    def put(self, directory: str, *facts: AgentFact) -> None:
        """Agents are now like this."""
        agents = self.lists.setdefault(directory, {})
        agents.update({address(fact.agent.session, fact.agent.id): fact for fact in facts})

    def remove(self, directory: str, where: str) -> None:
        """Nothing is left of an agent."""
        del self.lists[directory][where]

    def end_call(self, directory: str, call: CallEnded) -> None:
        """A tool call's result is written."""
        self.calls.append((directory, call))

    def say(self, directory: str, said: StageSaid) -> None:
        """An update of a task stands in a transcript with its result."""
        self.said.append((directory, said))

    def give(self, directory: str, where: str, text: str, went_on: str) -> None:
        """An agent was given a text, and went on with something, in words."""
        self.given.append((directory, where, text, went_on))


class MemoryAgents:
    """One watcher of :class:`MemorySessions`; implements :class:`~orchestrator_tui.runtime.world.Agents`.

    ``sights`` are handed out once beside what is seen of the sessions; ``awaited`` is what the last look was asked to
    look for.
    """

    def __init__(self, sessions: MemorySessions | None = None) -> None:
        self._sessions = sessions or MemorySessions()
        self._told: dict[str, dict[str, AgentFact]] = {}
        self._calls = self._said = 0
        self._arrived: set[tuple[str, str]] = set()
        self.sights: list[AgentsSight] = []
        self.awaited: frozenset[str] = frozenset()
        self.forgotten: list[str] = []

    def scan(self, awaited: frozenset[str]) -> tuple[AgentsSight, ...]:
        """What differs from the last look; the first look tells a list as a whole."""
        self.awaited = awaited
        sights, self.sights = tuple(self.sights), []
        calls, self._calls = self._sessions.calls[self._calls :], len(self._sessions.calls)
        said, self._said = self._sessions.said[self._said :], len(self._sessions.said)
        seen = tuple(self._look(directory, calls, said) for directory in sorted(self._sessions.lists))
        return (*sights, *seen)

    def forget(self, directory: str) -> None:
        """Tell this list as a whole at the next look."""
        self._told.pop(directory, None)
        self.forgotten.append(directory)

    def _look(
        self, directory: str, calls: Sequence[tuple[str, CallEnded]], said: Sequence[tuple[str, StageSaid]]
    ) -> AgentsSight:
        now = dict(self._sessions.lists[directory])
        before = self._told.get(directory)
        self._told[directory] = now
        seen = AgentsSeen(
            facts=tuple(fact for where, fact in now.items() if before is None or before.get(where) != fact),
            calls=tuple(call for listed, call in calls if listed == directory),
            arrived=tuple(self._arrivals(directory)),
            whole=before is None,
            said=tuple(one for listed, one in said if listed == directory),
        )
        alive = any(not fact.agent.id and not fact.finished for fact in now.values())
        return AgentsSight(directory, self._sessions.titles.get(directory, ""), alive, seen)

    def _arrivals(self, directory: str) -> Iterator[tuple[str, str, str]]:
        for listed, where, text, went_on in self._sessions.given:
            for identifier in self.awaited if listed == directory else ():
                if identifier in text and (identifier, where) not in self._arrived:
                    self._arrived.add((identifier, where))
                    yield identifier, where, went_on


class MemoryNudges:
    """Nudges that were given; implements :class:`~orchestrator_tui.runtime.world.Nudges`.

    ``refused`` is why nobody can be nudged now, or "".
    """

    def __init__(self) -> None:
        self.given: list[tuple[Agent, str]] = []
        self.refused = "there is no way to it"

    def nudge(self, agent: Agent, text: str) -> tuple[str, str]:
        """Remember what was said."""
        if self.refused:
            raise OSError(self.refused)
        self.given.append((agent, text))
        return "tmux", "pasted into its pane"


class MemoryMail:
    """Sessions that were told to look; implements :class:`~orchestrator_tui.runtime.world.Mail`."""

    def __init__(self) -> None:
        self.posted: list[str] = []

    def post(self, session: str) -> None:
        """Remember the session."""
        self.posted.append(session)
