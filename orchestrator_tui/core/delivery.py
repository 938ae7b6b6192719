"""Which route a decision takes next, and when one has failed (DESIGN §4.2; reliability A-6)."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import DeliveryStep, Gate, GateState

STRENGTH = ("hook", "mcp", "shell", "stdin", "engine", "task_file")
"""Routes of a decision, strongest first."""

WAITED_FOR = frozenset({"hook", "mcp", "shell"})
"""Routes whose reader waits in a process of its own and takes the answer itself."""


TASK_FILE = "task_file"
SETTLE_MS = 1_000
"""How long after its opening a gate's asker may still be on its way to wait; rules and files answer faster."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What is known of the ways to one gate's agent right now.

    ``waiting`` are the waited-for routes whose reader lives; ``claimant_gone`` tells that the claimant has died.
    """

    waiting: frozenset[str] = frozenset()
    claimant_gone: bool = False


def acknowledge_ms(route: str, limits: Limits) -> int:
    """How long a delivered answer may stay without evidence, by route; each is a row in the docs' table."""
    own = {"task_file": limits.acknowledge_task_file_ms, "hook": limits.acknowledge_hook_ms}
    return own.get(route, limits.acknowledge_shell_ms)


def steps_since_retry(gate: Gate) -> tuple[DeliveryStep, ...]:
    """The delivery steps that count: those after the last time a person asked to try again."""
    steps: list[DeliveryStep] = []
    for step in gate.steps:
        steps = [] if step.step == "retried" else [*steps, step]
    return tuple(steps)


def routes_left(gate: Gate, reach: Reach) -> tuple[str, ...]:
    """The routes not yet tried in vain, strongest first; a waited-for route counts only while its reader lives."""
    failed = {step.route for step in steps_since_retry(gate) if step.step == "failed"}
    return tuple(
        route
        for route in STRENGTH
        if route in gate.routes and route not in failed and (route not in WAITED_FOR or route in reach.waiting)
    )


def route_to_take(gate: Gate, reach: Reach, limits: Limits, now: Instant) -> str | None:
    """The route that *we* must take now, or None: readers that wait are given time to take the answer themselves."""
    if gate.state is not GateState.DECIDED or gate.decision is None or gate.claim is not None or gate.undelivered:
        return None
    ready_ms = _ready_ms(gate, now)
    if ready_ms < 0:
        return None
    left = routes_left(gate, reach)
    if left and left[0] in WAITED_FOR and ready_ms < limits.claim_ms:
        return None
    ours = next((route for route in left if route not in WAITED_FOR), None)
    automatic = gate.decision.origin.startswith(("policy:", "answers"))
    return None if ours == TASK_FILE and automatic and elapsed_ms(gate.opened_at, now) < SETTLE_MS else ours


def failures(gate: Gate, reach: Reach, limits: Limits, now: Instant) -> tuple[Draft, ...]:
    """The delivery that must be given up now: a dead or idle reader, a passed deadline, no route at all."""
    if gate.decision is None or gate.state not in (GateState.DECIDED, GateState.DELIVERED) or gate.undelivered:
        return ()
    last = gate.steps[-1] if gate.steps else None
    if last is not None and gate.claim is not None:
        if not reach.claimant_gone:
            return ()
        return _failed(gate, (last.route,), "its reader ended before it took the answer", reach)
    if last is not None and gate.state is GateState.DELIVERED:
        deadline = acknowledge_ms(last.route, limits)
        if elapsed_ms(last.at, now) < deadline:
            return ()
        return _failed(gate, (last.route,), f"no sign within {deadline // 1000} s that its agent took it", reach)
    return _unclaimed(gate, reach, limits, _ready_ms(gate, now))


def _unclaimed(gate: Gate, reach: Reach, limits: Limits, ready_ms: int) -> tuple[Draft, ...]:
    left = routes_left(gate, reach)
    if not left and ready_ms >= limits.claim_ms:
        return _failed(gate, gate.routes[:1] or ("none",), "no way to its agent is open", reach)
    if left and WAITED_FOR.issuperset(left) and ready_ms >= limits.acknowledge_shell_ms:
        return _failed(gate, left, "its reader waits but does not take the answer", reach)
    return ()


def _ready_ms(gate: Gate, now: Instant) -> int:
    """For how long the answer has been there for the next route to take; negative while it can be taken back."""
    assert gate.decision is not None
    ready_ms = elapsed_ms(gate.decision.at, now) - gate.decision.undo_ms
    return elapsed_ms(gate.steps[-1].at, now) if gate.steps and ready_ms >= 0 else ready_ms


def _failed(gate: Gate, routes: tuple[str, ...], why: str, reach: Reach) -> tuple[Draft, ...]:
    assert gate.decision is not None
    key = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id, "why": why}
    left = set(routes_left(gate, reach))
    drafts = []
    for route in routes:
        left.discard(route)
        drafts.append(Draft("delivery_failed", {**key, "route": route, "undelivered": not left}))
    return tuple(drafts)
