"""A repository with a task list and a journal, and the real command run beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator_tui.cli.journals import find_place, load_state
from orchestrator_tui.cli.world import surroundings
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Batch, Gate
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.sqlite import SqliteJournal, open_journal
from orchestrator_tui.runtime.engine import Engine
from orchestrator_tui.runtime.rules import load_rules
from tests.cli.warm import Warm

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 30.0
WARM = Warm()
OF_THE_START = ("PYTHON", "LC_", "LANG")
"""Variables that Python reads when it starts: with one of them a command is started cold."""


@dataclass(frozen=True)
class Ended:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one object on stdout."""
        return json.loads(self.out)


def command(*arguments: str) -> list[str]:
    """The command line of `orch-tui` with these arguments."""
    return [sys.executable, "-P", "-m", "orchestrator_tui.cli.main", *arguments]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **(extra or {})}


def orch(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Ended:
    """Run `orch-tui` to its end."""
    if any(name.startswith(OF_THE_START) for name in env or ()):
        ended = subprocess.run(
            command(*arguments),
            cwd=cwd,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        code, out, err = ended.returncode, ended.stdout, ended.stderr
    else:
        code, out, err = WARM.run(arguments, cwd, environment(env), PATIENCE_S)
    said = err.decode("utf-8", "replace")
    assert "Traceback" not in said, said
    return Ended(code, out.decode("utf-8", "replace"), said)


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds, for a bounded time."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.01)


def make_repository(path: Path) -> Path:
    """A directory that is a git repository to everybody who only reads it."""
    git = path / ".git"
    for name in ("objects", "refs"):
        (git / name).mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    return path


class Scene:
    """One repository and one task list that is watched from it."""

    def __init__(self, root: Path) -> None:
        self.repository = make_repository(root / "repo")
        self.tasks = root / "tasks-of-agents"
        self.tasks.mkdir()
        self.place = find_place(str(self.repository))
        self.batch_id = list_batch_id(str(self.tasks))

    def task(
        self, number: int, slug: str, metadata: Mapping[str, Any] | None = None, *, age_s: float = 0, **fields: Any
    ) -> Path:
        """Write a task as Claude Code would; `age_s` seconds ago."""
        content = {
            "id": str(number),
            "subject": f"[WF-{number}] {slug}",
            "description": "",
            "status": "in_progress",
            "blocks": [],
            "blockedBy": [],
            "metadata": dict(metadata or {}),
            **fields,
        }
        path = self.tasks / f"{number}.json"
        path.write_text(json.dumps(content, indent=2))
        if age_s:
            at = time.time() - age_s
            os.utime(path, (at, at))
        return path

    def ask(self, number: int, slug: str, question: str, options: Sequence[str] = (), **more: Any) -> Path:
        """A task that asks for a decision at stage 3; `more` goes into its metadata, `age_s` aside."""
        age_s = more.pop("age_s", 0)
        metadata = {
            "stage": 3,
            "stageName": "Counsel",
            "stageStatus": "gate_blocked",
            "needsDecision": True,
            "decisionContext": question,
            "decisionOptions": list(options),
            **more,
        }
        return self.task(number, slug, metadata, age_s=age_s)

    def metadata(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.tasks / f"{number}.json").read_text())["metadata"]
        return found

    @contextmanager
    def holder(self, limits: Limits | None = None) -> Iterator[Engine]:
        """An engine that holds the batch, as a cockpit would, and has looked once."""
        journal = open_journal(self.repository, os.environ)
        engine = Engine(journal, surroundings(self.place, [self.tasks], "test").world, load_rules(), limits or Limits())
        try:
            engine.step(look=True)
            yield engine
        finally:
            engine.close()
            journal.close()

    def watch(self, limits: Limits | None = None) -> None:
        """Look once and let go again."""
        with self.holder(limits):
            return

    @contextmanager
    def journal(self) -> Iterator[SqliteJournal]:
        journal = SqliteJournal(self.place.directory, create=False)
        try:
            yield journal
        finally:
            journal.close()

    @property
    def batch(self) -> Batch:
        with self.journal() as journal:
            return load_state(journal).batches[self.batch_id]

    def gate(self, number: int = 1, stage: int = 3) -> Gate:
        return self.batch.gates[f"task-{number}-stage-{stage}"]

    def kinds(self) -> list[str]:
        """The kinds of all events of the batch, in order."""
        with self.journal() as journal:
            return [event.kind for event in journal.events(self.batch_id)]

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
        """Run `orch-tui` in the repository."""
        return orch(*arguments, cwd=self.repository, env=env)
