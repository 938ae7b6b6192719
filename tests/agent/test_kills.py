"""SIGKILL at random moments of asking and waiting (reliability T4): the answer arrives, once, and is known to have."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.scene import ROOT, Scene


@pytest.mark.parametrize(
    "rounds", [pytest.param(10, id="quick"), pytest.param(500, id="many", marks=pytest.mark.nightly)]
)
def test_killed_anywhere_the_same_answer_arrives(tmp_path: Path, scene: Scene, rounds: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.agent.kills", str(tmp_path / "killed"), str(seed), str(rounds)],
        cwd=ROOT,
        env=scene.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60 + rounds * 2,
    )
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["wrong"] == [], f"seed {seed}"
    assert seen["opened"] == rounds, f"seed {seed}: every question is one gate"
    assert seen["killed"] > 0, f"seed {seed}"
