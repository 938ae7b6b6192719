"""The event that opens the batch of a task list: whoever comes first writes it, holder or not (DESIGN §3)."""

from __future__ import annotations

from dataclasses import asdict

from orchestrator_tui.core.event import FORMAT_VERSION, Draft
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.text import sanitise_line


def watched_batch(directory: str, repository: str, limits: Limits | None = None) -> Draft:
    """The ``batch_opened`` of the task list in ``directory`` (a real path); ``limits`` are frozen into the batch."""
    payload = {
        "title": sanitise_line(directory.rstrip("/").rpartition("/")[2], 200),
        "kind": "watch",
        "repository": repository,
        "source": directory,
        "limits": asdict(limits or Limits()),
        "trust": "same user",
        "min_reader": FORMAT_VERSION,
    }
    return Draft("batch_opened", payload)
