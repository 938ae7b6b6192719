"""From a hook call in a watched repository to what answers it, and what is said when the journal is not ours to use."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.hook.main import PASS_THROUGH
from orchestrator_tui.journal.attended import locked
from orchestrator_tui.journal.home import state_home
from orchestrator_tui.journal.port import JournalDamaged, JournalMissing, JournalNewer

REFUSED = 2
"""The exit code by which a TaskCompleted hook refuses; what it says on stderr reaches the agent."""

Write = Callable[[str], None]


def carry_out(call: Mapping[str, Any], environ: Mapping[str, str], write: Write, directory: Path | None = None) -> int:
    """Answer one call; its exit code. ``directory`` is that of the journal, where it is known already.

    Raises:
        JournalError: the journal cannot be used now.
        OSError, KeyError, TypeError, ValueError: nobody reads what is printed, or the call is of another shape.
    """
    try:
        return _carry_out(call, environ, write, directory)
    except JournalMissing:
        return PASS_THROUGH
    except (JournalDamaged, JournalNewer) as error:
        _say_once(call, environ, f"orch-tui: {error}; this session goes on without it", write)
        return PASS_THROUGH


def _carry_out(call: Mapping[str, Any], environ: Mapping[str, str], write: Write, directory: Path | None) -> int:
    # Waiting for the lock begins now: loading the rest takes half of the time that there is for it.
    began = time.monotonic() if directory is not None and locked(directory) else None
    from orchestrator_tui.hook import events
    from orchestrator_tui.hook.visit import Visit
    from orchestrator_tui.journal.sqlite import HOOK_LOCK_TIMEOUT_S

    waited_s = 0.0 if began is None else time.monotonic() - began
    with Visit(call, environ, write, lock_timeout_s=max(0.0, HOOK_LOCK_TIMEOUT_S - waited_s)) as visit:
        if visit.event == "TaskCompleted":
            return _refuse(events.task_is_completed(visit))
        events.HANDLERS[visit.event](visit)
    return PASS_THROUGH


def _refuse(words: str) -> int:
    if not words:
        return PASS_THROUGH
    sys.stderr.write(f"{words}\n")
    return REFUSED


def _say_once(call: Mapping[str, Any], environ: Mapping[str, str], text: str, write: Write) -> None:
    """Say it to the person at the session, and never again in this session."""
    from orchestrator_tui.hook.state import told_file

    path = told_file(state_home(environ), str(call.get("session_id")))
    if path is None:
        return
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    except OSError:
        return
    write(json.dumps({"systemMessage": text}))
