"""SIGKILL at random moments of a hook (reliability T4): every answer is told, and no delivery is recorded twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.adapters.clock import SystemClock
from tests.hook.kills import wrong_steps
from tests.hook.scene import ROOT, Scene


@pytest.mark.parametrize(
    "rounds", [pytest.param(10, id="quick"), pytest.param(400, id="many", marks=pytest.mark.nightly)]
)
def test_killed_anywhere_nothing_is_lost_and_nothing_recorded_twice(tmp_path: Path, rounds: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.hook.kills", str(tmp_path / "killed"), str(seed), str(rounds)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60 + rounds * 2,
    )
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["wrong"] == [], f"seed {seed}"
    assert seen["killed"] > 0, f"seed {seed}"


AT_EVERY_STEP = """
import os, signal, sys
from orchestrator_tui.hook import main, visit
from orchestrator_tui.journal import mail
from orchestrator_tui.journal.sqlite import SqliteJournal
left = int(sys.argv.pop(1))
def step(*arguments):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
def around(owner, name):
    whole = getattr(owner, name)
    def carried_out(*arguments, **more):
        step()
        outcome = whole(*arguments, **more)
        step()
        return outcome
    setattr(owner, name, carried_out)
around(mail, "take"), around(mail, "post"), around(SqliteJournal, "change_gate"), around(visit.Visit, "print")
sys.exit(main.main())
"""


@pytest.mark.parametrize("name", ["PostToolUse", "Stop"])
def test_killed_at_every_step_of_handing_over(scene: Scene, name: str) -> None:
    """Before and after mail is taken, the answer claimed, printed and recorded: the next calls bring it, once more."""
    scene.clock = SystemClock()
    for steps in range(20):
        task = str(steps + 1)
        scene.asks(task)
        decision = scene.decide("ship", f"task-{task}-stage-3")
        call = scene.call(name)
        ended = subprocess.run(
            [sys.executable, "-P", "-c", AT_EVERY_STEP, str(steps), "--home", str(scene.home), name],
            env={**scene.environ, "PYTHONPATH": str(ROOT)},
            input=json.dumps(call).encode(),
            capture_output=True,
            check=False,
            timeout=60,
        )
        told = decision.encode() in ended.stdout
        brought = any(step.step == "delivered" for step in scene.gate(f"task-{task}-stage-3").steps)
        assert told or not brought, "what is recorded was printed before"
        again = scene.told(scene.call("Stop"))
        assert (decision in again) is not brought, f"killed at step {steps}"
        assert wrong_steps(scene.gate(f"task-{task}-stage-3"), steps) == []
        if ended.returncode == 0:
            assert steps >= 6
            return
        assert ended.returncode == -signal.SIGKILL
    pytest.fail("it never came to its end")
