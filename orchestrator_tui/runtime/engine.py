"""The engine of what is watched: one round looks, records, decides what is due and carries it out (DESIGN §3).

It has no thread and no timer of its own: who drives it says when files may have changed and when time has passed,
so that tests drive it with a manual clock. Only batches whose lease it holds are written; the others are followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator_tui.core.commands import Cancel, Command, Decide, Nudge, Redeliver, Snooze, Tell, Undo
from orchestrator_tui.core.decide import decide, decided_draft
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.gates import ALREADY
from orchestrator_tui.core.gates import refusal as gate_refusal
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Activity, Batch, State
from orchestrator_tui.core.refusal import refusal
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.journal.port import Lease, LeaseLost
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.effects import Effects
from orchestrator_tui.runtime.follower import Follower
from orchestrator_tui.runtime.holding import ORIGIN, Holds
from orchestrator_tui.runtime.keeping import Keeping
from orchestrator_tui.runtime.looking import Looking
from orchestrator_tui.runtime.ports import Outcome
from orchestrator_tui.runtime.recorder import Recorder
from orchestrator_tui.runtime.requests import AGENT_EVENT, ending
from orchestrator_tui.runtime.requests_run import request_of
from orchestrator_tui.runtime.world import World

RESTS_MS = 600_000
"""How long an ended batch is looked after when nothing happens in it: longer than any message is brought again."""

_Activities = Mapping[tuple[str, str], Activity]


class Engine:
    """Watches task lists and the agents behind them, and keeps their batches."""

    def __init__(
        self,
        journal: SqliteJournal,
        world: World,
        rules: Rules,
        limits: Limits,
        follower: Follower | None = None,
        run: str = "",
    ) -> None:
        """``follower`` may have shown batches already; it is the engine's from then on.

        With ``run`` it keeps that run, and nothing else.
        """
        self._journal, self._world = journal, world
        self._follower = follower or Follower(journal, world.repository)
        self._recorder = Recorder(journal, "host" if run else ORIGIN)
        self._holds = Holds(journal, world, limits, self._follower, self._record, run)
        self._looking = Looking(journal, world, rules, self._follower, self._holds, self._record, run)
        effects = Effects(world, self._recorder)
        self._heard = State()
        self._seen: dict[str, tuple[Batch, Instant]] = {}
        self._joined: tuple[_Activities, _Activities, _Activities] = ({}, {}, {})
        self._keeping = Keeping(journal, world, rules, self._follower, effects, self._record, self._looking.agents)

    @property
    def state(self) -> State:
        """The state as folded so far."""
        return self._follower.state

    @property
    def activity(self) -> _Activities:
        """What agents were seen doing since it was last journalled, by batch and track."""
        agents, tasks = self._looking.agents.seen, self._looking.fine.seen
        if agents is not self._joined[0] or tasks is not self._joined[1]:
            # What an agent says of itself tells more than which tool it used.
            self._joined = agents, tasks, {**agents, **tasks}
        return self._joined[2]

    @property
    def is_calm(self) -> bool:
        """Whether in none of the batches that are held anything waits or has just happened."""
        return all(self._keeping.is_calm(self.state.batches[batch_id]) for batch_id, _ in self._holds.all())

    @property
    def held_by(self) -> Mapping[str, str]:
        """Who holds the batches that this engine wanted and did not get."""
        return self._holds.held_by

    def show_waiting(self) -> None:
        """Load the batches that have unfinished gates, so that the first picture shows them at once."""
        self._follower.show_waiting()

    def step(self, *, look: bool, agents: bool | None = None) -> bool:
        """One round: follow, look, record, act. Whether the state changed.

        ``look`` looks at the task lists, ``agents`` at the agents; without it they are looked at together. An event
        that an agent's hook has told of makes the engine look at the agents, whatever was asked for.

        Raises:
            JournalError: the journal cannot be read or written now; the next step tries again.
        """
        before = self.state
        self._follower.follow()
        followed = self.state
        heard, called = self._hear(followed)
        self._looking.look(lists=look, agents=called or (look if agents is None else agents))
        for batch_id, hold in self._holds.all():
            if self._rests(batch_id):
                continue
            try:
                if look:
                    self._keeping.end_attempts(batch_id, hold)
                self._looking.due(batch_id, hold)
                if look or not self._keeping.is_calm(self.state.batches[batch_id]):
                    self._keeping.keep(batch_id, hold, heard)
            except LeaseLost:
                self._holds.lose(batch_id)
        self._heard = followed
        return self.state is not before

    def _rests(self, batch_id: str) -> bool:
        """Whether a batch has ended, and nothing was recorded in it for so long that nothing can be due."""
        batch, now = self.state.batches[batch_id], self._world.clock.now()
        seen, since = self._seen.get(batch_id, (None, now))
        if seen is not batch:
            self._seen[batch_id] = batch, now
            return False
        return batch.ended_at is not None and elapsed_ms(since, now) >= RESTS_MS

    def _hear(self, state: State) -> tuple[frozenset[tuple[str, int]], bool]:
        """The events that hooks have told of agents and nobody took yet; whether anything calls for a look."""
        if state is self._heard:
            return frozenset(), False
        new = any(one not in self._heard.batches and self._holds.get(one) is None for one in state.batches)
        told = [
            request
            for batch_id, _ in self._holds.all()
            for request in self._journal.requests(batch_id)
            if request.kind == AGENT_EVENT
        ]
        for request in told:
            session, reason = ending(request)
            if session:
                self._looking.agents.says_that_it_ends(session, reason)
        return frozenset((request.batch, request.id) for request in told), new or bool(told)

    def carry_out(self, command: Command) -> Outcome:
        """Judge a command and record it, by the same refusal that greys its key."""
        self._follower.follow()
        now = self._world.clock.now()
        refused = refusal(self.state, command, now)
        if refused is not None and not self._is_judged_by_the_journal(command, now):
            return Outcome(command, refused=refused)
        drafts = decide(
            self.state, command, self._world.actor, self._world.new_id(_PREFIX.get(type(command), "x")), now
        )
        refused = self._record_command(command, drafts)
        self._follower.follow()
        if refused == ALREADY:
            return Outcome(command, text=ALREADY)
        done = _DONE.get(type(command), "asked of its host" if self._holds.get(command.batch) is None else "done")
        return Outcome(command, refused=refused) if refused else Outcome(command, text=done)

    def hold(self, batch_id: str) -> str:
        """Take the lease of a batch that is there; "" or who holds it."""
        self._follower.show([batch_id])
        source = self._follower.state.batches[batch_id].source
        return "" if self._holds.take(batch_id, source) else self.held_by.get(batch_id, "somebody else")

    def record(self, batch_id: str, drafts: Iterable[Draft]) -> Batch:
        """Record drafts of a batch that is held, and return it as it is then.

        Raises:
            LeaseLost: somebody else holds the batch now.
            JournalError: nothing can be recorded now; earlier drafts of this call may have been.
        """
        hold = self._holds.get(batch_id)
        if hold is None:
            raise LeaseLost(batch_id)
        self._record(hold.lease, drafts)
        return self.state.batches[batch_id]

    def close(self) -> None:
        """Let go of every lease."""
        self._holds.close()

    # --- recording -----------------------------------------------------------------------------------------

    def _record(self, lease: Lease, drafts: Iterable[Draft]) -> None:
        listed = list(drafts)
        if listed:
            self._recorder.record(lease, listed, self._world.clock.now())
            self._follower.follow()

    def _is_judged_by_the_journal(self, command: Command, now: Instant) -> bool:
        """Whether the gate itself refuses this answer: the journal then keeps that it was tried (A-3, A-4)."""
        batch = self.state.batches.get(command.batch)
        if not isinstance(command, Decide) or batch is None or batch.newer or command.gate not in batch.gates:
            return False
        gate, actor = batch.gates[command.gate], self._world.actor
        draft = decided_draft(gate, command, "", actor.name, actor.details, batch.limits)
        return gate_refusal(gate, draft, now) is not None

    def _record_command(self, command: Command, drafts: tuple[Draft, ...]) -> str:
        now = self._world.clock.now()
        if isinstance(command, (Decide, Undo, Snooze, Redeliver, Cancel)):
            return self._recorder.change(command.batch, drafts[0], now)
        hold = self._holds.get(command.batch)
        if hold is not None:
            self._record(hold.lease, drafts)
            return ""
        kind, payload = request_of(command)
        self._journal.insert_request(command.batch, kind, payload, now, self._world.actor.name)
        return ""


_PREFIX: Mapping[type, str] = {
    Decide: "d",
    Tell: "m",
    Nudge: "m",
    Undo: "u",
    Snooze: "z",
    Redeliver: "r",
    Cancel: "c",
}
_DONE: Mapping[type, str] = {
    Decide: "decided",
    Undo: "taken back",
    Snooze: "snoozed",
    Cancel: "dismissed",
    Redeliver: "trying again",
    Tell: "said",
    Nudge: "asked",
}
