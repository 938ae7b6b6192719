"""Agents that can hear us since they asked: a session that was connected meanwhile gains its route (DESIGN §4.2).

A question that was only seen in a task file knows no other way than that file. As soon as the agent behind it is
known to run our hooks, its answer can go by them.
"""

from __future__ import annotations

from orchestrator_tui.core.agents import GONE, address
from orchestrator_tui.core.delivery import TASK_FILE, asker_of
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Gate, GateState

_HOOK = "hook"


def routes_gained(batch: Batch) -> tuple[Draft, ...]:
    """The routes that questions of task files have gained since they were asked, one event a gate."""
    return tuple(draft for gate in batch.gates.values() if (draft := _gained(batch, gate)) is not None)


def _gained(batch: Batch, gate: Gate) -> Draft | None:
    if gate.state not in (GateState.OPEN, GateState.DECIDED) or gate.claim is not None:
        return None
    if _HOOK in gate.routes or TASK_FILE not in gate.routes:
        return None
    agent = asker_of(batch, gate)
    if agent is None or not agent.connected or agent.status == GONE:
        return None
    asker = gate.asker or address(agent.session, agent.id)
    payload = {"gate": gate.id, "revision": gate.revision, "route": _HOOK, "asker": asker}
    return Draft("gate_route_added", payload)
