"""Figures: what was measured, beside the floor that was measured in the same run and the bar it is held against."""

from __future__ import annotations

import math
import os
import platform
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``floor`` is what the same thing costs without us; ``bar`` what it may cost at most.

    ``bar_is_ratio`` tells that the bar is a multiple of the floor, not a value.
    """

    name: str
    value: float
    unit: str
    detail: str = ""
    floor: float | None = None
    bar: float | None = None
    bar_is_ratio: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times the floor."""
        return self.value / self.floor if self.floor else None

    @property
    def verdict(self) -> str:
        """Whether the bar is kept; "" without one. Nothing depends on it: the machine decides as much as we do."""
        if self.bar is None:
            return ""
        measured = self.ratio if self.bar_is_ratio else self.value
        return "" if measured is None else ("kept" if measured <= self.bar else "MISSED")

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "detail": self.detail,
            "floor": self.floor,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "bar": self.bar,
            "bar_is_ratio": self.bar_is_ratio,
            "verdict": self.verdict,
        }


def percentile(values: Iterable[float], share: float) -> float:
    """The value that ``share`` of all are not above (nearest rank); at least one is needed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values: Sequence[float]) -> str:
    """Median and 95th percentile, for the detail column."""
    return f"median {percentile(values, 0.5):.1f}, p95 {percentile(values, 0.95):.1f}, n {len(values)}"


def machine() -> dict[str, str]:
    """What it was measured on."""
    return {
        "cpu": _cpu(),
        "cores": str(os.cpu_count()),
        "load": " ".join(f"{one:.2f}" for one in os.getloadavg()),
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
        "textual": version("textual"),
        "sqlite": sqlite3.sqlite_version,
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def table(figures: Sequence[Figure]) -> str:
    """All figures as columns of text."""
    head = ("WHAT", "FIGURE", "FLOOR", "RATIO", "BAR", "", "DETAIL")
    rows = [head, *(_row(one) for one in figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:5], widths[1:5], strict=True)]
        cells += [row[5].ljust(widths[5]), row[6]]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _row(one: Figure) -> tuple[str, ...]:
    bar = "" if one.bar is None else (f"{one.bar:g} x" if one.bar_is_ratio else f"{one.bar:g} {one.unit}")
    return (
        one.name,
        f"{_short(one.value)} {one.unit}",
        "" if one.floor is None else _short(one.floor),
        "" if one.ratio is None else f"{one.ratio:.2f}",
        bar,
        one.verdict,
        one.detail,
    )


def _short(number: float) -> str:
    if number >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}" if number < 10 else f"{number:.1f}"
