"""Text in terminal cells: how wide it is, how it is cut, padded and wrapped; and the parts a line is made of.

A :class:`Part` carries the name of a theme token, never a colour; a widget finds the style.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.text import MAX_MARKS, sanitise, sanitise_line


@frozen
class Part:
    """A piece of a line in one look.

    Attributes:
        text: what is shown; clean, on one line.
        token: names of theme tokens, parted by blanks (``"gate strong"``); "" is plain text.
        key: what a click on it means, or "" when a click means nothing.
    """

    text: str
    token: str = ""
    key: str = ""


Line = tuple[Part, ...]
"""One line of a screen, left to right."""

EMPTY: Line = ()


@lru_cache(maxsize=4096)
def character_width(character: str) -> int:
    """Cells of one character: 2 for wide ones, 0 for combining marks, else 1."""
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cell_width(text: str) -> int:
    """How many cells ``text`` takes in a terminal."""
    return len(text) if text.isascii() else sum(map(character_width, text))


def line_width(line: Iterable[Part]) -> int:
    """How many cells a line takes."""
    return sum(cell_width(part.text) for part in line)


def cut(text: str, width: int, ellipsis: str = "…") -> str:
    """``text`` in at most ``width`` cells; what was cut ends in ``ellipsis``."""
    if cell_width(text) <= width:
        return text
    if width <= cell_width(ellipsis):
        return _head(text, max(0, width))
    return _head(text, width - cell_width(ellipsis)) + ellipsis


def fit(text: str, width: int, align: str = "left", ellipsis: str = "…") -> str:
    """``text`` in exactly ``width`` cells, cut or padded; ``align`` is ``left`` or ``right``."""
    text = cut(text, width, ellipsis)
    space = " " * (width - cell_width(text))
    return space + text if align == "right" else text + space


def fit_line(line: Sequence[Part], width: int, ellipsis: str = "…") -> Line:
    """``line`` in exactly ``width`` cells: the part that crosses the edge is cut, the rest is left out."""
    fitted: list[Part] = []
    left = width
    for part in line:
        size = cell_width(part.text)
        if size > left:
            if left > 0:
                fitted.append(Part(fit(part.text, left, ellipsis=ellipsis), part.token, part.key))
            return tuple(fitted)
        fitted.append(part)
        left -= size
    if left > 0:
        fitted.append(Part(" " * left))
    return tuple(fitted)


def spread(left: Sequence[Part], right: Sequence[Part], width: int, ellipsis: str = "…") -> Line:
    """``left`` and ``right`` at the two ends of ``width`` cells; the left gives way when they meet."""
    space = width - line_width(right)
    if space <= 0:
        return fit_line(right, width, ellipsis)
    return (*fit_line(left, space, ellipsis), *right)


@lru_cache(maxsize=64)
def wrap(text: str, width: int, limit: int = 400) -> tuple[str, ...]:
    """``text`` in lines of at most ``width`` cells, broken between words, longer words anywhere.

    Its own line breaks and the indent of each line stay. Of a text that needs more than ``limit`` lines, about as
    many are made and a last one says that it was cut; no more of it is looked at than they can hold (reliability S-4).
    """
    lines: list[str] = []
    width = max(1, width)
    for paragraph in sanitise(text).expandtabs(4).split("\n"):
        head = paragraph[: (MAX_MARKS + 1) * width * limit]
        lines += _wrap_paragraph(head, width)
        if len(lines) > limit or len(head) < len(paragraph):
            return (*lines[:limit], cut(f"… cut, {len(text):,} characters", width))
    return tuple(lines)


def told(texts: Iterable[str], width: int) -> tuple[Line, ...]:
    """What would fill an empty panel: quiet lines below a blank one, with a margin."""
    return (EMPTY, *((Part("  "), Part(line, "quiet")) for text in texts for line in wrap(text, width - 3)))


def clean(text: str, limit: int = 500) -> str:
    """Text from outside on one line, safe to show."""
    return sanitise_line(text, limit)


def _head(text: str, width: int) -> str:
    if text.isascii():
        return text[:width]
    size = 0
    for place, character in enumerate(text):
        size += character_width(character)
        if size > width:
            return text[:place]
    return text


def _wrap_paragraph(paragraph: str, width: int) -> list[str]:
    indent = paragraph[: len(paragraph) - len(paragraph.lstrip(" "))][: width // 2]
    lines: list[str] = []
    line = indent
    size = len(indent)
    fresh = True
    for word in paragraph.split():
        length = cell_width(word)
        if not fresh and size + 1 + length <= width:
            line, size = f"{line} {word}", size + 1 + length
            continue
        if not fresh:
            lines.append(line)
            line, size = indent, len(indent)
        while size + cell_width(word) > width:
            head = _head(word, width - size) or word[0]
            lines.append(line + head)
            word, line, size = word[len(head) :], indent, len(indent)
        line, size, fresh = line + word, size + cell_width(word), False
    return [*lines, line.rstrip()] if line.strip() or not lines else lines
