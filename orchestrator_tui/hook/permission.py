"""Permissions, questions and plans as gates: held while somebody is there, answered in Claude Code's own terms.

A PermissionRequest hook leaves the dialog usable, so that the terminal and we race and the first answer wins
(DESIGN §4.2, holding rules). Several questions of one call are a gate each; they are answered together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from orchestrator_tui.core.delivery import STDIN
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.core.naming import call_gate_id, gates_of_call, is_call_gate, part_gate_id
from orchestrator_tui.core.normalise_calls import DENY, KEEP_PLANNING, CallQuestions, call_questions
from orchestrator_tui.hook.answers import output
from orchestrator_tui.hook.evidence import began_after_ms, is_told, ran_as_changed
from orchestrator_tui.hook.racing import WENT_ON, Race, end
from orchestrator_tui.hook.transcript import CallWatch
from orchestrator_tui.hook.visit import ROUTE, Visit
from orchestrator_tui.journal import mail
from orchestrator_tui.runtime.rules import load_rules

ASKED_ANEW = "it is asked anew: whoever waited for its answer is gone"
EVIDENCE = "printed to Claude Code"
RAN_BEFORE = "its call ran before our answer was printed"


def answer(visit: Visit) -> None:
    """Hold a call that waits for a person, and print its decision; nothing when it was answered elsewhere."""
    if not visit.tool or not isinstance(visit.call.get("tool_input"), dict):
        return
    asked = call_questions(visit.tool, visit.tool_input, visit.call.get("permission_suggestions"), _cwd(visit))
    if asked is None:
        return
    call, caller = _gate_id(visit), visit.caller

    def is_this_call(tool: str, tool_input: Mapping[str, Any], cwd: str) -> bool:
        return tool == visit.tool and call_gate_id(caller.session, caller.agent, tool, tool_input, cwd) == call

    watch = CallWatch(caller.transcript, is_this_call, visit.clock.now().wall_ms)
    if watch.ended():
        return
    visit.open_batch()
    decided = Race(visit, _ask(visit, asked, call), watch).run()
    if decided is not None:
        said = output(asked, decided, visit.tool, visit.tool_input)
        _hand_over(visit, decided, lambda: visit.print(said))


def went_on(visit: Visit) -> None:
    """Record that a tool has run without our answer to its call, or against it.

    Where it was printed, whose answer let the tool run stands in the transcript only after this (``hook.settling``);
    where no transcript tells, what this call shows is the evidence.
    """
    own = gates_of_call(_gate_id(visit))
    for gate in visit.journal.gates(visit.batch):
        if not is_call_gate(gate.id) or gate.asker != visit.caller.address:
            continue
        was_printed = gate.state is GateState.DELIVERED
        waits = gate.state in (GateState.OPEN, GateState.DECIDED) and gate.claim is None
        if gate.id in own and (waits or (was_printed and _is_denied(gate))):
            end(visit, [gate], "gate_answered_elsewhere", WENT_ON)
        elif was_printed and not is_told(visit):
            _judge(visit, gate, gate.id in own)


def _judge(visit: Visit, gate: Gate, is_own: bool) -> None:
    """Record of an answer that was printed whether the tool that has run was let run by it, where that shows."""
    if ran_as_changed(visit, gate):
        visit.door.acknowledge(gate, f"its {visit.tool} ran as it was changed here", ROUTE)
        return
    after_ms = began_after_ms(visit, gate) if is_own else None
    if after_ms is None:
        return
    if after_ms < 0:
        end(visit, [gate], "gate_answered_elsewhere", RAN_BEFORE)
    else:
        visit.door.acknowledge(gate, f"its {visit.tool} waited, and began {after_ms} ms after our answer", ROUTE)


def _ask(visit: Visit, asked: CallQuestions, call: str) -> list[Gate]:
    gates = []
    track = visit.door.slug_of(visit.caller.source) or visit.caller.track
    for place, question in enumerate(asked.questions, start=1):
        gate_id = part_gate_id(call, place)
        _end_asked_before(visit, gate_id)
        gates.append(
            visit.door.ask(
                gate_id,
                question,
                load_rules(visit.journal.directory),
                track=track,
                source=visit.caller.source,
                routes=(ROUTE,),
                anew=True,
                asker=visit.caller.address,
            )
        )
    return gates


def _end_asked_before(visit: Visit, gate_id: str) -> None:
    """An answer to an asking that nobody waits for any more is no answer to this one."""
    gate = visit.door.gate(gate_id)
    if gate is None or gate.state not in (GateState.OPEN, GateState.DECIDED) or STDIN in gate.routes:
        # Whoever runs the agent may have been first with this very asking, and ends it when the call waits no more.
        return
    if not visit.journal.waiters.live(visit.batch, gate_id):
        end(visit, [gate], "gate_withdrawn", ASKED_ANEW)


def _hand_over(visit: Visit, decided: tuple[Gate, ...], write: Callable[[], None]) -> None:
    """Print once for all the gates of the call, and record it on each."""
    first, *others = decided
    failed = visit.door.hand_over(first, write, lambda: "", evidence=EVIDENCE).failed

    def printed_with_the_first() -> None:
        if failed:
            raise OSError(failed)

    for gate in others:
        visit.door.hand_over(gate, printed_with_the_first, lambda: "", evidence=EVIDENCE)
    if not is_told(visit):
        # Only the hook after this very call can tell, and that runs where mail lies.
        with suppress(OSError):
            mail.post(visit.home, visit.caller.session)


def _gate_id(visit: Visit) -> str:
    return call_gate_id(visit.caller.session, visit.caller.agent, visit.tool, visit.tool_input, _cwd(visit))


def _cwd(visit: Visit) -> str:
    cwd = visit.call.get("cwd")
    return cwd if isinstance(cwd, str) else ""


def _is_denied(gate: Gate) -> bool:
    """Whether our answer keeps the tool from running: words alone do, too, but for a question of the agent's own."""
    chosen = () if gate.decision is None else gate.decision.options
    return gate.question.kind != "question" and chosen in ((), (DENY,), (KEEP_PLANNING,))
