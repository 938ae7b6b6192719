"""A scripted agent that is killed at any moment, and made again, leaves what an undisturbed one leaves."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.adapters.runners.scripted import ScriptedRunner
from orchestrator_tui.core.plan import AgentChoice
from orchestrator_tui.runtime.run_world import AttemptOrder
from tests.adapters.runners.made import make_attempt, make_repository, run

STEPS = [
    {"report": {"stage": 2, "name": "Implement"}},
    {"write": {"path": "made.txt", "content": "made\n" * 2000}},
    {"write": {"path": "base.txt", "content": "two\n", "append": True}},
    {"commit": "Make it"},
    {"replace": {"path": "made.txt", "old": "made", "new": "changed"}},
    {"write": {"path": "base.txt", "content": "three\n", "append": True}},
    {"note": "half of it is done"},
    {"commit": "Change it"},
    {"verdict": "APPROVED"},
]


def scripted(root: Path) -> AttemptOrder:
    root.mkdir()
    (root / "alpha.yaml").write_text(json.dumps({"track": "alpha", "stages": {"2": STEPS}}))
    make_repository(root / "worktree")
    make_repository(root / "repository")
    return make_attempt(root, AgentChoice("scripted", scripts=str(root)))


def git(worktree: str, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=worktree, capture_output=True, text=True, check=True).stdout


def outcome(attempt: AttemptOrder) -> tuple[str, str, str]:
    """The tree, the commits' subjects, and what no commit holds."""
    where = attempt.worktree
    return git(where, "rev-parse", "HEAD^{tree}"), git(where, "log", "--format=%s"), git(where, "status", "--porcelain")


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_it_leaves_the_same(tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")
    chance, runner = random.Random(seed), ScriptedRunner(os.environ)
    undisturbed, killed = scripted(tmp_path / "calm"), scripted(tmp_path / "killed")
    began = time.monotonic()
    assert run(runner.order(undisturbed)).returncode == 0
    took = time.monotonic() - began
    for number in range(1, 5):
        order = runner.order(replace(killed, id=f"a-alpha-2-1-{number}"))
        agent = subprocess.Popen(
            order.argv, cwd=order.cwd, env=dict(order.environment), stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            agent.wait(chance.uniform(0.1, 1.0) * took)
        except subprocess.TimeoutExpired:
            os.killpg(agent.pid, 9)
            agent.wait()
    last = run(runner.order(replace(killed, id="a-alpha-2-1-5")))
    assert (last.returncode, last.stdout.splitlines()[-1]) == (0, b"APPROVED"), last.stderr
    assert outcome(killed) == outcome(undisturbed)
