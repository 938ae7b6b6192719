"""``orch-hook EVENT``: what Claude Code runs at its hooks (DESIGN §4.2). Standard library only.

A permission prompt or a question becomes a gate while somebody is there to answer it; whatever else happens, the
hook passes through: it prints nothing, and Claude Code goes on as if we were not installed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

MAX_INPUT_BYTES = 4 * 1024 * 1024
PASS_THROUGH = 0


def main(argv: Sequence[str] | None = None) -> int:
    """Answer one hook call on stdin; 0 always, since any other code would change what Claude Code does."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    call = _read_call()
    if call is None or arguments != [call.get("hook_event_name")]:
        return PASS_THROUGH
    # Imported only now: most calls end above or in the first look at the journal's directory.
    from orchestrator_tui.hook import permission
    from orchestrator_tui.hook.errors import HOOK_FAULTS

    try:
        permission.answer(call, os.environ, _print)
    except HOOK_FAULTS as error:
        sys.stderr.write(f"orch-hook: passes through: {error}\n")
    return PASS_THROUGH


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _read_call() -> Mapping[str, Any] | None:
    try:
        call = json.loads(sys.stdin.buffer.read(MAX_INPUT_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return call if isinstance(call, dict) else None
