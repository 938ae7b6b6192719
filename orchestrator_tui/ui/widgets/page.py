"""A page of lines to read, and a title line: what the smaller screens are made of."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator_tui.ui.present.cells import Line, Part, spread
from orchestrator_tui.ui.widgets.line_view import LineView

Lines = Callable[[int], tuple[Line, ...]]
"""The lines of a page, by its width."""


class Page(LineView, can_focus=True):
    """Lines to read and scroll."""

    DEFAULT_CSS = """
    Page {
        border: round $border-blurred;
        border-title-color: $foreground;
        &:focus { border: round $border; }
    }
    """

    lines: Lines | None = None

    def show(self, title: str, note: str, lines: Lines, *, from_the_top: bool = False) -> None:
        """Show ``lines`` under ``title``; only lines that differ are repainted."""
        self.lines = lines
        if from_the_top:
            self.scroll_to(y=0, animate=False)
        self.set_frame(title, note)
        self.show_again()

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        return () if self.lines is None else self.lines(width)


class TitleLine(LineView):
    """The line at the top of a screen: what it shows at the left, how much waits at the right."""

    DEFAULT_CSS = "TitleLine { height: 1; overflow: hidden; }"

    left: tuple[Part, ...] = ()
    right: tuple[Part, ...] = ()

    def show(self, left: tuple[Part, ...], right: tuple[Part, ...]) -> None:
        """Show both ends."""
        self.left, self.right = left, right
        self.show_again()

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        return (spread((Part(" "), *self.left), (*self.right, Part(" ")), width),)
