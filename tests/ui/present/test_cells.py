"""Cells: what is cut, padded and wrapped stays within its width, whatever the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.text import is_clean
from orchestrator_tui.ui.present.cells import (
    Part,
    cell_width,
    clean,
    cut,
    fit,
    fit_line,
    line_width,
    spread,
    told,
    wrap,
)
from tests.hostile_text import ALL_PAYLOADS
from tests.ui.drawing import drawn, text_of

TEXT = st.text(max_size=120)
WIDTH = st.integers(min_value=1, max_value=60)


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("日本", 4), ("e\u0301", 1), ("⚠✓→○●◐✗", 7), ("🙂", 2)]
)
def test_width_of_text(text: str, width: int) -> None:
    assert cell_width(text) == width


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abcdef", 4, "abc…"),
        ("abc", 4, "abc"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("ab", 1, "a"),
        ("ab", 0, ""),
    ],
)
def test_cut(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown


def test_fit_pads_on_the_side_that_is_asked_for() -> None:
    assert fit("6:40", 6, "right") == "  6:40"
    assert fit("6:40", 6) == "6:40  "


@given(text=TEXT, width=WIDTH)
def test_clean_text_fits_exactly(text: str, width: int) -> None:
    assert cell_width(fit(clean(text), width)) == width


@given(texts=st.lists(TEXT, max_size=6), width=WIDTH)
def test_a_line_fits_exactly(texts: list[str], width: int) -> None:
    line = tuple(Part(clean(text), str(place)) for place, text in enumerate(texts))
    assert line_width(fit_line(line, width)) == width


@given(left=TEXT, right=TEXT, width=WIDTH)
def test_two_ends_fit_exactly(left: str, right: str, width: int) -> None:
    assert line_width(spread((Part(clean(left)),), (Part(clean(right)),), width)) == width


@given(text=TEXT, width=st.integers(min_value=2, max_value=60))
def test_wrapped_lines_fit_and_lose_no_word(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_width(line) <= width and is_clean(line) for line in lines)
    kept = "".join("".join(lines).split())
    assert kept == "".join(clean(text, 10_000).split()) or "\t" in text or "\n" in text


def test_wrap_breaks_between_words_and_keeps_the_indent() -> None:
    assert wrap("Migration 0042 adds a column", 12) == ("Migration", "0042 adds a", "column")
    assert wrap("a list\n  - one thing that is long\n\nend", 14) == (
        "a list",
        "  - one thing",
        "  that is long",
        "",
        "end",
    )
    assert wrap("", 10) == ("",)


def test_wrap_says_how_much_it_left_out() -> None:
    lines = wrap("\n".join(f"line {number}" for number in range(1000)), 30, limit=3)
    assert lines[:3] == ("line 0", "line 1", "line 2")
    assert lines[3] == "… cut, 8,889 characters"
    assert len(lines) == 4


def test_a_line_of_a_megabyte_is_cut_not_wrapped_whole() -> None:
    for text in ("x" * 2**20, " " * 2**20 + "x", "e\u0301" * 2**19):
        lines = wrap(text, 40, limit=10)
        assert len(lines) <= 11
        assert lines[-1] == f"… cut, {len(text):,} characters"


@pytest.mark.parametrize("payload", ALL_PAYLOADS)
def test_hostile_text_is_clean_after_every_step(payload: str) -> None:
    for width in (1, 3, 8, 40):
        assert is_clean(fit(clean(payload), width))
        assert all(is_clean(line) for line in wrap(payload, width))


def test_an_empty_panel_tells_in_quiet_lines() -> None:
    lines = told(("No gate is open.", "When an agent asks, its question comes here."), 30)
    assert drawn(lines) == "\n  No gate is open.\n  When an agent asks, its\n  question comes here."
    assert text_of(lines[0]) == ""
