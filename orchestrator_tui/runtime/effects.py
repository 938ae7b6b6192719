"""Effects: what follows from recorded decisions and messages; each outcome comes back as an event (DESIGN §3)."""

from __future__ import annotations

from contextlib import suppress

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.decide import STATUS_QUESTION, message_draft
from orchestrator_tui.core.delivery import (
    ENGINE,
    NO_NUDGE,
    STDIN,
    TASK_FILE,
    WAITED_FOR,
    Reach,
    mail_to,
    nudge_due,
    reach_in,
    route_to_take,
    routes_left,
)
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.gate_refusals import NUDGED, last_step
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Gate, GateState, Track, TrackState
from orchestrator_tui.core.moves import IllegalMove, check_move
from orchestrator_tui.core.words import nudge_words
from orchestrator_tui.journal.port import Lease
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.messages import Messages
from orchestrator_tui.runtime.recorder import Recorder
from orchestrator_tui.runtime.world import World

POST_AGAIN_MS = 10_000
"""How soon mail is posted again for an answer that nobody fetched: who found it is given time to claim its answer."""


def reach_of(journal: SqliteJournal, world: World, batch: Batch, gate: Gate, *, kept: bool = True) -> Reach:
    """The ways to a gate's agent as they are now: which readers wait, whether the claimant has died, who asked."""
    waiting = frozenset(one.what for one in journal.waiters.live(gate.batch, gate.id)) & WAITED_FOR
    gone = gate.claim is not None and _claimant_gone(world, gate, gate.claim)
    return reach_in(batch, gate, waiting, claimant_gone=gone, kept=kept)


def _claimant_gone(world: World, gate: Gate, claimant: str) -> bool:
    """Whether the process that claimed the delivery has ended; none outlives its boot, whoever has its number now."""
    claimed = next(step for step in reversed(gate.steps) if step.step == "claimed")
    return claimed.at.boot_id != world.clock.now().boot_id or world.processes.claimant_gone(claimant)


