"""A repository, a task list and a journal around the real orch-agent, and a person who decides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.home import journal_directory, repository_root
from orchestrator_tui.journal.port import Refused
from orchestrator_tui.journal.sqlite import SqliteJournal
from tests.journal.processes import until

ROOT = Path(__file__).resolve().parents[2]
GATE = "task-1-stage-3"
ASK = ("ask", "Which cache?", "--option", "lru=keep LRU", "--option", "ttl=switch to TTL", "--option", "reject")
CODE = "import sys; from orchestrator_tui.agent.main import main; sys.exit(main())"


class Scene:
    """One agent of track alpha with its task 1, in stage 3."""

    def __init__(self, root: Path) -> None:
        self.repository = root / "repository"
        (self.repository / ".git").mkdir(parents=True)
        self.tasks = root / "tasks" / "list-1"
        self.tasks.mkdir(parents=True)
        self.home = root / "orch-home"
        self.batch = list_batch_id(os.path.realpath(self.tasks))
        self.write({"track": "alpha", "stage": 3, "workflow": "prd-to-pr"})
        self._decisions = 0

    # --- the agent -----------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        return self.tasks / "1.json"

    def write(self, metadata: Any, subject: str = "Build the cache", **more: Any) -> None:
        task = {"id": "1", "subject": subject, "description": "", "status": "pending", "blocks": [], "blockedBy": []}
        self.path.write_text(json.dumps({**task, "metadata": metadata, **more}, indent=2))

    def task(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
        return content

    def metadata(self) -> dict[str, Any]:
        content: dict[str, Any] = self.task()["metadata"]
        return content

    def environment(self, **more: str) -> dict[str, str]:
        own = {
            "ORCH_TRACK": "alpha",
            "ORCH_TASK": str(self.path),
            "ORCH_REPOSITORY": str(self.repository),
            "ORCH_HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
        }
        return {**os.environ, **own, **more}

    def start(self, *arguments: str, stdout: int = subprocess.PIPE, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", CODE, *arguments],
            env=self.environment(**environment),
            cwd=self.repository,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-c", CODE, *arguments],
            env=self.environment(**environment),
            cwd=self.repository,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    # --- the person and the journal ------------------------------------------------------------------------------

    @property
    def journal_directory(self) -> Path:
        return journal_directory(self.home, repository_root(self.repository))

    def journal(self) -> SqliteJournal:
        return SqliteJournal(self.journal_directory, create=False)

    def gate(self, gate_id: str = GATE) -> Gate | None:
        journal = self.journal()
        try:
            return journal.gate(self.batch, gate_id)
        finally:
            journal.close()

    def the_gate(self) -> Gate:
        gate = self.gate()
        assert gate is not None
        return gate

    def state(self) -> GateState:
        return self.the_gate().state

    def change(self, kind: str, **payload: Any) -> str:
        """Record a gate event as another process would; "" or why it was refused."""
        journal = self.journal()
        try:
            gate = journal.gate(self.batch, GATE)
            assert gate is not None
            draft = Draft(kind, {"gate": GATE, "revision": gate.revision, **payload})
            outcome = journal.change_gate(self.batch, draft, SystemClock().now(), "cli")
        finally:
            journal.close()
        return outcome.why if isinstance(outcome, Refused) else ""

    def decide(self, option: str = "ttl", text: str = "", undo_ms: int = 0, reason: str = "") -> str:
        self._decisions += 1
        return self.change(
            "gate_decided",
            digest=self.the_gate().digest,
            decision=f"d-{self._decisions}",
            options=[] if text else [option],
            text=text,
            label=option,
            by="ann",
            origin="cli",
            undo_ms=undo_ms,
            reason=reason,
        )

    def events(self) -> list[Event]:
        journal = self.journal()
        try:
            return list(journal.events(self.batch))
        finally:
            journal.close()

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events()]

    def waits(self) -> bool:
        """Whether somebody waits for the gate now."""
        if not (self.journal_directory / "journal.db").exists():
            return False
        journal = self.journal()
        try:
            return bool(journal.waiters.live(self.batch, GATE))
        finally:
            journal.close()

    def until_it_waits(self) -> None:
        until(self.waits)
