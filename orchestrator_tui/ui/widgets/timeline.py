"""The timeline panel."""

from __future__ import annotations

from typing import ClassVar

from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.present.columns import Column
from orchestrator_tui.ui.present.timeline import EventKey, TimelineRow, TimelineView, timeline_columns, timeline_line
from orchestrator_tui.ui.widgets.line_list import LineList


class Timeline(LineList[EventKey]):
    """The newest events, newest first; what is being read stays where it is while new ones come above it."""

    HOLDS_ORDER: ClassVar[bool] = False
    KEEPS_CURSOR: ClassVar[bool] = False
    BORDER_TITLE = "Timeline"
    DEFAULT_CSS = """
    Timeline {
        border: round $border-blurred;
        border-title-color: $foreground;
        &:focus { border: round $border; }
    }
    """

    view: TimelineView | None = None

    def show(self, view: TimelineView) -> None:
        """Show the timeline; only lines that differ are repainted."""
        self.view = view
        self.show_rows(view.rows, view.empty, view.glyphs)
        self.set_frame("Timeline", view.corner)

    def columns(self, width: int) -> tuple[Column, ...]:
        return () if self.view is None else timeline_columns(self.view, width)

    def row_line(self, row: TimelineRow, columns: tuple[Column, ...], width: int) -> Line:
        return timeline_line(row, columns, width, self._glyphs.ellipsis)
