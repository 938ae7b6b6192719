"""``orch-agent ask``: a question into the task file and the journal, its answer out on stdout (DESIGN §4.2, shell).

The file comes first: it is what the world sees. Whoever watches it may open the gate before we do; both make the same
gate of it. The wait is bounded and may be killed anywhere: ``ask --gate`` goes on where it stopped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from orchestrator_tui.agent.answer import Answer
from orchestrator_tui.agent.call import ROUTE
from orchestrator_tui.agent.questions import Standing, cleared, question_of, went_on
from orchestrator_tui.agent.stop import BAD_USAGE, DONE, OVER, PENDING, REFUSED, UNFINISHED, Stop, nearest, quoted
from orchestrator_tui.agent.task import Edit
from orchestrator_tui.core.bounds import CONTEXT_BYTES, OPTION_BYTES, QUESTION_BYTES, within
from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.core.normalise import MAX_OPTIONS, digest, task_gate_id
from orchestrator_tui.core.observe_gates import TASK_FILE
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.journal.port import JournalError, JournalUnwritable
from orchestrator_tui.runtime.doors import Door, Over, Pending, Taken

if TYPE_CHECKING:
    from orchestrator_tui.agent.arguments import Values
    from orchestrator_tui.agent.call import Call

RETRY_S = 1.0
"""How often a journal that cannot be used is tried again while there is time."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_OF_A_QUESTION = ("option", "context", "recommend", "confidence", "risk", "environment", "stage")
_T = TypeVar("_T")


def ask(values: Values, call: Call) -> int:
    """Ask, or wait on for the answer of an earlier question.

    Raises:
        Stop: everything but an answer, each with its exit code.
    """
    if "gate" in values:
        extra = [name for name in ("question", *_OF_A_QUESTION) if name in values]
        if extra:
            shown = "a question" if extra[0] == "question" else f"--{extra[0]}"
            raise Stop(BAD_USAGE, f"ask: --gate waits for an earlier question; {shown} belongs to a new one")
        return _resume(values, call)
    if "question" not in values:
        raise Stop(BAD_USAGE, "ask: QUESTION is missing: what is to be decided (or --gate ID)")
    asked = _asked(values)
    if "stage" not in values and call.identity.stage is not None:
        # Who has not reported yet asks all the same in the stage that it does: the confidence table goes by stages.
        values = {**values, "stage": call.identity.stage}
    call.start(asking=True)
    _refuse_behind_a_gate(values, call)
    gate_id, opens = _write_question(values, call, asked)
    try:
        gate, left_s = _with_patience(call, values.get("wait", 0), lambda left: (opens(_door(call)), left))
    except JournalError as error:
        why = (
            "nobody could decide it" if values.get("wait") else f"its task file alone asks it, not the journal: {error}"
        )
        raise Stop(PENDING, f"pending gate {gate_id}: {why}; {_resuming(gate_id)}") from None
    return _answer(values, call, gate, left_s)


# --- asking --------------------------------------------------------------------------------------------------


def _asked(values: Values) -> dict[str, Any]:
    """The metadata that asks the question; None deletes what an earlier question left there."""
    options = [_option(one) for one in values.get("option", [])]
    keys = [key for key, _ in options]
    if len(options) > MAX_OPTIONS:
        raise Stop(BAD_USAGE, f"ask: {len(options)} options, more than the {MAX_OPTIONS} allowed")
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise Stop(BAD_USAGE, f"ask: two options have the key {twice}")
    recommended = values.get("recommend")
    if recommended is not None and recommended not in keys:
        near = nearest(recommended, keys)
        raise Stop(BAD_USAGE, f"ask: --recommend {quoted(recommended)} is no option of this question{near}")
    asked = {
        "decisionContext": values["question"],
        "decisionOptions": [text for _, text in options],
        "decisionDetail": values.get("context"),
        "recommendation": recommended,
        "confidence": values.get("confidence"),
        "risk": values.get("risk"),
        "environment": values.get("environment"),
    }
    for what, text, most in (
        ("the question", values["question"], QUESTION_BYTES),
        ("--context", values.get("context", ""), CONTEXT_BYTES),
        *((f"--option {key}", text, OPTION_BYTES) for key, text in options),
    ):
        if within(text, most) != text:
            raise Stop(BAD_USAGE, f"ask: {what} takes more than the {most:,} bytes that a gate can hold")
    return {**asked, "needsDecision": True, "stageStatus": "gate_blocked"}


