"""By what a call that has run shows whose answer let it run, where no transcript tells (DESIGN §4.2, acknowledgement).

Transcripts of sub-agents do not name who answered in older versions. There the hook after the call knows what they do
not hold: with which input the tool ran, and how long it took, which is when it began. A tool that began before we had
printed was let run by somebody else, however long it went on afterwards.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.process import identity
from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.naming import call_gate_id
from orchestrator_tui.core.normalise_calls import EDIT, EDITABLE
from orchestrator_tui.hook.visit import Visit

NAMING = (2, 1, 328)
"""The oldest Claude Code that was seen to name who answered in the transcripts of its sub-agents; 2.1.197 does not."""

_TAIL_BYTES = 64 << 10
_VERSION = re.compile(rb'"version":"(\d{1,4})\.(\d{1,4})\.(\d{1,6})')


def is_told(visit: Visit, *, of_sub_agents: bool = False) -> bool:
    """Whether transcripts tell who answered the caller's calls, or those of the sub-agents beside it.

    A session's own always does.
    """
    told_by_all = _version(visit.caller.transcript) >= NAMING
    return told_by_all or not (of_sub_agents or visit.caller.agent)


def began_after_ms(visit: Visit, gate: Gate) -> int | None:
    """How long after our answer was claimed for printing the tool that has run began; None when that is not told.

    Negative when it certainly began before. Its hook is started when it has run, so that it can have begun earlier than
    this tells by as long as that takes, but never later.
    """
    took = visit.call.get("duration_ms")
    claimed = next((step.at for step in reversed(gate.steps) if step.step == "claimed"), None)
    now = visit.clock.now()
    if not isinstance(took, int | float) or took < 0 or claimed is None or claimed.boot_id != now.boot_id:
        return None
    return int(min(now.boot_ms, _started_ms(now.boot_id) or now.boot_ms) - took) - claimed.boot_ms


def ran_as_changed(visit: Visit, gate: Gate) -> bool:
    """Whether the tool has run with the very input that our answer changed it to."""
    subject, decision = gate.question.subject, gate.decision
    if decision is None or decision.options != (EDIT,) or not isinstance(subject, Mapping):
        return False
    asked = subject.get("input")
    field = EDITABLE.get(visit.tool, "")
    if subject.get("tool") != visit.tool or not isinstance(asked, Mapping) or not field:
        return False
    return _gate_id(visit, {**asked, field: decision.text}) == _gate_id(visit, visit.tool_input)


def _gate_id(visit: Visit, tool_input: Mapping[str, Any]) -> str:
    return call_gate_id(visit.caller.session, visit.caller.agent, visit.tool, tool_input)


def _started_ms(boot: str) -> int:
    """When this process was started, in milliseconds since boot, rounded up to a tick; 0 where that is not known."""
    own = identity()
    if own is None or own.boot != boot or not own.start.isdigit():
        return 0
    return (int(own.start) + 1) * 1000 // os.sysconf("SC_CLK_TCK")


def _version(transcript: Path | None) -> tuple[int, ...]:
    """The version of Claude Code that wrote the last lines of a transcript; () when they do not tell."""
    if transcript is None:
        return ()
    try:
        with open(transcript, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            found = _VERSION.findall(file.read(_TAIL_BYTES))
    except OSError:
        return ()
    return tuple(map(int, found[-1])) if found else ()
