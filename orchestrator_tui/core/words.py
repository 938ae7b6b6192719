"""What is said to agents, by whichever route it reaches them: plain text, made safe (DESIGN §4.2; reliability S-1).

Every decision's text holds the decision's id literally and every message's its own: found again in an agent's
transcript, they prove that the text arrived, and said twice they show that it is the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from orchestrator_tui.core.gates import answer_text
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Gate, Message, Option, Risk
from orchestrator_tui.core.text import sanitise, sanitise_line

_TAKE_DOWN = "Then set needsDecision to false in the task's metadata to show that you have read it."
_BROUGHT = (
    "end your turn: the decision is brought to you. If nobody needs to answer any more, take the question down first,"
    " by an update of its own: needsDecision: false."
)
_FETCHED = "fetch the decision with pending_decisions."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT_LIMIT = 4000
_LABEL_LIMIT = 500
_QUESTION_LIMIT = 300
_NAME_LIMIT = 60
_LISTED = 10


def decision_words(gate: Gate) -> str:
    """The decision of a decided gate: what, why, on which question, by whom and when, and to go on by it."""
    decision = gate.decision
    assert decision is not None
    lines = [f"Decided: {_answer(gate)}"]
    if decision.reason:
        lines.append(f"Reason: {sanitise(decision.reason, _TEXT_LIMIT)}")
    lines.append(f"Question: {sanitise_line(gate.question.question, _QUESTION_LIMIT)}")
    who = f"By {sanitise_line(decision.by, _NAME_LIMIT)} at {moment(decision.at.wall_ms)}"
    lines.append(f"{who}: decision {decision.id} on gate {gate.id} r{gate.revision}.")
    lines.append("Go on by it." + (f" {_TAKE_DOWN}" if gate.question.kind == "task" else ""))
    return "\n".join(lines)


def messages_words(messages: Sequence[Message]) -> str:
    """Messages from the person, the newest last."""
    return "\n".join(message_words(one.id, one.text, one.by, one.at.wall_ms) for one in messages)


def message_words(identifier: str, text: str, by: str, wall_ms: int | None) -> str:
    """One message from the person; ``wall_ms`` is when it was sent, None when that is not known."""
    when = "" if wall_ms is None else f" at {moment(wall_ms)}"
    who = sanitise_line(by, _NAME_LIMIT) or "the person"
    return f"Message {sanitise_line(identifier, _NAME_LIMIT)} from {who}{when}: {sanitise(text, _TEXT_LIMIT)}"


def brought_words(gates: Sequence[Gate], messages: Sequence[Message] = ()) -> str:
    """Everything that one look brings to an agent: answers to its questions, then what was said to it."""
    parts = []
    if gates:
        what = "The answer to your question" if len(gates) == 1 else f"The answers to {len(gates)} of your questions"
        parts += [f"{what}, by orch-tui:", *(decision_words(gate) for gate in gates)]
    if messages:
        parts += ["From the person who watches you in orch-tui:", messages_words(messages)]
    return "\n\n".join(parts)


def refusal_words(gate: Gate) -> str:
    """Why an agent may not report a later stage or complete its task now, and what it can do instead."""
    where = "" if gate.question.stage is None else f" of stage {gate.question.stage}"
    state = "is open" if gate.decision is None else "is decided, but its answer can still be taken back for a moment"
    of_task = gate.question.kind == "task"
    return (
        f"Gate {gate.id} r{gate.revision}{where} {state}: {sanitise_line(gate.question.question, _QUESTION_LIMIT)}\n"
        "A later stage and the task's completion wait for its decision. Go on with work that does not depend on it,"
        f" or {_BROUGHT if of_task else _FETCHED}"
    )


def undecided_words(gates: Sequence[Gate]) -> str:
    """What an agent hears that was held for decisions when nobody was left to make them."""
    listed = "\n".join(f"- {_asked(gate)}" for gate in gates[:_LISTED])
    return (
        "Undecided, stop here: nobody is there to answer now.\n"
        f"{listed}\n"
        "Do not answer it yourself. End your turn, and say in your last words which gate is undecided and what waits"
        " for it. The question stays open, and its answer is brought to you when you work again."
    )


def owed_words(gates: Sequence[Gate]) -> str:
    """Which questions of an agent still wait for their decisions."""
    listed = "\n".join(f"- {_asked(gate)}" for gate in gates[:_LISTED])
    return f"Still undecided; do not ask again, the decision is brought to you:\n{listed}"


def dismissed_words(gates: Sequence[Gate]) -> str:
    """What an agent hears that waited for answers which will not come."""
    lines = ["No answer will come, and none is an approval:"]
    for gate in gates[:_LISTED]:
        why = sanitise_line(gate.closed_why, _QUESTION_LIMIT)
        lines.append(f"- {_asked(gate)} ({gate.state.value}{f': {why}' if why else ''})")
    lines.append("Go on with what does not depend on it, or ask again if it still needs a decision.")
    return "\n".join(lines)


def stale_words(gates: Sequence[Gate], now: Instant) -> str:
    """What an orchestrating session must bring before its person at once (seed 002, the 5-minute rule)."""
    lines = [
        "Questions have waited too long for a decision. Surface them in your next response to the user, first of all"
        " and regardless of what the user asked about:"
    ]
    for gate in gates[:_LISTED]:
        minutes = elapsed_ms(gate.asked_at, now) // 60_000
        choices = ", ".join(sanitise_line(option.key, _NAME_LIMIT) for option in gate.question.options)
        risk = "" if gate.risk <= Risk.UNKNOWN else f", risk {gate.risk.name.lower()}"
        track = sanitise_line(gate.track, _NAME_LIMIT)
        options = f" Options: {choices}." if choices else ""
        lines.append(f"- {_asked(gate)} (track {track}, {minutes} min{risk}).{options}")
    if len(gates) > _LISTED:
        lines.append(f"- and {len(gates) - _LISTED} more: orch-tui gates")
    lines.append("The user decides, in orch-tui or with: orch-tui decide GATE OPTION. Do not answer them yourself.")
    return "\n".join(lines)


def nudge_words() -> str:
    """What makes an idle agent look: it holds no decision, so that nothing depends on its arrival."""
    return (
        "orch-tui: something is waiting for you, an answer to a question of yours or a message. Look now: call the"
        " tool pending_decisions, or read your task again, and go on by what it says."
    )


def moment(wall_ms: int) -> str:
    """A wall time in UTC: ``2026-11-20T10:05:45.184Z``."""
    try:
        at = _EPOCH + timedelta(milliseconds=wall_ms)
    except OverflowError:
        at = _EPOCH
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _answer(gate: Gate) -> str:
    """The chosen keys with their labels, and what was said beside them."""
    decision = gate.decision
    assert decision is not None
    chosen = [option for option in gate.question.options if option.key in decision.options]
    if len(chosen) > 1:
        return "; ".join(_named(option) for option in chosen)
    answer = sanitise(answer_text(decision.options, decision.text), _TEXT_LIMIT)
    label = sanitise_line(decision.label, _LABEL_LIMIT) if decision.options else ""
    return f"{answer} ({label})" if label and label != answer else answer


def _named(option: Option) -> str:
    words = sanitise_line(option.words, _LABEL_LIMIT)
    return sanitise_line(option.key, _NAME_LIMIT) + (f" ({words})" if words != option.key else "")


def _asked(gate: Gate) -> str:
    return f"gate {gate.id} r{gate.revision}: {sanitise_line(gate.question.question, _QUESTION_LIMIT)}"
