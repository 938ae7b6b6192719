"""Random plans, workflows, agents, answers, commands and crashes: the engine never errs, and never gets stuck."""

from __future__ import annotations

import pytest

from tests.runtime.run.random_player import Player


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_the_run_comes_to_its_end(seed: int) -> None:
    Player(seed).play(steps=500)
