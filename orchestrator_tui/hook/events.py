"""What each hook event does, once the journal of its repository is open (docs/reference/hooks.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Batch, Gate, GateState
from orchestrator_tui.core.naming import is_call_gate
from orchestrator_tui.core.words import dismissed_words, owed_words, refusal_words, stale_words, undecided_words
from orchestrator_tui.hook import handing, owed, state, tasks
from orchestrator_tui.hook.holding import Held, hold
from orchestrator_tui.hook.main import TASK_TOOLS
from orchestrator_tui.hook.queued import Queue
from orchestrator_tui.hook.settling import settle_calls
from orchestrator_tui.hook.visit import Visit

CONTEXT_LOST = ("compact", "resume")
"""Beginnings of a session that has been at work before and may not remember what it asked."""


def tool_ran(visit: Visit) -> None:
    """A tool ran, or failed: open the gate that a task asks, and bring what waits for the agent."""
    with handing.looking(visit):
        wrote_task = visit.event == "PostToolUse" and visit.tool in TASK_TOOLS
        asked = tasks.written(visit) if wrote_task else None
        _call_ran(visit)
        _settle(visit)
        held = asked is not None and asked.hold and not visit.caller.at_a_terminal
        if not held:
            handing.bring(visit, visit.tell, handing.answers(visit))
    if asked is not None and held:
        _tell_held(visit, asked.gate)


def tool_is_called(visit: Visit) -> None:
    """A task is about to be updated: refuse what its open gate bars, or bring the answer along."""
    barring = tasks.beyond(visit)
    if not barring:
        return
    if owed.to_wait_for(barring[0], visit.clock.now()):
        refused = {"permissionDecision": "deny", "permissionDecisionReason": refusal_words(barring[0])}
        visit.print({"hookSpecificOutput": {"hookEventName": visit.event, **refused}})
        return
    claimed = handing.claim(visit, barring)
    if claimed:
        handing.bring(visit, visit.tell, claimed)


def turn_ends(visit: Visit) -> None:
    """An agent is about to stop: it is held while it owes a gate, and gets what waits for it (DESIGN §4.2)."""
    _settle(visit)
    held = hold(visit, lambda: _owed(visit), Queue(visit.caller.transcript).holds_something)
    if handing.bring(visit, visit.block, held.claimed, _beside(held)):
        return
    if held.alone:
        visit.block(undecided_words(held.undecided))
    elif held.dismissed:
        visit.block(_beside(held))
    elif visit.caller.agent:
        state.report(visit)


def prompt_comes(visit: Visit) -> None:
    """A person or program has written to a session: bring what waits for it, and which questions are stale."""
    with handing.looking(visit):
        _settle(visit)
        stale = _stale(visit, visit.clock.now())
        more = stale_words(stale, visit.clock.now()) if stale else ""
        if not handing.bring(visit, visit.tell, handing.answers(visit), more) and more:
            visit.tell(more)


def session_starts(visit: Visit) -> None:
    """A session goes on after its context was lost: remind it of what it asked."""
    gates = owed.of_agent(visit.gates(), visit.caller.address)
    open_gates = [gate for gate in gates if gate.state is GateState.OPEN]
    if open_gates and visit.call.get("source") in CONTEXT_LOST:
        visit.tell(owed_words(open_gates))
    state.report(visit)


def session_ends(visit: Visit) -> None:
    """A session has ended: nobody makes its tool calls any more."""
    settle_calls(visit)
    state.forget(visit)
    state.report(visit)


def task_is_completed(visit: Visit) -> str:
    """Why the task may not be completed, or "": the second lock, behind the refusal of the update (seed 002)."""
    gate = tasks.completing(visit)
    return "" if gate is None else refusal_words(gate)


def permission_is_asked(visit: Visit) -> None:
    """A call waits for a person: hold it, and answer it in Claude Code's own terms."""
    from orchestrator_tui.hook.permission import answer

    answer(visit)


HANDLERS: Mapping[str, Callable[[Visit], None]] = {
    "PostToolUse": tool_ran,
    "PostToolUseFailure": tool_ran,
    "PreToolUse": tool_is_called,
    "PermissionRequest": permission_is_asked,
    "Stop": turn_ends,
    "SubagentStop": turn_ends,
    "UserPromptSubmit": prompt_comes,
    "SessionStart": session_starts,
    "SessionEnd": session_ends,
    "SubagentStart": state.report,
    "Notification": state.report,
}


def _settle(visit: Visit) -> None:
    """Record which answers the caller was given by earlier hooks and has gone on with, or not taken."""
    handing.settle(visit)
    settle_calls(visit)


def _call_ran(visit: Visit) -> None:
    """A call that may have been asked for has run."""
    if any(is_call_gate(gate.id) for gate in visit.journal.gates(visit.batch)):
        from orchestrator_tui.hook.permission import went_on

        went_on(visit)


def _tell_held(visit: Visit, gate: Gate) -> None:
    """Hold an agent that wants to be held, and tell it what came of it."""

    def wanted() -> tuple[Gate, ...]:
        return tuple(one for one in _owed(visit) if one.id == gate.id)

    held = hold(visit, wanted)
    if not handing.bring(visit, visit.tell, held.claimed):
        if held.alone:
            visit.tell(undecided_words(held.undecided))
        elif held.dismissed:
            visit.tell(_beside(held))


def _beside(held: Held) -> str:
    """What there is to say of the gates of a hold that have no answer."""
    parts = [
        dismissed_words(held.dismissed) if held.dismissed else "",
        owed_words(held.undecided) if held.undecided else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _owed(visit: Visit) -> tuple[Gate, ...]:
    """The gates whose answers the caller still waits for."""
    now = visit.clock.now()
    mine = owed.of_agent(visit.gates(), visit.caller.address)
    return tuple(gate for gate in mine if owed.to_bring(gate) or owed.to_wait_for(gate, now))


def _stale(visit: Visit, now: Instant) -> tuple[Gate, ...]:
    waiting = [gate for gate in visit.journal.gates(visit.batch) if gate.state is GateState.OPEN]
    if not waiting:
        return ()
    from orchestrator_tui.core.queries import is_stale  # Only while something waits.

    batch = Batch(visit.batch, "", "watch", "running", limits=_limits(visit))
    return tuple(gate for gate in sorted(waiting, key=lambda one: -one.risk) if is_stale(gate, now, batch))


def _limits(visit: Visit) -> Limits:
    """The clocks of the batch as it was opened, and as they were set since."""
    limits: dict[str, int] = {}
    for kind in ("batch_opened", "limits_set"):
        for event in visit.journal.events_of(visit.batch, kind):
            limits.update(event.payload.get("limits", {}))
    known = set(Limits.__annotations__)
    return Limits(**{name: value for name, value in limits.items() if name in known and isinstance(value, int)})
