"""The transport bar of a replay: where it is, what is worth finding, and the keys (screens.md "Replay transport")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.ui.present.ages import duration
from orchestrator_tui.ui.present.cells import Line, Part, line_width, spread
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.status import Hint


@frozen
class TransportView:
    """A replay's place in words.

    Attributes:
        position: how far it is, in words.
        duration: how long it is, in words.
        fraction: how far it is, from 0 to 1.
        marks: places worth finding, from 0 to 1, each with its kind (``gate``, ``failed``, ``done``).
        count: which event of how many.
        speed: how fast it plays.
        playing: whether it plays.
        hints: the keys that move it.
    """

    position: str
    duration: str
    fraction: float
    marks: tuple[tuple[float, str], ...]
    count: str
    speed: str
    playing: bool
    hints: tuple[Hint, ...]
    glyphs: Glyphs


def present_transport(
    *,
    position_ms: int,
    duration_ms: int,
    event: int,
    events: int,
    marks: Sequence[tuple[int, str]],
    playing: bool,
    speed: float,
    hints: Sequence[Hint],
    glyphs: Glyphs,
) -> TransportView:
    """The transport bar of a replay at a position."""
    whole = max(1, duration_ms)
    return TransportView(
        position=duration(position_ms),
        duration=duration(duration_ms),
        fraction=min(1.0, max(0.0, position_ms / whole)),
        marks=tuple((min(1.0, max(0.0, place / whole)), kind) for place, kind in marks),
        count=f"event {event:,} of {events:,}",
        speed=f"{speed:g}×",
        playing=playing,
        hints=tuple(hints),
        glyphs=glyphs,
    )


_LOOKS: Mapping[str, tuple[str, str]] = {
    "gate": ("gate", "gate"),
    "failed": ("failed", "track-failed"),
    "done": ("done", "track-done"),
}
"""Sign and theme token of each kind of mark; where several fall into one cell, the first kind is shown."""


def transport_lines(view: TransportView, width: int) -> tuple[Line, ...]:
    """The bar, and the keys with the position below it."""
    left = (Part(f" {'0:00' if width >= 40 else ''} ", "quiet"),)
    right = (Part(f" {view.duration} ", "age"),)
    bar = _bar(view, max(4, width - line_width(left) - line_width(right)))
    return (*left, *bar, *right), spread(_keys(view), _place(view), width, view.glyphs.ellipsis)


def _bar(view: TransportView, width: int) -> Line:
    cells = [(view.glyphs.track, "accent" if place / width <= view.fraction else "quiet") for place in range(width)]
    for kind in reversed(tuple(_LOOKS)):
        glyph, token = _LOOKS[kind]
        for fraction, of_kind in view.marks:
            if of_kind == kind:
                cells[_cell(fraction, width)] = (getattr(view.glyphs, glyph), token)
    cells[_cell(view.fraction, width)] = (view.glyphs.working, "accent strong")
    parts: list[Part] = []
    for glyph, token in cells:
        if parts and parts[-1].token == token:
            parts[-1] = Part(parts[-1].text + glyph, token)
        else:
            parts.append(Part(glyph, token))
    return tuple(parts)


def _cell(fraction: float, width: int) -> int:
    return min(width - 1, round(fraction * (width - 1)))


def _keys(view: TransportView) -> Line:
    parts: list[Part] = [Part(" ")]
    for place, hint in enumerate(view.hints):
        parts += [Part("  ")] if place else []
        parts += [Part(hint.key, "key", hint.action), Part(f" {hint.words}", "quiet", hint.action)]
    return tuple(parts)


def _place(view: TransportView) -> Line:
    state = "plays" if view.playing else "stands"
    return (
        Part(f"  {state} {view.speed}  ", "quiet"),
        Part(view.position, "strong"),
        Part(f"   {view.count} ", "quiet"),
    )
