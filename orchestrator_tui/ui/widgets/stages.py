"""The stage progress of the selected track: a panel, and two lines for narrow screens."""

from __future__ import annotations

from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.present.stages import StagesView, stage_lines, strip_lines
from orchestrator_tui.ui.widgets.line_view import LineView


class StageProgress(LineView, can_focus=True):
    """The ladder of one track, a stage a line."""

    BORDER_TITLE = "Stages"
    DEFAULT_CSS = """
    StageProgress {
        border: round $border-blurred;
        border-title-color: $foreground;
        &:focus { border: round $border; }
    }
    """

    view: StagesView | None = None

    def show(self, view: StagesView) -> None:
        """Show the stages of a track; another track starts at the top."""
        before = self.view
        self.view = view
        if before is None or before.key != view.key:
            self.scroll_to_line(0)
        self.set_frame(f"Stages  {view.title}" if view.title else "Stages", view.corner)
        if not self.is_laid_out(before, view):
            self.show_again()

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        return () if self.view is None else stage_lines(self.view, width)


class StageStrip(LineView):
    """The same in two lines without a frame."""

    DEFAULT_CSS = "StageStrip { height: 2; overflow: hidden; }"

    view: StagesView | None = None

    def show(self, view: StagesView) -> None:
        """Show the stages of a track."""
        before, self.view = self.view, view
        if not self.is_laid_out(before, view):
            self.show_again()

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        return () if self.view is None else strip_lines(self.view, width)
