"""Columns that fit: which of them a width has room for, how wide each is, and a row laid out in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.ui.present.cells import Line, Part, fit, fit_line, line_width


@frozen
class Column:
    """One column of a list.

    Attributes:
        name: which cell of a row it shows.
        heading: what stands above it.
        width: the least cells it can do with; a column of none is left out.
        want: cells it gets before any other grows beyond its own wants.
        grow: share of the cells that are then left over; 0 takes none.
        most: cells beyond which it does not grow; 0 knows no limit.
        align: ``left`` or ``right``.
        gap: cells before it.
        since: width of the whole row from which it is shown.
        keep: columns with the lowest number are left out first when the width is short.
    """

    name: str
    heading: str
    width: int
    want: int = 0
    grow: int = 0
    most: int = 0
    align: str = "left"
    gap: int = 2
    since: int = 0
    keep: int = 9


def choose(columns: Sequence[Column], width: int) -> tuple[Column, ...]:
    """The columns that ``width`` has room for, with their final widths."""
    chosen = [column for column in columns if column.width > 0 and width >= column.since]
    while len(chosen) > 1 and sum(column.gap + column.width for column in chosen) > width:
        chosen.remove(min(chosen, key=lambda column: column.keep))
    return _grown(_satisfied(chosen, width), width)


def sized(columns: Sequence[Column], widths: Mapping[str, int]) -> tuple[Column, ...]:
    """``columns`` wanting the cells that their widest content takes.

    Of a column without a width it is the very width, though no less than its heading: that is not cut above room.
    """
    return tuple(_sized(column, widths.get(column.name)) for column in columns)


def _sized(column: Column, wide: int | None) -> Column:
    if wide is None:
        return column
    if column.width:
        return replace(column, want=wide)
    return replace(column, width=max(wide, len(column.heading)) if wide else 0)


def _spare(columns: Sequence[Column], width: int) -> int:
    return width - sum(column.gap + column.width for column in columns)


def _satisfied(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns with what they want, as far as there is room, from the left."""
    spare = _spare(columns, width)
    satisfied: list[Column] = []
    for column in columns:
        more = max(0, min(column.want - column.width, spare))
        satisfied.append(replace(column, width=column.width + more) if more else column)
        spare -= more
    return satisfied


def _grown(columns: list[Column], width: int) -> tuple[Column, ...]:
    """The columns with the cells that are left over, shared out among those that grow."""
    spare = _spare(columns, width)
    while spare > 0 and (growing := [place for place, column in enumerate(columns) if _grows(column)]):
        total, given = sum(columns[place].grow for place in growing), 0
        for place in growing:
            column = columns[place]
            share = min(max(1, spare * column.grow // total), spare - given)
            share = min(share, column.most - column.width) if column.most else share
            columns[place] = replace(column, width=column.width + share)
            given += share
        spare -= given
    return tuple(columns)


def _grows(column: Column) -> bool:
    return column.grow > 0 and (not column.most or column.width < column.most)


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
