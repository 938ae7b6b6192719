"""Markdown as lines: headings, lists, tables and code, wrapped to the width, everything else as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.report.markdown import escaped
from orchestrator_tui.ui.present.glyphs import ASCII, UNICODE
from orchestrator_tui.ui.present.markdown import markdown_lines
from tests.ui.drawing import drawn, expected, text_of, tokens_of

TEXT = """# Batch summary

Seven tracks are **merged**, one `failed`.

| Track | Cost | State |
|---|---:|---|
| fix-typo | $0.62 | PASS |
| pdf-export | $13.02 | FAIL |

## Left to do

- retry pdf-export: its tests
  need fonts
  1. look
- [x] done
- [ ] open

---
```
  code | stays
```
> said
"""


def test_a_text_is_laid_out() -> None:
    picture = """
        | Batch summary                            |
        |                                          |
        | Seven tracks are merged, one failed.     |
        |                                          |
        | Track         Cost  State                |
        | fix-typo     $0.62  PASS                 |
        | pdf-export  $13.02  FAIL                 |
        |                                          |
        | Left to do                               |
        |                                          |
        | · retry pdf-export: its tests            |
        | need fonts                               |
        |   1. look                                |
        | ✓ done                                   |
        | ○ open                                   |
        |                                          |
        | ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ |
        |     code | stays                         |
        | ▌ said                                   |
        |                                          |
    """
    assert drawn(markdown_lines(TEXT, 42, UNICODE)) == expected(picture)


def test_what_is_marked_has_its_look() -> None:
    tokens: dict[str, str] = {}
    for line in markdown_lines(TEXT, 60, UNICODE):
        tokens |= tokens_of(line)
    assert tokens["Batch summary"] == "accent strong"
    assert tokens["merged,"] == "strong"
    assert tokens["failed."] == "accent"
    assert (tokens["PASS"], tokens["FAIL"]) == ("track-done", "track-failed strong")


def test_a_long_item_goes_on_below_itself() -> None:
    lines = drawn(markdown_lines("- " + "word " * 12, 30, UNICODE)).splitlines()
    assert lines[0].startswith(" · word")
    assert all(line.startswith("   word") for line in lines[1:])


def test_wide_tables_wrap_in_their_cells() -> None:
    text = "| a | b |\n|---|---|\n| " + "x" * 50 + " | " + "y" * 50 + " |\n"
    lines = drawn(markdown_lines(text, 60, UNICODE)).splitlines()
    assert "".join(line.split()[0] for line in lines[1:]) == "x" * 50
    assert max(map(len, lines)) <= 60


def test_a_column_gives_way_before_a_word_is_cut() -> None:
    text = "| Track | Attempts | What to do |\n|---|---:|---|\n| discounts | 3 | look at it, then try it again |\n"
    picture = """
        | Track      Attempts  What to do      |
        | discounts         3  look at it,     |
        |                      then try it     |
        |                      again           |
        |                                      |
    """
    assert drawn(markdown_lines(text, 36, UNICODE)) == expected(picture)


@pytest.mark.parametrize(
    "words", ["`orch-tui worktrees` lists *them* in a_b [x](y) | 50% ~ #1", "1. -x \\ **no**", "a\\"]
)
def test_what_the_report_has_escaped_is_shown_as_it_was_said(words: str) -> None:
    assert text_of(markdown_lines(f"- {escaped(words)}\n", 100, UNICODE)[0]).strip() == f"· {words}"


@given(st.text(max_size=300), st.integers(24, 120))
def test_no_text_makes_a_line_that_is_too_wide_or_fails(text: str, width: int) -> None:
    for line in markdown_lines(text, width, ASCII):
        assert len(text_of(line)) <= 4 * width
        assert "\n" not in text_of(line)


@pytest.mark.parametrize("text", ["", "\n", "|", "||", "| |", "#", "```", "- ", "> "])
def test_bare_marks_are_no_fault(text: str) -> None:
    assert isinstance(markdown_lines(text, 40, UNICODE), tuple)


@pytest.mark.parametrize("mark", ["[", "[a]("])
def test_links_without_an_end_are_looked_at_once(mark: str) -> None:
    """Each of them was looked for to the end of its line: a long one took a minute."""
    rows = markdown_lines(f"so {mark * (60_000 // len(mark))}", 80, UNICODE)
    assert ["".join(part.text for part in row)[:3] for row in rows[:2]] == [" so", f" {mark * 2}"[:3]]


@pytest.mark.parametrize(
    ("columns", "left"), [(20, ""), (21, "1 more column is left out"), (2_000, "1,980 more columns are left out")]
)
def test_a_table_of_very_many_columns_is_bounded(columns: int, left: str) -> None:
    """A row of a thousand columns took a quarter of a minute: what has no room is not looked at, and that is said."""
    row = f"|{'|'.join(['some words'] * columns)}|"
    *lines, last = map(text_of, markdown_lines(f"{row}\n|---|\n|a|{'b ' * 9_000}|", 62, ASCII))
    assert last.strip() == left or not left
    assert max(map(len, lines)) <= 1 + 8 * 20


def test_a_table_without_a_row_is_no_line() -> None:
    assert markdown_lines("|---|---|", 40, ASCII) == ()
