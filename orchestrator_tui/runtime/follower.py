"""Following the journal: the state of the batches that are shown, kept current by folding what was written."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_tui.core.evolve import evolve_batch
from orchestrator_tui.core.model import Batch, State
from orchestrator_tui.journal.sqlite import SqliteJournal


class Follower:
    """The state of some batches of a journal. Not for use from several threads at once."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self._batches: dict[str, Batch] = {}
        self._position = journal.position()
        self.state = State()

    def show(self, batches: Iterable[str]) -> None:
        """Load these batches, those that exist and are not shown yet, from their first event."""
        for batch in batches:
            if batch not in self._batches:
                self._load(batch)
        self._publish()

    def follow(self) -> bool:
        """Fold what was written since the last call, of shown batches and of new ones; whether there was anything."""
        changed = False
        while True:
            events, self._position = self._journal.tail(self._position)
            for event in events:
                batch = self._batches.get(event.batch)
                if batch is None:
                    self._load(event.batch)
                elif event.seq > batch.seq:
                    self._batches[event.batch] = evolve_batch(batch, event)
                changed = True
            if not events:
                break
        if changed:
            self._publish()
        return changed

    def _load(self, name: str) -> None:
        batch: Batch | None = None
        for event in self._journal.events(name):
            batch = evolve_batch(batch, event)
        if batch is not None:
            self._batches[name] = batch

    def _publish(self) -> None:
        self.state = State(dict(self._batches))
