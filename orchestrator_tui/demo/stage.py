"""Setting the demo's stage: repository, worktrees, a captured task list, and the agents as separate processes."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.launch import SystemProcesses
from orchestrator_tui.adapters.process import ProcessIdentity, alive
from orchestrator_tui.cli.cockpit import SNAPSHOTS
from orchestrator_tui.cli.world import OUTPUT
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import Track
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.demo.repository import Worktree, add_worktree, make_repository
from orchestrator_tui.demo.script import SCRIPTS
from orchestrator_tui.journal.home import journal_directory, state_home
from orchestrator_tui.journal.private import prepare_home
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.watched import watched_batch

CAPTURED = Path(__file__).resolve().parent / "captured"
CAPTURED_AGE_S = 360
"""The captured gate has waited for six minutes when the demo starts: it is stale at once."""

TRACKS = ("pay-webhook", "fix-auth-race", "cart-totals")


@frozen
class Stage:
    """Where everything of one demo is."""

    directory: Path
    repository: Path
    tasks: Path
    environments: Path
    journal: Path
    worktrees: tuple[Worktree, ...]

    @property
    def frames(self) -> Path:
        """Where the cockpit saves its pictures."""
        return self.journal / SNAPSHOTS

    @property
    def batch(self) -> str:
        """The id of the demo's own batch."""
        return list_batch_id(os.path.realpath(self.tasks / "demo"))


def set_stage(directory: Path) -> Stage:
    """Make everything but the agents. Raises DemoError when git cannot."""
    repository = make_repository(directory)
    worktrees = tuple(add_worktree(repository, slug) for slug in TRACKS)
    tasks = directory / "tasks"
    (tasks / "demo").mkdir(parents=True)
    _copy_captured(tasks)
    home = state_home(os.environ)
    journal = journal_directory(home, repository)
    prepare_home(home, journal)
    return Stage(directory, repository, tasks, directory / "environments", journal, worktrees)


def start_agents(stage: Stage) -> None:
    """Start one scripted agent in each worktree, and record how it was started."""
    processes = SystemProcesses(stage.journal / OUTPUT)
    clock = SystemClock()
    journal = SqliteJournal(stage.journal)
    try:
        opened = watched_batch(os.path.realpath(stage.tasks / "demo"), str(stage.repository))
        journal.open_batch(stage.batch, opened, clock.now(), "demo")
        for worktree in stage.worktrees:
            command = _command(stage, worktree)
            process = processes.launch(command, str(worktree.path))
            attempt = {"track": worktree.slug, "argv": command, "cwd": str(worktree.path), "process": list(process)}
            journal.insert_request(stage.batch, "attempt", attempt, clock.now(), "demo")
    finally:
        journal.close()


def stop_agents(tracks: Iterable[Track]) -> None:
    """End the agents that have not ended by themselves, each with its process group."""
    for track in tracks:
        for attempt in track.attempts:
            if attempt.process is not None and alive(ProcessIdentity(*attempt.process)):
                with suppress(ProcessLookupError):
                    os.killpg(attempt.process[0], signal.SIGTERM)


def _command(stage: Stage, worktree: Worktree) -> list[str]:
    """The command of one agent, its identity in it, so that it can be started again as it was."""
    identity = {
        "ORCH_TRACK": worktree.slug,
        "ORCH_TASKS": str(stage.tasks / "demo"),
        "ORCH_REPOSITORY": str(stage.repository),
        "ORCH_HOME": str(state_home(os.environ)),
        "ORCH_DEMO_ENVIRONMENTS": str(stage.environments),
    }
    assignments = [f"{key}={value}" for key, value in identity.items()]
    script = str(SCRIPTS / f"{worktree.slug}.yaml")
    return ["env", *assignments, sys.executable, "-m", "orchestrator_tui.demo.scripted_agent", script]


def _copy_captured(tasks: Path) -> None:
    """Put a task list that the real Claude Code wrote beside the agents' own, as old as the demo wants it."""
    for source in sorted(CAPTURED.iterdir()):
        target = tasks / source.name
        shutil.copytree(source, target)
        asked = time.time() - CAPTURED_AGE_S
        for path in target.iterdir():
            path.chmod(0o644)
            os.utime(path, (asked, asked))