def _option(text: str) -> tuple[str, str]:
    key, equals, label = text.partition("=")
    key, label = key.strip(" "), label.strip(" ")
    if not _KEY.fullmatch(key):
        raise Stop(
            BAD_USAGE,
            f"ask: --option {quoted(text)} needs a key of at most 32 letters, digits, _ . -: KEY=LABEL",
        )
    if equals and not label:
        raise Stop(BAD_USAGE, f"ask: --option {key}= has no label")
    return key, f"{key}: {label}" if label else key


def _refuse_behind_a_gate(values: Values, call: Call) -> None:
    standing = call.standing
    stage = values.get("stage", call.task.understood().stage)
    if standing is not None and standing.bars and standing.stage != stage:
        raise Stop(REFUSED, f"gate {standing.gate_id} is open: stage {stage} waits for its decision")


def _write_question(values: Values, call: Call, asked: Mapping[str, Any]) -> tuple[str, Callable[[Door], Gate]]:
    """Write the question into the task; its gate's id, and what opens that gate at a door."""
    before: list[str] = []

    def edit(task: Mapping[str, Any]) -> Edit:
        metadata = task.get("metadata")
        earlier = question_of(task.get("subject"), metadata)
        before[:] = [] if earlier is None else [digest(earlier)]
        patch = {"track": call.identity.track, **call.housekeeping(task), **asked}
        if "stage" in values:
            patch["stage"] = values["stage"]
        return Edit(patch, {"status": "in_progress"})

    standing = call.standing
    call.task.change(edit)
    taken_down = standing is not None and standing.over
    if standing is not None and not standing.over and standing.stage != call.task.understood().stage:
        went_on(call, standing, f"its agent went on to stage {call.task.understood().stage}")
    call.wrote()
    return _opening(call, anew=taken_down or before != [_digest_in_file(call)])


def _digest_in_file(call: Call) -> str:
    question = question_of(call.task.record.subject, call.task.metadata)
    return "" if question is None else digest(question)


def _opening(call: Call, *, anew: bool) -> tuple[str, Callable[[Door], Gate]]:
    record, understood = call.task.record, call.task.understood()
    question = question_of(record.subject, record.metadata)
    if question is None:
        raise Stop(UNFINISHED, "the task asks nothing any more: another process changed it")
    gate_id = task_gate_id(record.task_id, question.stage)

    def opens(door: Door) -> Gate:
        return door.ask(
            gate_id,
            question,
            call.rules(),
            track=call.track(),
            source=call.task.source,
            workflow=understood.workflow,
            routes=(ROUTE, TASK_FILE),
            asked_wall_ms=record.mtime_ns // 1_000_000,
            anew=anew,
        )

    return gate_id, opens


# --- waiting -------------------------------------------------------------------------------------------------


def _resume(values: Values, call: Call) -> int:
    gate_id = values["gate"]
    call.start(resumed=gate_id, asking=True)
    call.keep_house()
    try:
        gate, left_s = _with_patience(call, values.get("wait", 0), lambda left: (_earlier(call, gate_id), left))
    except JournalError as error:
        raise Stop(UNFINISHED, f"gate {quoted(gate_id)} cannot be looked up: {error}") from None
    return _answer(values, call, gate, left_s)


