"""Which route a decision takes next, and when one has failed (DESIGN §4.2; reliability A-6)."""

from __future__ import annotations

from orchestrator_tui.core.agents import BUSY, GONE, IDLE, INTERACTIVE, TEAMMATE, Agent, session_of
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.gate_refusals import HELD_KINDS, NUDGED, last_step
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Batch, DeliveryStep, Gate, GateState
from orchestrator_tui.core.tracks_shown import agent_at, agent_behind, own_track

STRENGTH = ("hook", "mcp", "shell", "stdin", "engine", "task_file")
"""Routes of a decision, strongest first."""

WAITED_FOR = frozenset({"hook", "mcp", "shell"})
"""Routes whose reader is a process of its own, which takes the answer itself."""

ASKED_BY_MCP, ASKING = "mcp", "request_decision"
"""The route of a question that is asked by a tool of ours and begins the id of its gate; and that tool's name."""

TASK_FILE, ENGINE, STDIN = "task_file", "engine", "stdin"
"""The weakest route, written by us; that of questions of orch-tui's own; and the input of an agent that we started,
which only the process that runs it writes."""

SETTLE_MS = 1_000
"""How long after its opening a gate's asker may still be on its way to wait; rules and files answer faster."""

WAITS, MAIL, PULL, OURS = "waits", "mail", "pull", "ours"
"""How a route can be taken: its reader waits for the answer; its agent's next tool call finds it by mail; its agent
has been told to ask for it; we take it ourselves."""

LATER = frozenset({MAIL, PULL})
"""Ways whose moment the agent chooses, so that they are waited for longer."""

NUDGED_MODES = frozenset({INTERACTIVE, TEAMMATE})
"""How those agents run that sit idle between two prompts."""

MOST_NUDGES = 3
"""Nudges for one answer, until a person has it sent again: who does not look after that many will not."""

READER_ENDED = "its reader ended before it took the answer"

NO_NUDGE = "none"
"""The route of a nudge that could not be given."""


@frozen
class Reach:
    """What is known of the ways to one gate's agent right now.

    Attributes:
        waiting: the waited-for routes whose reader lives.
        claimant_gone: the claimant has died.
        agent: who asked, as last seen; None when that is not known.
        gone: it has ended, or its session has.
        kept: somebody stays who tries the next route when one is in vain; a command line does not.
    """

    waiting: frozenset[str] = frozenset()
    claimant_gone: bool = False
    agent: Agent | None = None
    gone: bool = False
    kept: bool = True


def reach_in(
    batch: Batch,
    gate: Gate,
    waiting: frozenset[str] | None = None,
    *,
    claimant_gone: bool = False,
    kept: bool = True,
) -> Reach:
    """The ways to a gate's agent as the state tells; ``waiting`` is None where it is not known which readers wait.

    Then every reader that can only be waiting is taken to do so.
    """
    agent = asker_of(batch, gate)
    main = agent_at(batch, session_of(gate.asker)) if gate.asker else None
    gone = any(one is not None and one.status == GONE for one in (agent, main))
    reach = Reach(waiting or frozenset(), claimant_gone, agent, gone, kept)
    if waiting is not None or gone:
        return reach
    presumed = frozenset(route for route in gate.routes if route in WAITED_FOR and not way(gate, route, reach))
    if ASKED_BY_MCP in gate.routes and gate.id.startswith(f"{ASKED_BY_MCP}-") and not _went_on(batch, gate, agent):
        presumed |= {ASKED_BY_MCP}
    return Reach(presumed, claimant_gone, agent, gone, kept)


def _went_on(batch: Batch, gate: Gate, agent: Agent | None) -> bool:
    """Whether the agent was seen not to wait in the call that asked: it sits idle, or has done something since."""
    if agent is not None and agent.status == IDLE:
        return True
    own = own_track(batch, gate.asker) if gate.asker else None
    done = None if own is None else own.activity
    return done is not None and done.at.wall_ms > gate.opened_at.wall_ms and ASKING not in done.text


def asker_of(batch: Batch, gate: Gate) -> Agent | None:
    """The agent that asked, or where nobody knows who did the one that works on the gate's track; None if unknown."""
    if gate.asker:
        return agent_at(batch, gate.asker)
    track = batch.tracks.get(gate.track)
    return None if track is None else agent_behind(batch, track)


# --- whose turn it is --------------------------------------------------------------------------------------


