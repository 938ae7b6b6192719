"""The timeline: one line an event in words a newcomer knows, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from heapq import nlargest
from itertools import chain

from orchestrator_tui.core.event import Event
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import Batch, State
from orchestrator_tui.core.tracks_shown import track_of
from orchestrator_tui.ui.present.ages import clock_time
from orchestrator_tui.ui.present.cells import Line, Part, cell_width, clean
from orchestrator_tui.ui.present.columns import Column, choose, lay_out, sized
from orchestrator_tui.ui.present.glyphs import UNICODE, Glyphs
from orchestrator_tui.ui.present.rows import LazyRows
from orchestrator_tui.ui.present.telling import HIDDEN, tell

EventKey = tuple[str, int]
"""The identity of an event: its batch and its place in it."""


@frozen
class TimelineRow:
    """One event in words. ``detail`` stands apart, quiet."""

    key: EventKey
    time: str
    slug: str
    text: str
    token: str
    detail: str


@frozen
class TimelineView:
    """The timeline panel, newest first."""

    rows: Mapping[EventKey, TimelineRow]
    corner: str
    empty: tuple[str, ...]
    widths: Mapping[str, int]
    glyphs: Glyphs = UNICODE


def present_timeline(
    state: State, glyphs: Glyphs, zone: tzinfo, *, mode: str = "live", track: str = "", limit: int = 500
) -> TimelineView:
    """The newest events of all batches, or of the tracks with the slug ``track``."""
    recent = chain.from_iterable(batch.recent for batch in state.batches.values())
    wanted = (event for event in recent if event.kind not in HIDDEN)
    newest = nlargest(limit, wanted, key=lambda event: (event.at.wall_ms, event.seq))
    by_key = {(event.batch, event.seq): event for event in newest}
    if track:
        by_key = {key: event for key, event in by_key.items() if event_slug(event, state.batches[event.batch]) == track}
    return TimelineView(
        rows=LazyRows(by_key, lambda key: _row(by_key[key], state.batches[key[0]], glyphs, zone)),
        corner=mode,
        empty=() if by_key else ("Nothing has happened yet.",),
        widths={
            "slug": min(20, max((cell_width(slug) for b in state.batches.values() for slug in b.tracks), default=8))
        },
        glyphs=glyphs,
    )


def timeline_columns(view: TimelineView, width: int) -> tuple[Column, ...]:
    """The columns that fit; the text is the last to go."""
    return choose(sized(_COLUMNS, view.widths), width)


def timeline_line(row: TimelineRow, columns: Sequence[Column], width: int, ellipsis: str = "…") -> Line:
    """One event in ``columns``."""
    cells = {
        "time": (Part(row.time, "age"),),
        "slug": (Part(row.slug),),
        "text": (Part(row.text, row.token),),
        "detail": (Part(row.detail, "quiet"),),
    }
    return lay_out(cells, columns, width, ellipsis)


_COLUMNS = (
    Column("time", "", 8, gap=1, keep=8),
    Column("slug", "", 8, gap=2, keep=7),
    Column("text", "", 16, want=50, grow=3, most=100, gap=2, keep=9),
    Column("detail", "", 20, grow=2, gap=2, since=90, keep=2),
    Column("tail", "", 1, gap=0, keep=1),
)


def _row(event: Event, batch: Batch, glyphs: Glyphs, zone: tzinfo) -> TimelineRow:
    told = tell(event, batch)
    return TimelineRow(
        key=(event.batch, event.seq),
        time=clock_time(event.at, zone),
        slug=clean(event_slug(event, batch), 80),
        text=told.text,
        token=told.token,
        detail=told.detail,
    )


def event_slug(event: Event, batch: Batch) -> str:
    """The track that an event is about, or ""."""
    gate = batch.gates.get(str(event.payload.get("gate", "")))
    if gate is not None:
        return track_of(batch, gate)
    named = event.payload.get("track")
    return named if isinstance(named, str) else ""
