"""The base of every panel: lines of parts drawn by the Line API, repainted one line at a time.

A theme token is a component class here, so that looks live in CSS alone. Text is drawn as plain segments, never as
markup, and nothing that a terminal could obey leaves this module (reliability S-1, S-2).
"""

from __future__ import annotations

from typing import ClassVar

from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.events import Resize
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orchestrator_tui.core.text import is_clean, sanitise_line
from orchestrator_tui.ui.present.cells import EMPTY, Line, Part, cell_width

TOKENS = (
    "accent",
    "age",
    "cursor",
    "disabled",
    "frame-note",
    "gate",
    "gate-stale",
    "heading",
    "key",
    "option-marked",
    "quiet",
    "risk-failure",
    "risk-production",
    "strong",
    "track-done",
    "track-failed",
    "track-running",
    "track-unknown",
    "track-waiting",
)
"""The names that a part may carry; each is a component class of every panel."""

Drawn = tuple[Line, str]
"""A line, and the token that lies under all of it ("" for none)."""

STRIP_LIMIT = 2_000
"""Strips that a panel keeps; beyond it the cache starts anew."""


class LineView(ScrollView, can_focus=False, inherit_bindings=False):
    """Lines in a panel. Keys are the screen's: it calls :meth:`move`, :meth:`move_page` and :meth:`move_to_end`."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(TOKENS)
    DEFAULT_CSS = """
    LineView {
        color: $foreground;
        background: $background;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .accent { color: $accent; }
        & > .age { color: $age; }
        & > .cursor { background: $selection; }
        & > .disabled { color: $quiet; }
        & > .frame-note { color: $quiet; }
        & > .gate { color: $gate; }
        & > .gate-stale { color: $gate-stale; }
        & > .heading { color: $quiet; }
        & > .key { color: $accent; }
        & > .option-marked { color: $accent; text-style: bold; }
        & > .quiet { color: $quiet; }
        & > .risk-failure { color: $risk-failure; }
        & > .risk-production { color: $risk-production; }
        & > .strong { text-style: bold; }
        & > .track-done { color: $track-done; }
        & > .track-failed { color: $track-failed; }
        & > .track-running { color: $track-running; }
        & > .track-unknown { color: $track-unknown; }
        & > .track-waiting { color: $track-waiting; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._drawn: dict[int, Drawn] = {}
        self._strips: dict[tuple[Line, str, int], Strip] = {}
        # Textual works a style out anew after every refresh, which costs more than all the rest of a line.
        self._token_styles: dict[tuple[str, str], Style] = {}
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
        width, height = self.size
        if not width:
            return
        self._lines = self.lay_out(width, height)
        self.set_line_count(len(self._lines))
        self.repaint_changed()

    def set_line_count(self, count: int) -> None:
        """How many lines there are to scroll through."""
        size = Size(self.size.width, count)
        if size != self.virtual_size:
            self.virtual_size = size

    def repaint_changed(self) -> None:
        """Repaint the lines in sight that no longer look as they were drawn."""
        for y, before in tuple(self._drawn.items()):
            now = self.line_at(y)
            if now != before:
                self._drawn[y] = now
                self.refresh(Region(0, y, self.size.width, 1))

    def on_resize(self, event: Resize) -> None:
        self._drawn.clear()
        self.show_again()
        # A paint may have come before this event: what it drew is forgotten now, so all of it is drawn anew.
        self.refresh()

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
        width = self.size.width
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
            style = self.rich_style
            for name in (*ground.split(), *token.split()):
                style += self.get_component_rich_style(name, partial=True)
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

    def render_lines(self, crop: Region) -> list[Strip]:
        strips = super().render_lines(crop)
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


def _runs(line: Line) -> list[tuple[str, str]]:
    """Text and token of each run in one look; blanks belong to the run before them, so that few runs are left."""
    runs: list[tuple[str, str]] = []
    for part in line:
        text = _safe(part.text)
        words = text.lstrip(" ")
        blanks = len(text) - len(words)
        if blanks:
            before, token = runs.pop() if runs else ("", "")
            runs.append((before + " " * blanks, token))
        if words and runs and runs[-1][1] == part.token and not runs[-1][0].isspace():
            runs[-1] = (runs[-1][0] + words, part.token)
        elif words:
            runs.append((words, part.token))
    return runs


def _safe(text: str) -> str:
    return text if is_clean(text) and "\n" not in text and "\t" not in text else sanitise_line(text)