def _earlier(call: Call, gate_id: str) -> Gate:
    """The gate of an earlier question; opened now when the journal could not be written then.

    Raises:
        Stop: there is no such gate, or it is another track's.
    """
    door = _door(call)
    gate = door.gate(gate_id)
    if gate is None and call.standing is not None and call.standing.gate_id == gate_id:
        return _opening(call, anew=False)[1](door)
    if gate is None:
        own = [] if call.standing is None else [call.standing.gate_id]
        raise Stop(BAD_USAGE, f"ask: there is no gate {quoted(gate_id)}{nearest(gate_id, own)}")
    if gate.source != call.task.source:
        raise Stop(REFUSED, f"gate {gate.id} is a question of track {sanitise_line(gate.track, 63)}, not yours")
    door.join(gate)
    return gate


def _answer(values: Values, call: Call, gate: Gate, wait_s: float) -> int:
    """Wait for the decision and hand it over."""
    answer = Answer(call.world.stdout, bool(values.get("json")))

    def take(left_s: float) -> Taken | Pending | Over:
        return _door(call).take(gate.id, gate.revision, left_s, answer.unread_for_good)

    try:
        found = _with_patience(call, wait_s, take)
    except JournalError as error:
        raise Stop(UNFINISHED, f"the answer of gate {gate.id} cannot be read: {error}") from None
    if isinstance(found, Pending):
        if answer.unread_for_good():
            raise Stop(UNFINISHED, f"nobody reads the answer of gate {gate.id} any more; {_resuming(gate.id)}")
        answer.tell(found.gate)
        raise Stop(PENDING, f"pending gate {gate.id}: {found.why}; {_resuming(gate.id)}")
    if isinstance(found, Over):
        answer.tell(found.gate)
        if found.gate.revision == gate.revision:
            _take_down(call, found.gate)
        raise Stop(OVER, f"gate {gate.id} revision {gate.revision} is {found.why}")
    return _hand_over(call, found, answer)


def _hand_over(call: Call, found: Taken, answer: Answer) -> int:
    gate = found.gate
    if found.again:
        answer.print(gate)
        _take_down(call, gate)
        return DONE
    handed = _door(call).hand_over(gate, lambda: answer.print(gate), answer.receipt, evidence="printed on stdout")
    if handed.unrecorded:
        call.world.say(f"the journal cannot record how the answer was taken: {handed.unrecorded}")
    if handed.failed:
        raise Stop(UNFINISHED, f"the answer {handed.failed}; ask again with: orch-agent ask --gate {gate.id}")
    if handed.void:
        raise Stop(OVER, f"the answer just printed does not hold: {handed.void}")
    if handed.acknowledged:
        _take_down(call, gate)
    return DONE


def _resuming(gate_id: str) -> str:
    return f"resume with: orch-agent ask --gate {gate_id} --wait 600"


def _take_down(call: Call, gate: Gate) -> None:
    """Take the caller's own ended question out of its task, and record that; what fails is left to its next call."""
    down = Standing(gate.id, gate.question.stage, gate.digest, gate, bars=False, over=True)
    if gate.state is GateState.WITHDRAWN:
        return
    try:
        call.task.change(lambda task: Edit(down.taken_down(task)))
    except Stop as stop:
        call.world.say(f"the question could not be taken down: {stop.text}")
        return
    cleared(call, down)


def _door(call: Call) -> Door:
    door = call.door(create=True)
    if door is None:
        raise JournalUnwritable(call.journal_problem)
    return door


def _with_patience(call: Call, wait_s: float, step: Callable[[float], _T]) -> _T:
    """What ``step`` gives; it is tried again while the journal fails and time is left. It gets the seconds left.

    Raises:
        JournalError: it failed to the end.
    """
    start = call.clock.now()
    said = False
    while True:
        left_s = wait_s - elapsed_ms(start, call.clock.now()) / 1000
        try:
            return step(max(0.0, left_s))
        except JournalError as error:
            call.let_go()
            if left_s <= 0:
                raise
            if not said:
                call.world.say(f"the journal cannot be used, the task file alone carries the question: {error}")
                said = True
            call.world.sleep(min(RETRY_S, left_s))