def way(gate: Gate, route: str, reach: Reach) -> str:
    """How a route can be taken now: one of the four ways above, or "" when it cannot."""
    if route in reach.waiting:
        return WAITS
    if route not in WAITED_FOR:
        return OURS
    if not gate.asker or reach.gone:
        return ""
    if route == "hook" and gate.question.kind not in HELD_KINDS:
        return MAIL
    return PULL if route == "mcp" else ""


def acknowledge_ms(route: str, limits: Limits) -> int:
    """How long a delivered answer may stay without evidence, by route; each is a row in the docs' table."""
    own = {
        TASK_FILE: limits.acknowledge_task_file_ms,
        "hook": limits.acknowledge_hook_ms,
        "mcp": limits.acknowledge_mcp_ms,
        # It comes with the result of the tool that its agent just uses, and may think about for as long as that takes.
        STDIN: limits.acknowledge_hook_ms,
    }
    return own.get(route, limits.acknowledge_shell_ms)


def steps_since_retry(gate: Gate) -> tuple[DeliveryStep, ...]:
    """The steps of the answer's way that count: those after the last time a person asked to try again."""
    steps: list[DeliveryStep] = []
    for step in gate.steps:
        steps = [] if step.step == "retried" else [*steps, step]
    return tuple(steps)


def routes_left(gate: Gate, reach: Reach) -> tuple[str, ...]:
    """The routes not yet tried in vain that can be taken now, strongest first."""
    failed = {step.route for step in steps_since_retry(gate) if step.step == "failed" and not _was_ours(step)}
    return tuple(
        route for route in STRENGTH if route in gate.routes and route not in failed and way(gate, route, reach)
    )


def _was_ours(step: DeliveryStep) -> bool:
    """Whether a delivery failed since the process that was to write it died: whoever runs the agent now writes it."""
    return step.route == STDIN and step.evidence == READER_ENDED


def route_to_take(gate: Gate, reach: Reach, limits: Limits, now: Instant) -> str | None:
    """The route that *we* must take now, or None: readers are given time to take the answer themselves."""
    if gate.state is not GateState.DECIDED or gate.decision is None or gate.claim is not None or gate.undelivered:
        return None
    ready_ms = _ready_ms(gate, now)
    if ready_ms < 0:
        return None
    left = routes_left(gate, reach)
    ways = {way(gate, route, reach) for route in left}
    if WAITS in ways and ready_ms < limits.claim_ms:
        return None
    if reach.kept and ways & LATER and STDIN not in left:
        # What its agent fetches later is waited for until it has failed; see failures.
        return None
    ours = next((route for route in left if route not in WAITED_FOR), None)
    automatic = gate.decision.origin.startswith(("policy:", "answers"))
    return None if ours == TASK_FILE and automatic and elapsed_ms(gate.opened_at, now) < SETTLE_MS else ours


def _ready_ms(gate: Gate, now: Instant) -> int:
    """For how long the answer has been there for the next route to take; negative while it can be taken back."""
    assert gate.decision is not None
    ready_ms = elapsed_ms(gate.decision.at, now) - gate.decision.undo_ms
    last = last_step(gate)
    return elapsed_ms(last.at, now) if last is not None and ready_ms >= 0 else ready_ms


# --- in vain -----------------------------------------------------------------------------------------------


def failures(gate: Gate, reach: Reach, limits: Limits, now: Instant) -> tuple[Draft, ...]:
    """The delivery that must be given up now: a dead or idle reader, a passed deadline, no route at all."""
    if gate.decision is None or gate.state not in (GateState.DECIDED, GateState.DELIVERED) or gate.undelivered:
        return ()
    last = last_step(gate)
    if last is not None and gate.claim is not None:
        if not reach.claimant_gone:
            return ()
        return _failed(gate, (last.route,), READER_ENDED, reach)
    if last is not None and gate.state is GateState.DELIVERED:
        why = _unacknowledged(last, reach, limits, now)
        return _failed(gate, (last.route,), why, reach) if why else ()
    return _unclaimed(gate, reach, limits, _ready_ms(gate, now))


def _unacknowledged(last: DeliveryStep, reach: Reach, limits: Limits, now: Instant) -> str:
    """Why a delivered answer has to be taken for lost, or ""."""
    waited, deadline = elapsed_ms(last.at, now), acknowledge_ms(last.route, limits)
    if reach.gone and last.route in WAITED_FOR and waited >= limits.acknowledge_shell_ms:
        return "its agent ended before it showed that it took it"
    if last.route == "mcp" and reach.agent is not None and reach.agent.status == BUSY:
        # It thinks about what it was told: only then does its transcript show that it goes on.
        deadline = max(deadline, limits.acknowledge_hook_ms)
    return f"no sign within {deadline // 1000} s that its agent took it" if waited >= deadline else ""


