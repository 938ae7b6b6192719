"""The ladders that ship under random agents, answers, commands and crashes: none errs, and none gets stuck."""

from __future__ import annotations

from functools import partial

import pytest

from tests.runtime.run.random_built_in import BuiltInStory, built_in
from tests.runtime.run.random_player import Player


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", built_in())
def test_whatever_happens_a_run_comes_to_its_end(name: str, seed: int) -> None:
    Player(seed, partial(BuiltInStory, name=name)).play(steps=300)


@pytest.mark.parametrize(("name", "seed"), [("pool", 12), ("pool", 19), ("chunks", 50)])
def test_what_once_went_wrong_goes_right(name: str, seed: int) -> None:
    """A copy dropped before its second try, a slot given back too early, a review that waited for a skipped one."""
    Player(seed, partial(BuiltInStory, name=name)).play(steps=500)
