"""The event that opens the batch of a task list: whoever comes first writes it, holder or not (DESIGN §3)."""

from __future__ import annotations

import re
from dataclasses import asdict

from orchestrator_tui.core.event import FORMAT_VERSION, Draft
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.text import sanitise_line

_BY_CLAUDE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|session-[0-9a-f]{8}")
"""Names that Claude Code gives to lists: of a session, and of the team that every session is."""


def watched_batch(directory: str, repository: str, limits: Limits | None = None, title: str = "") -> Draft:
    """The ``batch_opened`` of the task list in ``directory`` (a real path); ``limits`` are frozen into the batch.

    It is called as its list is, but where Claude Code itself has named the list it is called by its ``title``.
    """
    name = directory.rstrip("/").rpartition("/")[2]
    better = sanitise_line(title, 200) if _BY_CLAUDE.fullmatch(name) else ""
    payload = {
        "title": better or sanitise_line(name, 200),
        "kind": "watch",
        "repository": repository,
        "source": directory,
        "limits": asdict(limits or Limits()),
        "trust": "same user",
        "min_reader": FORMAT_VERSION,
    }
    return Draft("batch_opened", payload)
