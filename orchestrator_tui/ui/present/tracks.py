"""The tracks: one row each, those that need a person first, in as many columns as the width has room for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from orchestrator_tui.core.frozen import field_names, frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.memo import of_newest
from orchestrator_tui.core.model import Activity, State, Track
from orchestrator_tui.core.queries import TrackKey, standing, tracks_by_need, waiting_tracks
from orchestrator_tui.ui.present.cells import Line, Part, cell_width, clean, cut
from orchestrator_tui.ui.present.columns import Column, choose, heading, lay_out, sized
from orchestrator_tui.ui.present.glyphs import UNICODE, Glyphs
from orchestrator_tui.ui.present.rows import LazyRows
from orchestrator_tui.ui.present.strip import STRIP_LIMIT
from orchestrator_tui.ui.present.track_row import LastingRow, TrackRow, TrackScene, lasting_row, track_row
from orchestrator_tui.ui.present.words import shown_model, stage_count

QUESTION_ROOM = 30
"""Cells from which NOW tells the question of a waiting track, not its short name."""


@frozen
class TracksView:
    """The tracks panel. ``empty`` says what would fill it; ``widths`` are the widest cells by column."""

    rows: Mapping[TrackKey, TrackRow]
    corner: str
    empty: tuple[str, ...]
    widths: Mapping[str, int]
    glyphs: Glyphs = UNICODE


@frozen
class TrackScope:
    """Which tracks are listed and in which order.

    Attributes:
        order: a key of :data:`ORDERS`.
        only: a key of :data:`FILTERS`.
        search: words that the slug, title, kind, branch or activity must hold.
    """

    order: str = "need"
    only: str = "all"
    search: str = ""


ORDERS: Mapping[str, Callable[[Track], tuple[object, ...]]] = {
    "need": lambda track: (),
    "name": lambda track: (track.slug,),
    "stage": lambda track: (-track.stage, track.slug),
    "wave": lambda track: (track.wave, track.slug),
    "cost": lambda track: (-(track.cost_usd or 0.0), track.slug),
    "kind": lambda track: (track.kind, track.slug),
}
"""The orders that ``s`` walks through; ``need`` is the order of :func:`tracks_by_need`."""

FILTERS = ("all", "waiting", "working", "unknown", "failed", "pending", "done", "dropped")
"""The filters that ``f`` walks through."""


def present_tracks(
    state: State,
    now: Instant,
    glyphs: Glyphs,
    *,
    scope: TrackScope | None = None,
    activity: Mapping[tuple[str, str], Activity] | None = None,
    empty: Sequence[str] = (),
) -> TracksView:
    """The tracks of all batches. ``empty`` are the lines that teach when there are none (``Live.empty``)."""
    scope = scope or _EVERYTHING
    activity = _NO_ACTIVITY if activity is None else activity
    lasting, widths = _listing(state, scope, activity, glyphs)
    return TracksView(
        rows=LazyRows(lasting, lambda key: track_row(lasting[key], state, now)),
        corner=_corner(scope, len(lasting)),
        empty=_empty(scope, tuple(clean(line, 200) for line in empty), bool(lasting)),
        widths=widths,
        glyphs=glyphs,
    )


def track_columns(view: TracksView, width: int) -> tuple[Column, ...]:
    """The columns that fit; AGE, COST and the slug are the last to go."""
    return _columns(view.widths, width)


def track_heading(view: TracksView, width: int) -> Line:
    """The column titles."""
    return _heading(track_columns(view, width), width)


def track_line(row: TrackRow, columns: Sequence[Column], width: int, ellipsis: str = "…") -> Line:
    """One track in ``columns``; a waiting one tells its question where NOW has the room."""
    cells = {name: cell(row) for name, cell in _CELLS.items()}
    room = next((column.width for column in columns if column.name == "now"), 0)
    if row.question and room >= QUESTION_ROOM:
        cells["now"] = (Part(row.question),)
    return lay_out(cells, columns, width, ellipsis)


@of_newest
def _columns(widths: Mapping[str, int], width: int) -> tuple[Column, ...]:
    return choose(sized(_COLUMNS, widths), width)


_heading = of_newest(heading)
_LASTING = attrgetter(*(name for name in field_names(TrackRow) if name not in ("age", "age_token")))


def aged_line(before: TrackRow, row: TrackRow, line: Line) -> Line | None:
    """The ``line`` of a row with its new age, where nothing else differs and it takes as many cells; else None."""
    if len(before.age) != len(row.age) or _LASTING(before) != _LASTING(row):
        return None
    places = [place for place, part in enumerate(line) if (part.text, part.token) == (before.age, before.age_token)]
    if len(places) != 1:
        return None
    return (*line[: places[0]], Part(row.age, row.age_token), *line[places[0] + 1 :])


_COLUMNS = (
    Column("lead", "", 2, gap=0, keep=99),
    Column("glyph", "", 1, gap=0, keep=99),
    Column("slug", "TRACK", 8, gap=1, keep=99),
    Column("batch", "BATCH", 0, since=90, keep=1),
    Column("kind", "KIND", 0, keep=2),
    Column("strip", "STAGES", 0, gap=1, keep=3),
    Column("count", "", 0, gap=1, keep=5),
    Column("now", "NOW", 9, want=17, grow=3, keep=6),
    Column("model", "MODEL", 0, since=90, keep=0),
    Column("age", "AGE", 6, align="right", gap=1, keep=8),
    Column("cost", "COST", 6, align="right", gap=1, keep=7),
    Column("tail", "", 1, gap=0, keep=4),
)

_CELLS: Mapping[str, Callable[[TrackRow], Line]] = {
    "glyph": lambda row: (Part(row.glyph, row.token),),
    "slug": lambda row: (Part(row.slug, row.slug_token),),
    "batch": lambda row: (Part(row.batch, "quiet"),),
    "kind": lambda row: (Part(row.kind, "quiet"),),
    "strip": lambda row: row.strip,
    "count": lambda row: (Part(row.count, "quiet"),),
    "now": lambda row: (Part(row.now, row.slug_token if row.slug_token == "quiet" else ""),),
    "model": lambda row: (Part(row.model, "quiet"),),
    "age": lambda row: (Part(row.age, row.age_token),),
    "cost": lambda row: (Part(row.cost, "quiet"),),
}


_EVERYTHING = TrackScope()
_NO_ACTIVITY: Mapping[tuple[str, str], Activity] = {}


@of_newest
def _listing(
    state: State, scope: TrackScope, activity: Mapping[tuple[str, str], Activity], glyphs: Glyphs
) -> tuple[Mapping[TrackKey, LastingRow], Mapping[str, int]]:
    """The rows that are listed, in their order, and how wide their cells are: no second that passes changes that."""
    listed = [track for track in tracks_by_need(state) if _listed(track, scope, state, activity)]
    if scope.order != "need":
        listed.sort(key=ORDERS[scope.order])
    by_key = {TrackKey(track.batch, track.slug): track for track in listed}
    scene, made = TrackScene(state, glyphs, activity, waiting_tracks(state)), _rows_of(state, glyphs)
    return LazyRows(by_key, lambda key: made.row(by_key[key], scene)), _widths(listed, state)


class _RowsOf:
    """The rows of one state, each made anew only when its own agent was seen to do something else."""

    def __init__(self) -> None:
        self._made: dict[TrackKey, tuple[tuple[str, int] | None, LastingRow]] = {}

    def row(self, track: Track, scene: TrackScene) -> LastingRow:
        """The row of a track in a scene of that state."""
        key, live = TrackKey(track.batch, track.slug), scene.activity.get((track.batch, track.slug))
        seen = None if live is None else (live.text, live.at.wall_ms)
        made = self._made.get(key)
        if made is None or made[0] != seen:
            made = self._made[key] = seen, lasting_row(track, scene)
        return made[1]


@of_newest
def _rows_of(state: State, glyphs: Glyphs) -> _RowsOf:
    return _RowsOf()


def _widths(listed: Sequence[Track], state: State) -> Mapping[str, int]:
    stages = [len(track.stages) for track in listed]
    strip = max((count for count in stages if count <= STRIP_LIMIT), default=0)
    return {
        "slug": min(32, max((cell_width(track.slug) for track in listed), default=8)),
        "batch": 14 if len(state.batches) > 1 else 0,
        "kind": min(10, max((cell_width(track.kind) for track in listed), default=0)),
        "strip": max(strip, 6) if strip else 0,
        "count": max((len(stage_count(track)) for track in listed), default=0),
        "model": min(12, max((len(shown_model(track)) for track in listed), default=0)),
    }


def _listed(track: Track, scope: TrackScope, state: State, activity: Mapping[tuple[str, str], Activity]) -> bool:
    key = TrackKey(track.batch, track.slug)
    if scope.only != "all" and scope.only != ("waiting" if key in waiting_tracks(state) else standing(track)):
        return False
    if not scope.search:
        return True
    live = activity.get((track.batch, track.slug), track.activity)
    held = " ".join((track.slug, track.title, track.kind, track.branch, live.text if live else "")).lower()
    return all(word in held for word in scope.search.lower().split())


def _corner(scope: TrackScope, count: int) -> str:
    parts = [f"sorted by {scope.order}"]
    if scope.only != "all":
        parts.insert(0, f"only {scope.only}")
    if scope.search:
        parts.insert(0, f'{count:,} match "{clean(scope.search, 30)}"')
    return ", ".join(parts)


def past_lines(titles: Sequence[str], key: str) -> tuple[str, ...]:
    """What tells that batches which are over, newest first, can be replayed by ``key``; nothing where none can."""
    if not titles or not key:
        return ()
    which = f" and {len(titles) - 1:,} more" if len(titles) > 1 else ""
    return (f"Over and kept: {cut(titles[0], 40)}{which}.", f"Press {key} to replay {'one' if which else 'it'}.")


def _empty(scope: TrackScope, teach: tuple[str, ...], filled: bool) -> tuple[str, ...]:
    if filled:
        return ()
    if scope.search or scope.only != "all":
        return ("No track matches.", "Esc clears the search, f changes the filter.")
    return teach or ("No track yet.", "A row appears as soon as an agent reports its first stage.")
