"""Kills at random moments: every run ends with the tree of the undisturbed one, and nothing ran twice or is left."""

from __future__ import annotations

import pytest

from tests.run_real.chaos import check_the_end, disturbed
from tests.run_real.ground import Ground

QUICK, SOME, MANY = 1, 20, 200
"""Seeds of `make test`, of `.ci/run` (marked ``slow``) and of the deep suite (``nightly``)."""

SEEDS = [
    *range(QUICK),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(QUICK, SOME)),
    *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(SOME, MANY)),
]

EXPECTED = {
    **{f"{slug}.txt": f"{slug}\nmore of {slug}\n" for slug in "aghij"},
    "b.txt": "b\nmore of b\npolished\n",
    "c.txt": "c\nmore of c\nright\n",
    "d.txt": "d\nmore of d\ngreen\n",
    "e.txt": "e\nmore of e\nleft\n",
    "f.txt": "f\nmore of f\na\nmore of a\n",
    "same.txt": "kl\n",
}


def test_undisturbed(ground: Ground) -> None:
    assert disturbed(ground, 0, 0) == []
    check_the_end(ground, "undisturbed")
    assert {name: ground.file(name) for name in EXPECTED} == EXPECTED


@pytest.mark.parametrize("seed", SEEDS)
def test_killed(ground: Ground, seed: int) -> None:
    killed = disturbed(ground, seed, 8)
    story = f"seed {seed}: {', '.join(killed)}"
    print(story)
    check_the_end(ground, story)
    assert {name: ground.file(name) for name in EXPECTED} == EXPECTED, story
