"""The demo's eye on the journal: what has happened, read as any other process may read it."""

from __future__ import annotations

from orchestrator_tui.core.event import GATE_KINDS
from orchestrator_tui.core.gates import change
from orchestrator_tui.core.model import Batch, Gate, GateState, State
from orchestrator_tui.core.queries import gate_queue
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.core.schedule.effects import ATTEMPT
from orchestrator_tui.demo.stage import Stage
from orchestrator_tui.journal.lease import lease_holder
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.follower import Follower


class Eye:
    """Follows the journal of one demo."""

    def __init__(self, stage: Stage) -> None:
        self.batch = stage.batch
        self._journal = SqliteJournal(stage.journal)
        self._follower = Follower(self._journal)
        self._follower.show(head.id for head in self._journal.batches())

    def look(self) -> State:
        """The state as of now."""
        self._follower.follow()
        return self._follower.state

    def queue(self) -> tuple[Gate, ...]:
        """The gates that need a person, as the cockpit orders them."""
        return gate_queue(self.look())

    def gate(self, track: str) -> Gate | None:
        """The newest gate of a track that needs a person."""
        return next((gate for gate in self.queue() if gate.track == track), None)

    def revisions(self) -> tuple[Gate, ...]:
        """Every revision of every gate as it ended, in the order in which they were opened."""
        ended: dict[tuple[str, str, int], Gate] = {}
        for head in self._journal.batches():
            gates: dict[str, Gate] = {}
            for event in self._journal.events(head.id):
                if event.kind in GATE_KINDS:
                    name = event.payload["gate"]
                    gates[name] = change(gates.get(name), event)
                    ended[head.id, name, gates[name].revision] = gates[name]
        return tuple(sorted(ended.values(), key=lambda gate: (gate.opened_at.wall_ms, gate.id)))

    def run(self) -> Batch:
        """The run of the demo's plan."""
        return self.look().batches[self.batch]

    def running(self) -> tuple[Attempt, ...]:
        """The attempts at work."""
        return tuple(one for track in self.run().tracks.values() for one in track.attempts if one.ended_at is None)

    def starts(self) -> tuple[str, ...]:
        """The attempts that were started, each as often as that."""
        return tuple(event.payload["attempt"] for event in self._journal.events_of(self.batch, "attempt_started"))

    def host(self) -> int:
        """The process that keeps the run; 0 when none does."""
        holder = lease_holder(self._journal.directory, self.batch)
        return 0 if holder is None else holder.pid

    def finished(self) -> bool:
        """Whether the run has come to its end."""
        return self.run().ended_at is not None

    def stuck(self) -> bool:
        """Whether everything that goes on waits for a person."""
        batch = self.run()
        assert batch.run is not None
        waiting = {gate.track for gate in self.queue() if gate.batch == batch.id}
        under_way = any(gate.state is GateState.DECIDED for gate in batch.gates.values())
        return (
            bool(waiting)
            and not under_way
            and all(effect.kind == ATTEMPT and effect.track in waiting for effect in batch.run.effects.values())
        )

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()
