"""Effects: what follows from recorded decisions and messages; each outcome comes back as an event (DESIGN §3)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.decide import STATUS_QUESTION, message_draft
from orchestrator_tui.core.delivery import WAITED_FOR, Reach, route_to_take
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Gate, GateState, Track
from orchestrator_tui.journal.port import Lease
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.recorder import Recorder
from orchestrator_tui.runtime.world import World

WRITTEN = "written into its task"
"""Evidence of a message that stands where its agent looks."""


def reach_of(journal: SqliteJournal, world: World, gate: Gate) -> Reach:
    """The ways to a gate's agent as they are now: which readers wait, and whether the claimant has died."""
    waiting = {one.what for one in journal.waiters.live(gate.batch, gate.id)}
    gone = gate.claim is not None and world.processes.claimant_gone(gate.claim)
    return Reach(frozenset(waiting) & WAITED_FOR, gone)


class Effects:
    """Brings decisions and messages to where their agents find them."""

    def __init__(self, world: World, recorder: Recorder) -> None:
        self._world, self._recorder = world, recorder

    def deliver(self, lease: Lease | None, batch: Batch, gate: Gate, reach: Reach) -> bool:
        """Take the route that is ours to take now, if any; whether anything was recorded.

        Without the batch's lease only what is a compare-and-set on the gate can be done: gates of the engine's own
        wait for their holder.
        """
        now = self._world.clock.now()
        if self._finish_after_crash(batch, gate, reach):
            return True
        route = route_to_take(gate, reach, batch.limits, now)
        if route is None or gate.decision is None or (route == "engine" and lease is None):
            return False
        key = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id, "route": route}
        claim = Draft("delivery_claimed", {**key, "claimant": self._world.processes.own_claim()})
        if self._recorder.change(batch.id, claim, now):
            return True
        if lease is not None and route == "engine":
            self._act(lease, batch, gate)
        else:
            refused = self._world.files.write_decision(batch.source, gate)
            after = self._world.clock.now()
            done = (
                Draft("delivery_failed", {**key, "why": refused, "undelivered": True})
                if refused
                else Draft("decision_delivered", {**key, "evidence": "written into its task; its agent may not look"})
            )
            self._recorder.change(batch.id, done, after)
        return True

    def send(self, lease: Lease, batch: Batch, track: Track) -> bool:
        """Write the messages that are not written yet; whether anything was recorded."""
        drafts: list[Draft] = []
        for message in track.messages:
            if message.written_at is not None or message.read_at is not None:
                continue
            content = {"id": message.id, "text": message.text, "by": message.by, "at": message.at.wall_ms}
            refused = self._world.files.write_message(batch.source, track.source, content)
            payload = {"track": track.slug, "message": message.id, "route": "task_file"}
            drafts.append(Draft("message_delivered", {**payload, "evidence": refused or WRITTEN}))
        if drafts:
            self._recorder.record(lease, drafts, self._world.clock.now())
        return bool(drafts)

    def _finish_after_crash(self, batch: Batch, gate: Gate, reach: Reach) -> bool:
        """A writer died between its claim and its record: the file itself tells whether it wrote."""
        if not (gate.claim and reach.claimant_gone and gate.decision and gate.steps[-1].route == "task_file"):
            return False
        if gate.state is not GateState.DECIDED or not self._world.files.holds_decision(batch.source, gate):
            return False
        payload = {
            "gate": gate.id,
            "revision": gate.revision,
            "decision": gate.decision.id,
            "route": "task_file",
            "evidence": "found in its task after a restart",
        }
        self._recorder.change(batch.id, Draft("decision_delivered", payload), self._world.clock.now())
        return True

    def _act(self, lease: Lease, batch: Batch, gate: Gate) -> None:
        """Carry out a gate of the engine's own; its evidence is what was done."""
        assert gate.decision is not None
        drafts, evidence = self._actions(batch, gate, gate.decision.options)
        key = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id, "route": "engine"}
        now = self._world.clock.now()
        if drafts is None:
            failed = Draft("delivery_failed", {**key, "why": evidence, "undelivered": True})
            self._recorder.change(batch.id, failed, now)
            return
        done = (
            Draft("decision_delivered", {**key, "evidence": evidence}),
            Draft("decision_acknowledged", {**key, "evidence": evidence}),
            Draft("gate_cleared", {"gate": gate.id, "revision": gate.revision}),
        )
        self._recorder.record(lease, (*drafts, *done), now)

    def _actions(self, batch: Batch, gate: Gate, options: Sequence[str]) -> tuple[tuple[Draft, ...] | None, str]:
        track = batch.tracks[gate.track]
        if options == ("redispatch",):
            return self._start_again(track)
        if options == ("abandon",):
            return (Draft("track_moved", {"track": track.slug, "to": "abandoned", "why": "given up"}),), "given up"
        identifier = self._world.new_id("m")
        asked = Draft("agent_asked", {"track": track.slug, "message": identifier, "route": "task_file"})
        message = message_draft(track.slug, identifier, STATUS_QUESTION, "orch-tui", "status")
        return (asked, message), "asked once more"

    def _start_again(self, track: Track) -> tuple[tuple[Draft, ...] | None, str]:
        last = track.attempts[-1]
        try:
            process = self._world.processes.launch(last.argv, last.cwd)
        except OSError as error:
            return None, f"cannot start {last.argv[0]}: {error.strerror or error}"
        started = {
            "track": track.slug,
            "attempt": self._world.new_id("a"),
            "purpose": "rescue",
            "stage": track.stage,
            "argv": list(last.argv),
            "cwd": last.cwd,
            "process": list(process),
        }
        ended = {"track": track.slug, "attempt": last.id, "outcome": "gone"}
        drafts = [] if last.ended_at is not None else [Draft("attempt_ended", ended)]
        drafts += [Draft("attempt_started", started), Draft("track_reported", {"track": track.slug})]
        return tuple(drafts), f"started as process {process[0]}"
