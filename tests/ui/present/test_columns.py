"""Columns: which fit, how wide they become, and rows of exactly the width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.ui.present.cells import Part
from orchestrator_tui.ui.present.columns import Column, choose, heading, lay_out, sized
from tests.ui.drawing import text_of, widths

COLUMNS = (
    Column("name", "NAME", 6, want=10, gap=0, keep=9),
    Column("note", "NOTE", 4, grow=1, keep=1),
    Column("model", "MODEL", 5, since=40, keep=2),
    Column("age", "AGE", 5, align="right", keep=8),
)
ROW = {"name": (Part("a-long-name"),), "note": (Part("note"),), "age": (Part("6:40"),)}


def test_a_wide_row_shows_all_and_the_growing_column_takes_the_rest() -> None:
    columns = choose(COLUMNS, 50)
    assert [(column.name, column.width) for column in columns] == [("name", 10), ("note", 24), ("model", 5), ("age", 5)]


def test_the_least_kept_column_goes_first() -> None:
    assert [column.name for column in choose(COLUMNS, 19)] == ["name", "note", "age"]
    assert [column.name for column in choose(COLUMNS, 15)] == ["name", "age"]
    assert [column.name for column in choose(COLUMNS, 7)] == ["name"]


def test_content_is_given_room_before_others_grow() -> None:
    wanting = sized(COLUMNS, {"name": 20})
    assert [column.width for column in choose(wanting, 33)] == [20, 4, 5]
    assert [column.width for column in choose(wanting, 36)] == [20, 7, 5]


def test_a_column_without_content_is_left_out() -> None:
    empty = (*COLUMNS, Column("batch", "BATCH", 0, keep=5))
    assert "batch" not in [column.name for column in choose(empty, 80)]
    assert "batch" in [column.name for column in choose(sized(empty, {"batch": 8}), 80)]


def test_a_heading_is_not_cut_where_its_content_is_shorter() -> None:
    columns = choose(sized((Column("model", "MODEL", 0), Column("note", "NOTE", 4, grow=1)), {"model": 4}), 40)
    assert text_of(heading(columns, 40)).split() == ["MODEL", "NOTE"]


def test_cells_are_cut_padded_and_aligned() -> None:
    columns = choose(COLUMNS, 30)
    assert text_of(heading(columns, 30)) == "NAME        NOTE           AGE"
    assert text_of(lay_out(ROW, columns, 30)) == "a-long-na…  note          6:40"


@given(width=st.integers(min_value=1, max_value=200))
def test_a_row_is_exactly_as_wide_as_asked(width: int) -> None:
    columns = choose(COLUMNS, width)
    assert widths([lay_out(ROW, columns, width), heading(columns, width)]) == {width}


@pytest.mark.parametrize("most", [5, 7])
def test_a_column_stops_growing_at_its_most(most: int) -> None:
    columns = choose((Column("name", "", 4, grow=1, most=most, gap=0),), 40)
    assert columns[0].width == most
