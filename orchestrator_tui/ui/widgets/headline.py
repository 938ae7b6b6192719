"""The headline at the top of the main screen."""

from __future__ import annotations

from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.present.headline import HeadlineView, headline_line
from orchestrator_tui.ui.widgets.line_view import LineView


class Headline(LineView):
    """Title, counts and elapsed time in one line."""

    DEFAULT_CSS = "Headline { height: 1; overflow: hidden; }"

    view: HeadlineView | None = None

    def show(self, view: HeadlineView) -> None:
        """Show the headline; only a line that differs is repainted."""
        before, self.view = self.view, view
        if not self.is_laid_out(before, view):
            self.show_again()

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        return () if self.view is None else (headline_line(self.view, width),)
