"""The gate card."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.message import Message

from orchestrator_tui.core.queries import GateKey
from orchestrator_tui.ui.present.card import CardView
from orchestrator_tui.ui.present.card_lines import OWN, card_lines
from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.present.words import plural
from orchestrator_tui.ui.widgets.line_view import LineView


class GateCard(LineView, can_focus=True):
    """One gate with its options. A click on an option marks it; the screen owns the marks.

    What does not fit is told in the frame: a scroll bar would take a cell, the text would be shortened differently,
    and the bar could go and come for ever.
    """

    DEFAULT_CSS = """
    GateCard {
        border: round $border-blurred;
        border-title-color: $foreground;
        border-subtitle-color: $quiet;
        scrollbar-size-vertical: 0;
        &:focus { border: round $border; }
    }
    """

    @dataclass
    class OptionMarked(Message):
        """An option was clicked; ``option`` is its key, "" an answer of one's own, of ``revision`` of ``gate``."""

        gate: GateKey
        revision: int
        option: str

    view: CardView | None = None

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._below = 0

    def show(self, view: CardView) -> None:
        """Show a gate; another gate or revision starts at the top."""
        before = self.view
        self.view = view
        if before is None or (before.key, before.revision) != (view.key, view.revision):
            self.scroll_to_line(0)
        self.tell_frame(view)
        self.show_again()

    def tell_frame(self, view: CardView) -> None:
        """Name the card and, at the right of its frame, the route of the answer."""
        self.set_frame("Decide", view.corner)

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        return () if self.view is None else card_lines(self.view, width, height)

    def show_again(self) -> None:
        super().show_again()
        self._tell_below()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._tell_below()

    def _tell_below(self) -> None:
        below = max(0, len(self._lines) - self.size.height - self.scroll_offset.y)
        if below != self._below:
            self._below = below
            self.border_subtitle = Content(f"{plural(below, 'line')} below") if below else None

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self.view is None or self.view.key is None:
            return
        key = self.part_key(offset.x, offset.y)
        if key:
            self.post_message(self.OptionMarked(self.view.key, self.view.revision, "" if key == OWN else key))
