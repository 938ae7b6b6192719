"""A unified diff, or any other long text, in lines with a look each."""

from __future__ import annotations

from orchestrator_tui.core.text import sanitise
from orchestrator_tui.ui.present.cells import Line, Part, cut
from orchestrator_tui.ui.present.glyphs import Glyphs

MOST_LINES = 20_000
"""Lines that are shown; how many are left out is said."""

_LOOKS = (
    ("+++ ", "strong"),
    ("--- ", "strong"),
    ("diff ", "accent strong"),
    ("@@", "accent"),
    ("+", "track-done"),
    ("-", "track-failed"),
)
"""Theme token of a diff's line by its beginning; the first that fits counts."""


def diff_lines(text: str, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The lines of a diff, each cut to ``width``."""
    return _lines(text, width, glyphs, diff=True)


def output_lines(text: str, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The lines of an agent's output, each cut to ``width``; of a long one, the last ones."""
    return _lines(text, width, glyphs, diff=False)


def _lines(text: str, width: int, glyphs: Glyphs, *, diff: bool) -> tuple[Line, ...]:
    raw = text.splitlines() if diff else text.rstrip("\n").split("\n")
    kept = raw[:MOST_LINES] if diff else raw[-MOST_LINES:]
    lines = [_line(sanitise(one).replace("\n", " "), width, glyphs, diff=diff) for one in kept]
    if len(raw) > len(kept):
        note = (Part(f" {len(raw) - len(kept):,} more lines are not shown", "quiet"),)
        lines = [*lines, note] if diff else [note, *lines]
    return tuple(lines)


def _line(text: str, width: int, glyphs: Glyphs, *, diff: bool) -> Line:
    token = next((look for start, look in _LOOKS if text.startswith(start)), "") if diff else ""
    return (Part(" "), Part(cut(text.expandtabs(4), max(1, width - 1), glyphs.ellipsis), token))
