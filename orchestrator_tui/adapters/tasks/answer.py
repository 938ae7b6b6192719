"""What we write into a task: our answer as metadata, and as words that its agent reads (DESIGN §4.1, §4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator_tui.core.gates import answer_text
from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.words import decision_words, message_words, moment

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
        "at": moment(decision.at.wall_ms),
    }


def decision_paragraph(gate: Gate) -> str:
    """The same in words, for agents that see the description only (reference claude-code §0, TaskGet)."""
    return decision_words(gate)


def message_paragraph(messages: Sequence[Mapping[str, Any]]) -> str:
    """The newest messages in words, the newest last."""
    lines = []
    for message in messages[-SHOWN_MESSAGES:]:
        at, by = message.get("at"), str(message.get("by", ""))
        wall_ms = at if isinstance(at, int) else None
        lines.append(message_words(str(message.get("id", "")), str(message.get("text", "")), by, wall_ms))
    return "\n".join(lines)
