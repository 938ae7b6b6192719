"""The status line at the bottom: the keys valid now, what was decided, the mode and the trust level."""

from __future__ import annotations

from dataclasses import dataclass

from textual.events import Click
from textual.message import Message

from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.present.status import StatusView, status_line
from orchestrator_tui.ui.widgets.line_view import LineView


class StatusLine(LineView):
    """One line of keys and facts; a click on a key asks for its action."""

    DEFAULT_CSS = "StatusLine { height: 1; overflow: hidden; }"

    @dataclass
    class HintPressed(Message):
        """A key hint was clicked; ``action`` is the id of its action."""

        action: str

    view: StatusView | None = None

    def show(self, view: StatusView) -> None:
        """Show the status line; only a line that differs is repainted."""
        before, self.view = self.view, view
        if not self.is_laid_out(before, view):
            self.show_again()

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        return () if self.view is None else (status_line(self.view, width),)

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        action = self.part_key(offset.x, offset.y) if offset is not None else ""
        if action:
            self.post_message(self.HintPressed(action))
