"""The gate card."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.events import Click, MouseScrollDown
from textual.message import Message

from orchestrator_tui.core.queries import GateKey
from orchestrator_tui.core.text import plural
from orchestrator_tui.ui.present.card import CardView
from orchestrator_tui.ui.present.card_lines import MORE, OWN, card_lines
from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.widgets.line_view import LineView


class GateCard(LineView, can_focus=True):
    """One gate with its options. A click on an option marks it; the screen owns the marks.

    Long texts are cut so that the options stay in sight; moving down shows the whole card, to scroll through, until
    an option is marked or the top is left upwards. What does not fit is told in the frame: a scroll bar would take a
    cell, the text would be shortened differently, and the bar could go and come for ever.
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
        self._told = ""
        self._whole = False

    def show(self, view: CardView) -> None:
        """Show a gate; another gate or revision starts at the top."""
        before = self.view
        self.view = view
        if before is None or _to_decide(before) != _to_decide(view):
            self._whole = False
            self.scroll_to_line(0)
        self.tell_frame(view)
        self.show_again()

    def tell_frame(self, view: CardView) -> None:
        """Name the card and, at the right of its frame, the route of the answer."""
        self.set_frame("Decide", view.corner)

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        return () if self.view is None else card_lines(self.view, width, 0 if self._whole else height)

    def show_again(self) -> None:
        super().show_again()
        self._tell_rest()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._tell_rest()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self._tell_rest()

    def move(self, lines: int) -> None:
        if lines > 0 and self._is_cut():
            # The first move only opens the text where it was cut: nothing of it is passed over.
            self._show_whole(True)
            return
        if lines < 0 and self._whole and not self.scroll_offset.y:
            self._show_whole(False)
        super().move(lines)

    def move_to_end(self, last: bool) -> None:
        if last != self._whole and (not last or self._is_cut()):
            self._show_whole(last)
        super().move_to_end(last)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        if self._is_cut():
            event.stop()
            self.move(1)

    def _is_cut(self) -> bool:
        """Whether lines of the card are left out."""
        return any(part.key == MORE for line in self._lines for part in line)

    def _show_whole(self, whole: bool) -> None:
        self._whole = whole
        self.show_again()

    def _tell_rest(self) -> None:
        """Tell in the frame what is not in sight, and how it comes there."""
        below = max(0, len(self._lines) - self.size.height - self.scroll_offset.y)
        told = f"{plural(below, 'line')} below" if below else ""
        if not told and self.size and self._is_cut():
            told = "PgDn shows all" if self.has_focus else "shortened: Tab here, PgDn shows all"
        if told != self._told:
            self._told = told
            self.border_subtitle = Content(told) if told else None

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self.view is None or self.view.key is None:
            return
        key = self.part_key(offset.x, offset.y)
        if key == MORE:
            self._show_whole(True)
        elif key:
            self.post_message(self.OptionMarked(self.view.key, self.view.revision, "" if key == OWN else key))


def _to_decide(view: CardView) -> tuple[object, ...]:
    """What is to be decided and what is marked; another one is shown from the top."""
    return view.key, view.revision, tuple(option.key for option in view.options if option.marked)
