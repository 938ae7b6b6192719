"""The demo's eye on the journal: what has happened, read as any other process may read it."""

from __future__ import annotations

from orchestrator_tui.core.event import GATE_KINDS
from orchestrator_tui.core.gates import change
from orchestrator_tui.core.model import Gate, State, Track
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.queries import gate_queue, waiting_tracks
from orchestrator_tui.demo.stage import Stage
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.follower import Follower


class Eye:
    """Follows the journal of one demo."""

    def __init__(self, stage: Stage) -> None:
        self._journal = SqliteJournal(stage.journal)
        self._batch = stage.batch
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

    def tracks(self) -> dict[str, Track]:
        """The tracks of the demo's own batch."""
        batch = self.look().batches.get(self._batch)
        return {} if batch is None else dict(batch.tracks)

    def finished(self) -> bool:
        """Whether all agents have come to their end."""
        tracks = self.tracks()
        return bool(tracks) and all(track.state in ENDED_TRACK_STATES for track in tracks.values())

    def stuck(self) -> bool:
        """Whether every agent that goes on waits for a person."""
        waiting = {key.track for key in waiting_tracks(self.look())}
        return all(slug in waiting or track.state in ENDED_TRACK_STATES for slug, track in self.tracks().items())

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()
