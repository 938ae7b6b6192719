"""The gate card."""

from __future__ import annotations

from dataclasses import dataclass

from textual.events import Click
from textual.message import Message

from orchestrator_tui.core.queries import GateKey
from orchestrator_tui.ui.present.card import CardView
from orchestrator_tui.ui.present.card_lines import OWN, card_lines
from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.widgets.line_view import LineView


class GateCard(LineView, can_focus=True):
    """One gate with its options. A click on an option marks it; the screen owns the marks."""

    BORDER_TITLE = "Decide"
    DEFAULT_CSS = """
    GateCard {
        border: round $border-blurred;
        border-title-color: $foreground;
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

    def show(self, view: CardView) -> None:
        """Show a gate; another gate or revision starts at the top."""
        before = self.view
        self.view = view
        if before is None or (before.key, before.revision) != (view.key, view.revision):
            self.scroll_to(y=0, animate=False)
        self.set_frame("Decide", view.corner)
        self.show_again()

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        return () if self.view is None else card_lines(self.view, width)

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self.view is None or self.view.key is None:
            return
        key = self.part_key(offset.x, offset.y)
        if key:
            self.post_message(self.OptionMarked(self.view.key, self.view.revision, "" if key == OWN else key))