class Effects:
    """Brings decisions and messages to where their agents find them."""

    def __init__(self, world: World, recorder: Recorder) -> None:
        self._world, self._recorder = world, recorder
        self._messages = Messages(world, recorder)
        self._posted: dict[tuple[str, str], Instant] = {}
        self._nudged: dict[tuple[str, str, str], Instant] = {}
        self._under_way: dict[tuple[str, str], Agent] = {}

    def deliver(self, lease: Lease | None, batch: Batch, gate: Gate, reach: Reach) -> bool:
        """Take the route that is ours to take now, if any; whether anything was recorded.

        Without the batch's lease only what is a compare-and-set on the gate can be done: gates of the engine's own
        wait for their holder.
        """
        now = self._world.clock.now()
        if self._finish(lease, batch, gate, reach):
            return True
        self._post(gate, reach, now)
        route = route_to_take(gate, reach, batch.limits, now)
        if route == STDIN:
            return False
        if route is None or gate.decision is None or (route == ENGINE and lease is None):
            return self._nudge(batch, gate, reach, now)
        claim = {"route": route, "claimant": self._world.processes.own_claim()}
        if self._step(gate, "delivery_claimed", **claim):
            return True
        if lease is not None and route == ENGINE:
            self._act(lease, batch, gate, _claims(gate) + 1)
        else:
            self._write(batch, gate, reach)
        return True

    def send(self, lease: Lease, batch: Batch, track: Track, *, kept: bool = True) -> bool:
        """Take the next way of each message of a track that is not read yet; whether anything was recorded."""
        return self._messages.send(lease, batch, track, kept=kept)

    # --- making an agent look ------------------------------------------------------------------------------

    def _post(self, gate: Gate, reach: Reach, now: Instant) -> None:
        """Repair the mail of an answer that is still to be fetched: the decision's own process may have died first."""
        session = mail_to(gate, reach)
        if not session or gate.decision is None:
            return
        posted = self._posted.get((gate.batch, gate.id), gate.decision.at)
        if elapsed_ms(posted, now) >= POST_AGAIN_MS:
            self._posted[gate.batch, gate.id] = now
            with suppress(OSError):
                # Tried again soon; until then the next weaker route is waited for.
                self._world.mail.post(session)

    def _nudge(self, batch: Batch, gate: Gate, reach: Reach, now: Instant) -> bool:
        """Make an idle agent look, or record once why it cannot be done; whether anything was recorded."""
        agent = self._under_way.pop((gate.batch, gate.id), None) or self._to_nudge(batch, gate, reach, now)
        if agent is None:
            return False
        try:
            route, evidence = self._world.nudges.nudge(agent, nudge_words())
        except BlockingIOError:
            self._under_way[gate.batch, gate.id] = agent
            return False
        except OSError as error:
            route, evidence = NO_NUDGE, error.strerror or str(error)
            told = (step.evidence for step in reversed(gate.steps) if step.step == NUDGED and step.route == NO_NUDGE)
            if next(told, None) == evidence:
                return False
        return not self._step(gate, "gate_nudged", route=route, evidence=evidence)

    def _to_nudge(self, batch: Batch, gate: Gate, reach: Reach, now: Instant) -> Agent | None:
        """The agent that is to be made to look now, with its mail posted; None when nobody is."""
        agent = reach.agent
        if agent is None or not nudge_due(batch, gate, reach, now):
            return None
        tried = self._nudged.get((batch.id, agent.session, agent.id))
        if tried is not None and elapsed_ms(tried, now) < batch.limits.nudge_ms:
            return None
        self._nudged[batch.id, agent.session, agent.id] = now
        if "hook" in gate.routes:
            with suppress(OSError):
                # What it calls first when it works again finds the answer.
                self._world.mail.post(agent.session)
        return agent

    # --- one route -----------------------------------------------------------------------------------------

    def _write(self, batch: Batch, gate: Gate, reach: Reach) -> None:
        refused = self._world.files.write_decision(batch.source, gate)
        if refused:
            left = set(routes_left(gate, reach)) - {TASK_FILE}
            self._step(gate, "delivery_failed", route=TASK_FILE, why=refused, undelivered=not left)
        else:
            self._step(
                gate, "decision_delivered", route=TASK_FILE, evidence="written into its task; its agent may not look"
            )

    def _finish(self, lease: Lease | None, batch: Batch, gate: Gate, reach: Reach) -> bool:
        """Finish what was claimed and not recorded: its process died, or could not write the journal then.

        What can be looked up is looked up and done if it was not (DESIGN §3); whether an agent was started cannot.
        """
        last = last_step(gate)
        if last is not None and gate.state is GateState.DELIVERED and last.route == ENGINE and lease is not None:
            self._recorder.record(lease, _over(gate, last.evidence), self._world.clock.now())
            return True
        unfinished = reach.claimant_gone or gate.claim == self._world.processes.own_claim()
        if last is None or gate.claim is None or not unfinished or gate.state is not GateState.DECIDED:
            return False
        if last.route == TASK_FILE:
            if self._world.files.holds_decision(batch.source, gate):
                self._step(gate, "decision_delivered", route=TASK_FILE, evidence="found in its task after a restart")
            else:
                self._write(batch, gate, reach)
        elif last.route == ENGINE and lease is not None:
            self._act(lease, batch, gate, _claims(gate))
        else:
            return False
        return True

    def _act(self, lease: Lease, batch: Batch, gate: Gate, claim: int) -> None:
        """Carry out a gate of the engine's own under its claim of this number; its evidence is what was done."""
        assert gate.decision is not None
        try:
            drafts, evidence = self._actions(batch, gate, f"{gate.decision.id}-{claim}")
        except IllegalMove as error:
            drafts, evidence = None, str(error)
        if drafts is None:
            self._step(gate, "delivery_failed", route=ENGINE, why=evidence, undelivered=True)
            return
        delivered = Draft("decision_delivered", {**_key(gate), "route": ENGINE, "evidence": evidence})
        self._recorder.record(lease, (*drafts, delivered, *_over(gate, evidence)), self._world.clock.now())

    def _actions(self, batch: Batch, gate: Gate, identifier: str) -> tuple[tuple[Draft, ...] | None, str]:
        """What is to be recorded and what was done; () for what is recorded already, None for what could not be done.

        ``identifier`` names whatever is made, so that it is found again.
        """
        assert gate.decision is not None
        if batch.run is not None and gate.source == ENGINE:
            # Loaded here, since what is only watched needs none of it.
            from orchestrator_tui.core.schedule.answers import carry_out

            drafts, words = carry_out(batch, gate)
            return tuple(drafts), words
        track, options = batch.tracks[gate.track], gate.decision.options
        if options == ("redispatch",):
            return self._start_again(track, gate, f"a-{identifier}")
        if options == ("abandon",):
            return _given_up(track), "given up"
        name = f"m-{identifier}"
        if any(message.id == name for message in track.messages):
            return (), "asked once more"
        asked = Draft("agent_asked", {"track": track.slug, "message": name, "route": TASK_FILE})
        return (asked, message_draft(track.slug, name, STATUS_QUESTION, "orch-tui", "status")), "asked once more"

    def _start_again(self, track: Track, gate: Gate, name: str) -> tuple[tuple[Draft, ...] | None, str]:
        known = next((one for one in track.attempts if one.id == name), None)
        if known is not None and known.process is not None:
            return (), f"started as process {known.process[0]}"
        if gate.claim is not None:
            return None, "it is not known whether it was started: look before you try again"
        last = track.attempts[-1]
        try:
            process = self._world.processes.launch(last.argv, last.cwd)
        except OSError as error:
            return None, f"cannot start {last.argv[0]}: {error.strerror or error}"
        started = {
            "track": track.slug,
            "attempt": name,
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

    def _step(self, gate: Gate, kind: str, **more: object) -> str:
        """Record one step of a decision's way; "" or why it was refused."""
        return self._recorder.change(gate.batch, Draft(kind, {**_key(gate), **more}), self._world.clock.now())


def _given_up(track: Track) -> tuple[Draft, ...]:
    if track.state is TrackState.ABANDONED:
        return ()
    check_move(track.slug, track.state, TrackState.ABANDONED)
    return (Draft("track_moved", {"track": track.slug, "to": "abandoned", "why": "given up"}),)


def _key(gate: Gate) -> dict[str, object]:
    assert gate.decision is not None
    return {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id}


def _over(gate: Gate, evidence: str) -> tuple[Draft, ...]:
    """The end of a gate of the engine's own: what was done is its own acknowledgement."""
    return (
        Draft("decision_acknowledged", {**_key(gate), "route": ENGINE, "evidence": evidence}),
        Draft("gate_cleared", {"gate": gate.id, "revision": gate.revision}),
    )


def _claims(gate: Gate) -> int:
    """How often the delivery of this decision was claimed."""
    return sum(step.step == "claimed" for step in gate.steps)
