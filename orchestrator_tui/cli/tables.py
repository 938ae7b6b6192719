"""Plain tables for people: columns as wide as they need, the last one cut at the terminal's edge, text made safe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence

from orchestrator_tui.ui.present.cells import cell_width, clean, cut, fit

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
    """One line of a person's answer, on stdout."""
    sys.stdout.write(clean(text, 4000) + "\n")
