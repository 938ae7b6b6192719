"""What we write into a task: our answer as metadata, and as words that its agent reads (DESIGN §4.1, §4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator_tui.core.gates import answer_text
from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.text import sanitise, sanitise_line

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHOWN_MESSAGES = 3
"""Messages that stand in a description; all that are kept stand in the metadata."""


def decision_metadata(gate: Gate) -> dict[str, Any]:
    """``metadata.decision`` of a decided gate."""
    decision = gate.decision
    assert decision is not None
    return {
        "gate": gate.id,
        "revision": gate.revision,
        "id": decision.id,
        "option": answer_text(decision.options, decision.text),
        "label": decision.label,
        "reason": decision.reason,
        "by": decision.by,
        "at": _iso(decision.at.wall_ms),
    }


def decision_paragraph(gate: Gate) -> str:
    """The same in words, for agents that see the description only (reference claude-code §0, TaskGet)."""
    decision = gate.decision
    assert decision is not None
    answer = answer_text(decision.options, decision.text)
    label = sanitise_line(decision.label, 500)
    lines = [f"Decided: {sanitise(answer, 4000)}" + (f" ({label})" if label and label != answer else "")]
    if decision.reason:
        lines.append(f"Reason: {sanitise(decision.reason, 4000)}")
    lines.append(f"Question: {sanitise_line(gate.question.question, 300)}")
    lines.append(
        f"By {sanitise_line(decision.by, 60)} at {_iso(decision.at.wall_ms)}, gate {gate.id} r{gate.revision}."
    )
    lines.append("Go on by it, and set needsDecision to false in this task's metadata to show that you have read it.")
    return "\n".join(lines)


def message_paragraph(messages: Sequence[Mapping[str, Any]]) -> str:
    """The newest messages in words, the newest last."""
    lines = []
    for message in messages[-SHOWN_MESSAGES:]:
        at, by, text = message.get("at"), str(message.get("by", "")), str(message.get("text", ""))
        when = f" at {_iso(at)}" if isinstance(at, int) else ""
        lines.append(f"From {sanitise_line(by, 60)}{when}: {sanitise(text, 4000)}")
    return "\n".join(lines)


def _iso(wall_ms: int) -> str:
    try:
        moment = _EPOCH + timedelta(milliseconds=wall_ms)
    except OverflowError:
        moment = _EPOCH
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
