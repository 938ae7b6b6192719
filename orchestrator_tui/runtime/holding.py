"""The leases that one engine holds: taken where nobody lives who holds them, lost, and let go of (DESIGN §3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import RUN
from orchestrator_tui.journal.port import Lease
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.follower import Follower
from orchestrator_tui.runtime.watched import watched_batch
from orchestrator_tui.runtime.world import World

ORIGIN = "cockpit"

Record = Callable[[Lease, Iterable[Draft]], None]
"""Records drafts under a lease and folds what was written.

Raises:
    LeaseLost: somebody else holds the batch now.
    JournalError: nothing can be recorded now; earlier drafts of this call may have been.
"""


@frozen
class Hold:
    """One batch that is held: its lease, and the directory of its task list."""

    lease: Lease
    directory: str


class Holds:
    """The batches that one engine holds. ``held_by`` says who holds those that it wanted and did not get."""

    def __init__(
        self, journal: SqliteJournal, world: World, limits: Limits, follower: Follower, record: Record, run: str = ""
    ) -> None:
        """``run`` is the one run that may be held here; others are for the processes that follow their plans."""
        self._journal, self._world, self._limits, self._run = journal, world, limits, run
        self._follower, self._record = follower, record
        self._holds: dict[str, Hold] = {}
        self.held_by: dict[str, str] = {}

    def take(self, batch_id: str, directory: str, title: str = "") -> bool:
        """Take the batch's lease unless we have it; a holder that lives, stopped or not, is never robbed.

        A batch that is not there yet is opened, by ``title`` where its list has no better name.
        """
        if batch_id in self._holds:
            return True
        now = self._world.clock.now()
        opened = watched_batch(directory, self._world.repository, self._limits, title)
        self._journal.open_batch(batch_id, opened, now, ORIGIN)
        self._follower.show([batch_id])
        if self._follower.state.batches[batch_id].newer:
            self.held_by[batch_id] = "a newer version"
            return False
        if self._follower.state.batches[batch_id].kind == RUN and batch_id != self._run:
            return False
        lease = self._journal.take_lease(batch_id, self._world.holder, now)
        if isinstance(lease, str):
            self.held_by[batch_id] = lease
            return False
        self.held_by.pop(batch_id, None)
        self._holds[batch_id] = Hold(lease, directory)
        self._follower.follow()
        batch = self._follower.state.batches[batch_id]
        if not batch.limits_set and batch.limits != self._limits:
            # An agent that was first opened the batch without knowing what its person had set.
            self._record(lease, [Draft("limits_set", {"limits": asdict(self._limits)})])
        return True

    def lose(self, batch_id: str) -> None:
        """Somebody else holds it now: what is seen of it has to be told anew when it comes back."""
        hold = self._holds.pop(batch_id)
        self._world.files.forget(hold.directory)
        self._world.agents.forget(hold.directory)

    def get(self, batch_id: str) -> Hold | None:
        """The hold of a batch, or None."""
        return self._holds.get(batch_id)

    def all(self) -> tuple[tuple[str, Hold], ...]:
        """Every batch that is held, with its hold."""
        return tuple(self._holds.items())

    def close(self) -> None:
        """Let go of every lease."""
        now = self._world.clock.now()
        for hold in self._holds.values():
            hold.lease.release(now)
        self._holds.clear()
