"""Proof that an agent was given what an earlier hook printed, and has gone on (DESIGN §4.2, acknowledgement).

Printed is not taken: Claude Code may end, or its person interrupt it, before the model is asked again. So one look at
what the agent did since decides. Whoever holds the batch reads the same from transcripts; this works without anybody.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from orchestrator_tui.core.model import DeliveryStep, Gate
from orchestrator_tui.hook.growing import NewLines
from orchestrator_tui.hook.visit import Visit

ENDS = ("Stop", "SubagentStop")
TOOLS = ("PostToolUse", "PostToolUseFailure")
_PRINTED = re.compile(r"printed to Claude Code at (\w+)(?: of (\S+))?")


def printed(visit: Visit) -> str:
    """The evidence of a delivery by this call: at which event it was printed, and of which tool call."""
    call = visit.call.get("tool_use_id")
    return f"printed to Claude Code at {visit.event}" + (f" of {call}" if isinstance(call, str) and call else "")


def taken(visit: Visit, gate: Gate, step: DeliveryStep) -> str:
    """By what the caller shows that it was given the answer that ``step`` printed, in words, or ""."""
    match = _PRINTED.fullmatch(step.evidence)
    if match is None or gate.decision is None:
        return ""
    where, call = match[1], match[2] or ""
    if visit.event in ENDS:
        # A turn ends after an answer of the model, and what was printed in it stood in the request for that.
        return f"its turn went on after {where} and ended"
    if visit.event in TOOLS and where in ENDS:
        return f"it called {visit.tool} after {where}"
    # Calls may run side by side, all asked for before any of them was answered; a prompt may wait for its turn.
    if visit.caller.transcript is None or not _went_on(visit.caller.transcript, gate.decision.id, call):
        return ""
    return "its transcript: it was given the answer and went on"


def _went_on(transcript: Path, decision: str, call: str) -> bool:
    """Whether the model answered after the transcript shows the decision, or the result of the call it came with."""
    given = False
    for line in NewLines(transcript).read():
        if given and b'"assistant"' in line and _type(line) == "assistant":
            return True
        if decision.encode() in line or (call and call.encode() in line and b'"tool_result"' in line):
            given = True
    return False


def _type(line: bytes) -> str:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    return str(entry.get("type")) if isinstance(entry, dict) else ""
