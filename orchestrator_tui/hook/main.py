"""``orch-hook EVENT``: what Claude Code runs at its hooks (DESIGN §4.2). Standard library only.

Whatever goes wrong, the hook passes through: it prints nothing, and Claude Code goes on as if we were not installed.
That a call is none of ours (its repository is not watched, nobody is there to answer, nothing waits) is found out with
as little loaded as possible: that is how most calls end.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

PASS_THROUGH = 0
MAX_INPUT_BYTES = 64 * 1024 * 1024
"""A tool's response may be long, and what waits for the agent is to reach it all the same."""

HOME_OPTION = "--home"
SCOPE = "ORCH_SCOPE"
"""The variable of an agent of ours whose calls are guarded: its scope file."""

TASK_TOOLS = ("TaskCreate", "TaskUpdate")

_ALWAYS = ("PostToolUse", "PostToolUseFailure", "SessionStart", "TaskCompleted", "UserPromptSubmit")
_WHILE_ATTENDED = ("Notification", "PermissionRequest", "SubagentStart")
_AT_AN_END = ("SessionEnd", "Stop", "SubagentStop")


def main(argv: Sequence[str] | None = None) -> int:
    """Answer one hook call on stdin.

    0, since any other code would change what Claude Code does; 2 alone refuses: to complete a task, or what the scope
    of one of our own agents does not allow.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _answer(arguments)
    except KeyboardInterrupt:
        return PASS_THROUGH
    except Exception as error:
        # The last resort: no fault of ours may ever reach Claude Code, whatever it is.
        sys.stderr.write(f"orch-hook: passes through: {type(error).__name__}: {error}\n")
        return PASS_THROUGH


def _answer(arguments: list[str]) -> int:
    home = ""
    if len(arguments) == 3 and arguments[0] == HOME_OPTION:
        home, arguments = arguments[1], arguments[2:]
    call = _read_call()
    if call is None or arguments != [call.get("hook_event_name")]:
        return PASS_THROUGH
    if arguments[0] == "PreToolUse" and os.environ.get(SCOPE) and call.get("tool_name") not in TASK_TOOLS:
        from orchestrator_tui.hook.guard import guarded

        return guarded(call, os.environ, _print)
    # Nothing of the environment is ever recorded: it holds a token of Claude Code's.
    environ = {**os.environ, "ORCH_HOME": home} if home else os.environ
    start = environ.get("CLAUDE_PROJECT_DIR", "").strip() or call.get("cwd")
    if not _may_concern_us(arguments[0], call, environ) or not isinstance(start, str) or not start:
        return PASS_THROUGH
    from pathlib import Path

    from orchestrator_tui.journal.home import journal_directory, repository_root, state_home

    state = state_home(environ)
    directory = journal_directory(state, repository_root(Path(start)))
    if not directory.is_dir() or not _worth_a_look(arguments[0], call, str(state), str(directory)):
        return PASS_THROUGH
    # Imported only now: most calls have ended above.
    from orchestrator_tui.hook.dispatch import carry_out

    return carry_out(call, environ, _print, directory)


def _may_concern_us(event: str, call: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Whether this event can mean anything to us, by what the call itself says."""
    if event == "PreToolUse":
        return call.get("tool_name") == "TaskUpdate" and _goes_on(call.get("tool_input"))
    if event == "Stop":
        # A session with its person before it is never held (DESIGN §4.2).
        return not has_person(environ)
    return event in (*_ALWAYS, *_WHILE_ATTENDED, *_AT_AN_END)


def has_person(environ: Mapping[str, str]) -> bool:
    """Whether the session has its person before it: a job in the background says that it runs at a terminal, too.

    Nobody can be told whether one is attached to; a held job is let go when something is said to it (``hook.queued``).
    """
    return environ.get("CLAUDE_CODE_ENTRYPOINT") == "cli" and not environ.get("CLAUDE_JOB_DIR")


def _goes_on(update: Any) -> bool:
    """Whether an update of a task can complete it or report another stage."""
    if not isinstance(update, dict):
        return False
    metadata = update.get("metadata")
    return update.get("status") == "completed" or "subject" in update or isinstance(metadata, dict)


def _worth_a_look(event: str, call: Mapping[str, Any], home: str, directory: str) -> bool:
    """Whether the journal is to be opened for this call: somebody is there to answer, or something to be told."""
    if event in _WHILE_ATTENDED:
        return _attended(directory)
    if event in _AT_AN_END:
        return _attended(directory) or _has_mail(home, call)
    if event == "PostToolUse" and call.get("tool_name") == "TaskUpdate":
        return _goes_on(call.get("tool_input")) or _has_mail(home, call)
    return True


def _attended(directory: str) -> bool:
    from orchestrator_tui.journal.attended import attended

    return attended(directory)


def _has_mail(home: str, call: Mapping[str, Any]) -> bool:
    return os.path.isfile(os.path.join(home, "mail", str(call.get("session_id"))))


def _print(text: str) -> None:
    data = text.encode("ascii", "backslashreplace")
    while data:
        data = data[os.write(1, data) :]


def _read_call() -> Mapping[str, Any] | None:
    try:
        call = json.loads(sys.stdin.buffer.read(MAX_INPUT_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return call if isinstance(call, dict) else None
