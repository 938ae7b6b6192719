"""The engine of what is watched: one round looks, records, decides what is due and carries it out (DESIGN §3).

It has no thread and no timer of its own: who drives it says when files may have changed and when time has passed,
so that tests drive it with a manual clock. Only batches whose lease it holds are written; the others are followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from orchestrator_tui.core.commands import Cancel, Command, Decide, Nudge, Redeliver, Snooze, Tell, Undo
from orchestrator_tui.core.decide import decide, decided_draft
from orchestrator_tui.core.delivery import Reach
from orchestrator_tui.core.event import Draft, EventError
from orchestrator_tui.core.facts import LifeSign
from orchestrator_tui.core.gates import ALREADY
from orchestrator_tui.core.gates import refusal as gate_refusal
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import (
    TERMINAL_GATE_STATES,
    Activity,
    Batch,
    Gate,
    GateState,
    Liveness,
    State,
)
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.core.observe import observe, observe_ending
from orchestrator_tui.core.policy import policy
from orchestrator_tui.core.silence import Sight, overtaken
from orchestrator_tui.core.refusal import refusal
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.journal.port import Lease, LeaseLost
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.activity import FineActivity
from orchestrator_tui.runtime.effects import Effects, reach_of
from orchestrator_tui.runtime.follower import Follower
from orchestrator_tui.runtime.ports import Outcome
from orchestrator_tui.runtime.recorder import Recorder
from orchestrator_tui.runtime.requests import postponed, take, unfit
from orchestrator_tui.runtime.watched import watched_batch
from orchestrator_tui.runtime.world import ListSight, World

ORIGIN = "cockpit"
MAX_ROUNDS = 20
"""How often one step lets events cause further ones before it gives the screen a turn."""


@dataclass(slots=True)
class _Hold:
    lease: Lease
    directory: str


class Engine:
    """Watches task lists and keeps their batches."""

    def __init__(
        self, journal: SqliteJournal, world: World, rules: Rules, limits: Limits, follower: Follower | None = None
    ) -> None:
        """``follower`` may have shown batches already; it is the engine's from then on."""
        self._journal, self._world, self._rules, self._limits = journal, world, rules, limits
        self._follower = follower or Follower(journal, world.repository)
        self._recorder = Recorder(journal, ORIGIN)
        self._effects = Effects(world, self._recorder)
        self._fine = FineActivity()
        self._holds: dict[str, _Hold] = {}
        self._unseen: dict[str, ListSight] = {}
        self.held_by: dict[str, str] = {}

    @property
    def state(self) -> State:
        """The state as folded so far."""
        return self._follower.state

    @property
    def activity(self) -> Mapping[tuple[str, str], Activity]:
        """What agents were seen doing since it was last journalled, by batch and track."""
        return self._fine.seen

    def show_waiting(self) -> None:
        """Load the batches that have unfinished gates, so that the first picture shows them at once."""
        self._follower.show_waiting()

    def step(self, *, look: bool) -> bool:
        """One round: follow, look at the files when ``look``, record, act. Whether the state changed.

        Raises:
            JournalError: the journal cannot be read or written now; the next step tries again.
        """
        before = self.state
        self._follower.follow()
        if look:
            self._look()
        for batch_id, hold in list(self._holds.items()):
            try:
                if look:
                    self._record(hold.lease, self._ended_attempts(self.state.batches[batch_id]))
                self._keep(batch_id, hold)
            except LeaseLost:
                del self._holds[batch_id]
                self._world.files.forget(hold.directory)
        return self.state is not before

    def carry_out(self, command: Command) -> Outcome:
        """Judge a command and record it, by the same refusal that greys its key."""
        self._follower.follow()
        now = self._world.clock.now()
        refused = refusal(self.state, command, now)
        if refused is not None and not self._is_judged_by_the_journal(command, now):
            return Outcome(command, refused=refused)
        drafts = decide(self.state, command, self._world.actor, self._world.new_id(_PREFIX[type(command)]), now)
        refused = self._record_command(command, drafts)
        self._follower.follow()
        if refused == ALREADY:
            return Outcome(command, text=ALREADY)
        return Outcome(command, refused=refused) if refused else Outcome(command, text=_DONE[type(command)])

    def close(self) -> None:
        """Let go of every lease."""
        now = self._world.clock.now()
        for hold in self._holds.values():
            hold.lease.release(now)
        self._holds.clear()

    # --- looking -------------------------------------------------------------------------------------------

    def _look(self) -> None:
        # What is shown is kept: its list may have been found by somebody else, or be gone by now.
        self._world.files.follow(batch.source for batch in self.state.batches.values() if self._is_unfinished(batch))
        for sight in self._world.files.scan():
            batch_id = list_batch_id(sight.directory)
            if not sight.seen.changed and not self._is_known(batch_id):
                continue
            self._unseen[batch_id] = _joined(self._unseen.get(batch_id), sight)
        for batch_id, sight in list(self._unseen.items()):
            if self._hold(batch_id, sight.directory, sight.name):
                # What cannot be recorded now is kept: the files will not tell it again.
                try:
                    self._observe(batch_id, sight)
                except LeaseLost:
                    del self._holds[batch_id]
                    continue
                del self._unseen[batch_id]

    def _is_unfinished(self, batch: Batch) -> bool:
        """Whether the batch watches a list for this repository and has not come to its end."""
        ours = batch.kind == "watch" and batch.repository == self._world.repository
        return ours and bool(batch.source) and batch.ended_at is None

    def _is_known(self, batch_id: str) -> bool:
        return batch_id in self.state.batches or any(head.id == batch_id for head in self._journal.batches())

    def _hold(self, batch_id: str, directory: str, name: str) -> bool:
        """Take the batch's lease unless we have it; a holder that lives, stopped or not, is never robbed."""
        if batch_id in self._holds:
            return True
        now = self._world.clock.now()
        opened = watched_batch(directory, self._world.repository, self._limits)
        self._journal.open_batch(batch_id, opened, now, ORIGIN)
        self._follower.show([batch_id])
        if self.state.batches[batch_id].newer:
            self.held_by[batch_id] = "a newer version"
            return False
        lease = self._journal.take_lease(batch_id, self._world.holder, now)
        if isinstance(lease, str):
            self.held_by[batch_id] = lease
            return False
        self.held_by.pop(batch_id, None)
        self._holds[batch_id] = _Hold(lease, directory)
        self._follower.follow()
        if not self.state.batches[batch_id].limits_set and self.state.batches[batch_id].limits != self._limits:
            # An agent that was first opened the batch without knowing what its person had set.
            self._record(lease, [Draft("limits_set", {"limits": asdict(self._limits)})])
        return True

    def _observe(self, batch_id: str, sight: ListSight) -> None:
        batch, now = self.state.batches[batch_id], self._world.clock.now()
        drafts = observe(batch, self._fine.sift(batch, sight.seen, now), self._rules, now)
        self._record(self._holds[batch_id].lease, drafts)

    # --- keeping a batch -----------------------------------------------------------------------------------

    def _keep(self, batch_id: str, hold: _Hold) -> None:
        batch, now = self.state.batches[batch_id], self._world.clock.now()
        self._record(hold.lease, observe(batch, self._fine.due(batch, now), self._rules, now))
        for request in self._journal.requests(batch_id):
            batch = self.state.batches[batch_id]
            if not postponed(batch, request, self._world.clock.now()):
                try:
                    self._record(hold.lease, take(batch, request))
                except EventError as error:
                    # What does not fit into events would otherwise be tried, and fail, for ever.
                    self._record(hold.lease, [unfit(request, error)])
        for _ in range(MAX_ROUNDS):
            self._record(hold.lease, overtaken(self.state.batches[batch_id]))
            # What a writer that died had written is found before policy gives its claim up.
            acted = self._act(hold, self.state.batches[batch_id])
            batch = self.state.batches[batch_id]
            drafts = policy(batch, self._sight(batch), self._rules, self._world.clock.now())
            drafts = drafts or observe_ending(batch)
            self._record(hold.lease, drafts)
            if not drafts and not acted:
                return

    def _act(self, hold: _Hold, batch: Batch) -> bool:
        acted = False
        for gate in batch.gates.values():
            if gate.state in (GateState.DECIDED, GateState.DELIVERED):
                acted |= self._effects.deliver(hold.lease, batch, gate, self._reach(gate))
        for track in batch.tracks.values():
            acted |= self._effects.send(hold.lease, batch, track)
        if acted:
            self._follower.follow()
        return acted

    def _sight(self, batch: Batch) -> Sight:
        looked = {
            track.slug: self._world.life.look(track)
            for track in batch.tracks.values()
            if track.liveness is not Liveness.REPORTING
        }
        return Sight(
            signs={slug: (*self._waiting(batch, slug), *signs) for slug, (signs, _) in looked.items()},
            ended=frozenset(slug for slug, (_, ended) in looked.items() if ended),
            reach={
                gate.id: self._reach(gate)
                for gate in batch.gates.values()
                if gate.state in (GateState.DECIDED, GateState.DELIVERED)
            },
        )

    def _ended_attempts(self, batch: Batch) -> list[Draft]:
        """The attempts whose process has gone; how it ended nobody told us."""
        running = {
            track.slug: track.attempts[-1]
            for track in batch.tracks.values()
            if track.attempts and track.attempts[-1].ended_at is None and track.attempts[-1].process is not None
        }
        return [
            Draft("attempt_ended", {"track": slug, "attempt": attempt.id, "outcome": "ended"})
            for slug, attempt in running.items()
            if self._world.life.look(batch.tracks[slug])[1]
        ]

    def _waiting(self, batch: Batch, slug: str) -> tuple[LifeSign, ...]:
        """An agent that waits for our answer lives, however long it has said nothing."""
        own = (gate for gate in batch.gates.values() if gate.track == slug and gate.state not in TERMINAL_GATE_STATES)
        waits = any(self._journal.waiters.live(batch.id, gate.id) for gate in own)
        return (LifeSign("waiting for our answer", 0),) if waits else ()

    def _reach(self, gate: Gate) -> Reach:
        return reach_of(self._journal, self._world, self.state.batches[gate.batch], gate)

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
        payload: dict[str, object] = {"track": command.track}
        if isinstance(command, Tell):
            payload["text"] = command.text
        kind = "tell" if isinstance(command, Tell) else "nudge"
        self._journal.insert_request(command.batch, kind, payload, now, self._world.actor.name)
        return ""


def _joined(earlier: ListSight | None, later: ListSight) -> ListSight:
    """Two looks at a list that nobody could record in between: the newest of each task, and all that vanished."""
    if earlier is None:
        return later
    newest = {fact.source: fact for fact in (*earlier.seen.changed, *later.seen.changed)}
    gone = {*earlier.seen.vanished, *later.seen.vanished} - {fact.source for fact in later.seen.changed}
    changed = tuple(fact for source, fact in newest.items() if source not in gone)
    whole = earlier.seen.whole or later.seen.whole
    return ListSight(later.directory, later.name, type(later.seen)(changed, tuple(sorted(gone)), whole))


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
