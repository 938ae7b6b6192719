"""The hooks that are installed into Claude Code: one table for connecting, examining, testing and the docs.

Each command is run by ``sh`` and does nothing where our interpreter or program has moved or gone (DESIGN §4.2). No
other path of a person's machine is in it than the interpreter and our state directory.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from orchestrator_tui.core.frozen import frozen

HOLDS_S = 86_400
"""Seconds that a hook may hold at most: Claude Code ends one that takes longer, and goes on as if it was not there."""
ANSWERS_S = 60
"""Seconds for a hook that never holds; it needs a fraction of one."""

ALWAYS, BY_MAIL, REFUSING = "always", "by mail", "refusing"
"""How the program is started: at every such event, only where mail lies for the session, or so that it can refuse."""

_TASK_TOOLS = "TaskCreate|TaskUpdate"
_OTHER_TOOLS = "^(?!(?:TaskCreate|TaskUpdate)$)"
"""Both together name every tool once, so that no call starts the program twice."""


@frozen
class Entry:
    """One hook of Claude Code's settings.

    Attributes:
        event: when it runs.
        matcher: for which tools; "" for all, and for events that have none.
        command: what ``sh`` runs.
        timeout: seconds.
        starts: one of the three ways above.
        what: what it does, in words.
    """

    event: str
    matcher: str
    command: str
    timeout: int
    starts: str
    what: str


_TABLE: tuple[tuple[str, str, int, str, str], ...] = (
    ("PermissionRequest", "", HOLDS_S, ALWAYS, "makes a gate of it and holds it while somebody is there to answer"),
    (
        "PreToolUse",
        "TaskUpdate",
        ANSWERS_S,
        ALWAYS,
        "refuses a later stage and completion while the task's gate is open",
    ),
    ("PostToolUse", _TASK_TOOLS, HOLDS_S, ALWAYS, "opens the gate that a task asks; holds where the task wants it"),
    ("PostToolUse", _OTHER_TOOLS, ANSWERS_S, BY_MAIL, "brings the decisions and messages that wait for the agent"),
    ("PostToolUseFailure", "", ANSWERS_S, BY_MAIL, "the same, after a tool that failed"),
    ("Stop", "", HOLDS_S, ALWAYS, "holds a session without a person before it while it owes a gate"),
    ("SubagentStop", "", HOLDS_S, ALWAYS, "holds a sub-agent or teammate while it owes a gate"),
    ("TaskCompleted", "", ANSWERS_S, REFUSING, "refuses to complete a task whose gate is open"),
    ("UserPromptSubmit", "", ANSWERS_S, ALWAYS, "tells the session what waits for it and which questions are stale"),
    ("SessionStart", "", ANSWERS_S, ALWAYS, "reminds a session that lost its context of the questions it asked"),
    ("SessionEnd", "", ANSWERS_S, ALWAYS, "tells whoever watches"),
    ("SubagentStart", "", ANSWERS_S, ALWAYS, "tells whoever watches"),
    ("Notification", "", ANSWERS_S, ALWAYS, "tells whoever watches"),
)


def entries(python: Path, home: Path) -> tuple[Entry, ...]:
    """Every hook that is installed.

    Args:
        python: the interpreter that has our program, absolute.
        home: our state directory, absolute.
    """
    return tuple(
        Entry(event, matcher, _command(event, starts, str(python), str(home)), timeout, starts, what)
        for event, matcher, timeout, starts, what in _TABLE
    )


def _command(event: str, starts: str, python: str, home: str) -> str:
    program = f"{shlex.quote(python)} -I -m orchestrator_tui.hook --home"
    if starts == BY_MAIL:
        check = f'h={shlex.quote(home)}; [ -f "$h/mail/$CLAUDE_CODE_SESSION_ID" ] || exit 0; '
        return f'{check}{program} "$h" {event} || exit 0'
    command = f"{program} {shlex.quote(home)} {event}"
    return f"{command}; [ $? -ne 2 ] || exit 2" if starts == REFUSING else f"{command} || exit 0"
