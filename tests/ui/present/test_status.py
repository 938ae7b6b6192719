"""The status line: keys at the left, facts at the right, the keys kept as long as there is room."""

import pytest

from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.status import Hint, present_status, status_line
from tests.ui.drawing import drawn, expected, tokens_of, widths
from tests.ui.states import checkout, empty

HINTS = (
    Hint("1-3", "choose", "mark-1"),
    Hint("d", "diff", "diff", enabled=False),
    Hint("w", "next", "next-waiting"),
    Hint("?", "help", "help"),
)


@pytest.mark.parametrize(
    ("width", "picture"),
    [
        (100, "| 1-3 choose  d diff  w next  ? help                 12 decided, 5 by rule  ● live  trust: same user |"),
        (80, "| 1-3 choose  d diff  w next  ? help             12 decided, 5 by rule  ● live |"),
        (58, "| 1-3 choose  d diff  w next  ? help                ● live |"),
        (40, "| 1-3 choose  d diff  w next      ● live |"),
    ],
)
def test_as_drawn(width: int, picture: str) -> None:
    line = status_line(present_status(checkout(), UNICODE, hints=HINTS), width)
    assert drawn([line]).split() == expected(picture).split()
    assert widths([line]) == {width}


def test_a_key_that_is_not_valid_is_greyed_and_both_can_be_clicked() -> None:
    line = status_line(present_status(checkout(), UNICODE, hints=HINTS), 100)
    tokens = tokens_of(line)
    assert (tokens["w"], tokens["d"], tokens["diff"]) == ("key", "quiet", "disabled")
    assert {part.key for part in line if part.key} == {"mark-1", "diff", "next-waiting", "help"}


def test_a_notice_takes_the_place_of_the_keys() -> None:
    view = present_status(checkout(), UNICODE, hints=HINTS, notice="refused: revision 1 was replaced", refused=True)
    line = status_line(view, 100)
    assert drawn([line]).startswith(" refused: revision 1 was replaced")
    assert tokens_of(line)["refused: revision 1 was replaced"] == "risk-failure"


def test_a_replay_is_not_live() -> None:
    line = status_line(present_status(empty(), UNICODE, mode="replay"), 80)
    assert "○ replay" in drawn([line])
    assert "0 decided  " in drawn([line])


def test_a_run_without_a_host_is_not_live() -> None:
    line = status_line(present_status(checkout(), UNICODE, hosted=False), 80)
    assert "⚠ no host" in drawn([line])
    assert tokens_of(line)["⚠"] == "gate"
    assert "○ replay" in drawn([status_line(present_status(empty(), UNICODE, mode="replay", hosted=False), 80)])
