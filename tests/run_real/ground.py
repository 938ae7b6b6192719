"""Real ground for runs: a repository, a plan, agents that are shell scripts, and `orch-tui` as a process of its own."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator_tui.cli.journals import find_place, load_state, reading
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.model import Batch, Gate, GateState
from tests.adapters.git.repositories import commit, run
from tests.cli.scene import ROOT, Ended, command, environment

AGENT = Path(__file__).with_name("agent.sh")
PATIENCE_S = 60.0

WORKFLOW = """\
workflow: plain
title: Write and review
kind: feature
gates: [spend]
ending: hard_stop
tests_first: false
stages:
  - {name: Write, prompt: write, checks: ["*"]}
  - {name: Review, role: reviewer, prompt: review, reviews: true, writes: false, commits: false, back_to: Write,
     verdicts: {APPROVED: done, REWORK: rework}}
"""

WRITE = 'echo "more of $ORCH_TRACK" > "$ORCH_TRACK.txt"; save "write $ORCH_TRACK"\n'
APPROVE = "echo APPROVED\n"


class Ground:
    """One repository with its state, its agents and its journal."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repository = root / "shop"
        self.home = Path(os.environ["ORCH_HOME"])
        for name in ("acts", "log"):
            (root / name).mkdir()
        self.repository.mkdir()
        run(self.repository, "init", "--quiet", "--initial-branch=main", "--template=")
        for name, content in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("commit.gpgSign", "false")):
            run(self.repository, "config", name, content)
        self.act("any-1", WRITE)
        self.act("any-2", APPROVE)
        self._children: list[subprocess.Popen[bytes]] = []

    # --- before a run ------------------------------------------------------------------------------------------

    def act(self, name: str, shell: str) -> None:
        """What the agents of ``track``, ``track-stage`` or ``any-stage`` do."""
        (self.root / "acts" / f"{name}.sh").write_text(shell, "utf-8")

    def begin(self, files: Mapping[str, str] | None = None, workflow: str = WORKFLOW) -> str:
        """Commit the first files, with the workflow; the commit's id."""
        return commit(self.repository, {"README.md": "shop\n", ".orch/workflows/plain.yaml": workflow, **(files or {})})

    def plan(self, tracks: Sequence[str | Mapping[str, Any]], name: str = "plan.yaml", **more: Any) -> Path:
        """Write a plan; a track that is a slug alone owns the file of its name."""
        listed = [
            {"slug": one, "files": [f"{one}.txt"], "brief": f"write {one}"} if isinstance(one, str) else dict(one)
            for one in tracks
        ]
        agent = {
            "runner": "command",
            "command": ["sh", str(AGENT), str(self.root)],
            "environment": ["ORCH_TEST_PYTHON"],
        }
        content = {"title": "Letters", "workflow": "plain", "agent": agent, "tracks": listed, **more}
        path = self.root / name
        # JSON is YAML.
        path.write_text(json.dumps(content, indent=1), "utf-8")
        return path

    def answers(self, *pairs: tuple[str, str]) -> Path:
        """Write a file of answers, each a pattern and an option."""
        path = self.root / "answers.yaml"
        path.write_text(json.dumps([{"gate": gate, "option": option} for gate, option in pairs]), "utf-8")
        return path

    # --- running -------------------------------------------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        return environment({"ORCH_TEST_PYTHON": sys.executable})

    def orch(self, *arguments: str, patience_s: float = PATIENCE_S) -> Ended:
        """Run `orch-tui` to its end."""
        ended = subprocess.run(
            command(*arguments, "--repo", str(self.repository)),
            cwd=self.root,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience_s,
            check=False,
        )
        out, err = ended.stdout.decode("utf-8", "replace"), ended.stderr.decode("utf-8", "replace")
        assert "Traceback" not in err, err
        return Ended(ended.returncode, out, err)

    def run(self, plan: Path, *arguments: str, patience_s: float = PATIENCE_S) -> Ended:
        """Run a plan without a screen, to its end or to what no answer fits."""
        answers = self.root / "answers.yaml"
        if not answers.exists():
            self.answers()
        more = ("--headless", "--yes", "--answers", str(answers))
        return self.orch("run", str(plan), *more, *arguments, patience_s=patience_s)

    def host(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a host that is left alone; its words are in the file ``host.txt``."""
        with (self.root / "host.txt").open("ab") as words:
            child = subprocess.Popen(
                command("run", *arguments, "--headless", "--repo", str(self.repository)),
                cwd=self.root,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                start_new_session=True,
            )
        self._children.append(child)
        return child

    def host_of_run(self) -> subprocess.Popen[bytes]:
        """The host that was started last."""
        return self._children[-1]

    def close(self) -> None:
        """End every host that was started, and everything that runs here."""
        for child in self._children:
            if child.poll() is None:
                child.kill()
            child.wait()
        self.kill()

    def kill(self) -> None:
        """Kill everything that runs here, as the end of power does."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    # --- looking -------------------------------------------------------------------------------------------------

    def batch(self) -> Batch:
        """The only run, folded from the journal."""
        with reading(find_place(str(self.repository))) as journal:
            assert journal is not None
            (batch,) = [one for one in load_state(journal).batches.values() if one.run is not None]
            return batch

    def runs(self) -> int:
        """How many runs the journal knows that have a plan: one whose recording was cut short is none."""
        with reading(find_place(str(self.repository))) as journal:
            return 0 if journal is None else sum(one.run is not None for one in load_state(journal).batches.values())

    def events(self, *kinds: str) -> list[Event]:
        """What was recorded of the run, of these kinds."""
        with reading(find_place(str(self.repository))) as journal:
            assert journal is not None
            (head,) = [one.id for one in load_state(journal).batches.values() if one.run is not None]
            return [event for event in journal.events(head) if not kinds or event.kind in kinds]

    def gates(self, kind: str = "") -> list[Gate]:
        """The open gates, of one kind."""
        found = self.batch().gates.values()
        return [one for one in found if one.state is GateState.OPEN and kind in ("", one.question.kind)]

    def under_way(self) -> list[str]:
        """The effects that were begun and have not ended."""
        run = self.batch().run
        return [] if run is None else list(run.effects)

    def states(self) -> dict[str, str]:
        """The state of each track of the plan."""
        return {slug: one.state.value for slug, one in self.batch().tracks.items() if slug != "batch"}

    def signals(self) -> list[str]:
        """The kinds of the signals that were raised."""
        return [str(event.payload["kind"]) for event in self.events("signal_raised")]

    def log(self) -> dict[str, list[list[str]]]:
        """What the agents wrote down, by track."""
        files = sorted((self.root / "log").iterdir())
        return {file.name: [line.split() for line in file.read_text("utf-8").splitlines()] for file in files}

    def git(self, *arguments: str) -> str:
        """What git says, in the main working tree."""
        return run(self.repository, *arguments)

    def tree(self, branch: str = "") -> str:
        """The id of the tree that was integrated."""
        plan = self.batch().run
        assert plan is not None
        return self.git("rev-parse", f"{branch or plan.plan.integration}^{{tree}}").strip()

    def file(self, name: str) -> str:
        """A file as it is on the integration branch."""
        plan = self.batch().run
        assert plan is not None
        return self.git("show", f"{plan.plan.integration}:{name}")

    def processes(self) -> dict[int, str]:
        """Everything that runs for this ground: pid → command line."""
        mark = f"ORCH_HOME={self.home}".encode()
        found = {}
        for name in os.listdir("/proc"):
            if not name.isdigit() or int(name) == os.getpid():
                continue
            try:
                variables = Path(f"/proc/{name}/environ").read_bytes().split(b"\0")
                words = Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if words and (mark in variables or str(self.home) in words):
                found[int(name)] = words
        return found


def until(holds: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Wait until something holds, for a bounded time; what it was then."""
    deadline = time.monotonic() + patience_s
    while True:
        found = holds()
        if found:
            return found
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.02)


def quoted(path: Path) -> str:
    """A path for the shell."""
    return shlex.quote(str(path))


__all__ = ["APPROVE", "ROOT", "WORKFLOW", "WRITE", "Ground", "quoted", "until"]
