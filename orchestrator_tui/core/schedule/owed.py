"""What a run owes to its agents: answers to what they asked, brought by their input or by a further attempt."""

from __future__ import annotations

from orchestrator_tui.core.delivery import STDIN, steps_since_retry
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Gate, GateState, Message, Track
from orchestrator_tui.core.naming import is_call_gate
from orchestrator_tui.core.run import Effect
from orchestrator_tui.core.schedule.effects import ATTEMPT, CHECK, DIVIDE, INSPECT, begin, under_way
from orchestrator_tui.core.schedule.gates import SOURCE
from orchestrator_tui.core.schedule.readiness import no_place
from orchestrator_tui.core.schedule.rules import run_of, stage_work, work_of
from orchestrator_tui.core.schedule.stages import ON_LADDER, attempt_id

ANSWER = "answer"
"""The purpose of an attempt that goes on with what its agent had asked before it ended."""

MOST_TRIES = 3
"""How often an answer is brought to an agent that ends without taking it, until a person has it sent again."""


def asked_by_agents(batch: Batch, track: Track) -> tuple[Gate, ...]:
    """The questions of a track that its agents asked and that are not over."""
    return tuple(
        gate
        for gate in batch.gates.values()
        if gate.track == track.slug and gate.source != SOURCE and gate.state not in TERMINAL_GATE_STATES
    )


def is_owed(batch: Batch, track: Track) -> bool:
    """Whether an agent whose turn has ended is still to be told something, so that its input stays open.

    That is an answer that is to come, or on its way, and a message that it has not taken up yet.
    """
    waiting = any(
        gate.state in (GateState.OPEN, GateState.DECIDED)
        or (gate.state is GateState.DELIVERED and STDIN in gate.routes)
        for gate in asked_by_agents(batch, track)
        if not is_call_gate(gate.id)
    )
    return waiting or any(one.read_at is None for one in track.messages if STDIN in one.routes)


def told_by_prompt(batch: Batch, effect: Effect) -> tuple[Message, ...]:
    """The messages that the prompt of an attempt brings where its agent takes nothing while it works.

    A reviewer is told none: they are for who does the work.
    """
    track = batch.tracks[effect.track]
    if stage_work(batch, track, int(effect.arguments["stage"])).reviews:
        return ()
    return tuple(one for one in track.messages if one.read_at is None and one.at.wall_ms < effect.at.wall_ms)


def decided(batch: Batch, track: Track, now: Instant) -> tuple[Gate, ...]:
    """The answers to a track's agents that nobody has taken and that cannot be taken back any more."""
    return tuple(
        gate
        for gate in asked_by_agents(batch, track)
        if gate.state is GateState.DECIDED
        and gate.decision is not None
        and gate.claim is None
        and not is_call_gate(gate.id)
        and elapsed_ms(gate.decision.at, now) >= gate.decision.undo_ms
        and sum(step.step == "failed" for step in steps_since_retry(gate) if step.route == STDIN) < MOST_TRIES
    )


def go_on(batch: Batch, track: Track, now: Instant) -> list[Draft]:
    """Have the agent of a track that ended with questions of its own go on with the answers to them.

    It is no further try: the stage was interrupted by the question.
    """
    work = work_of(track)
    if run_of(batch).pausing or work.paused or work.run is None or track.state not in ON_LADDER:
        return []
    if no_place(batch, track):
        return []
    if under_way(batch, ATTEMPT, INSPECT, CHECK, DIVIDE, track=track.slug):
        return []
    last, run = track.attempts[-1] if track.attempts else None, work.run
    answers = decided(batch, track, now)
    if not answers or last is None or last.stage != run.stage or run.judged:
        return []
    listed = [[gate.id, gate.revision] for gate in answers]
    arguments = {
        "stage": run.stage,
        "number": run.tries + 1,
        "purpose": ANSWER,
        "role": stage_work(batch, track, run.stage).role,
        "gates": listed,
    }
    granted = {"track": track.slug, "stage": run.stage, "tries": 1, "by": "orch-tui"}
    return [Draft("stage_granted", granted), *begin(batch, ATTEMPT, track.slug, attempt_id(track), **arguments)]
