"""Lines of parts as text that a person can read in a diff."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_tui.ui.present.cells import Line, cell_width


def text_of(line: Line) -> str:
    """One line without its looks."""
    return "".join(part.text for part in line)


def drawn(lines: Iterable[Line]) -> str:
    """Lines below each other, trailing blanks cut off."""
    return "\n".join(text_of(line).rstrip() for line in lines)


def expected(picture: str) -> str:
    """A picture written between bars, one line a row: ``| … |`` becomes the text between them."""
    rows = [row.strip() for row in picture.strip().splitlines()]
    assert all(row.startswith("|") and row.endswith("|") for row in rows)
    return "\n".join(row[1:-1].rstrip() for row in rows)


def widths(lines: Iterable[Line]) -> set[int]:
    """The widths of lines in cells."""
    return {cell_width(text_of(line)) for line in lines}


def tokens_of(line: Line) -> dict[str, str]:
    """The token of each text that has one."""
    return {part.text.strip(): part.token for part in line if part.token}
