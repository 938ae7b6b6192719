"""Ages and clock times."""

from datetime import UTC, timedelta, timezone

import pytest

from orchestrator_tui.core.instant import Instant
from orchestrator_tui.ui.present.ages import age, clock_time, duration, left, seconds, step_age
from tests.ui.states import NOW, ago


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (-5, "0:00"),
        (0, "0:00"),
        (31_999, "0:31"),
        (400_000, "6:40"),
        (3_599_999, "59:59"),
        (4_065_000, "1:07:45"),
        (359_999_000, "99:59:59"),
        (360_000_000, "4d 04h"),
    ],
)
def test_duration(milliseconds: int, shown: str) -> None:
    assert duration(milliseconds) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(0, "0.0 s"), (200, "0.2 s"), (9_940, "9.9 s"), (9_960, "9 s"), (59_999, "59 s"), (61_000, "1:01")],
)
def test_seconds(milliseconds: int, shown: str) -> None:
    assert seconds(milliseconds) == shown


def test_the_countdown_reaches_zero_only_at_the_end() -> None:
    assert left(300_000, 110_000) == "3:10"
    assert left(300_000, 299_001) == "0:01"
    assert left(300_000, 300_000) == "0:00"


def test_age_is_the_boot_clocks_difference() -> None:
    assert age(ago(6, 40), NOW) == "6:40"
    assert age(None, NOW) == ""
    stepped = Instant(NOW.wall_ms + 86_400_000, NOW.boot_ms + 1000, NOW.boot_id)
    assert age(NOW, stepped) == "0:01"


def test_an_age_that_nobody_waits_for_goes_in_steps_when_it_is_not_fresh() -> None:
    start = ago(0, 7)
    shown = [step_age(start, NOW.plus(seconds * 1000 - NOW.boot_ms % 5000)) for seconds in range(12)]
    assert shown == ["0:07", "0:08", "0:09", "0:10", "0:10", "0:12", "0:12", "0:12", "0:12", "0:12", "0:17", "0:17"]
    assert step_age(None, NOW) == ""


def test_clock_time_is_told_in_the_zone() -> None:
    assert clock_time(NOW, UTC) == "14:03:02"
    assert clock_time(NOW, timezone(timedelta(hours=2))) == "16:03:02"
    assert clock_time(Instant(10**18, 0, "b"), UTC) == "00:00:00"
