"""The routes of one gate as a person is shown them, and what each of them promises (DESIGN §4.2, acknowledgement)."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator_tui.core.delivery import (
    ENGINE,
    MAIL,
    OURS,
    PULL,
    STDIN,
    STRENGTH,
    TASK_FILE,
    WAITS,
    Reach,
    routes_left,
    steps_since_retry,
    way,
)
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.gate_refusals import claimed_route, last_step
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Gate, GateState

CHOSEN, FALLBACK, TRIED, UNAVAILABLE = "chosen", "fallback", "tried", "unavailable"
"""What a route is to an answer: the one it goes by, one that is left, one tried in vain, one that is not open now."""


@frozen
class RouteShown:
    """One route of a gate: what it is to its answer now, and in words why, or how far the answer came by it."""

    route: str
    state: str
    why: str


def routes_shown(gate: Gate, reach: Reach) -> tuple[RouteShown, ...]:
    """Every route of a gate, strongest first; what an answer would do now when there is none yet.

    An agent that is known to run without our hooks has the hook as a route that is not available. Nothing for a gate
    that ended without its answer; no fallbacks for one whose answer is acknowledged.
    """
    if gate.state in TERMINAL_GATE_STATES and gate.state is not GateState.ACKNOWLEDGED:
        return ()
    named = {*gate.routes, *(("hook",) if _not_connected(reach) else ())}
    ordered = [route for route in STRENGTH if route in named]
    shown = [_shown(gate, route, reach) for route in (*ordered, *sorted(named - set(STRENGTH)))]
    over = gate.state is GateState.ACKNOWLEDGED
    return tuple(one for one in shown if not over or one.state in (CHOSEN, TRIED))


def cannot_hear(gate: Gate, reach: Reach) -> bool:
    """Whether the agent is known to run without our hooks, and nothing of it waits: it can only be written to."""
    return _not_connected(reach) and all(way(gate, route, reach) in ("", OURS) for route in gate.routes)


def _not_connected(reach: Reach) -> bool:
    return reach.agent is not None and not reach.agent.connected and not reach.gone


def _shown(gate: Gate, route: str, reach: Reach) -> RouteShown:
    failed = {step.route: step.evidence for step in steps_since_retry(gate) if step.step == "failed"}
    if route == _chosen(gate, reach):
        return RouteShown(route, CHOSEN, _progress(gate) or _how(gate, route, reach))
    if route in failed:
        return RouteShown(route, TRIED, failed[route])
    if route in routes_left(gate, reach):
        return RouteShown(route, FALLBACK, _how(gate, route, reach))
    return RouteShown(route, UNAVAILABLE, _why_not(gate, route, reach))


def _chosen(gate: Gate, reach: Reach) -> str:
    """The route that the answer goes by, or would go by now; "" when there is none."""
    last = last_step(gate)
    if gate.state in (GateState.DELIVERED, GateState.ACKNOWLEDGED) and last is not None:
        return last.route
    left = routes_left(gate, reach)
    waits = next((route for route in left if route in reach.waiting), "")
    return claimed_route(gate) or waits or (left[0] if left else "")


def _progress(gate: Gate) -> str:
    """How far the answer came by the route that it takes, or "" before it has set out."""
    last = last_step(gate)
    if last is None or (gate.claim is None and gate.state is GateState.DECIDED):
        return ""
    words = "on its way" if gate.claim is not None else gate.state.value
    return words if gate.claim is not None or not last.evidence else f"{words}: {last.evidence}"


def _how(gate: Gate, route: str, reach: Reach) -> str:
    if route == ENGINE:
        return "orch-tui does it itself"
    if route == STDIN:
        return "written into its input by the process that runs it"
    return _HOW[way(gate, route, reach)]


def _why_not(gate: Gate, route: str, reach: Reach) -> str:
    if reach.gone:
        return "its agent has ended"
    if route not in gate.routes:
        return "its session is not connected"
    return _NOBODY.get(route, "no way by it is known")


_HOW = {
    WAITS: "its agent waits for the answer",
    MAIL: "its agent gets it with its next tool call",
    PULL: "its agent gets it when it asks for its decisions",
    OURS: "written into its task; its agent may not look",
}

_NOBODY = {
    "hook": "no hook waits for the answer now",
    "mcp": "no call of its agent waits now",
    "shell": "nobody waits in its shell now",
}


# --- what each route promises ------------------------------------------------------------------------------


@frozen
class RouteFacts:
    """What is told of one way of a route, in words.

    Attributes:
        route, way: the route, and how it is taken where there are several ways.
        whom: which agents have it.
        brings: who brings the answer.
        delivered: what *delivered* means.
        evidence: what counts as *acknowledged*.
        limit: the field of ``Limits`` that is its deadline; "" when acting is its own evidence.
        otherwise: what follows when the evidence does not come.
    """

    route: str
    way: str
    whom: str
    brings: str
    delivered: str
    evidence: str
    limit: str
    otherwise: str


ROUTE_FACTS: tuple[RouteFacts, ...] = (
    RouteFacts(
        "hook",
        "held by a hook",
        "a permission prompt, question or plan of a connected Claude Code; an agent at the end of its turn",
        "the hook that waits takes it",
        "`orch-hook` printed it",
        "its transcript: the call ended by our answer, or the decision's id arrived and its agent went on; "
        "or its next hook call",
        "acknowledge_hook_ms",
        "the task file for a task's question, else undelivered",
    ),
    RouteFacts(
        "hook",
        "by mail",
        "a connected Claude Code at work",
        "the hook of its agent's next tool call takes it (`mail_ms`)",
        "`orch-hook` printed it",
        "its transcript: the decision's id arrived and its agent went on; or its next hook call",
        "acknowledge_hook_ms",
        "the task file, else undelivered",
    ),
    RouteFacts(
        "mcp",
        "",
        "an agent that asked by `request_decision`",
        "the call that waits takes it, else the agent's next one",
        "the tool's result was given",
        "its transcript: the decision's id arrived and its agent went on; or its next call",
        "acknowledge_mcp_ms",
        "the task file, else undelivered; while its agent is seen at work only after the time of a hook",
    ),
    RouteFacts(
        "shell",
        "",
        "an agent in any shell that waits in `orch-agent ask`",
        "the waiting `ask` takes it",
        "`ask` printed it",
        "the reader took all of it from the pipe or socket; or the agent's next `orch-agent` call; or it went on",
        "acknowledge_shell_ms",
        "the task file",
    ),
    RouteFacts(
        STDIN,
        "",
        "an agent of a run that takes messages while it works",
        "the process that runs it, into its input; into the prompt of its next attempt when it has ended",
        "it was written",
        "its output: the decision's id came back and it went on, or its call waits no more",
        "acknowledge_hook_ms",
        "undelivered; an agent that ended without it is told again, three times",
    ),
    RouteFacts(
        ENGINE,
        "",
        "questions of orch-tui itself, such as whether to start a silent agent again",
        "the holder of the batch acts",
        "the holder did it",
        "it was done",
        "",
        "undelivered",
    ),
    RouteFacts(
        TASK_FILE,
        "",
        "every agent whose question stands in a task file",
        "the holder writes; without one, `orch-tui decide` does",
        "`metadata.decision` and the description were written",
        "the agent took its question down, went on to another stage, or completed its task; "
        "or its transcript shows that it read it",
        "acknowledge_task_file_ms",
        "undelivered",
    ),
)
"""Each way of each route that can be taken, strongest first; the docs' table is made of it."""

NUDGE_FACTS: Mapping[str, str] = {
    "tmux": "pasted into the pane of an idle session, when it shows no dialog",
    "inbox": "written into the inbox that its team gives it",
}
"""Nudges make an idle agent look; no decision is in them, and none is ever acknowledged by one."""
