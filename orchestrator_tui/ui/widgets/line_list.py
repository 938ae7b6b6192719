"""A list whose selection follows identity: rows may come, go and change place, the cursor stays with its row."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from textual.events import Click, Resize
from textual.message import Message

from orchestrator_tui.ui.present.cells import EMPTY, Line, Part, cell_width, told
from orchestrator_tui.ui.present.columns import Column
from orchestrator_tui.ui.present.glyphs import UNICODE, Glyphs
from orchestrator_tui.ui.widgets.line_view import Drawn, LineView

K = TypeVar("K", bound=Hashable)

LAID_LIMIT = 500
"""Rows whose lines a list keeps; beyond it the cache starts anew."""


class LineList(LineView, Generic[K], can_focus=True):
    """Rows by identity, one line each, below an optional heading.

    While the list has the focus its rows keep their order (reliability A-10): new ones come at the end, and the
    order is made right when the focus leaves. A list of a thousand rows costs what is in sight.
    """

    HOLDS_ORDER: ClassVar[bool] = True
    """New rows wait at the end while the list has the focus."""

    KEEPS_CURSOR: ClassVar[bool] = True
    """The cursor stays when the focus leaves; a list without it shows its top until it has the focus again."""

    @dataclass
    class Selected(Message):
        """The selection is on another row.

        Attributes:
            line_list: the list.
            key: identity of the row, or None when there is none.
            by_itself: the list moved it, because the row it was on is gone; the person did not.
        """

        line_list: LineList[Any]
        key: Any
        by_itself: bool

        @property
        def control(self) -> LineList[Any]:
            return self.line_list

    @dataclass
    class Opened(Message):
        """A row was opened by a double click or by :meth:`LineList.open_selected`."""

        line_list: LineList[Any]
        key: Any

        @property
        def control(self) -> LineList[Any]:
            return self.line_list

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._order: list[K] = []
        self._places: dict[K, int] = {}
        self._rows: Mapping[K, Any] = {}
        self._selected: K | None = None
        self._empty_texts: tuple[str, ...] = ()
        self._empty: tuple[Line, ...] = ()
        self._heading: Line | None = None
        self._columns: tuple[Column, ...] = ()
        self._laid: dict[K, tuple[Any, int, Line]] = {}
        self._glyphs: Glyphs = UNICODE
        self.order_held = False

    # --- what subclasses say -------------------------------------------------------------------------------

    def columns(self, width: int) -> tuple[Column, ...]:
        """The columns that a row of ``width`` cells has; rows are laid out anew when they change."""
        return ()

    def row_line(self, row: Any, columns: tuple[Column, ...], width: int) -> Line:
        """One row laid out in ``width`` cells; its first part is the room for the cursor."""
        raise NotImplementedError

    def line_again(self, before: Any, row: Any, line: Line) -> Line | None:
        """The line of a row that was laid out as ``line`` before it changed, where that is known at once; else None."""
        return None

    def heading_line(self, width: int) -> Line | None:
        """The line above the rows, or None."""
        return None

    # --- rows ----------------------------------------------------------------------------------------------

    def show_rows(self, rows: Mapping[K, Any], empty: tuple[str, ...], glyphs: Glyphs) -> None:
        """Show ``rows`` in their order; while the list is focused, in the order they already have."""
        self._rows = rows
        self._glyphs = glyphs
        self._empty_texts = empty
        natural = list(rows)
        order = self._held(natural) if self.HOLDS_ORDER and self.has_focus else natural
        self.order_held = order != natural
        self._set_order(order)
        self.show_again()

    def _held(self, natural: list[K]) -> list[K]:
        kept = [key for key in self._order if key in self._rows]
        return kept + [key for key in natural if key not in self._places]

    def _set_order(self, order: list[K]) -> None:
        before, screen_row = self._places, self._screen_row()
        if order != self._order:
            self._order = order
            self._places = {key: place for place, key in enumerate(order)}
        if self._selected not in self._places:
            self._fall_back(before)
        elif screen_row is not None:
            self._keep_screen_row(screen_row)

    def _fall_back(self, before: Mapping[K, int]) -> None:
        """Select the row that took the place of the one that is gone."""
        if not (self.KEEPS_CURSOR or self.has_focus):
            return
        place = before.get(self._selected, 0) if self._selected is not None else 0
        key = self._order[min(place, len(self._order) - 1)] if self._order else None
        if key != self._selected:
            self._selected = key
            self.post_message(self.Selected(self, key, by_itself=True))

    def _screen_row(self) -> int | None:
        place = self._places.get(self._selected) if self._selected is not None else None
        return None if place is None else place - self.scroll_offset.y

    def _keep_screen_row(self, screen_row: int) -> None:
        """Scroll so that the selected row stays where it was on the screen, if it was in sight."""
        moved = (self._screen_row() or 0) - screen_row
        if moved and self.scroll_offset.y and 0 <= screen_row < self._page:
            self.fit_scrolling()
            self.scroll_to_line(self.scroll_offset.y + moved)

    # --- selection -----------------------------------------------------------------------------------------

    @property
    def selected(self) -> K | None:
        """The identity that is selected."""
        return self._selected

    @property
    def order(self) -> tuple[K, ...]:
        """The identities in the order in which they are shown."""
        return tuple(self._order)

    def lists(self, key: K) -> bool:
        """Whether there is a row of this identity."""
        return key in self._places

    def select(self, key: K | None) -> None:
        """Select a row and bring it into sight; an identity that is not listed changes nothing."""
        if key is None or key not in self._places:
            return
        if key != self._selected:
            self._selected = key
            self.post_message(self.Selected(self, key, by_itself=False))
            self.repaint_changed()
        self._bring_into_sight()

    def open_selected(self) -> None:
        """Open the selected row."""
        if self._selected is not None:
            self.post_message(self.Opened(self, self._selected))

    def move(self, lines: int) -> None:
        if self._order:
            place = self._places.get(self._selected, 0) if self._selected is not None else 0
            self.select(self._order[max(0, min(len(self._order) - 1, place + lines))])

    def move_page(self, pages: int) -> None:
        self.move(pages * max(1, self._page - 1))

    def move_to_end(self, last: bool) -> None:
        if self._order:
            self.select(self._order[-1 if last else 0])

    def _bring_into_sight(self) -> None:
        row = self._screen_row()
        if row is None or 0 <= row < self._page:
            return
        shift = row if row < 0 else row - self._page + 1
        self.scroll_to_line(self.scroll_offset.y + shift)

    # --- drawing -------------------------------------------------------------------------------------------

    @property
    def _heading_rows(self) -> int:
        return 0 if self._heading is None else 1

    @property
    def _page(self) -> int:
        return max(1, self.size.height - self._heading_rows)

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        columns = self.columns(width)
        if columns != self._columns:
            self._columns = columns
            self._laid.clear()
        self._heading = self.heading_line(width) if self._order else None
        self._empty = () if self._order else told(self._empty_texts, width)
        return ()

    @property
    def line_count(self) -> int:
        return len(self._order) + self._heading_rows

    def line_at(self, y: int) -> Drawn:
        if not self._order:
            return (self._empty[y], "") if y < len(self._empty) else (EMPTY, "")
        if self._heading is not None and y == 0:
            return self._heading, ""
        place = y + self.scroll_offset.y - self._heading_rows
        if place >= len(self._order):
            return EMPTY, ""
        key = self._order[place]
        line = self._row_line(key)
        if key != self._selected:
            return line, ""
        return self._with_cursor(line), "cursor" if self.has_focus else ""

    def _row_line(self, key: K) -> Line:
        """The line of a row, laid out anew only when the row, the width or the columns changed."""
        row, width = self._rows[key], self._laid_size.width
        laid = self._laid.get(key)
        line = None
        if laid is not None and laid[1] == width:
            if laid[0] == row:
                return laid[2]
            line = self.line_again(laid[0], row, laid[2])
        if len(self._laid) >= LAID_LIMIT:
            self._laid.clear()
        if line is None:
            line = self.row_line(row, self._columns, width)
        self._laid[key] = (row, width, line)
        return line

    def _with_cursor(self, line: Line) -> Line:
        if not line:
            return line
        sign = self._glyphs.cursor
        room = cell_width(line[0].text)
        lead = Part(" " * (room - cell_width(sign)) + sign, "accent" if self.has_focus else "quiet")
        return (lead, *line[1:]) if room else line

    def on_resize(self, event: Resize) -> None:
        # The base's handler runs after this one, and neither needs the other.
        self._bring_into_sight()

    # --- focus and mouse -----------------------------------------------------------------------------------

    def watch_has_focus(self, _has_focus: bool) -> None:
        super().watch_has_focus(_has_focus)
        if _has_focus and self._selected is None:
            self._fall_back(self._places)
        if not _has_focus:
            self._let_go()
        self._drawn.clear()

    def _let_go(self) -> None:
        """The focus left: the order is made right, and a list that keeps no cursor shows its top again."""
        if not self.KEEPS_CURSOR:
            self._selected = None
            self.scroll_to_line(0)
        if self.order_held:
            self.order_held = False
            self._set_order(list(self._rows))
            self.order_changed()

    def order_changed(self) -> None:
        """The held order was let go; a subclass corrects its frame."""

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        place = offset.y + self.scroll_offset.y - self._heading_rows
        if (self._heading is not None and offset.y == 0) or not 0 <= place < len(self._order):
            return
        self.select(self._order[place])
        if event.chain == 2:
            self.open_selected()
