"""Setting the demo's stage: a repository with its plan, the run of it in a journal, and a captured task list."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from orchestrator_tui.cli.beginning import begin, read_plan
from orchestrator_tui.cli.cockpit import SNAPSHOTS, settings_limits
from orchestrator_tui.cli.journals import Place, find_place
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.demo.repository import PLAN, make_repository
from orchestrator_tui.journal.sqlite import open_journal

CAPTURED = Path(__file__).resolve().parent / "captured"
CAPTURED_AGE_S = 360
"""The captured gate has waited for six minutes when the demo starts: it is stale at once."""

TRACKS = ("pay-webhook", "fix-auth-race", "cart-totals")


@frozen
class Stage:
    """Where everything of one demo is; ``batch`` is the run of its plan."""

    directory: Path
    place: Place
    tasks: Path
    batch: str

    @property
    def repository(self) -> Path:
        """The program that the agents work on."""
        return self.place.repository

    @property
    def environments(self) -> Path:
        """What was deployed where: a file an environment, a line a deploy."""
        return self.directory / "environments"

    @property
    def journal(self) -> Path:
        """The directory of the journal."""
        return self.place.directory

    @property
    def frames(self) -> Path:
        """Where the cockpit saves its pictures."""
        return self.journal / SNAPSHOTS


def set_stage(directory: Path) -> Stage:
    """Make everything, and record the run of the plan as ``orch-tui run`` does; nothing of it has started.

    Raises:
        DemoError: git cannot make the repository.
        BadInput, Refusal, Fault: the plan cannot be run here.
    """
    repository = make_repository(directory)
    tasks = directory / "tasks"
    _copy_captured(tasks)
    place = find_place(str(repository))
    journal = open_journal(place.start, os.environ)
    try:
        batch = begin(place, journal, read_plan(place, repository / PLAN), settings_limits(None))
    finally:
        journal.close()
    return Stage(directory, place, tasks, batch)


def _copy_captured(tasks: Path) -> None:
    """A task list that the real Claude Code wrote, as old as the demo wants it."""
    for source in sorted(CAPTURED.iterdir()):
        target = tasks / source.name
        shutil.copytree(source, target)
        asked = time.time() - CAPTURED_AGE_S
        for path in target.iterdir():
            path.chmod(0o644)
            os.utime(path, (asked, asked))
