"""Plain tables for people: columns as wide as they need, the last one cut at the terminal's edge, text made safe."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo

from orchestrator_tui.core.instant import Instant
from orchestrator_tui.ui.present.cells import cell_width, clean, cut, fit
from orchestrator_tui.ui.present.glyphs import ASCII, UNICODE, Glyphs
from orchestrator_tui.ui.settings import Settings, wants_ascii

COLUMN_LIMIT = 40
NO_EDGE = 100_000


def print_table(titles: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> None:
    """Print ``rows`` below ``titles``; columns whose place is in ``right`` are aligned right.

    Every text may come from an agent. Only a terminal has an edge: into a pipe or file nothing is cut.
    """
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((100, 24)).columns if terminal else NO_EDGE
    lines = [[clean(cell) for cell in row] for row in (titles, *rows)]
    last = len(titles) - 1
    limit = COLUMN_LIMIT if terminal else NO_EDGE
    widths = [min(limit, max(cell_width(line[place]) for line in lines)) for place in range(last)]
    aligned = set(right)
    for line in lines:
        cells = [
            fit(cell, size, "right" if place in aligned else "left")
            for place, (cell, size) in enumerate(zip(line, widths, strict=False))
        ]
        text = "  ".join([*cells, line[last]]).rstrip()
        sys.stdout.write(cut(text, width) + "\n")


def say(text: str) -> None:
    """A word to the person, on stderr."""
    sys.stderr.write(clean(text, 1000) + "\n")


def tell(text: str) -> None:
    """One line of a person's answer, on stdout; its indent stays."""
    indent = text[: len(text) - len(text.lstrip(" "))]
    sys.stdout.write(indent + clean(text, 4000) + "\n")


def signs() -> Glyphs:
    """The signs that this terminal can draw."""
    return ASCII if wants_ascii(Settings(), os.environ) else UNICODE


def local_time(at: Instant | None) -> str:
    """A moment in the person's time zone, to the minute: ``2026-11-20 10:05``; "" for no moment."""
    if at is None:
        return ""
    try:
        return datetime.fromtimestamp(at.wall_ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError, OSError):
        return "?"


def local_zone() -> tzinfo:
    """The time zone of the person."""
    return datetime.now(UTC).astimezone().tzinfo or UTC
