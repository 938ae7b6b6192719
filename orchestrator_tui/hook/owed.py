"""What a gate owes to the agent that asked it: an answer to be brought, to be waited for, or nothing more."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_tui.core.agents import agent_of
from orchestrator_tui.core.delivery import TASK_FILE, steps_since_retry
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import DeliveryStep, Gate, GateState
from orchestrator_tui.hook.visit import ROUTE

MOST_CLAIMS = 3
"""How often one answer is tried to be brought by hooks, until a person has it sent again: no agent is held for ever."""

KEPT_MS = 600_000
"""How long a session's tool calls go on to look for an answer of another agent of it."""


def of_agent(gates: Iterable[Gate], asker: str) -> tuple[Gate, ...]:
    """The gates that this agent asked by a way that a hook can answer."""
    return tuple(gate for gate in gates if gate.asker == asker and ROUTE in gate.routes)


def brought(gate: Gate) -> DeliveryStep | None:
    """The last time that a hook printed this answer for its agent, or None."""
    steps = [step for step in steps_since_retry(gate) if (step.step, step.route) == ("delivered", ROUTE)]
    return steps[-1] if steps else None


def to_bring(gate: Gate) -> bool:
    """Whether the answer is there and is to be brought by this hook: no stronger route and no hook before it has."""
    steps = steps_since_retry(gate)
    if sum((step.step, step.route) == ("claimed", ROUTE) for step in steps) >= MOST_CLAIMS:
        return False
    if gate.state is GateState.DECIDED:
        return brought(gate) is None
    # Written where its agent may not look: told it is better off.
    last = next((step.route for step in reversed(steps) if step.step == "delivered"), "")
    return gate.state is GateState.DELIVERED and last == TASK_FILE and brought(gate) is None


def to_wait_for(gate: Gate, now: Instant) -> bool:
    """Whether its agent has no answer yet that holds: undecided, or decided and not beyond being taken back."""
    return gate.state is GateState.OPEN or undo_left_ms(gate, now) > 0


def undo_left_ms(gate: Gate, now: Instant) -> int:
    """For how long the answer can still be taken back, in milliseconds."""
    if gate.state is not GateState.DECIDED or gate.decision is None:
        return 0
    return max(0, gate.decision.undo_ms - elapsed_ms(gate.decision.at, now))


def to_look_for(gate: Gate, now: Instant, alone: bool) -> bool:
    """Whether a later tool call of its session has to look at this gate: to bring its answer, or to acknowledge it.

    Who holds the batch sees in transcripts that an answer was taken, but for sub-agents of some versions; ``alone``
    tells that nobody does.
    """
    if ROUTE not in gate.routes or gate.undelivered or gate.decision is None:
        return False
    unproven = gate.state is GateState.DELIVERED and brought(gate) is not None
    if not to_bring(gate) and not (unproven and (alone or agent_of(gate.asker))):
        return False
    since = gate.steps[-1].at if gate.steps else gate.decision.at
    return elapsed_ms(since, now) < KEPT_MS
