"""Why a gate event may not happen: the judgement inside every compare-and-set (DESIGN §4.3, reliability A-2…A-8)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, DeliveryStep, Gate, GateState, Question, Risk
from orchestrator_tui.core.rules import NEVER_BY_RULE
from orchestrator_tui.core.text import REDACTED

ALREADY = "already decided"
"""The refusal of a repeated decision that says the same again: an idempotent no-op, not an error (A-4)."""

NUDGED = "nudged"
"""The step of a nudge: it is no part of an answer's way, so that no clock and no evidence depends on it."""

EDIT_ROLE = "edit"
"""The role of an option that goes with a text: the input of the tool as the person wants it, the whole of it."""

CARRIES = "what you write"
"""The words of an option with which goes what the person writes beside it."""

HELD_KINDS = frozenset({"permission", "question", "plan"})
"""Questions of one tool call that Claude Code holds: only the hook beside it can answer them, word for word."""


def wants_text(question: Question, chosen: Collection[str]) -> bool:
    """Whether a chosen option is nothing without a text beside it."""
    return any(option.role == EDIT_ROLE and option.key in chosen for option in question.options)


def carries_words(question: Question, chosen: Collection[str]) -> bool:
    """Whether a chosen option says that what the person writes goes with it, as an agent's instruction does.

    Its label is the promise, and all that is recorded of it: who is to keep it has to ask for the words.
    """
    return any(CARRIES in option.label and option.key in chosen for option in question.options)


def takes_both(question: Question) -> bool:
    """Whether options and a text of one's own may go together: "these two, and something else"."""
    return question.kind == "question" and question.multiple and question.free_text


def refusal(gate: Gate | None, draft: Draft, now: Instant) -> str | None:
    """Why ``draft`` may not happen to ``gate`` (its newest revision, or None) at ``now``; None when it may."""
    payload = draft.payload
    if draft.kind == "gate_opened":
        return _refuse_open(gate, payload)
    if gate is None:
        return f"there is no gate {payload['gate']!r}"
    if payload["revision"] < gate.revision:
        return f"revision {payload['revision']} was replaced by revision {gate.revision}"
    if payload["revision"] > gate.revision:
        return f"there is no revision {payload['revision']}: the newest is revision {gate.revision}"
    return _REFUSALS[draft.kind](gate, payload, now)


def claimed_route(gate: Gate) -> str:
    """The route by which the answer travels right now, or "" when nobody has claimed its delivery."""
    if gate.claim is None:
        return ""
    return next(step.route for step in reversed(gate.steps) if step.step == "claimed")


def last_step(gate: Gate) -> DeliveryStep | None:
    """The last thing that happened on the answer's way, or None; a nudge is nothing on it."""
    return next((step for step in reversed(gate.steps) if step.step != NUDGED), None)


def has_left(gate: Gate) -> bool:
    """Whether the answer was ever on its way: its agent may have it, even where no delivery could be recorded."""
    return any(step.step in ("claimed", "delivered") for step in gate.steps)


def _is(gate: Gate) -> str:
    return f"the gate is {gate.state.replace('_', ' ')}"


def _refuse_open(gate: Gate | None, payload: Mapping[str, Any]) -> str | None:
    expected = 1 if gate is None else gate.revision + 1
    if payload["revision"] != expected:
        return f"revision {payload['revision']} is not the next one ({expected})"
    if gate is None or gate.state in TERMINAL_GATE_STATES:
        return None
    return "the same question is already asked" if gate.digest == payload["digest"] else None


# --- deciding ----------------------------------------------------------------------------------------------


