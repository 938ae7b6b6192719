"""Looking: task lists and agents as the world tells them, observed into the batches that are held (DESIGN §3)."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import ListSeen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.core.observe import observe
from orchestrator_tui.core.observe_askers import awaited, observe_answers
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.tracks_shown import sessions_gone
from orchestrator_tui.journal.port import LeaseLost
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.activity import FineActivity
from orchestrator_tui.runtime.follower import Follower
from orchestrator_tui.runtime.holding import Hold, Holds, Record
from orchestrator_tui.runtime.known_agents import KnownAgents
from orchestrator_tui.runtime.said import SaidStages
from orchestrator_tui.runtime.sights import joined_lists
from orchestrator_tui.runtime.world import ListSight, World


class Looking:
    """Looks at the world for one engine. What cannot be recorded now is kept: it is not told a second time."""

    def __init__(
        self,
        journal: SqliteJournal,
        world: World,
        rules: Rules,
        follower: Follower,
        holds: Holds,
        record: Record,
        run: str = "",
    ) -> None:
        """With ``run`` only that run is looked at, whatever else there is to see."""
        self._journal, self._world, self._rules = journal, world, rules
        self._follower, self._holds, self._record, self._run = follower, holds, record, run
        self._unseen: dict[str, ListSight] = {}
        self._past: dict[str, bool] = {}
        self._said = SaidStages(journal)
        self.fine = FineActivity()
        self.agents = KnownAgents()

    def look(self, *, lists: bool, agents: bool) -> None:
        """Look at the task lists, at the agents, and record what has changed in the batches that can be held."""
        if lists:
            self._look_at_lists()
        if agents:
            self._look_at_agents()
        for batch_id in dict.fromkeys((*self.agents.news, *self._unseen)):
            self._observe(batch_id)

    def due(self, batch_id: str, hold: Hold) -> None:
        """Record what was held back of a batch and has waited long enough."""
        batch, now = self._batch(batch_id), self._world.clock.now()
        self._record_tasks(batch, hold, self.fine.due(batch, now), now)
        self._record_agents(batch_id, hold, everything=False)

    # --- looking -------------------------------------------------------------------------------------------

    def _look_at_lists(self) -> None:
        # What is shown is kept: its list may have been found by somebody else, or be gone by now.
        batches = self._follower.state.batches.values()
        self._world.files.follow(batch.source for batch in batches if self._is_unfinished(batch))
        for sight in self._world.files.scan():
            batch_id = list_batch_id(sight.directory)
            if not sight.seen.changed and not self._is_known(batch_id):
                continue
            self._unseen[batch_id] = joined_lists(self._unseen.get(batch_id), sight)

    def _look_at_agents(self) -> None:
        # Decisions of this very moment are known before the transcripts that show them are read.
        self._follower.follow()
        state = self._follower.state
        held = [state.batches[batch_id] for batch_id, _ in self._holds.all()]
        for sight in self._world.agents.scan(frozenset().union(*(awaited(batch) for batch in held))):
            seen, batch_id = sight.seen, list_batch_id(sight.directory)
            if seen.said:
                self._said.hear(batch_id, seen.said)
            if seen.facts or seen.calls or seen.arrived or seen.whole:
                self.agents.take(batch_id, sight)

    def _is_unfinished(self, batch: Batch) -> bool:
        """Whether the batch watches a list for this repository and has not come to its end."""
        if self._run:
            return batch.id == self._run
        ours = batch.kind == "watch" and batch.repository == self._world.repository
        return ours and bool(batch.source) and batch.ended_at is None

    def _is_known(self, batch_id: str) -> bool:
        return batch_id in self._follower.state.batches or any(head.id == batch_id for head in self._journal.batches())

    def _is_past(self, batch_id: str) -> bool:
        """Whether sessions that have all ended are history alone: they have no batch, or one that has ended, too."""
        if batch_id in self._follower.state.batches:
            return False
        if batch_id not in self._past:
            ended = self._journal.events_of(batch_id, "batch_ended")
            reopened = self._journal.events_of(batch_id, "batch_reopened")
            over = bool(ended) and (not reopened or reopened[-1].seq < ended[-1].seq)
            self._past[batch_id] = over or not self._is_known(batch_id)
        return self._past[batch_id]

    # --- recording -----------------------------------------------------------------------------------------

    def _observe(self, batch_id: str) -> None:
        if self._run and batch_id != self._run:
            return
        seen, agents = self._unseen.get(batch_id), self.agents.news.get(batch_id)
        if seen is None and agents is not None and not agents.alive and self._is_past(batch_id):
            # What is known of it is kept, should its list turn up.
            return
        directory = seen.directory if seen is not None else agents.directory if agents is not None else ""
        if not self._holds.take(batch_id, directory, agents.title if agents is not None else ""):
            return
        hold = self._holds.get(batch_id)
        assert hold is not None
        try:
            # Agents first: what a list asks depends on whether anybody lives who asks it.
            self._record_agents(batch_id, hold, everything=False)
            if seen is not None:
                self._record_list(batch_id, hold, seen)
                del self._unseen[batch_id]
        except LeaseLost:
            self._holds.lose(batch_id)

    def _record_list(self, batch_id: str, hold: Hold, sight: ListSight) -> None:
        batch, now = self._batch(batch_id), self._world.clock.now()
        drafts = self._record_tasks(batch, hold, self.fine.sift(batch, sight.seen, now), now)
        if any(draft.kind in ("track_added", "track_moved") for draft in drafts):
            # Agents may have reported on tasks before these were known.
            self._record_agents(batch_id, hold, everything=True)

    def _record_tasks(self, batch: Batch, hold: Hold, seen: ListSeen, now: Instant) -> tuple[Draft, ...]:
        """Record what came before these readings of task files, and then what they show; the events of the latter."""
        self._record(hold.lease, self._said.before(batch, seen.changed, now))
        drafts = observe(self._batch(batch.id), seen, self._rules, now)
        self._record(hold.lease, drafts)
        return drafts

    def _record_agents(self, batch_id: str, hold: Hold, *, everything: bool) -> None:
        batch, now = self._batch(batch_id), self._world.clock.now()
        sight = self.agents.news.get(batch_id)
        answers = () if sight is None else observe_answers(batch, sight.seen)
        drafts = (*answers, *self.agents.observe(batch, now, everything=everything))
        self._record(hold.lease, drafts)
        self.agents.recorded(self._batch(batch_id), drafts, now)
        if drafts and sessions_gone(batch) and not sessions_gone(self._batch(batch_id)):
            # A session was resumed: what its tasks ask is asked again.
            self._world.files.forget(hold.directory)

    def _batch(self, batch_id: str) -> Batch:
        return self._follower.state.batches[batch_id]
