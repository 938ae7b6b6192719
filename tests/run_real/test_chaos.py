"""Kills at random moments: every run ends with the tree of the undisturbed one, and nothing ran twice or is left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator_tui.core.schedule.rules import run_of
from tests.run_real.chaos import EXPECTED, check_the_end, disturbed
from tests.run_real.ground import WORKFLOW, Ground

QUICK, SOME, MANY = 1, 20, 200
"""Seeds of `make test`, of `.ci/run` (marked ``slow``) and of the deep suite (``nightly``)."""

SEEDS = [
    *range(QUICK),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(QUICK, SOME)),
    *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(SOME, MANY)),
]


def test_undisturbed(ground: Ground) -> None:
    assert disturbed(ground, 0, 0) == []
    check_the_end(ground, "undisturbed")


@pytest.mark.parametrize("seed", SEEDS)
def test_killed(ground: Ground, seed: int) -> None:
    killed = disturbed(ground, seed, 8)
    story = f"seed {seed}: {', '.join(killed)}"
    print(story)
    check_the_end(ground, story)


POOLED = WORKFLOW.replace("commits: false, ", "commits: false, fresh: true, ") + "worktree: pool\npool_size: 4\n"


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(5))
def test_killed_with_a_pool_no_slot_is_leaked_or_taken_twice(ground: Ground, seed: int) -> None:
    story = f"seed {seed}: {', '.join(disturbed(ground, seed, 8, POOLED))}"
    assert set(ground.states().values()) == {"merged"}, story
    root = Path(run_of(ground.batch()).plan.worktrees)
    slots = json.loads((root / "pool" / "pool.json").read_text("utf-8"))["slots"]
    assert [one["state"] for one in slots] == ["idle"] * 4, story
    assert sorted(one.name for one in (root / "pool").iterdir()) == [".pool.lock", "pool.json"], story
    assert list((root / "fresh").iterdir()) == [], story
    assert {name: ground.file(name) for name in EXPECTED} == EXPECTED, story
    starts = [line[1] for lines in ground.log().values() for line in lines if line[0] == "start"]
    assert len(starts) == len(set(starts)), f"{story}: an attempt was started twice"
