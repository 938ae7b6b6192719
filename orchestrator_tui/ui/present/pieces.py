"""Lines of something that a person answers for: shown whole, wrapped and never cut, their blanks kept.

Line numbers and signs stand in a gutter before a line and never in it, so that no text can imitate them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.text import sanitise
from orchestrator_tui.ui.present.cells import EMPTY, Line, Part, cell_width, character_width, wrap


@frozen
class Piece:
    """One line of an input as it is: clean, on one line, however long.

    Attributes:
        text: what is shown.
        token: its theme token.
        gutter: what stands before its first row: a line number, a sign, a name.
        prose: it is broken between words; everything else keeps its blanks and is broken where the row ends.
        main: it tells what the question itself tells, where that has room for it.
    """

    text: str
    token: str = ""
    gutter: str = ""
    prose: bool = False
    main: bool = False


def piece_lines(pieces: Iterable[Piece], width: int) -> tuple[Line, ...]:
    """The pieces in lines of at most ``width`` cells, gutters in a column."""
    return tuple(line for piece in pieces for line in _piece_lines(piece, max(10, width)))


def code_pieces(text: str, indent: str = "") -> Iterator[Piece]:
    """Each line of a text as it is, behind an indent."""
    return (Piece(safe_line(line), "", indent) for line in text.rstrip("\n").split("\n"))


def safe_line(text: str) -> str:
    """A line with its blanks, safe to show; a carriage return is no line break and shows as what it is."""
    return sanitise(text).replace("\n", "\\n").expandtabs(4)


def _piece_lines(piece: Piece, width: int) -> Iterator[Line]:
    gutter = piece.gutter
    if cell_width(gutter) > width // 2:
        yield (Part(gutter[: width - 1].rstrip(), "quiet"),)
        gutter = "  "
    room = width - cell_width(gutter)
    rows = wrap(piece.text, room) if piece.prose else tuple(_chopped(piece.text, room))
    if not gutter and not piece.text:
        yield EMPTY
        return
    for place, row in enumerate(rows):
        lead = Part(gutter if not place else " " * cell_width(gutter), piece.token if _is_sign(gutter) else "quiet")
        yield (lead, Part(row, piece.token)) if gutter else (Part(row, piece.token),)


def _is_sign(gutter: str) -> bool:
    return gutter.endswith(("+ ", "- "))


def _chopped(text: str, width: int) -> Iterator[str]:
    """``text`` in rows of at most ``width`` cells, every character of it."""
    if cell_width(text) <= width:
        yield text
        return
    row, size = "", 0
    for character in text:
        cells = character_width(character)
        if size + cells > width and row:
            yield row
            row, size = "", 0
        row, size = row + character, size + cells
    yield row
