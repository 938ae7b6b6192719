"""kill -9 at random moments: nothing acknowledged is lost, nothing is half there, nobody is kept from writing (T4)."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 600


@pytest.mark.parametrize("kills", [150, pytest.param(2_000, marks=pytest.mark.nightly)])
def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path, kills: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    finished = subprocess.run(
        [sys.executable, "-m", "tests.trust.journal_killed", str(tmp_path / "journal"), str(kills), str(seed)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert report["kills"] >= kills
    assert report["acknowledged"] > kills, "the writers hardly came to write"
    assert (report["lost"], report["torn"], report["broken"]) == (0, 0, ""), f"seed {seed}"