def _refuse_decided(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if payload["digest"] != gate.digest:
        return "the question changed since it was shown"
    if gate.state is not GateState.OPEN:
        return _refuse_late(gate, payload)
    return _refuse_answer(gate, payload["options"], payload.get("text", "")) or _refuse_origin(gate, payload["origin"])


def _refuse_late(gate: Gate, payload: Mapping[str, Any]) -> str:
    ended = gate.state in TERMINAL_GATE_STATES and gate.state is not GateState.ACKNOWLEDGED
    if gate.decision is None or ended:
        return _is(gate)
    same = (
        tuple(payload["options"]) == gate.decision.options
        and payload.get("text", "") == gate.decision.text
        and payload["by"] == gate.decision.by
    )
    return ALREADY if same else f"{gate.decision.by} already decided {gate.decision.label!r}"


def _refuse_answer(gate: Gate, chosen: list[str], text: str) -> str | None:
    keys = {option.key for option in gate.question.options}
    unknown = [key for key in chosen if key not in keys]
    if unknown:
        return f"there is no option {unknown[0]!r}"
    if not chosen and not text.strip():
        return "no option was chosen"
    if not chosen and not gate.question.free_text:
        return "this gate takes one of its options, not a text"
    twice = [key for place, key in enumerate(chosen) if key in chosen[:place]]
    if twice:
        return f"option {twice[0]!r} was chosen twice"
    if len(chosen) > 1 and not gate.question.multiple:
        return "only one option may be chosen"
    return _refuse_text(gate.question, chosen, text)


def _refuse_text(question: Question, chosen: list[str], text: str) -> str | None:
    """What goes to a tool is never dropped nor made up: a text stands alone, or where it belongs to what was chosen."""
    if wants_text(question, chosen) and REDACTED in text:
        return "the input holds a secret that is not kept here: allow or deny it as it is"
    if wants_text(question, chosen):
        return None if text.strip() else f"option {chosen[0]!r} wants a text: all of what is to be allowed instead"
    if chosen and text.strip() and question.kind in HELD_KINDS and not takes_both(question):
        return "choose an option or write an answer of your own, not both"
    return None


def _refuse_origin(gate: Gate, origin: str) -> str | None:
    """The last guard, whatever came before it: who may never answer this gate (A-8, A-12, DESIGN §2.4)."""
    if origin.partition(":")[0] == "agent":
        return "an agent may not answer"
    if origin.startswith("policy:") and gate.risk in NEVER_BY_RULE:
        return f"no rule may answer a {gate.risk.name.lower()} gate"
    if origin == "answers" and gate.risk is Risk.PRODUCTION:
        return "a production gate is never answered from a file"
    return None


def _refuse_undone(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if gate.decision is not None and gate.state in (GateState.DELIVERED, GateState.ACKNOWLEDGED):
        return "the answer has already reached its agent"
    if gate.state is not GateState.DECIDED or gate.decision is None or gate.decision.id != payload["decision"]:
        return "there is no such undelivered decision"
    if gate.claim is not None:
        return "the answer is already on its way"
    if elapsed_ms(gate.decision.at, now) >= gate.decision.undo_ms:
        return "the time to take it back is over"
    return None


# --- delivering --------------------------------------------------------------------------------------------


def _refuse_delivery(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if gate.state not in (GateState.DECIDED, GateState.DELIVERED) or gate.decision is None:
        return _is(gate)
    return None if gate.decision.id == payload["decision"] else "the decision was replaced"


def _refuse_claim(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    refused = _refuse_delivery(gate, payload, now)
    if refused is not None:
        return refused
    if gate.state is GateState.DELIVERED:
        return _is(gate)
    if gate.claim is not None:
        return f"delivery is claimed by {gate.claim}"
    if gate.decision is not None and elapsed_ms(gate.decision.at, now) < gate.decision.undo_ms:
        return "the answer can still be taken back"
    return None


def _refuse_failed(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    # A failure of one route must not take the answer out of the hands of another that has claimed it since.
    refused = _refuse_delivery(gate, payload, now)
    if refused is None and gate.claim is not None and payload["route"] != claimed_route(gate):
        return f"delivery is claimed by {gate.claim}"
    return refused


def _refuse_delivered(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    refused = _refuse_failed(gate, payload, now)
    if refused is None and gate.claim is None:
        return "delivery was not claimed"
    return refused


def _refuse_acknowledged(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    refused = _refuse_delivery(gate, payload, now)
    if refused is None and not has_left(gate):
        return "the answer has not left yet"
    return refused


def _refuse_redelivery(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if not gate.undelivered or gate.decision is None:
        return "the answer is not undelivered"
    return None if gate.decision.id == payload["decision"] else "the decision was replaced"


# --- ending, and everything else ---------------------------------------------------------------------------


def _refuse_end(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    # Withdraw and cancel beat an answer that has not been delivered; after delivery nothing does.
    return None if gate.state in (GateState.OPEN, GateState.DECIDED) else _is(gate)


def _refuse_expired(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if gate.risk is Risk.PRODUCTION and gate.state not in TERMINAL_GATE_STATES:
        return "a production gate has no timeout"
    return _refuse_end(gate, payload, now)


def _refuse_elsewhere(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    # What was seen is recorded: the terminal's answer may have won although ours was handed over (DESIGN §4.2).
    return None if gate.state is GateState.DELIVERED else _refuse_end(gate, payload, now)


def _refuse_unless_open(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    return None if gate.state is GateState.OPEN else _is(gate)


def _refuse_risk(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if gate.state is not GateState.OPEN:
        return _is(gate)
    return None if Risk[payload["risk"].upper()] > gate.risk else "the risk is not higher"


def _refuse_cleared(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    if gate.state not in TERMINAL_GATE_STATES:
        return _is(gate)
    return "it is cleared already" if gate.cleared else None


def _refuse_route(gate: Gate, payload: Mapping[str, Any], now: Instant) -> str | None:
    # A known route is told again by whoever asks by it now: a sub-agent started anew, another session of the list.
    if payload["route"] in gate.routes and payload.get("asker", "") in ("", gate.asker):
        return "the route is known"
    return None if gate.state not in TERMINAL_GATE_STATES else _is(gate)


_REFUSALS: dict[str, Callable[[Gate, Mapping[str, Any], Instant], str | None]] = {
    "gate_route_added": _refuse_route,
    "gate_decided": _refuse_decided,
    "decision_undone": _refuse_undone,
    "delivery_claimed": _refuse_claim,
    "delivery_failed": _refuse_failed,
    "decision_delivered": _refuse_delivered,
    "decision_acknowledged": _refuse_acknowledged,
    "gate_nudged": _refuse_delivery,
    "gate_withdrawn": _refuse_end,
    "gate_cancelled": _refuse_end,
    "gate_expired": _refuse_expired,
    "gate_answered_elsewhere": _refuse_elsewhere,
    "gate_cleared": _refuse_cleared,
    "redelivery_asked": _refuse_redelivery,
    "gate_stale": _refuse_unless_open,
    "gate_snoozed": _refuse_unless_open,
    "gate_risk_raised": _refuse_risk,
}
