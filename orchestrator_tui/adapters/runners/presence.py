"""Whether the agents of a plan can be started on this machine at all, known before anything is spent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from orchestrator_tui.adapters.runners.choose import CLAUDE, SCRIPTED
from orchestrator_tui.adapters.runners.claude import PROGRAM
from orchestrator_tui.adapters.runners.command import PLACEHOLDERS
from orchestrator_tui.core.plan import AgentChoice
from orchestrator_tui.core.text import sanitise_line

_ANOTHER = "or name other agents below `agent`"


def absent(choice: AgentChoice, repository: Path, source: Mapping[str, str]) -> str:
    """What the agents of a plan lack here, with what mends it, in one line; "" when they can start.

    Args:
        repository: the main working tree; a program named by a relative path is looked for in it, since the worktrees
            hold the same files.
        source: the environment that agents get their ``PATH`` from.
    """
    if choice.runner == SCRIPTED:
        there = Path(choice.scripts).is_dir()
        return "" if there else f"there is no folder of scripts {sanitise_line(choice.scripts, 200)}"
    program = (choice.command or (PROGRAM if choice.runner == CLAUDE else ("",)))[0]
    if not program or any(f"{{{name}}}" in program for name in PLACEHOLDERS) or _is_there(program, repository, source):
        return ""
    named = f"`{sanitise_line(program, 120)}`"
    if "/" in program:
        return f"there is no program {named} that can be run, seen from the repository's root"
    if choice.runner == CLAUDE and not choice.command:
        return f"there is no {named} on PATH: install Claude Code, {_ANOTHER}"
    return f"there is no program {named} on PATH: install it, {_ANOTHER}"


def _is_there(program: str, repository: Path, source: Mapping[str, str]) -> bool:
    if "/" in program:
        path = repository / program
        return path.is_file() and os.access(path, os.X_OK)
    return shutil.which(program, path=source.get("PATH") or os.defpath) is not None
