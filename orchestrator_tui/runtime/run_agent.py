"""Whose agent a program of ours was started by, when it is one of a run: what its environment says, where it fits.

An agent of a run belongs to the run's batch and track, whatever lists and names its own program keeps. The environment
is believed only where all of it holds together and its session works in the run's repository: a shell that has some
of these variables makes nobody an agent of a run. Standard library only; hooks load this.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.home import repository_root

_NEEDED = ("ORCH_BATCH", "ORCH_TRACK", "ORCH_TASKS", "ORCH_REPOSITORY", "ORCH_ATTEMPT")


@frozen
class RunAgent:
    """The batch and track that an agent works for; ``tasks`` is the real path of the batch's own task list."""

    batch: str
    track: str
    tasks: str


def run_agent(environ: Mapping[str, str], start: Path) -> RunAgent | None:
    """For whom an agent works whose session was started in ``start``; None when it is none of a run."""
    said = {name: environ.get(name, "").strip() for name in _NEEDED}
    if not all(said.values()):
        return None
    batch, track, tasks = said["ORCH_BATCH"], said["ORCH_TRACK"], os.path.realpath(said["ORCH_TASKS"])
    if slugify(track) != track or list_batch_id(tasks) != batch:
        return None
    if repository_root(start) != Path(os.path.realpath(said["ORCH_REPOSITORY"])):
        return None
    return RunAgent(batch, track, tasks)
