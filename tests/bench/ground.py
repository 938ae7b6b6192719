"""A repository, a home and task lists to measure on; nothing of the person's own is touched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.core.event import GATE_KINDS, Draft
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.private import prepare_home
from orchestrator_tui.journal.sqlite import SqliteJournal
from tests.bench.terminal import Terminal
from tests.replay import batches

ROOT = Path(__file__).resolve().parents[2]
ORCH_TUI = (sys.executable, "-m", "orchestrator_tui.cli.main")
ORCH_AGENT = (sys.executable, "-m", "orchestrator_tui.agent.main")
MINIMAL = (
    sys.executable,
    "-c",
    """
from textual.app import App
from textual.widgets import Static

class Minimal(App):
    BINDINGS = [("q", "quit", "quit")]

    def compose(self):
        yield Static("painted")

Minimal().run()
""",
)
"""The smallest Textual program that paints one line: the floor of every start."""

FULL_FRAME = "trust:"
"""The last words of the cockpit's last line."""


@dataclass(frozen=True)
class Ground:
    """Where one measurement plays."""

    directory: Path

    @property
    def repository(self) -> Path:
        return self.directory / "repository"

    @property
    def tasks(self) -> Path:
        return self.directory / "lists" / "bench"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.directory / "home"),
            "ORCH_HOME": str(self.directory / "state"),
            "CLAUDE_CONFIG_DIR": str(self.directory / "home" / ".claude"),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PYTHONPATH": str(ROOT),
        }

    def keep(self) -> None:
        """Remember all that this program has written so far."""
        shutil.rmtree(self.directory / "kept", ignore_errors=True)
        shutil.copytree(self.directory / "state", self.directory / "kept")

    def restore(self) -> None:
        """Go back to what was remembered, so that every round starts alike."""
        shutil.rmtree(self.directory / "state", ignore_errors=True)
        shutil.copytree(self.directory / "kept", self.directory / "state")

    def journal(self) -> SqliteJournal:
        """The journal of the repository."""
        home = self.directory / "state"
        directory = journal_directory(home, self.repository)
        prepare_home(home, directory)
        return SqliteJournal(directory)

    def write(self, number: int, **metadata: Any) -> None:
        """Write a task as an agent does: whole, by a rename."""
        fields = {"stage": 4, "stages": 8, "stageName": "Implementation", "stageStatus": "in_progress", **metadata}
        task = {
            "id": str(number),
            "subject": f"Work on part {number}",
            "description": "",
            "status": "in_progress",
            "blocks": [],
            "blockedBy": [],
            "metadata": {"track": f"track-{number}", "workflow": "prd-to-pr", **fields},
        }
        path = self.tasks / f"{number}.json"
        temporary = self.directory / "new"
        temporary.write_text(json.dumps(task))
        os.replace(temporary, path)

    def cockpit(self) -> Terminal:
        """The cockpit on this repository and its list."""
        return Terminal([*ORCH_TUI, "--tasks", str(self.tasks)], self.repository, self.environment)

    def minimal(self) -> Terminal:
        """The smallest Textual program."""
        return Terminal(MINIMAL, self.repository, self.environment)


@contextmanager
def ground(tracks: int = 10) -> Iterator[Ground]:
    """A repository with one task list of ``tracks`` tracks."""
    with TemporaryDirectory(prefix="orch-bench-", ignore_cleanup_errors=True) as directory:
        one = Ground(Path(os.path.realpath(directory)))
        one.tasks.mkdir(parents=True)
        (one.directory / "home" / ".claude").mkdir(parents=True)
        subprocess.run(["git", "init", "-q", str(one.repository)], check=True, env=one.environment)
        for number in range(1, tracks + 1):
            one.write(number)
        yield one


def fill(one: Ground, count: int, tracks: int) -> None:
    """Give the batch of the list a history of ``count`` events up to now, some of its gates still open."""
    journal = one.journal()
    batch = list_batch_id(str(one.tasks))
    start = SystemClock().now().plus(-count * batches.STEP_MS)
    first, *rest = batches.drafts(count - 1, tracks=tracks)
    journal.open_batch(batch, first, start, "cockpit")
    lease = journal.take_lease(batch, "bench", start)
    assert not isinstance(lease, str), lease
    waiting: list[Draft] = []
    for number, draft in enumerate(rest, 1):
        at = start.plus(number * batches.STEP_MS)
        if draft.kind not in GATE_KINDS:
            waiting.append(draft)
            continue
        journal.append(lease, waiting, at, "cockpit")
        waiting.clear()
        journal.change_gate(batch, draft, at, "cockpit")
    journal.append(lease, waiting, start.plus(count * batches.STEP_MS), "cockpit")
    journal.checkpoint()
    journal.close()
