"""The base of every panel: lines of parts drawn by the Line API, repainted one line at a time.

A theme token is drawn in the theme's variable of that name. Text is drawn as plain segments, never as
markup, and nothing that a terminal could obey leaves this module (reliability S-1, S-2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.content import Content
from textual.events import Resize
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orchestrator_tui.core.text import is_clean, sanitise_line
from orchestrator_tui.ui.present.cells import EMPTY, Line, Part, cell_width, line_width
from orchestrator_tui.ui.widgets.still import Still


class Look(NamedTuple):
    """How a token is drawn: names of theme variables for the text and what lies under it, and its weight."""

    colour: str = ""
    ground: str = ""
    bold: bool = False


LOOKS: Mapping[str, Look] = {
    "accent": Look("accent"),
    "age": Look("age"),
    "cursor": Look(ground="selection"),
    "disabled": Look("quiet"),
    "frame-note": Look("quiet"),
    "gate": Look("gate"),
    "gate-stale": Look("gate-stale"),
    "heading": Look("quiet"),
    "key": Look("accent"),
    "option-marked": Look("accent", bold=True),
    "quiet": Look("quiet"),
    "risk-failure": Look("risk-failure"),
    "risk-production": Look("risk-production"),
    "strong": Look(bold=True),
    "track-done": Look("track-done"),
    "track-failed": Look("track-failed"),
    "track-running": Look("track-running"),
    "track-unknown": Look("track-unknown"),
    "track-waiting": Look("track-waiting"),
}
"""The names that a part may carry.

