"""The guard of one of our own agents: before a file is changed or a command is run, its scope file decides (seed 004).

It refuses by exit code 2, or says so and lets it pass where the file says ``warn``. What goes wrong in here refuses,
too: a guard that fails must not be an open door. No scope file means no guard.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator_tui.core.session import OFF, STRICT
from orchestrator_tui.core.wave_scope import DENIED, read_scope, refusal_of_command, refusal_of_path
from orchestrator_tui.hook.main import SCOPE

ROOT = "ORCH_SCOPE_ROOT"
"""The variable of an agent that names the tree at which the paths of its scope file begin."""

CHANGING: Mapping[str, str] = {
    "Edit": "file_path",
    "Write": "file_path",
    "MultiEdit": "file_path",
    "NotebookEdit": "notebook_path",
}
"""Tools that change a file → where their input names it."""

SHELL = "Bash"
PASSES, REFUSES = 0, 2
_MOST_BYTES = 1 << 20


def guarded(call: Mapping[str, Any], environ: Mapping[str, str], write: Callable[[str], None]) -> int:
    """Judge one tool call that is about to be made; the exit code of the hook."""
    try:
        scope_text = _read(environ[SCOPE])
        if scope_text is None:
            return PASSES
        scope = read_scope(scope_text)
        why = "" if scope.enforcement == OFF else _refusal(call, environ, scope_text)
        if why and scope.enforcement != STRICT:
            _warn(why, write)
            return PASSES
    except Exception as error:
        why = f"{DENIED}: the guard cannot judge this call: {type(error).__name__}: {error}"
    if not why:
        return PASSES
    sys.stderr.write(f"{why}\n")
    return REFUSES


def _refusal(call: Mapping[str, Any], environ: Mapping[str, str], scope_text: str) -> str:
    scope, tool, given = read_scope(scope_text), call.get("tool_name"), call.get("tool_input")
    if not isinstance(given, dict):
        return ""
    if tool == SHELL:
        return refusal_of_command(scope, str(given.get("command", "")))
    key = CHANGING.get(str(tool))
    if key is None:
        return ""
    root = os.path.realpath(environ.get(ROOT) or str(call["cwd"]))
    return refusal_of_path(scope, _below(root, str(call.get("cwd") or root), str(given[key])))


def _below(root: str, directory: str, path: str) -> str | None:
    """A path from the top of the tree, followed through links as far as there is something; None outside of it."""
    real = os.path.realpath(os.path.join(directory, path))
    if not real.startswith(root.rstrip("/") + "/"):
        return None
    return real[len(root.rstrip("/")) + 1 :].replace(os.sep, "/")


def _read(path: str) -> str | None:
    """The text of the scope file, None where there is none; what is no text counts as unreadable."""
    try:
        with open(path, "rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return None


def _warn(why: str, write: Callable[[str], None]) -> None:
    told = {"hookEventName": "PreToolUse", "additionalContext": f"{why} (warning; it was let pass)"}
    write(json.dumps({"hookSpecificOutput": told, "systemMessage": why}))
