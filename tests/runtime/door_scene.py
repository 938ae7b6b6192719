"""A journal in memory with doors to it, and time and processes that do as they are told."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate, Option, Question
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.journal.memory import MemoryJournal, MemoryStore
from orchestrator_tui.journal.port import Refused
from orchestrator_tui.runtime.doors import Door, Over, Pending, Reader, Taken
from orchestrator_tui.runtime.watched import watched_batch

BATCH = "list-1"
GATE = "task-1-stage-3"
QUESTION = Question(
    kind="task",
    question="Which cache?",
    options=(Option("lru", "lru: keep it"), Option("ttl", "ttl: change it"), Option("reject", "reject", "reject")),
    stage=3,
    free_text=True,
)


class ScriptedWaiter:
    """Every wait lets the time pass that was asked for, or carries out what is scripted next and wakes."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def __enter__(self) -> Self:
        self._scene.log.append("registered")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._scene.log.append("gone")

    def wait(self, timeout_s: float) -> bool:
        self._scene.log.append(f"waits {timeout_s:g}")
        if self._scene.script:
            self._scene.script.pop(0)()
            return True
        self._scene.clock.advance(round(timeout_s * 1000))
        return False


class WaitingMemory(MemoryJournal):
    """The journal in memory, with waiters that follow a script."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.store)
        self._scene = scene
        self.before_change: list[Callable[[], None]] = []

    def gate(self, batch: str, gate: str) -> Gate | None:
        self._scene.log.append("looks")
        return super().gate(batch, gate)

    def change_gate(self, batch: str, draft: Draft, now: Instant, origin: str) -> Event | Refused:
        if self.before_change:
            self.before_change.pop(0)()
        return super().change_gate(batch, draft, now, origin)

    def waiter(self, batch: str | None = None, gate: str | None = None, *, what: str = "") -> ScriptedWaiter:
        self._scene.log.append(f"waiter {batch} {gate} {what}")
        return ScriptedWaiter(self._scene)


class Scene:
    """One batch, its doors, and whoever decides."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = ManualClock()
        self.log: list[str] = []
        self.script: list[Callable[[], None]] = []
        self.dead: set[str] = set()
        self.journal = WaitingMemory(self)
        self.direct = MemoryJournal(self.store)
        self.direct.open_batch(BATCH, watched_batch("/lists/list-1", "/repo"), self.clock.now(), "cockpit")

    def door(self, claimant: str = "1:1", route: str = "shell") -> Door:
        return Door(self.journal, BATCH, Reader(route, claimant, "agent:alpha"), self.clock, self.dead.__contains__)

    def ask(self, door: Door | None = None, question: Question = QUESTION, **more: Any) -> Gate:
        more = {"routes": ("shell", "task_file"), **more}
        return (door or self.door()).ask(GATE, question, Rules(), track="alpha", source="task:1", **more)

    def now_gate(self) -> Gate:
        gate = self.direct.gate(BATCH, GATE)
        assert gate is not None
        return gate

    def change(self, kind: str, **payload: Any) -> str:
        """Record a gate event as somebody else would; "" or why it was refused."""
        gate = self.now_gate()
        draft = Draft(kind, {"gate": GATE, "revision": gate.revision, **payload})
        outcome = self.direct.change_gate(BATCH, draft, self.clock.now(), "cockpit")
        return outcome.why if isinstance(outcome, Refused) else ""

    def decide(self, option: str = "ttl", undo_ms: int = 0, identifier: str = "d-1") -> str:
        return self.change(
            "gate_decided",
            digest=self.now_gate().digest,
            decision=identifier,
            options=[option],
            label=option,
            by="ann",
            origin="key",
            undo_ms=undo_ms,
        )

    def deliver_elsewhere(self, claimant: str = "9:9", route: str = "task_file") -> None:
        decision = self.now_gate().decision
        assert decision is not None
        assert not self.change("delivery_claimed", decision=decision.id, route=route, claimant=claimant)
        assert not self.change("decision_delivered", decision=decision.id, route=route)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.direct.events(BATCH)][1:]


def taken(found: Taken | Pending | Over) -> Taken:
    assert isinstance(found, Taken), found
    return found


def nothing() -> None:
    """Hands over to nobody in particular."""
