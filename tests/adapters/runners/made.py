"""Attempts for the tests of runners, and running what a runner ordered without shims."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator_tui.core.plan import AgentChoice, Plan
from orchestrator_tui.runtime.run_world import AttemptNews, AttemptOrder, Follower, JobOrder


def make_attempt(tmp_path: Path, agent: AgentChoice, **changes: Any) -> AttemptOrder:
    """An attempt at stage 2 of track ``alpha``, in a worktree that is there."""
    worktree, repository = tmp_path / "worktree", tmp_path / "repository"
    for directory in (worktree, repository, tmp_path / "tasks"):
        directory.mkdir(exist_ok=True)
    plan = Plan("Title", "tracks", "main", "integration", str(repository), str(tmp_path / "trees"), agent=agent)
    attempt = AttemptOrder(
        id="a-alpha-2-1-1",
        track="alpha",
        stage=2,
        stage_name="Implement",
        number=1,
        purpose="implement",
        role="implementer",
        model="some-model",
        prompt="Do {this} with $HOME;\nwell",
        worktree=str(worktree),
        directory=str(tmp_path / "attempt"),
        tasks=str(tmp_path / "tasks"),
        batch="tasks-12345678",
        repository=str(repository),
        home=str(tmp_path / "orch-home"),
        plan=plan,
        spec="agent-os/specs/2026-01-02-0304-alpha",
    )
    return replace(attempt, **changes)


def make_repository(path: Path) -> None:
    """A git repository with one commit."""
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1"}
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost"]
    path.mkdir(exist_ok=True)
    (path / "base.txt").write_text("one\n")
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Start"]):
        subprocess.run([*git, *words], cwd=path, env=environment, check=True)


def run(order: JobOrder, timeout: float = 60.0) -> subprocess.CompletedProcess[bytes]:
    """Run to its end what was ordered."""
    return subprocess.run(
        order.argv,
        cwd=order.cwd,
        env=dict(order.environment),
        input=order.stdin,
        capture_output=True,
        timeout=timeout,
        check=False,
    )


def feed_in(follower: Follower, pieces: list[bytes]) -> list[AttemptNews]:
    """All the news of some output in these pieces."""
    return [news for piece in pieces if (news := follower.feed(piece)) is not None]
