"""Following the journal: the state of the batches that are shown, kept current by folding what was written."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_tui.core.event import Event, EventError
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.model import State
from orchestrator_tui.journal.port import JournalDamaged
from orchestrator_tui.journal.sqlite import SqliteJournal


class Follower:
    """The state of some batches of a journal. Not for use from several threads at once.

    With a ``repository`` only its own batches are followed: nobody here can take the answers of an imported one.
    """

    def __init__(self, journal: SqliteJournal, repository: str = "") -> None:
        self._journal, self._repository = journal, repository
        self._foreign: set[str] = set()
        self._position = journal.position()
        self.state = State()

    def show(self, batches: Iterable[str]) -> None:
        """Load these batches, those that exist and are not shown yet, from their first event."""
        missing = [batch for batch in batches if batch not in self.state.batches]
        for batch in missing:
            self._load(batch)

    def show_waiting(self) -> None:
        """Load the batches that have unfinished gates."""
        self.show({gate.batch for gate in self._journal.gates()})

    def follow(self) -> bool:
        """Fold what was written since the last call, of shown batches and of new ones; whether there was anything."""
        changed = False
        while True:
            events, position = self._journal.tail(self._position)
            if not events:
                return changed
            for event in events:
                if event.batch not in self.state.batches:
                    self._load(event.batch)
            known = self.state.batches
            ours = (event for event in events if event.batch in known and event.seq > known[event.batch].seq)
            self.state = _folded(ours, self.state)
            self._position = position
            changed = True

    def _load(self, batch: str) -> None:
        if batch in self._foreign:
            return
        loaded = _folded(self._journal.events(batch), self.state)
        found = loaded.batches.get(batch)
        if found is not None and self._repository and found.repository not in ("", self._repository):
            self._foreign.add(batch)
        else:
            self.state = loaded


def _folded(events: Iterable[Event], state: State) -> State:
    try:
        return fold(events, state)
    except EventError as error:
        raise JournalDamaged(str(error)) from error
