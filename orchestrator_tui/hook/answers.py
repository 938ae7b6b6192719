"""Decisions in Claude Code's own terms: what a PermissionRequest hook prints (reference claude-code §7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator_tui.core.call_answers import behaviour
from orchestrator_tui.core.model import Decision, Gate
from orchestrator_tui.core.normalise_calls import CallQuestions

EVENT = "PermissionRequest"


def output(
    asked: CallQuestions, decided: Sequence[Gate], tool: str, tool_input: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What is printed for a call whose questions are all decided; ``decided`` are their gates in the same order."""
    decision = behaviour(asked, [_decision(gate) for gate in decided], tool, tool_input)
    return {"hookSpecificOutput": {"hookEventName": EVENT, "decision": decision}}


def _decision(gate: Gate) -> Decision:
    assert gate.decision is not None
    return gate.decision
