"""The place of a stage among those that a track goes through."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.queries import stage_place


@pytest.mark.parametrize(("index", "place"), [(2, 1), (6, 2), (7, 3), (0, 0), (5, 5)])
def test_a_stage_has_the_place_that_it_has_on_this_track(index: int, place: int) -> None:
    assert stage_place((2, 6, 7), index) == place
