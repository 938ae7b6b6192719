"""One repository with a journal, its mail, and agents of one session; holders that keep its batch, live and die."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.memory import (
    ManualClock,
    MemoryAgents,
    MemoryDisk,
    MemoryLife,
    MemoryMachine,
    MemoryNudges,
    MemoryProcesses,
    MemoryTasks,
)
from orchestrator_tui.core.delivery import reach_in
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.model import Batch, Gate, GateState, Track
from orchestrator_tui.core.naming import agent_source
from orchestrator_tui.core.policy import policy
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.silence import Sight
from orchestrator_tui.journal import mail
from orchestrator_tui.journal.port import Lease, Refused
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.doors import Door, Reader, Taken
from orchestrator_tui.runtime.effects import Effects, reach_of
from orchestrator_tui.runtime.follower import Follower
from orchestrator_tui.runtime.recorder import Recorder
from orchestrator_tui.runtime.watched import watched_batch
from orchestrator_tui.runtime.world import World
from tests.core.builders import ANN, NO_RULES, fact
from tests.runtime.door_scene import QUESTION
from tests.runtime.stage import UnsyncedJournal

LIST = "/lists/alpha"
BATCH = "batch-1"
SESSION, AGENT = "s-1", "a-1"
ASKER = f"{SESSION}/{AGENT}"
GATE = "task-1-stage-3"


class Killed(BaseException):
    """A process is gone, in the middle of what it did."""


@dataclass
class Told:
    """What an agent was really given: texts that a hook printed, by decision."""

    printed: list[str] = field(default_factory=list)


class Scene:
    """The machine: everything that outlives a process."""

    def __init__(self, directory: Path) -> None:
        self.home = directory
        self.journal_directory = directory / "repositories" / "shop"
        self.journal_directory.parent.mkdir(parents=True)
        self.clock, self.disk, self.machine = ManualClock(), MemoryDisk(), MemoryMachine()
        self.nudges, self.told = MemoryNudges(), Told()
        self._pids, self._ids = count(1), count(1)
        self.journal = UnsyncedJournal(self.journal_directory)
        self.journal.open_batch(BATCH, watched_batch(LIST, "/repo"), self.clock.now(), "hook")
        self.disk.put(LIST, fact("1", stage=3, needsDecision=True, decisionContext=QUESTION.question))

    # --- what happens outside --------------------------------------------------------------------------------

    def change(self, kind: str, gate: str = GATE, **payload: Any) -> str:
        """A gate event of somebody else; "" or why it was refused."""
        found = self.journal.gate(BATCH, gate)
        assert found is not None
        key: dict[str, Any] = {"gate": gate, "revision": found.revision}
        if found.decision is not None:
            key["decision"] = found.decision.id
        outcome = self.journal.change_gate(BATCH, Draft(kind, {**key, **payload}), self.clock.now(), "somebody")
        return outcome.why if isinstance(outcome, Refused) else ""

    def ask(self, *routes: str, gate: str = GATE, asker: str = ASKER, question: str = QUESTION.question) -> Gate:
        """A hook sees that its agent asks."""
        return self._door("hook").ask(
            gate,
            replace(QUESTION, question=question, kind="ask"),
            Rules(),
            track="alpha",
            source="task:1",
            routes=routes or ("hook", "task_file"),
            asker=asker,
        )

    def decide(
        self, option: str = "ttl", undo_ms: int = 0, gate: str = GATE, journal: SqliteJournal | None = None
    ) -> str:
        """A person decides, in whatever process; the decision's own id, or why it was refused."""
        found = self.journal.gate(BATCH, gate)
        assert found is not None
        name = f"d-{next(self._ids)}"
        decided = {"decision": name, "options": [option], "label": option, "by": "ann", "origin": "key"}
        key = {"gate": gate, "revision": found.revision, "digest": found.digest, "undo_ms": undo_ms}
        draft = Draft("gate_decided", {**key, **decided})
        outcome = (journal or self.journal).change_gate(BATCH, draft, self.clock.now(), "somebody")
        return outcome.why if isinstance(outcome, Refused) else name

    def gate(self, gate: str = GATE) -> Gate:
        found = self.journal.gate(BATCH, gate)
        assert found is not None
        return found

    def steps(self, gate: str = GATE) -> list[tuple[str, str]]:
        return [(step.step, step.route) for step in self.gate(gate).steps]

    def batch(self) -> Batch:
        """The batch as a fold of the whole journal."""
        return fold(self.journal.events(BATCH)).batches[BATCH]

    def events(self, *kinds: str) -> list[Event]:
        return [event for event in self.journal.events(BATCH) if event.kind in kinds]

    def track(self, slug: str = "alpha") -> Track:
        return self.batch().tracks[slug]

    def has_mail(self, session: str = SESSION) -> bool:
        path = mail.mail_file(self.home, session)
        return path is not None and path.exists()

    # --- the agent's hooks -----------------------------------------------------------------------------------

    def tool_call(self, asker: str = ASKER, fate: str = "") -> None:
        """The agent calls a tool: its hook looks for mail, and is killed where ``fate`` says so."""
        if not mail.take(self.home, SESSION):
            return
        with suppress(Killed):
            if fate == "before looking":
                raise Killed
            self._look(asker, fate)

    def _look(self, asker: str, fate: str) -> None:
        left = False
        for gate in self.journal.gates(BATCH):
            if gate.decision is None or "hook" not in gate.routes:
                continue
            if gate.asker == asker:
                left |= self._fetch(gate, fate)
            else:
                left = True
        if left:
            mail.post(self.home, SESSION)

    def _fetch(self, gate: Gate, fate: str) -> bool:
        """Print an answer that can be taken; whether it must be looked at again."""
        door = self._door("hook")
        if door.handed_over(gate):
            return not door.acknowledge(gate, "its next hook call")
        found = door.take(gate.id, gate.revision)
        if not isinstance(found, Taken):
            return True
        if found.again:
            return False
        decision = found.gate.decision
        assert decision is not None

        def write() -> None:
            if fate == "before printing":
                raise Killed
            self.told.printed.append(decision.id)
            if fate == "after printing":
                raise Killed

        door.hand_over(found.gate, write, lambda: "", evidence="printed")
        return True

    def _door(self, route: str) -> Door:
        """A door of a process of its own, which has ended by the time that anybody else looks."""
        claimant = f"{next(self._pids)}:1"
        self.machine.ended.add(claimant)
        return Door(
            self.journal,
            BATCH,
            Reader(route, claimant, "hook"),
            self.clock,
            MemoryProcesses(self.machine, claimant).claimant_gone,
        )

    # --- holders ---------------------------------------------------------------------------------------------

    def start(self) -> Holder:
        """A process that may come to hold the batch."""
        return Holder(self, f"holder {next(self._pids)}")

    def world(self, name: str) -> World:
        return World(
            clock=self.clock,
            files=MemoryTasks(self.disk),
            life=MemoryLife(self.machine),
            processes=MemoryProcesses(self.machine, name),
            agents=MemoryAgents(),
            nudges=self.nudges,
            mail=mail.HomeMail(self.home),
            actor=ANN,
            new_id=lambda prefix: f"{prefix}-{next(self._ids)}",
            holder=name,
            repository="/repo",
        )


