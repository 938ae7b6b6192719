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
