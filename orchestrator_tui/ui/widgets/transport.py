"""The transport bar of a replay."""

from __future__ import annotations

from dataclasses import dataclass

from textual.events import Click
from textual.message import Message

from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.present.transport import TransportView, transport_lines
from orchestrator_tui.ui.widgets.line_view import LineView


class TransportBar(LineView):
    """Two lines: where the replay is, and the keys that move it."""

    DEFAULT_CSS = "TransportBar { height: 2; overflow: hidden; }"

    @dataclass
    class Sought(Message):
        """The bar was clicked; ``fraction`` is how far along, from 0 to 1."""

        fraction: float

    @dataclass
    class HintPressed(Message):
        """A key below the bar was clicked; ``action`` is the id of its action."""

        action: str

    view: TransportView | None = None

    def show(self, view: TransportView) -> None:
        """Show a position; only lines that differ are repainted."""
        self.view = view
        self.show_again()

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        return () if self.view is None else transport_lines(self.view, width)

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            self.post_message(self.Sought(offset.x / max(1, self.size.width - 1)))
        elif action := self.part_key(offset.x, offset.y):
            self.post_message(self.HintPressed(action))