class Holder:
    """What a holder does for answers and messages, without its watching: follow, act, judge, until nothing is due."""

    def __init__(
        self,
        scene: Scene,
        name: str,
        world: Callable[[World], World] = lambda world: world,
        journal: SqliteJournal | None = None,
    ) -> None:
        self.scene, self.name = scene, name
        self.journal = journal or UnsyncedJournal(scene.journal_directory)
        self.world = world(scene.world(name))
        self._recorder = Recorder(self.journal, "cockpit")
        self._effects = Effects(self.world, self._recorder)
        self._follower = Follower(self.journal)
        self._follower.show([BATCH])
        self._lease: Lease | None = None

    @property
    def batch(self) -> Batch:
        self._follower.follow()
        return self._follower.state.batches[BATCH]

    @property
    def holds(self) -> bool:
        return self._lease is not None

    def record(self, *drafts: Draft) -> None:
        """What the holder has observed."""
        assert self._take()
        assert self._lease is not None
        self._recorder.record(self._lease, drafts, self.scene.clock.now())

    def sees(self, status: str, agent: str = AGENT, **fields: Any) -> None:
        """The agent, or the session's own where ``agent`` is "", was seen."""
        slug = "agent" if agent else "session"
        if slug not in self.batch.tracks:
            added = {"track": slug, "title": slug, "kind": slug, "state": "running"}
            self.record(Draft("track_added", {**added, "source": agent_source(SESSION, agent)}))
        if "alpha" not in self.batch.tracks:
            added = {"track": "alpha", "title": "alpha", "kind": "feature", "state": "running", "source": "task:1"}
            self.record(Draft("track_added", added))
        seen = {"session": SESSION, "agent": agent, "status": status, "mode": "foreground", "connected": True, **fields}
        works_on_alpha = not agent or "session" not in self.batch.tracks
        for track in (slug, *(("alpha",) if works_on_alpha else ())):
            self.record(Draft("agent_seen", {"track": track, **seen}))

    def tell(self, *texts: str) -> None:
        for number, text in enumerate(texts, start=len(self.scene.track().messages) + 1):
            sent = {"track": "alpha", "message": f"m-{number}", "text": text, "by": "ann"}
            self.record(Draft("message_sent", sent))

    def step(self) -> None:
        """One round, if the batch can be held."""
        if not self._take():
            return
        for _ in range(20):
            batch = self.batch
            acted = False
            for gate in batch.gates.values():
                acted |= self._deliver(batch, gate)
            for track in batch.tracks.values():
                acted |= self._effects.send(self._held, batch, track)
            batch = self.batch
            reach = {gate.id: reach_of(self.journal, self.world, batch, gate) for gate in batch.gates.values()}
            drafts = policy(batch, Sight(reach=reach), NO_RULES, self.scene.clock.now())
            self._recorder.record(self._held, drafts, self.scene.clock.now())
            if not acted and not drafts:
                return
        raise AssertionError("a round does not come to an end")

    def die(self) -> None:
        """It is killed: nothing is released but what the system takes back."""
        self._lease = None
        self.journal.close()
        self.scene.machine.ended.add(self.name)

    @property
    def _held(self) -> Lease:
        assert self._lease is not None
        return self._lease

    def _take(self) -> bool:
        if self._lease is None:
            lease = self.journal.take_lease(BATCH, self.name, self.scene.clock.now())
            self._lease = None if isinstance(lease, str) else lease
        return self._lease is not None

    def _deliver(self, batch: Batch, gate: Gate) -> bool:
        if gate.state not in (GateState.DECIDED, GateState.DELIVERED):
            return False
        return self._effects.deliver(self._held, batch, gate, reach_of(self.journal, self.world, batch, gate))


def by_command_line(scene: Scene) -> None:
    """What ``orch-tui decide`` does after its decision: it takes what is ours, and is gone."""
    world = scene.world("command 1")
    effects = Effects(world, Recorder(scene.journal, "cli"))
    batch = scene.batch()
    effects.deliver(None, batch, batch.gates[GATE], reach_in(batch, batch.gates[GATE], frozenset(), kept=False))
