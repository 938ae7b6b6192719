"""The tracks panel."""

from __future__ import annotations

from textual.reactive import var

from orchestrator_tui.core.queries import TrackKey
from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.present.columns import Column
from orchestrator_tui.ui.present.track_row import TrackRow
from orchestrator_tui.ui.present.tracks import TracksView, aged_line, track_columns, track_heading, track_line
from orchestrator_tui.ui.widgets.line_list import LineList


class TracksList(LineList[TrackKey]):
    """Every track in a row. ``heading`` shows the column titles."""

    BORDER_TITLE = "Tracks"
    DEFAULT_CSS = """
    TracksList {
        border: round $border-blurred;
        border-title-color: $foreground;
        &:focus { border: round $border; }
    }
    """

    heading: var[bool] = var(True, init=False)

    view: TracksView | None = None

    def show(self, view: TracksView) -> None:
        """Show the tracks; only lines that differ are repainted."""
        self.view = view
        self.show_rows(view.rows, view.empty, view.glyphs)
        self.order_changed()

    def order_changed(self) -> None:
        if self.view is not None:
            resting = ", resting while you are here" if self.order_held else ""
            self.set_frame("Tracks", self.view.corner + resting)

    def watch_heading(self) -> None:
        self.show_again()

    def columns(self, width: int) -> tuple[Column, ...]:
        return () if self.view is None else track_columns(self.view, width)

    def heading_line(self, width: int) -> Line | None:
        return track_heading(self.view, width) if self.heading and self.view is not None else None

    def row_line(self, row: TrackRow, columns: tuple[Column, ...], width: int) -> Line:
        return track_line(row, columns, width, self._glyphs.ellipsis)

    def line_again(self, before: TrackRow, row: TrackRow, line: Line) -> Line | None:
        return aged_line(before, row, line)
