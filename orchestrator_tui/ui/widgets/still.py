"""Widgets that stand still while others change: each paint of one line asks all that it crosses for all their lines."""

from __future__ import annotations

from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Still(Widget):
    """Keeps its lines as they were painted until something of it is to look different.

    The toolkit keeps them line by line and puts them together for every paint, which was most of what a tick cost.
    It is the last of a class's bases: the toolkit takes the styles of the first one.
    """

    _painted: tuple[Region, list[Strip]] | None = None

    def _set_dirty(self, *regions: Region) -> None:
        self._painted = None
        super()._set_dirty(*regions)

    def render_lines(self, crop: Region) -> list[Strip]:
        if self._painted is None or self._painted[0] != crop:
            self._painted = crop, self.paint_lines(crop)
        return self._painted[1]

    def paint_lines(self, crop: Region) -> list[Strip]:
        """The lines as they are now."""
        return super().render_lines(crop)


class Row(Horizontal, Still):
    """Panels side by side."""


class Column(Vertical, Still):
    """Panels below each other."""
