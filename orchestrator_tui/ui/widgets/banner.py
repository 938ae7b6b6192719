"""The banner below the headline: what needs a person most. It keeps its line when nothing does."""

from __future__ import annotations

from dataclasses import dataclass

from textual.events import Click
from textual.message import Message

from orchestrator_tui.core.queries import GateKey, TrackKey
from orchestrator_tui.ui.present.banner import BannerView, banner_line
from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.widgets.line_view import LineView


class Banner(LineView):
    """One line of warning; a click goes to what it speaks of."""

    DEFAULT_CSS = "Banner { height: 1; overflow: hidden; }"

    @dataclass
    class Pressed(Message):
        """The banner was clicked; ``target`` is the gate or track it speaks of."""

        target: GateKey | TrackKey

    view: BannerView | None = None

    def show(self, view: BannerView) -> None:
        """Show the banner; only a line that differs is repainted."""
        before, self.view = self.view, view
        if not self.is_laid_out(before, view):
            self.show_again()

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        return () if self.view is None else (banner_line(self.view, width),)

    def on_click(self, event: Click) -> None:
        if self.view is not None and self.view.target is not None:
            self.post_message(self.Pressed(self.view.target))
