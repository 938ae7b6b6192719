"""A plan that real Claude Code works on: a repository, a workflow of two stages, `orch-tui` as processes of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from orchestrator_tui.core.event import Event
from orchestrator_tui.core.model import Batch, Gate, GateState, Track
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.port import JournalMissing
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.follower import Follower
from tests.claude_rig import ClaudeRig, Step, ToolCall, marker, wait_until
from tests.claude_rig.cleanup import MARK
from tests.claude_rig.script import Script
from tests.cli.scene import ROOT, command

Found = TypeVar("Found")

WRONG = ("cap", "conflict", "escalation", "review", "track", "worktree")
"""Questions of a run that tests which do not wait for them do not expect."""

WORKFLOW = f"""\
workflow: letters
title: Write and review
kind: feature
gates: [spend, publish]
ending: publish
tests_first: false
stages:
  - {{name: Write, prompt: "{marker("write-{slug}")}", checks: ["*"]}}
  - {{name: Review, role: reviewer, prompt: "{marker("review-{slug}")}", reviews: true, writes: false, commits: false,
     back_to: Write, verdicts: {{APPROVED: done, REQUIRES_REWORK: rework}}}}
"""


class ClaudeRun:
    """One repository in which a plan is run; close it at the end."""

    def __init__(self, rig: ClaudeRig) -> None:
        self.rig = rig
        self.words = rig.log / "host.txt"
        self._hosts: list[subprocess.Popen[bytes]] = []
        self._journal: SqliteJournal | None = None
        self._follower: Follower | None = None
        for name, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("commit.gpgSign", "false")):
            self.git("config", name, value)
        self._write(".orch/workflows/letters.yaml", WORKFLOW)
        self._write("alpha.txt", "alpha\n")
        self._write("beta.txt", "beta\n")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "letters")

    # --- before a run ------------------------------------------------------------------------------------------

    def script(self, stage: str, slug: str, script: Script) -> None:
        """What the agent of a track does in a stage."""
        self.rig.script(f"{stage}-{slug}", script)

    def plan(
        self,
        *slugs: str,
        permissions: str = "bypassPermissions",
        after: Mapping[str, Sequence[str]] | None = None,
        **more: Any,
    ) -> Path:
        """Write a plan whose tracks own the letter of their name; ``after`` tells what they depend on."""
        agent = {
            "runner": "claude",
            "command": list(self.rig.cli.command),
            "environment": [MARK],
            "permission_mode": permissions,
            **more.pop("agent", {}),
        }
        tracks = [
            {
                "slug": slug,
                "files": [f"{slug}.txt"],
                "brief": f"write more of {slug}",
                "depends_on": list((after or {}).get(slug, ())),
            }
            for slug in slugs
        ]
        content: dict[str, Any] = {
            "title": "Letters",
            "workflow": "letters",
            "worktrees": str(self.trees),
            "agent": agent,
            **more,
        }
        content["tracks"] = tracks
        path = self.rig.log / "plan.yaml"
        # JSON is YAML.
        path.write_text(json.dumps(content, indent=1), "utf-8")
        return path

    @property
    def trees(self) -> Path:
        """Where the worktrees of the run will be."""
        return self.rig.project.parent / "trees"

    # --- running -----------------------------------------------------------------------------------------------

    def host(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a host without a screen."""
        with self.words.open("ab") as words:
            child = subprocess.Popen(
                [*command("run"), *arguments, "--headless", "--yes", "--repo", str(self.rig.project)],
                cwd=self.rig.project,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                start_new_session=True,
            )
        self._hosts.append(child)
        return child

    def kill_host(self) -> None:
        """Kill the host as nothing can stop it from being killed; what it started goes on."""
        host = self._hosts[-1]
        host.kill()
        host.wait()

    def resume(self) -> subprocess.Popen[bytes]:
        """Start another host that goes on with the run."""
        return self.host("--resume", self.batch().id)

    def orch(self, *arguments: str, code: int = 0) -> str:
        """Run ``orch-tui`` to its end, as a person would; its stdout."""
        ended = subprocess.run(
            command(*arguments, "--repo", str(self.rig.project)),
            cwd=self.rig.project,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == code, f"{arguments}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def decide(self, gate: Gate, option: str, *more: str) -> None:
        """Answer a gate from a process of its own."""
        self.orch("decide", f"{gate.batch}:{gate.id}", option, "--revision", str(gate.revision), *more)

    # --- looking -----------------------------------------------------------------------------------------------

    @property
    def journal(self) -> SqliteJournal:
        """The repository's journal. Raises FileNotFoundError until the first host has made it."""
        if self._journal is None:
            place = journal_directory(self.rig.orch_home, self.rig.project)
            try:
                self._journal = SqliteJournal(place, create=False)
            except JournalMissing as error:
                raise FileNotFoundError(place) from error
        return self._journal

    def batch(self) -> Batch:
        """The only run. Raises ValueError while there is none."""
        heads = list(self.journal.batches())
        if not heads:
            raise ValueError("there is no batch yet")
        if self._follower is None:
            self._follower = Follower(self.journal)
        self._follower.show(head.id for head in heads)
        self._follower.follow()
        runs = [one for one in self._follower.state.batches.values() if one.run is not None]
        if not runs:
            raise ValueError("there is no run yet")
        (batch,) = runs
        return batch

    def track(self, slug: str) -> Track:
        """A track as it is now."""
        return self.batch().tracks[slug]

    def events(self, *kinds: str) -> list[Event]:
        """What was recorded of the run, of these kinds."""
        return [event for event in self.journal.events(self.batch().id) if event.kind in kinds]

    def wait(self, holds: Callable[[Batch], Found | None], what: str) -> Found:
        """Wait until the run is so."""

        def look() -> Found | None:
            ended = self._hosts[-1].poll() not in (None, 0, -signal.SIGKILL)
            assert not ended, f"the host has ended\n{self.words.read_text('utf-8', 'replace')}"
            batch = self.batch()
            found = holds(batch)
            wrong = [one for one in batch.gates.values() if one.state is GateState.OPEN and one.question.kind in WRONG]
            assert found or not wrong, f"asked instead: {wrong[0].question}\n{self.describe()}"
            return found

        return wait_until(look, what, every=0.05, timeout=120, context=self.describe)

    def wait_gate(self, words: str) -> Gate:
        """Wait for an open gate whose question holds ``words``."""

        def found(batch: Batch) -> Gate | None:
            living = (gate for gate in batch.gates.values() if gate.state is GateState.OPEN)
            return next((gate for gate in living if words in gate.question.question), None)

        return self.wait(found, f"a gate that asks {words!r}")

    def gate(self, gate: Gate) -> Gate:
        """A gate as it is now."""
        return self.batch().gates[gate.id]

    def wait_phase(self, phase: str) -> Batch:
        """Wait until the run has come so far."""
        return self.wait(lambda batch: batch if batch.state == phase else None, f"the run is {phase}")

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """What git says, in the main working tree."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.rig.project,
            env=self.rig.environment(),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def agents(self) -> list[int]:
        """The Claude Code processes that run."""
        program = self.rig.cli.command[-1].encode()
        mark = f"{MARK}={self.rig.id}".encode()
        found = []
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                words = Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")
                ours = mark in Path(f"/proc/{name}/environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if ours and words[: len(self.rig.cli.command)][-1:] == [program]:
                found.append(int(name))
        return found

    def describe(self) -> str:
        """The run, what its host says and what reached the model, for failure messages."""
        batch = self.batch()
        tracks = [(one.slug, one.state.value, one.stage, one.work and one.work.run) for one in batch.tracks.values()]
        gates = [
            (
                gate.id,
                gate.state.value,
                gate.question.question[:80],
                [(s.step, s.route, s.evidence) for s in gate.steps],
            )
            for gate in batch.gates.values()
        ]
        attempts = [(a.id, a.outcome, a.summary, a.stopping) for t in batch.tracks.values() for a in t.attempts]
        said = self.words.read_text("utf-8", "replace")[-2000:]
        shown = "\n".join(map(str, (*tracks, *attempts, *gates)))
        return f"{batch.state}\n{shown}\n{said}\n{self.rig.requests.describe(6)}"

    # --- the end -----------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End every host; what it started ends with the rig."""
        for host in self._hosts:
            if host.poll() is None:
                os.killpg(host.pid, signal.SIGKILL)
            host.wait()
        if self._journal is not None:
            self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _environment(self) -> Mapping[str, str]:
        return {**self.rig.environment(), "PYTHONPATH": str(ROOT)}

    def _write(self, name: str, text: str) -> None:
        path = self.rig.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def shell(*lines: str) -> Step:
    """A call of the shell."""
    return Step(calls=(ToolCall("Bash", {"command": "\n".join(lines), "description": "works"}),))


def committing(slug: str, text: str = "") -> Sequence[Step]:
    """A letter gets a line by the tools of Claude Code, and the line is committed."""
    line = text or f"more of {slug}"
    return (
        shell(f"printf '%s\\n' '{line}' >> {slug}.txt"),
        shell(f"git add {slug}.txt && git commit -q -m 'write {slug}' && git log --oneline -1"),
    )
