"""Markdown of ours as lines: headings, lists, tables in columns, code as it is; anything else is plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from orchestrator_tui.core.text import sanitise
from orchestrator_tui.ui.present.cells import EMPTY, Line, Part, cell_width, fit, wrap
from orchestrator_tui.ui.present.glyphs import Glyphs

MOST_LINES = 20_000
"""Lines of a text that are shown; how many are left out is said."""

MOST_TEXT = 2_000_000
"""Characters of a text that are looked at."""

_NARROWEST = 6
"""Cells that a column of a table keeps, where it has as much."""

_COLUMN = 3
"""Cells that a column takes at least, with the space before it: more columns than that are not looked at."""

_MARKS = re.compile(r"(?<!\\)(?:\*\*(.+?)(?<!\\)\*\*|`([^`]*[^`\\])`|\[([^\[\]]*[^\[\]\\])\]\([^)]{0,400}\))")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_BULLET = re.compile(r"^(\s*)(?:[-*+]|(\d{1,3})[.)])\s+(?:\[([ xX])\]\s+)?")
_RULE = re.compile(r"^\s*(?:-{3,}|\*{3,})\s*$")
_TABLE_RULE = re.compile(r"^(?=[^-]*-)[\s:|-]*$")
_HEADINGS = {1: "accent strong", 2: "strong"}
_WORDS = {"PASS": "track-done", "FAIL": "track-failed strong"}
"""Words that stand for how a thing ended, with their theme token."""


def markdown_lines(text: str, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """``text`` in lines of at most ``width`` cells."""
    rows = sanitise(text[:MOST_TEXT]).expandtabs(4).split("\n")
    lines: list[Line] = []
    for line in _blocks(rows, max(20, width - 2), glyphs):
        if len(lines) >= MOST_LINES:
            lines.append((Part(" "), Part("more lines are not shown", "quiet")))
            break
        lines.append((Part(" "), *line) if line else EMPTY)
    return tuple(lines)


def _blocks(rows: Sequence[str], width: int, glyphs: Glyphs) -> Iterator[Line]:
    place, code = 0, False
    while place < len(rows):
        row = rows[place]
        place += 1
        if row.lstrip().startswith("```"):
            code = not code
        elif code:
            yield from ((Part("  "), Part(one)) for one in (wrap(row, width - 2) or ("",)))
        elif row.lstrip().startswith("|"):
            table = [row]
            while place < len(rows) and rows[place].lstrip().startswith("|"):
                table.append(rows[place])
                place += 1
            yield from _table(table, width, glyphs)
        else:
            yield from _row(row, width, glyphs)


def _row(row: str, width: int, glyphs: Glyphs) -> Iterator[Line]:
    level = len(row) - len(row.lstrip("#"))
    bullet = _BULLET.match(row)
    if not row.strip():
        yield EMPTY
    elif 0 < level <= 6 and row[level : level + 1] == " ":
        yield from ((Part(one, _HEADINGS.get(level, "heading")),) for one in wrap(_plain(row[level:].strip()), width))
    elif _RULE.match(row):
        yield (Part(glyphs.track * width, "quiet"),)
    elif bullet is not None:
        yield from _item(row, bullet, width, glyphs)
    elif row.startswith(">"):
        yield from ((Part(f"{glyphs.cursor} ", "quiet"), *line) for line in _prose(row.lstrip("> "), width - 2))
    else:
        yield from _prose(row, width)


def _item(row: str, bullet: re.Match[str], width: int, glyphs: Glyphs) -> Iterator[Line]:
    indent, number, box = bullet.groups()
    sign = glyphs.bullet if number is None else f"{number}."
    token = "quiet"
    if box is not None:
        sign, token = (glyphs.pending, "quiet") if box == " " else (glyphs.done, "track-done")
    lead = f"{indent[: width // 4]}{sign} "
    for place, line in enumerate(_prose(row[bullet.end() :], width - cell_width(lead))):
        yield (Part(lead if not place else " " * cell_width(lead), token), *line)


def _prose(text: str, width: int) -> Iterator[Line]:
    """A paragraph: wrapped by its words, what is marked in it as it is meant."""
    looks = dict(_marked(text))
    for line in wrap(_plain(text.strip()), width):
        yield _looked(line, looks)


def _marked(text: str) -> Iterator[tuple[str, str]]:
    for strong, code, _ in _MARKS.findall(text):
        yield from ((word, "strong") for word in strong.split())
        yield from ((word, "accent") for word in code.split())


def _looked(line: str, looks: dict[str, str]) -> Line:
    parts: list[Part] = []
    for place, word in enumerate(line.split(" ")):
        token = looks.get(word) or looks.get(word.rstrip(".,;:)")) or _WORDS.get(word.strip(".,;:"), "")
        shown = f" {word}" if place else word
        if parts and parts[-1].token == token:
            parts[-1] = Part(parts[-1].text + shown, token)
        else:
            parts.append(Part(shown, token))
    return tuple(parts)


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", _MARKS.sub(lambda found: found[1] or found[2] or found[3], text))


# --- tables ------------------------------------------------------------------------------------------------


def _table(rows: Sequence[str], width: int, glyphs: Glyphs) -> Iterator[Line]:
    """A table in columns; where they have no room beside each other the widest give way, words last of all."""
    read = [_cells(row) for row in rows if not _TABLE_RULE.match(row)]
    whole = max(map(len, read), default=0)
    count = min(whole, max(1, width // _COLUMN))
    cells = [[*row[:count], *[""] * (count - len(row))] for row in read]
    # What is wider than the screen is narrowed to it first, at once: cell by cell it would take very long.
    widths = [min(width, max(cell_width(row[column]) for row in cells)) for column in range(count)]
    room = width - 2 * (count - 1)
    words = [
        min(width, max(cell_width(word) for row in cells for word in (row[column].split() or [""])))
        for column in range(count)
    ]
    _narrow(widths, room, words)
    _narrow(widths, room, [_NARROWEST] * count)
    numbers = [all(_is_number(row[column]) for row in cells[1:]) and len(cells) > 1 for column in range(count)]
    for place, row in enumerate(cells):
        wrapped = [wrap(cell, size) or ("",) for cell, size in zip(row, widths, strict=True)]
        for line in range(max(map(len, wrapped))):
            parts: list[Part] = []
            for column, texts in enumerate(wrapped):
                text = texts[line] if line < len(texts) else ""
                token = "heading" if not place else _WORDS.get(text, "")
                fitted = fit(text, widths[column], "right" if numbers[column] else "left", glyphs.ellipsis)
                parts += [Part("  " if column else ""), Part(fitted, token)]
            yield tuple(part for part in parts if part.text)
    if whole > count:
        left = whole - count
        yield (Part(f"{left:,} more {'column is' if left == 1 else 'columns are'} left out", "quiet"),)


def _narrow(widths: list[int], room: int, least: Sequence[int]) -> None:
    """Take from the widest column until all have room, or every one is as narrow as it may be."""
    while sum(widths) > room:
        widest = max(
            (place for place, size in enumerate(widths) if size > least[place]), key=widths.__getitem__, default=-1
        )
        if widest < 0:
            break
        widths[widest] -= 1


def _cells(row: str) -> list[str]:
    inner = row.strip().removeprefix("|").removesuffix("|")
    return [_plain(cell.strip()) for cell in re.split(r"(?<!\\)\|", inner)]


def _is_number(text: str) -> bool:
    return not text or text.lstrip("$#−-").replace(",", "").replace(".", "").replace(":", "").rstrip("%").isdigit()
