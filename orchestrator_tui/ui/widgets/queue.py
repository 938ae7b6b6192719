"""The gate queue panel."""

from __future__ import annotations

from textual.reactive import var

from orchestrator_tui.core.queries import GateKey
from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.present.columns import Column
from orchestrator_tui.ui.present.queue import QueueRow, QueueView, queue_columns, queue_heading, queue_line
from orchestrator_tui.ui.widgets.line_list import LineList


class GateQueue(LineList[GateKey]):
    """Every gate that needs a person in a row. ``heading`` shows the column titles."""

    BORDER_TITLE = "Gates"
    DEFAULT_CSS = """
    GateQueue {
        border: round $border-blurred;
        border-title-color: $foreground;
        &:focus { border: round $border; }
    }
    """

    heading: var[bool] = var(True, init=False)

    view: QueueView | None = None

    def show(self, view: QueueView) -> None:
        """Show the queue; only lines that differ are repainted."""
        self.view = view
        self.show_rows(view.rows, view.empty, view.glyphs)
        self.order_changed()

    def order_changed(self) -> None:
        if self.view is not None:
            self.set_frame("Gates", self.view.corner, "gate" if self.view.rows else "frame-note")

    def watch_heading(self) -> None:
        self.show_again()

    def columns(self, width: int) -> tuple[Column, ...]:
        return () if self.view is None else queue_columns(self.view, width)

    def heading_line(self, width: int) -> Line | None:
        return queue_heading(self.view, width) if self.heading and self.view is not None else None

    def row_line(self, row: QueueRow, columns: tuple[Column, ...], width: int) -> Line:
        return queue_line(row, columns, width, self._glyphs.ellipsis)
