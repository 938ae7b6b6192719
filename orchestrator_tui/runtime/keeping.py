"""Keeping one batch: requests are taken, answers and messages brought to their agents, what is due is recorded."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator_tui.core.agents import address
from orchestrator_tui.core.delivery import Reach
from orchestrator_tui.core.event import Draft, EventError
from orchestrator_tui.core.facts import LifeSign
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Gate, GateState, Liveness, Track
from orchestrator_tui.core.observe import observe_ending
from orchestrator_tui.core.policy import nothing_waits, policy
from orchestrator_tui.core.reachable import routes_gained
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.silence import Sight, may_be_silent, overtaken, signs_of
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.effects import Effects, reach_of
from orchestrator_tui.runtime.follower import Follower
from orchestrator_tui.runtime.holding import Hold, Record
from orchestrator_tui.runtime.known_agents import KnownAgents
from orchestrator_tui.runtime.requests import AGENT_EVENT, postponed, take, unfit
from orchestrator_tui.runtime.world import World

MAX_ROUNDS = 20
"""How often one step lets events cause further ones before it gives the screen a turn."""


class Keeping:
    """Keeps the batches that one engine holds."""

    def __init__(
        self,
        journal: SqliteJournal,
        world: World,
        rules: Rules,
        follower: Follower,
        effects: Effects,
        record: Record,
        agents: KnownAgents,
    ) -> None:
        self._journal, self._world, self._rules = journal, world, rules
        self._follower, self._effects, self._record, self._agents = follower, effects, record, agents
        self._unasked: dict[str, int] = {}
        self._calm: dict[str, Batch] = {}

    def is_calm(self, batch: Batch) -> bool:
        """Whether all that can be due in a batch is that an agent has been silent for minutes.

        Nothing has happened in it since it was kept last, and it has nothing that waits: no question, no message and
        no agent that was asked for a word. It need not be kept each second.
        """
        return self._calm.get(batch.id) is batch

    def keep(self, batch_id: str, hold: Hold, heard: Collection[tuple[str, int]]) -> None:
        """One turn of a batch. Of the events of agents only those are taken that were ``heard`` before the last look.

        Raises:
            LeaseLost: somebody else holds the batch now.
            JournalError: the journal cannot be read or written now.
        """
        self._take_requests(batch_id, hold, heard)
        for _ in range(MAX_ROUNDS):
            batch = self._batch(batch_id)
            self._record(hold.lease, (*overtaken(batch), *routes_gained(batch)))
            # What a writer that died had written is found before policy gives its claim up.
            acted = self._act(hold, self._batch(batch_id))
            batch = self._batch(batch_id)
            drafts = policy(batch, self._sight(batch), self._rules_of(batch), self._world.clock.now())
            drafts = drafts or observe_ending(batch)
            self._record(hold.lease, drafts)
            if not drafts and not acted:
                self._note_calm(self._batch(batch_id))
                return

    def end_attempts(self, batch_id: str, hold: Hold) -> None:
        """Record which attempts' process has gone; how it ended nobody told us.

        A run follows its own attempts under their shims, which tell how they ended.
        """
        batch = self._batch(batch_id)
        if batch.run is not None:
            return
        running = {
            track.slug: track.attempts[-1]
            for track in batch.tracks.values()
            if track.attempts and track.attempts[-1].ended_at is None and track.attempts[-1].process is not None
        }
        drafts = [
            Draft("attempt_ended", {"track": slug, "attempt": attempt.id, "outcome": "ended"})
            for slug, attempt in running.items()
            if self._world.life.look(batch.tracks[slug])[1]
        ]
        self._record(hold.lease, drafts)

    def _note_calm(self, batch: Batch) -> None:
        if self._unasked.get(batch.id) == batch.seq and nothing_waits(batch):
            self._calm[batch.id] = batch
        else:
            self._calm.pop(batch.id, None)

    def _take_requests(self, batch_id: str, hold: Hold, heard: Collection[tuple[str, int]]) -> None:
        # A request is an event: where none came since none waited, none waits.
        seq = self._batch(batch_id).seq
        if self._unasked.get(batch_id) == seq:
            return
        waiting = self._journal.requests(batch_id)
        if not waiting:
            self._unasked[batch_id] = seq
        for request in waiting:
            batch, now = self._batch(batch_id), self._world.clock.now()
            unheard = request.kind == AGENT_EVENT and (batch_id, request.id) not in heard
            if unheard or postponed(batch, request, now):
                continue
            try:
                self._record(hold.lease, take(batch, request, self._rules_of(batch), now))
            except EventError as error:
                # What does not fit into events would otherwise be tried, and fail, for ever.
                self._record(hold.lease, [unfit(request, error)])

    def _act(self, hold: Hold, batch: Batch) -> bool:
        acted = False
        for gate in batch.gates.values():
            if gate.state in (GateState.DECIDED, GateState.DELIVERED):
                acted |= self._effects.deliver(hold.lease, batch, gate, self._reach(batch, gate))
        for track in batch.tracks.values():
            # What is said to an agent of a run goes by the input of its attempt.
            acted |= track.work is None and self._effects.send(hold.lease, batch, track)
        if acted:
            self._follower.follow()
        return acted

    def _rules_of(self, batch: Batch) -> Rules:
        """The rules of a run are those that it was started with."""
        if batch.run is None:
            return self._rules
        # Loaded here, since what is only watched needs none of it.
        from orchestrator_tui.core.schedule.rules import rules_of

        return rules_of(batch, self._rules)

    def _reach(self, batch: Batch, gate: Gate) -> Reach:
        return reach_of(self._journal, self._world, batch, gate)

    # --- what is seen beside the journal -------------------------------------------------------------------

    def _sight(self, batch: Batch) -> Sight:
        signs: dict[str, tuple[LifeSign, ...]] = {}
        ended: set[str] = set()
        for track in batch.tracks.values():
            if not may_be_silent(track):
                continue
            own = self._signs(batch, track)
            if track.liveness is not Liveness.REPORTING:
                found, over = self._world.life.look(track)
                # An agent's own files tell more of it than what is found from outside.
                by_kind = {sign.kind: sign for sign in (*found, *(own or ()))}
                signs[track.slug] = (*self._waiting(batch, track.slug), *by_kind.values())
                ended |= {track.slug} if over else set()
            elif own is not None:
                signs[track.slug] = own
        reach = {
            gate.id: self._reach(batch, gate)
            for gate in batch.gates.values()
            if gate.state in (GateState.DECIDED, GateState.DELIVERED)
        }
        return Sight(signs, frozenset(ended), reach)

    def _signs(self, batch: Batch, track: Track) -> tuple[LifeSign, ...] | None:
        """The signs of life of the agent behind a track as its own files show them; None when nobody knows them."""
        if track.agent is None:
            return None
        fact = self._agents.fact(batch.id, address(track.agent.session, track.agent.id))
        return None if fact is None else signs_of(fact, self._world.clock.now())

    def _waiting(self, batch: Batch, slug: str) -> tuple[LifeSign, ...]:
        """An agent that waits for our answer lives, however long it has said nothing."""
        own = (gate for gate in batch.gates.values() if gate.track == slug and gate.state not in TERMINAL_GATE_STATES)
        waits = any(self._journal.waiters.live(batch.id, gate.id) for gate in own)
        return (LifeSign("waiting for our answer", 0),) if waits else ()

    def _batch(self, batch_id: str) -> Batch:
        return self._follower.state.batches[batch_id]
