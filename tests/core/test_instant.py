"""Moments on two clocks (DESIGN §3, "Time and ids enter through ports")."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.instant import Instant, at_wall, elapsed_ms

INSTANTS = st.builds(Instant, st.integers(0, 10**13), st.integers(0, 10**10), st.sampled_from(["a", "b"]))


@pytest.mark.parametrize(
    ("start", "end", "elapsed"),
    [
        (Instant(1_000, 50, "a"), Instant(9_000, 60, "a"), 10),
        (Instant(9_000, 50, "a"), Instant(1_000, 60, "a"), 10),
        (Instant(1_000, 50, "a"), Instant(9_000, 60, "b"), 8_000),
        (Instant(9_000, 50, "a"), Instant(1_000, 60, "b"), 0),
        (Instant(1_000, 60, "a"), Instant(9_000, 50, "a"), 0),
    ],
)
def test_the_boot_clock_counts_within_a_boot_the_wall_clock_across(start: Instant, end: Instant, elapsed: int) -> None:
    assert elapsed_ms(start, end) == elapsed


@given(INSTANTS, INSTANTS)
def test_nothing_lasts_less_than_nothing(start: Instant, end: Instant) -> None:
    assert elapsed_ms(start, end) >= 0
    assert elapsed_ms(start, start) == 0


@given(INSTANTS, st.integers(0, 10**9))
def test_later_is_later_by_as_much(start: Instant, milliseconds: int) -> None:
    assert elapsed_ms(start, start.plus(milliseconds)) == milliseconds


@given(INSTANTS, st.integers(-(10**13), 10**14))
def test_a_wall_time_from_elsewhere_is_never_in_the_future(now: Instant, wall_ms: int) -> None:
    read = at_wall(wall_ms, now)
    assert read.wall_ms == min(wall_ms, now.wall_ms)
    assert elapsed_ms(read, now) == max(0, now.wall_ms - wall_ms)
