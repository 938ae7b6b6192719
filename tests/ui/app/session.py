"""A session without files: a manual clock, a state, and commands carried out by the real pure functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from orchestrator_tui.core.commands import Actor, Command, Decide
from orchestrator_tui.core.decide import decide
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.evolve import evolve
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, State, Track
from orchestrator_tui.core.refusal import refusal
from orchestrator_tui.runtime.ports import Live, Outcome, Snapshot

ACTOR = Actor("ada", {})


class ManualClock:
    """Time that passes when it is told to."""

    def __init__(self, now: Instant) -> None:
        self.at = now

    def now(self) -> Instant:
        return self.at

    def advance(self, milliseconds: int) -> None:
        self.at = self.at.plus(milliseconds)


class FakeSession:
    """Carries commands out at once, records them, and never touches a file."""

    mode = "live"

    def __init__(self, state: State, now: Instant, live: Live | None = None) -> None:
        self.manual = ManualClock(now)
        self.state = state
        self.live = live or Live()
        self.commands: list[Command] = []
        self.outcomes: list[Outcome] = []
        self.closed = 0
        self.answers = True
        self._changed: Callable[[Snapshot], None] | None = None
        self._finished: Callable[[Outcome], None] | None = None

    # --- the port ------------------------------------------------------------------------------------------

    @property
    def clock(self) -> ManualClock:
        return self.manual

    def start(self, changed: Callable[[Snapshot], None], finished: Callable[[Outcome], None]) -> None:
        self._changed, self._finished = changed, finished

    def snapshot(self) -> Snapshot:
        return Snapshot(self.state, self.live)

    def dispatch(self, command: Command) -> None:
        self.commands.append(command)
        if not self.answers:
            return
        refused = refusal(self.state, command, self.manual.now()) or ""
        if not refused:
            for draft in decide(self.state, command, ACTOR, f"d{len(self.commands)}", self.manual.now()):
                self.happen(command.batch, draft.kind, **draft.payload)
        outcome = Outcome(command, refused)
        self.outcomes.append(outcome)
        if self._finished is not None:
            self._finished(outcome)

    def close(self) -> None:
        self.closed += 1

    # --- what tests make happen ----------------------------------------------------------------------------

    def happen(self, batch: str, kind: str, /, **payload: object) -> None:
        """Record one event and report the new picture."""
        seq = self.state.batches[batch].seq + 1
        self.state = evolve(self.state, Event(batch, seq, self.manual.now(), kind, "test", 1, payload))
        self.report()

    def put(self, changed: Gate | Track) -> None:
        """Put a gate or track into the state as it is, and report the new picture."""
        batch: Batch = self.state.batches[changed.batch]
        if isinstance(changed, Gate):
            batch = replace(batch, gates={**batch.gates, changed.id: changed})
        else:
            batch = replace(batch, tracks={**batch.tracks, changed.slug: changed})
        self.state = State({**self.state.batches, batch.id: batch})
        self.report()

    def report(self) -> None:
        if self._changed is not None:
            self._changed(self.snapshot())

    @property
    def decisions(self) -> list[Decide]:
        return [command for command in self.commands if isinstance(command, Decide)]
