"""The caller's own question as its task asks it and as the journal knows it (DESIGN §4.1, §4.2).

A task's ``needsDecision`` stays until there is evidence that the answer was taken; so it also marks, for the price of
reading one file, that the journal may hold something of ours to settle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator_tui.agent.call import ROUTE
from orchestrator_tui.agent.task import understood
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Gate, GateState, Question
from orchestrator_tui.core.normalise import digest, task_gate_id, task_question
from orchestrator_tui.journal.port import JournalError

if TYPE_CHECKING:
    from orchestrator_tui.agent.call import Call

NEXT_CALL = "its next orch-agent call"


class Standing(NamedTuple):
    """A question that the caller's task asks.

    Attributes:
        gate_id: its gate.
        stage: the stage it was asked in.
        digest: what is asked.
        gate: the gate as the journal knows it; None when only the task file carries it.
        bars: it is not decided, or its answer is not on its way: the next stage waits for it.
        over: its answer was taken, or it will never have one: it is to be taken down.
    """

    gate_id: str
    stage: int | None
    digest: str
    gate: Gate | None
    bars: bool
    over: bool

    def taken_down(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """The metadata that takes the question down; nothing when the task asks something else by now."""
        asked = question_of(task.get("subject"), task.get("metadata"))
        if asked is None or digest(asked) != self.digest:
            return {}
        return {"needsDecision": False, "stageStatus": "in_progress"}


def question_of(subject: Any, metadata: Any) -> Question | None:
    """What a task with this subject and metadata asks, or None; the same for everybody who reads it."""
    if not isinstance(metadata, Mapping):
        return None
    return task_question(metadata, understood(subject, metadata).stage)


def settle(call: Call, resumed: str, asking: bool) -> Standing | None:
    """Look at the caller's own question, and acknowledge an answer that an earlier call of the caller handed over.

    Args:
        call: the call; its task asks something.
        resumed: the gate whose answer this call brings once more: nothing is said or recorded about it.
        asking: how a question ended is told by the caller itself.
    """
    record = call.task.record
    question = question_of(record.subject, record.metadata)
    if question is None:
        return None
    gate_id = task_gate_id(call.task.task_id, question.stage)
    alone = Standing(gate_id, question.stage, digest(question), None, bars=True, over=False)
    try:
        door = call.door()
        gate = None if door is None else door.gate(gate_id)
        if door is None or gate is None or gate.digest != alone.digest or gate.cleared:
            return alone
        if resumed == gate_id:
            return alone._replace(gate=gate)
        if door.handed_over(gate):
            return alone._replace(gate=gate, bars=False, over=door.acknowledge(gate, NEXT_CALL, ROUTE))
    except JournalError as error:
        call.world.say(f"the journal cannot be read: {error}")
        call.let_go()
        return alone
    return _as_recorded(call, alone._replace(gate=gate), gate, asking)


def went_on(call: Call, standing: Standing, evidence: str) -> None:
    """The caller goes on beyond a question whose answer was delivered elsewhere: that is how we know it was taken."""
    door = call.door()
    if door is None or standing.gate is None or standing.gate.state is not GateState.DELIVERED:
        return
    try:
        if door.acknowledge(standing.gate, evidence):
            door.clear(standing.gate)
    except JournalError as error:
        call.world.say(f"the journal cannot record that the answer was taken: {error}")


def cleared(call: Call, standing: Standing) -> None:
    """Record that the caller has taken its question down."""
    door = call.door()
    if door is None or standing.gate is None:
        return
    try:
        door.clear(standing.gate)
    except JournalError as error:
        call.world.say(f"the journal cannot record that the question was taken down: {error}")


def _as_recorded(call: Call, standing: Standing, gate: Gate, asking: bool) -> Standing:
    if gate.state is GateState.ACKNOWLEDGED:
        return standing._replace(bars=False, over=True)
    if gate.state in TERMINAL_GATE_STATES:
        if asking:
            return standing._replace(bars=False)
        call.world.say(f"gate {gate.id} is {gate.state.replace('_', ' ')}: {gate.closed_why}")
        return standing._replace(bars=False, over=True)
    if not asking and _waits_for_us(gate):
        call.world.say(f"gate {gate.id} is decided; take the answer with: orch-agent ask --gate {gate.id}")
    return standing._replace(bars=gate.state in (GateState.OPEN, GateState.DECIDED))


def _waits_for_us(gate: Gate) -> bool:
    """Whether the answer is there and no other call of the agent is just taking it."""
    if gate.state is GateState.DELIVERED:
        return gate.steps[-1].route != ROUTE
    return gate.state is GateState.DECIDED and gate.claim is None
