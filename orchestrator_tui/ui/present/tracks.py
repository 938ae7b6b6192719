"""The tracks: one row each, those that need a person first, in as many columns as the width has room for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Activity, Gate, Liveness, State, Track
from orchestrator_tui.core.queries import (
    TrackKey,
    is_stale,
    standing,
    tracks_by_need,
    waiting_tracks,
)
from orchestrator_tui.ui.present.ages import age
from orchestrator_tui.ui.present.cells import Line, Part, cell_width, clean
from orchestrator_tui.ui.present.columns import Column, choose, heading, lay_out, sized
from orchestrator_tui.ui.present.glyphs import UNICODE, Glyphs
from orchestrator_tui.ui.present.rows import LazyRows
from orchestrator_tui.ui.present.strip import STRIP_LIMIT, short_strip
from orchestrator_tui.ui.present.words import (
    HELD_KINDS,
    batch_title,
    longer_ask,
    model_name,
    money,
    pull_request,
    stage_count,
)

QUESTION_ROOM = 30
"""Cells from which NOW tells the question of a waiting track, not its short name."""


@dataclass(frozen=True, slots=True)
class TrackRow:
    """One track in words. ``strip`` has one sign a stage; ``age`` counts from what ``now`` speaks of."""

    key: TrackKey
    glyph: str
    token: str
    slug: str
    slug_token: str
    kind: str
    strip: Line
    count: str
    now: str
    question: str
    age: str
    age_token: str
    model: str
    cost: str
    batch: str


@dataclass(frozen=True, slots=True)
class TracksView:
    """The tracks panel. ``empty`` says what would fill it; ``widths`` are the widest cells by column."""

    rows: Mapping[TrackKey, TrackRow]
    corner: str
    empty: tuple[str, ...]
    widths: Mapping[str, int]
    glyphs: Glyphs = UNICODE


@dataclass(frozen=True, slots=True)
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

FILTERS = ("all", "waiting", "working", "unknown", "failed", "pending", "done")
"""The filters that ``f`` walks through."""


@dataclass(frozen=True, slots=True)
class _Scene:
    state: State
    now: Instant
    glyphs: Glyphs
    activity: Mapping[tuple[str, str], Activity]
    waiting: Mapping[TrackKey, tuple[Gate, ...]]


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
    scope = scope or TrackScope()
    scene = _Scene(state, now, glyphs, activity or {}, waiting_tracks(state))
    listed = [track for track in tracks_by_need(state) if _listed(track, scope, scene)]
    if scope.order != "need":
        listed.sort(key=ORDERS[scope.order])
    by_key = {TrackKey(track.batch, track.slug): track for track in listed}
    return TracksView(
        rows=LazyRows(by_key, lambda key: _row(by_key[key], scene)),
        corner=_corner(scope, len(by_key)),
        empty=_empty(scope, tuple(clean(line, 200) for line in empty), bool(by_key)),
        widths=_widths(listed, scene),
        glyphs=glyphs,
    )


def track_columns(view: TracksView, width: int) -> tuple[Column, ...]:
    """The columns that fit; AGE, COST and the slug are the last to go."""
    return choose(sized(_COLUMNS, view.widths), width)


def track_heading(view: TracksView, width: int) -> Line:
    """The column titles."""
    return heading(track_columns(view, width), width)


def track_line(row: TrackRow, columns: Sequence[Column], width: int, ellipsis: str = "…") -> Line:
    """One track in ``columns``; a waiting one tells its question where NOW has the room."""
    cells = {name: cell(row) for name, cell in _CELLS.items()}
    room = next((column.width for column in columns if column.name == "now"), 0)
    if row.question and room >= QUESTION_ROOM:
        cells["now"] = (Part(row.question),)
    return lay_out(cells, columns, width, ellipsis)


_COLUMNS = (
    Column("lead", "", 2, gap=0, keep=99),
    Column("glyph", "", 1, gap=0, keep=99),
    Column("slug", "TRACK", 8, gap=1, keep=99),
    Column("batch", "BATCH", 0, since=70, keep=1),
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


def _widths(tracks: Iterable[Track], scene: _Scene) -> Mapping[str, int]:
    listed = tuple(tracks)
    stages = [len(track.stages) for track in listed]
    strip = max((count for count in stages if count <= STRIP_LIMIT), default=0)
    return {
        "slug": min(32, max((cell_width(track.slug) for track in listed), default=8)),
        "batch": 14 if len(scene.state.batches) > 1 else 0,
        "kind": min(10, max((cell_width(track.kind) for track in listed), default=0)),
        "strip": max(strip, 6) if strip else 0,
        "count": max((len(stage_count(track)) for track in listed), default=0),
        "model": min(12, max((len(model_name(track.model)) for track in listed), default=0)),
    }


def _listed(track: Track, scope: TrackScope, scene: _Scene) -> bool:
    key = TrackKey(track.batch, track.slug)
    if scope.only != "all" and scope.only != ("waiting" if key in scene.waiting else standing(track)):
        return False
    if not scope.search:
        return True
    live = scene.activity.get((track.batch, track.slug), track.activity)
    held = " ".join((track.slug, track.title, track.kind, track.branch, live.text if live else "")).lower()
    return all(word in held for word in scope.search.lower().split())


def _corner(scope: TrackScope, count: int) -> str:
    parts = [f"sorted by {scope.order}"]
    if scope.only != "all":
        parts.insert(0, f"only {scope.only}")
    if scope.search:
        parts.insert(0, f'{count:,} match "{clean(scope.search, 30)}"')
    return ", ".join(parts)


def _empty(scope: TrackScope, teach: tuple[str, ...], filled: bool) -> tuple[str, ...]:
    if filled:
        return ()
    if scope.search or scope.only != "all":
        return ("No track matches.", "Esc clears the search, f changes the filter.")
    return teach or ("No track yet.", "A row appears as soon as an agent reports its first stage.")


# --- one row -----------------------------------------------------------------------------------------------


def _row(track: Track, scene: _Scene) -> TrackRow:
    gates = scene.waiting.get(TrackKey(track.batch, track.slug), ())
    look = _look(track, gates)
    glyph, token, slug_token = _LOOKS[look]
    told, since = _TELL["waiting" if gates else look](track, gates, scene)
    stale = any(is_stale(gate, scene.now, scene.state.batches[gate.batch]) for gate in gates)
    return TrackRow(
        key=TrackKey(track.batch, track.slug),
        glyph=getattr(scene.glyphs, glyph),
        token=token,
        slug=clean(track.slug, 80),
        slug_token="strong" if gates else slug_token,
        kind=clean(track.kind, 20),
        strip=short_strip(track, gates, scene.glyphs),
        count=stage_count(track),
        now=told,
        question=f"asks: {clean(gates[0].question.question, 200)}" if gates and not gates[0].undelivered else "",
        age=age(since, scene.now),
        age_token="gate-stale strong" if stale else ("gate" if gates else "age"),
        model=model_name(track.model),
        cost=money(track),
        batch=batch_title(scene.state.batches[track.batch]) if track.batch in scene.state.batches else "",
    )


_LOOKS = {
    "waiting": ("gate", "track-waiting", "strong"),
    "held": ("asking", "track-waiting", "strong"),
    "working": ("working", "track-running", ""),
    "unknown": ("unknown", "track-unknown", ""),
    "pending": ("pending", "quiet", "quiet"),
    "done": ("done", "track-done", "quiet"),
    "failed": ("failed", "track-failed", ""),
}
"""Sign, its theme token and the slug's, by how a track stands."""


