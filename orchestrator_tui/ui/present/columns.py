"""Columns that fit: which of them a width has room for, how wide each is, and a row laid out in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator_tui.ui.present.cells import Line, Part, fit, fit_line, line_width


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list.

    Attributes:
        name: which cell of a row it shows.
        heading: what stands above it.
        width: cells it wants; for a growing column, the least it can do with.
        grow: share of the cells that are left over; 0 keeps ``width``.
        most: cells beyond which it does not grow; 0 knows no limit.
        align: ``left`` or ``right``.
        gap: cells before it.
        keep: columns with the lowest number are left out first when the width is short.
    """

    name: str
    heading: str
    width: int
    grow: int = 0
    most: int = 0
    align: str = "left"
    gap: int = 2
    keep: int = 9


def choose(columns: Sequence[Column], width: int) -> tuple[Column, ...]:
    """The columns that ``width`` has room for, with their final widths."""
    chosen = [column for column in columns if column.width > 0]
    while len(chosen) > 1 and sum(column.gap + column.width for column in chosen) > width:
        chosen.remove(min(chosen, key=lambda column: column.keep))
    spare = width - sum(column.gap + column.width for column in chosen)
    return tuple(_grown(chosen, spare))


def _grown(columns: Sequence[Column], spare: int) -> list[Column]:
    grown = list(columns)
    while spare > 0:
        growing = [
            place
            for place, column in enumerate(grown)
            if column.grow and (not column.most or column.width < column.most)
        ]
        if not growing:
            break
        total = sum(grown[place].grow for place in growing)
        given = 0
        for place in growing:
            column = grown[place]
            share = max(1, spare * column.grow // total)
            share = min(share, spare - given, column.most - column.width if column.most else share)
            grown[place] = replace(column, width=column.width + share)
            given += share
        spare -= given
    return grown


def heading(columns: Sequence[Column], width: int) -> Line:
    """The line above the rows."""
    text = "".join(" " * column.gap + fit(column.heading, column.width, column.align) for column in columns)
    return fit_line((Part(text, "heading"),), width)


def lay_out(cells: Mapping[str, Line], columns: Sequence[Column], width: int, ellipsis: str = "…") -> Line:
    """One row: each cell cut or padded to its column."""
    line: list[Part] = []
    for column in columns:
        if column.gap:
            line.append(Part(" " * column.gap))
        cell = cells.get(column.name, ())
        size = line_width(cell)
        if column.align == "right" and size < column.width:
            line.append(Part(" " * (column.width - size)))
            line.extend(cell)
        else:
            line.extend(fit_line(cell, column.width, ellipsis))
    return fit_line(line, width, ellipsis)
