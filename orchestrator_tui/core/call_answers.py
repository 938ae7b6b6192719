"""Decisions on tool calls in Claude Code's own terms (reference claude-code §7): of hooks and of the control protocol.

Facts of the real program, on which this rests: a ``deny`` brings its message to the model word for word; ``message``
beside ``allow`` is not read; a plan is only taken as approved when its input is given back; of several permission
suggestions only the chosen one may be sent, since each is put into force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.normalise_calls import (
    APPROVE_ACCEPT_EDITS,
    APPROVE_ASK_EDITS,
    DENY,
    EDIT,
    EDITABLE,
    KEEP_PLANNING,
    CallQuestions,
)

_MODES = {APPROVE_ACCEPT_EDITS: "acceptEdits", APPROVE_ASK_EDITS: "default"}


class Chosen(Protocol):
    """What is needed of a :class:`~orchestrator_tui.core.model.Decision`."""

    @property
    def options(self) -> tuple[str, ...]: ...

    @property
    def text(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def by(self) -> str: ...


@frozen
class Answer:
    """One answer that is no decision of a gate; ``by`` is who says so."""

    options: tuple[str, ...] = ()
    text: str = ""
    reason: str = ""
    label: str = ""
    by: str = "orch-tui"


def behaviour(
    asked: CallQuestions, decided: Sequence[Chosen], tool: str, tool_input: Mapping[str, Any]
) -> dict[str, Any]:
    """What becomes of a call whose questions are all decided; ``decided`` stands in the order of the questions."""
    kind = asked.questions[0].kind
    if kind == "question":
        return {"behavior": "allow", "updatedInput": {**tool_input, **_answers(asked, decided)}}
    decision = decided[0]
    chosen = decision.options[0] if decision.options else ""
    if kind == "plan":
        return _plan(decision, chosen, tool_input)
    if chosen in asked.permissions:
        return {"behavior": "allow", "updatedPermissions": [asked.permissions[chosen]]}
    if chosen == EDIT and decision.text.strip():
        return {"behavior": "allow", "updatedInput": {**tool_input, EDITABLE[tool]: decision.text}}
    return {"behavior": "allow"} if chosen == "allow" else _denied(decision)


def _plan(decision: Chosen, chosen: str, tool_input: Mapping[str, Any]) -> dict[str, Any]:
    if chosen in ("", KEEP_PLANNING):
        return _denied(decision)
    approved: dict[str, Any] = {"behavior": "allow", "updatedInput": dict(tool_input)}
    if chosen in _MODES:
        approved["updatedPermissions"] = [{"type": "setMode", "mode": _MODES[chosen], "destination": "session"}]
    return approved


def denial(decision: Chosen) -> str:
    """What the agent is told whose call is denied: its tool's result is these words."""
    return decision.reason or decision.text or f"{decision.by} decided: {decision.label or DENY}"


def _denied(decision: Chosen) -> dict[str, Any]:
    return {"behavior": "deny", "message": denial(decision)}


def _answers(asked: CallQuestions, decided: Sequence[Chosen]) -> dict[str, Any]:
    """Answers by the questions' texts, and beside them the reasons as the notes that the dialog offers, too."""
    answers: dict[str, str] = {}
    notes: dict[str, dict[str, str]] = {}
    for question, decision in zip(asked.questions, decided, strict=True):
        # The labels as they were written: a long one is cut where it is shown.
        listed = question.subject["input"]["options"]
        choices = zip(question.options, (one for one in listed if isinstance(one, Mapping)), strict=False)
        chosen = [raw for option, raw in choices if option.key in decision.options]
        own = [decision.text] if decision.text.strip() else []
        answers[question.question] = ", ".join([*(one["label"] for one in chosen), *own])
        # Claude Code tells its model what was selected by what it showed.
        preview = chosen[0].get("preview") if len(chosen) == 1 else None
        note = {"preview": preview} if isinstance(preview, str) and preview else {}
        if decision.reason.strip():
            note["notes"] = decision.reason
        if note:
            notes[question.question] = note
    return {"answers": answers, "annotations": notes} if notes else {"answers": answers}
