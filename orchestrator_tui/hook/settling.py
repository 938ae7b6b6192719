"""What became of calls whose answer a hook has printed: their agent's transcript tells whose answer was taken.

Printed is not taken: the terminal may have been first. Claude Code writes who answered only after the call's own hooks,
so that a later call of the same agent looks. Whoever holds the batch sees the same; this works without anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator_tui.core.agents import agent_of, session_of
from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.model import Batch, Gate, GateState
from orchestrator_tui.core.naming import is_call_gate
from orchestrator_tui.hook.growing import NewLines
from orchestrator_tui.hook.owed import KEPT_MS
from orchestrator_tui.hook.visit import ROUTE, Visit

if TYPE_CHECKING:
    from orchestrator_tui.core.facts import CallEnded


def settle_calls(visit: Visit) -> None:
    """Record of each call of the caller that our answer was printed for, whether it was taken, where that is told."""
    gates = {gate.id: gate for gate in unproven(visit, lambda gate: gate.asker == visit.caller.address)}
    calls = _ended(visit) if gates else ()
    if not calls:
        return
    # Only while something is to be settled.
    from orchestrator_tui.core.facts import AgentsSeen
    from orchestrator_tui.core.observe_askers import observe_answers

    batch = Batch(visit.batch, "", "watch", "running", gates=gates)
    for draft in observe_answers(batch, AgentsSeen(calls=calls)):
        visit.journal.change_gate(visit.batch, draft, visit.clock.now(), ROUTE)


def to_look_again(visit: Visit) -> bool:
    """Whether a later tool call of the caller's session has to look; after ten minutes whoever comes next does.

    Who holds the batch looks, too, but sees of a sub-agent only what its transcript tells.
    """
    now = visit.clock.now()
    found = _printed(
        visit,
        lambda gate: session_of(gate.asker) == visit.caller.session and elapsed_ms(gate.steps[-1].at, now) < KEPT_MS,
    )
    if not found or visit.journal.holder(visit.batch) is None:
        return bool(found)
    if not any(agent_of(gate.asker) for gate in found):
        return False
    # Only while something is to be settled.
    from orchestrator_tui.hook.evidence import is_told

    return not is_told(visit, of_sub_agents=True)


def unproven(visit: Visit, wanted: Callable[[Gate], bool]) -> tuple[Gate, ...]:
    """The calls among these whose answer was printed and is not known to be taken; none where somebody else looks."""
    found = _printed(visit, wanted)
    return found if found and visit.journal.holder(visit.batch) is None else ()


def _printed(visit: Visit, wanted: Callable[[Gate], bool]) -> tuple[Gate, ...]:
    return tuple(
        gate
        for gate in visit.journal.gates(visit.batch)
        if gate.state is GateState.DELIVERED and gate.claim is None and is_call_gate(gate.id) and wanted(gate)
    )


def _ended(visit: Visit) -> tuple[CallEnded, ...]:
    """The calls that have their results in the caller's transcript."""
    from orchestrator_tui.adapters.sessions.transcript import Transcript

    transcript = Transcript(visit.caller.session, visit.caller.agent)
    for line in NewLines(visit.caller.transcript).read():
        transcript.feed(line)
    return transcript.take_ended()
