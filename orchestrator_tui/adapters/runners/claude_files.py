"""The files that one headless Claude Code is started with, in its attempt's folder: a person's own stay as they are."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.connection.wanted import BACKGROUND, RULES, SERVER, VALUES, Wanted
from orchestrator_tui.adapters.runners.starting import identity, write_private
from orchestrator_tui.runtime.run_world import AttemptOrder

GUARDED = "PreToolUse"
GUARDED_TOOLS = "Edit|Write|MultiEdit|NotebookEdit|Bash"
"""What the guard of a scope looks at before it is done."""

SETTINGS, SERVERS, SESSION = "settings.json", "mcp.json", "session"

_OURS = uuid.UUID("6f2d8a8e-5f0b-5b0e-9d55-0c1f6f6b7a11")
_MOST_SESSIONS = 1_000


def write_settings(attempt: AttemptOrder, wanted: Wanted) -> Path:
    """Our hooks, and leave to talk to us, as a settings file. Raises OSError."""
    hooks: dict[str, list[Any]] = {}
    for entry in wanted.hooks:
        hooks.setdefault(entry.event, []).append(entry.group())
        if attempt.scope is not None and entry.event == GUARDED:
            # The same command again, for the tools that change files or run commands.
            hooks[entry.event].append(replace(entry, matcher=GUARDED_TOOLS).group())
    settings = {
        "hooks": hooks,
        "permissions": {"allow": list(RULES)},
        "env": {BACKGROUND: VALUES[BACKGROUND]},
    }
    return write_private(attempt, SETTINGS, json.dumps(settings, indent=2) + "\n")


def write_servers(attempt: AttemptOrder, wanted: Wanted) -> Path:
    """Our MCP server, told for whom it works, as a file of servers. Raises OSError.

    ``alwaysLoad`` has 2.1.328 wait for it before the first turn, which otherwise begins without its tools.
    """
    entry = dict(wanted.server)
    entry["alwaysLoad"] = True
    entry["env"] = {**entry.get("env", {}), **identity(attempt)}
    return write_private(attempt, SERVERS, json.dumps({"mcpServers": {SERVER: entry}}, indent=2) + "\n")


def session_of(attempt: AttemptOrder, projects: Path) -> str:
    """The id of the conversation of an attempt: the one that it goes on with, else its own, the same at every call.

    It is made from the attempt's name. Claude Code refuses an id that it has had before, which a batch of the same
    name that was deleted leaves behind: then it is the next one. ``projects`` is where it keeps transcripts.

    Raises:
        OSError: it cannot be noted in the attempt's folder.
    """
    if attempt.resume:
        return attempt.resume
    noted = Path(attempt.directory) / SESSION
    try:
        return str(uuid.UUID(noted.read_text(encoding="utf-8").strip()))
    except (OSError, ValueError):
        # Not noted yet.
        pass
    for place in range(_MOST_SESSIONS):
        made = str(uuid.uuid5(_OURS, "\n".join((attempt.batch, attempt.id, *((str(place),) if place else ())))))
        if not any(projects.glob(f"*/{made}.jsonl")):
            break
    write_private(attempt, SESSION, made + "\n")
    return made