They are no component classes: nineteen of those in each of a dozen panels cost a third of the first frame.
"""

Drawn = tuple[Line, str]
"""A line, and the token that lies under all of it ("" for none)."""

STRIP_LIMIT = 2_000
"""Strips that a panel keeps; beyond it the cache starts anew."""


class LineView(ScrollView, Still, can_focus=False, inherit_bindings=False):
    """Lines in a panel. Keys are the screen's: it calls :meth:`move`, :meth:`move_page` and :meth:`move_to_end`."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    LineView {
        color: $foreground;
        background: $background;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._drawn: dict[int, Drawn] = {}
        self._strips: dict[tuple[Line, str, int], Strip] = {}
        # Textual works a style out anew after every refresh, which costs more than all the rest of a line.
        self._token_styles: dict[tuple[str, str], Style] = {}
        self._laid_size = Size(0, 0)
        self._frame_title = ""
        self._frame_note = Part("")

    # --- what subclasses say -------------------------------------------------------------------------------

    def lay_out(self, width: int, height: int) -> tuple[Line, ...]:
        """All lines for a panel of this inner size."""
        raise NotImplementedError

    def line_at(self, y: int) -> Drawn:
        """The line at ``y`` of what is in sight."""
        place = y + self.scroll_offset.y
        return (self._lines[place], "") if place < len(self._lines) else (EMPTY, "")

    # --- showing -------------------------------------------------------------------------------------------

    def show_again(self) -> None:
        """Lay out anew and repaint the lines that differ, and no others."""
        if not self.size.width:
            return
        self._lay_out_now()
        self.fit_scrolling()
        self.repaint_changed()

    def is_laid_out(self, before: object, view: object) -> bool:
        """Whether ``view`` is no other than the one ``before``, and laid out: then nothing is to be done for it."""
        return view == before and bool(self._lines) and self._laid_size == self.size

    @property
    def line_count(self) -> int:
        """How many lines there are to scroll through."""
        return len(self._lines)

    def fit_scrolling(self) -> None:
        """Let as many lines be scrolled through as there are."""
        # Each change of the virtual size is a layout of the whole screen: lines that fit need none.
        height = self.styles.height
        fits = self.line_count <= self.size.height and not (height is not None and height.is_auto)
        size = Size(0, 0) if fits else Size(self.size.width, self.line_count)
        if size == self.virtual_size:
            return
        if self.show_vertical_scrollbar and size.height > self.virtual_size.height > self.size.height:
            # More of what is scrolled through already: only the bar looks different.
            self.set_reactive(LineView.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        else:
            self.virtual_size = size

    def _lay_out_now(self) -> None:
        self._laid_size = self.size
        self._lines = self.lay_out(*self.size)

    def repaint_changed(self) -> None:
        """Repaint the lines in sight that no longer look as they were drawn."""
        width, regions = self._laid_size.width, []
        for y, before in tuple(self._drawn.items()):
            now = self.line_at(y)
            if now != before:
                self._drawn[y] = now
                start, end = _changed_cells(before, now, width)
                regions.append(Region(start, y, end - start, 1))
        if regions:
            self.refresh(*_joined(regions))

    def on_resize(self, event: Resize) -> None:
        if self._laid_size == self.size:
            self.fit_scrolling()
        else:
            self.show_again()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._drawn.clear()
        super().watch_scroll_y(old_value, new_value)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._token_styles.clear()

    # --- moving, called by the screen ----------------------------------------------------------------------

    def move(self, lines: int) -> None:
        """Go ``lines`` down, or up when negative."""
        self.scroll_to_line(self.scroll_offset.y + lines)

    def move_page(self, pages: int) -> None:
        """Go ``pages`` down, or up when negative."""
        self.move(pages * max(1, self.size.height - 1))

    def move_to_end(self, last: bool) -> None:
        """Go to the last line, or to the first."""
        self.scroll_to_line(self.max_scroll_y if last else 0)

    def scroll_to_line(self, line: int) -> None:
        """Bring ``line`` to the top of what is in sight, as far as there are lines below it."""
        if self.size:
            # Forced, because the scroll bar that would allow it appears only with the next layout.
            self.scroll_to(y=line, animate=False, force=True)

    # --- drawing -------------------------------------------------------------------------------------------

    def render(self) -> RenderableType:
        return ""

    def render_line(self, y: int) -> Strip:
        drawn = self._drawn.get(y)
        if drawn is None:
            drawn = self._drawn[y] = self.line_at(y)
        width = self._laid_size.width
        key = (*drawn, width)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= STRIP_LIMIT:
                self._strips.clear()
            strip = self._strips[key] = self._strip(*drawn, width)
        return strip

    def token_style(self, token: str, ground: str = "") -> Style:
        """The style of one or more theme tokens over ``ground``."""
        style = self._token_styles.get((token, ground))
        if style is None:
            variables = self.app.theme_variables
            style = self.rich_style
            for name in (*ground.split(), *token.split()):
                style += _style(LOOKS[name], variables)
            self._token_styles[token, ground] = style
        return style

    def part_key(self, x: int, y: int) -> str:
        """The key of the part that is drawn at ``x``, ``y``; "" where a click means nothing."""
        line, _ = self.line_at(y)
        for part in line:
            x -= cell_width(part.text)
            if x < 0:
                return part.key
        return ""

    def _strip(self, line: Line, ground: str, width: int) -> Strip:
        segments = [Segment(text, self.token_style(token, ground)) for text, token in _runs(line)]
        return Strip(segments).adjust_cell_length(width, self.token_style("", ground))

    # --- the frame -----------------------------------------------------------------------------------------

    def set_frame(self, title: str, note: str = "", token: str = "frame-note") -> None:
        """Name the panel: ``title`` at the left of its top border, ``note`` at the right."""
        if title != self._frame_title:
            self._frame_title = title
            self.border_title = Content(_safe(title))
        if (part := Part(note, token)) != self._frame_note:
            self._frame_note = part
            self.refresh(Region(-1, -1, self.outer_size.width, 1))

    def paint_lines(self, crop: Region) -> list[Strip]:
        if self._laid_size != self.size:
            # The first paint in a new size comes before the event that tells of it.
            self._drawn.clear()
            self._lay_out_now()
        strips = super().paint_lines(crop)
        if strips and crop.y == 0 and self._frame_note.text and self.styles.border_top[0]:
            strips[0] = self._noted(strips[0], crop)
        return strips

    def _noted(self, border: Strip, crop: Region) -> Strip:
        """The top border with the note near its right end, where it has room beside the title."""
        text = f" {_safe(self._frame_note.text)} "
        start = self.outer_size.width - 2 - cell_width(text)
        if start < cell_width(self._frame_title) + 6 or crop.x > start or crop.right < start + cell_width(text):
            return border
        note = Strip([Segment(text, self.token_style(self._frame_note.token))])
        for line_filter in self.get_line_filters():
            note = note.apply_filter(line_filter, self.background_colors[1])
        start -= crop.x
        return Strip.join([border.crop(0, start), note, border.crop(start + note.cell_length)])


def _changed_cells(before: Drawn, now: Drawn, width: int) -> tuple[int, int]:
    """From which cell to which a line looks different: of an age that ticks, no more than its own need painting."""
    old, new = before[0], now[0]
    pairs = enumerate(zip(old, new, strict=False))
    differ = [place for place, (one, other) in pairs if one is not other and one != other]
    if before[1] != now[1] or len(old) != len(new) or not differ:
        return 0, width
    first, end = differ[0], differ[-1] + 1
    for one, other in zip(old[first:end], new[first:end], strict=True):
        # Whether a sign takes a cell of its own is certain only where both are plain.
        if len(one.text) != len(other.text) or not (one.text.isascii() and other.text.isascii()):
            return 0, width
    start = line_width(new[:first])
    return min(start, width), min(start + line_width(new[first:end]), width)


def _joined(regions: Sequence[Region]) -> list[Region]:
    """Neighbours of the same columns as one: a column of ages that tick is painted at once."""
    found: list[Region] = []
    for region in sorted(regions, key=lambda one: one.y):
        above = found[-1] if found else None
        if above is not None and above.column_span == region.column_span and above.bottom == region.y:
            found[-1] = Region(above.x, above.y, above.width, above.height + 1)
        else:
            found.append(region)
    return found


def _style(look: Look, variables: Mapping[str, str]) -> Style:
    return Style(
        color=Color.parse(variables[look.colour]).rich_color if look.colour else None,
        bgcolor=Color.parse(variables[look.ground]).rich_color if look.ground else None,
        bold=True if look.bold else None,
    )


def _runs(line: Line) -> list[tuple[str, str]]:
    """Text and token of each run in one look; blanks belong to the run before them, so that few runs are left."""
    runs: list[tuple[str, str]] = []
    for part in line:
        blanks, words = _apart(part.text)
        if blanks:
            before, token = runs.pop() if runs else ("", "")
            runs.append((before + " " * blanks, token))
        if words and runs and runs[-1][1] == part.token and not runs[-1][0].isspace():
            runs[-1] = (runs[-1][0] + words, part.token)
        elif words:
            runs.append((words, part.token))
    return runs


@lru_cache(maxsize=4096)
def _apart(text: str) -> tuple[int, str]:
    """How many blanks a text begins with, and the rest of it, safe; most of what a line is made of was seen before."""
    text = _safe(text)
    words = text.lstrip(" ")
    return len(text) - len(words), words


def _safe(text: str) -> str:
    return text if is_clean(text) and "\n" not in text and "\t" not in text else sanitise_line(text)