def _unclaimed(gate: Gate, reach: Reach, limits: Limits, ready_ms: int) -> tuple[Draft, ...]:
    if ready_ms < 0:
        return ()
    left = routes_left(gate, reach)
    ours = any(route not in WAITED_FOR for route in left)
    if not left and ready_ms >= limits.claim_ms:
        why = "its agent has ended" if reach.gone else "no way to its agent is open"
        return _failed(gate, gate.routes[:1] or ("none",), why, reach)
    stuck = tuple(route for route in left if route in reach.waiting)
    if stuck and not ours and ready_ms >= limits.acknowledge_shell_ms:
        return _failed(gate, stuck, "its reader waits but does not take the answer", reach)
    later = tuple(route for route in left if way(gate, route, reach) in LATER)
    idle = reach.agent is not None and reach.agent.status == IDLE
    patience_ms = _patience_ms(idle, ours, limits)
    if later and ready_ms >= patience_ms:
        return _failed(gate, later, _not_looked(idle, patience_ms), reach)
    return ()


def _patience_ms(idle: bool, ours: bool, limits: Limits) -> int:
    """How long an answer may wait for its agent's next tool call.

    Where there is another way that one is taken, too: nothing is lost by it, since mail stays possible. Where there is
    none the agent gets as long as a single call of it may run.
    """
    if ours:
        return 0 if idle else limits.mail_ms
    return limits.mail_ms if idle else limits.acknowledge_hook_ms


def _not_looked(idle: bool, patience_ms: int) -> str:
    if not patience_ms:
        return "its agent is idle: it looks when it works again"
    return f"its agent {'is idle and ' if idle else ''}has not looked within {patience_ms // 1000} s"


def _failed(gate: Gate, routes: tuple[str, ...], why: str, reach: Reach) -> tuple[Draft, ...]:
    assert gate.decision is not None
    key = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id, "why": why}
    left = set(routes_left(gate, reach))
    drafts = []
    for route in routes:
        left.discard(route)
        drafts.append(Draft("delivery_failed", {**key, "route": route, "undelivered": not left}))
    return tuple(drafts)


# --- mail and nudges ---------------------------------------------------------------------------------------


def mail_to(gate: Gate, reach: Reach) -> str:
    """The session whose mail must lie there now, or "": by the next tool call of its agent the answer can still go.

    So it can when a hook died with it, and after it was written where its agent may not look. An idle agent calls no
    tools; others of its session would look in vain.
    """
    idle = reach.agent is not None and reach.agent.status == IDLE
    by_mail = "hook" in gate.routes and way(gate, "hook", reach) == MAIL
    return session_of(gate.asker) if by_mail and not idle and _is_to_be_fetched(gate) else ""


def _is_to_be_fetched(gate: Gate) -> bool:
    """Whether the answer is nowhere but where its agent may not look."""
    if gate.state is GateState.DECIDED:
        return gate.claim is None
    last = last_step(gate)
    return gate.state is GateState.DELIVERED and last is not None and last.route == TASK_FILE


def nudge_due(batch: Batch, gate: Gate, reach: Reach, now: Instant) -> bool:
    """Whether the agent of a decided gate sits idle and is to be made to look (DESIGN §4.2)."""
    agent = reach.agent
    if agent is None or reach.gone or reach.waiting or ENGINE in gate.routes:
        return False
    if not _is_to_be_fetched(gate) or _ready_ms(gate, now) < 0:
        return False
    if agent.status != IDLE or agent.mode not in NUDGED_MODES:
        return False
    given = [step for step in steps_since_retry(gate) if step.step == NUDGED and step.route != NO_NUDGE]
    recently = last_nudged(batch, agent)
    return len(given) < MOST_NUDGES and (recently is None or elapsed_ms(recently, now) >= batch.limits.nudge_ms)


def last_nudged(batch: Batch, agent: Agent) -> Instant | None:
    """When an agent was last nudged for any of its answers: one nudge makes it look at all of them."""
    times = [
        step.at
        for gate in batch.gates.values()
        for step in gate.steps
        if step.step == NUDGED and step.route != NO_NUDGE and _is_asker(batch, gate, agent)
    ]
    return max(times, key=lambda at: at.wall_ms, default=None)


def _is_asker(batch: Batch, gate: Gate, agent: Agent) -> bool:
    asker = asker_of(batch, gate)
    return asker is not None and (asker.session, asker.id) == (agent.session, agent.id)