def _look(track: Track, gates: Sequence[Gate]) -> str:
    if not gates:
        return standing(track)
    return "held" if all(gate.question.kind in HELD_KINDS for gate in gates) else "waiting"


_Told = tuple[str, Instant | None]


def _tell_waiting(track: Track, gates: Sequence[Gate], scene: _Scene) -> _Told:
    oldest = min(gates, key=lambda gate: gate.asked_at.wall_ms)
    if gates[0].undelivered:
        return "answer not delivered", gates[0].decision.at if gates[0].decision else oldest.asked_at
    more = f" +{len(gates) - 1}" if len(gates) > 1 else ""
    return longer_ask(gates[0], track) + more, oldest.asked_at


def _tell_working(track: Track, gates: Sequence[Gate], scene: _Scene) -> _Told:
    seen = _activity(track, scene)
    if seen is not None:
        return clean(seen.text, 120), seen.at
    return clean(track.progress, 120), track.reported_at


_SILENT = {
    Liveness.GONE: "gone",
    Liveness.WORKING_NOT_REPORTING: "working, not reporting",
}


def _tell_unknown(track: Track, gates: Sequence[Gate], scene: _Scene) -> _Told:
    words = _SILENT.get(track.liveness) or ("silent, alive" if track.signs else "silent")
    return words, track.reported_at or track.added_at


def _tell_pending(track: Track, gates: Sequence[Gate], scene: _Scene) -> _Told:
    batch = scene.state.batches.get(track.batch)
    known = batch.tracks if batch is not None else {}
    waits = [slug for slug in track.depends_on if slug not in known or standing(known[slug]) != "done"]
    return (f"waits: {clean(', '.join(waits), 80)}" if waits else clean(track.progress, 120)), None


def _tell_done(track: Track, gates: Sequence[Gate], scene: _Scene) -> _Told:
    return " ".join(word for word in (pull_request(track), clean(track.progress, 120)) if word), None


def _tell_failed(track: Track, gates: Sequence[Gate], scene: _Scene) -> _Told:
    return clean(track.problem or track.progress, 120), None


_TELL: Mapping[str, Callable[[Track, Sequence[Gate], _Scene], _Told]] = {
    "waiting": _tell_waiting,
    "working": _tell_working,
    "unknown": _tell_unknown,
    "pending": _tell_pending,
    "done": _tell_done,
    "failed": _tell_failed,
}
"""What NOW and AGE tell, by how a track stands."""


def _activity(track: Track, scene: _Scene) -> Activity | None:
    live = scene.activity.get((track.batch, track.slug))
    if live is None or track.activity is None:
        return live or track.activity
    return track.activity if elapsed_ms(live.at, track.activity.at) > 0 else live
