"""The gate queue: every gate that needs a person, by risk and age, with the countdown to five minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate, State, Track
from orchestrator_tui.core.queries import GateKey, TrackKey, find_track, gate_age_ms, gate_queue, is_stale, under_way
from orchestrator_tui.core.tracks_shown import track_of
from orchestrator_tui.ui.present.ages import duration, left
from orchestrator_tui.ui.present.cells import Line, Part, cell_width, clean
from orchestrator_tui.ui.present.columns import Column, choose, heading, lay_out, sized
from orchestrator_tui.ui.present.glyphs import UNICODE, Glyphs
from orchestrator_tui.ui.present.rows import LazyRows
from orchestrator_tui.ui.present.words import place_title, risk_label, short_ask

QUESTION_ROOM = 20
"""Cells from which ASKS shows the question itself, not its short name."""


@frozen
class QueueRow:
    """One gate in words. ``mark`` signs a stale or undelivered one; ``countdown`` is what is left of five minutes."""

    key: GateKey
    risk: str
    risk_token: str
    slug: str
    ask: str
    question: str
    waited: str
    waited_token: str
    mark: str
    countdown: str
    batch: str


@frozen
class QueueView:
    """The queue panel. ``empty`` says what would fill it."""

    rows: Mapping[GateKey, QueueRow]
    corner: str
    empty: tuple[str, ...]
    widths: Mapping[str, int]
    glyphs: Glyphs = UNICODE


def present_queue(state: State, now: Instant, glyphs: Glyphs, *, search: str = "") -> QueueView:
    """The gates of all batches that need a person, in the order of :func:`gate_queue`."""
    waiting = gate_queue(state)
    gates = [gate for gate in waiting if _matches(gate, state, search)]
    by_key = {GateKey(gate.batch, gate.id): gate for gate in gates}
    travelling = sum(not gate.undelivered for gate in under_way(state))
    of_all = f" of {len(waiting):,}" if search.strip() else ""
    corner = f"{len(by_key):,}{of_all} open"
    if travelling:
        corner += f", {travelling:,} on the way"
    return QueueView(
        rows=LazyRows(by_key, lambda key: _row(by_key[key], state, now, glyphs)),
        corner=corner,
        empty=() if by_key else _empty(search),
        widths=_widths(gates, state),
        glyphs=glyphs,
    )


def queue_columns(view: QueueView, width: int) -> tuple[Column, ...]:
    """The columns that fit; RISK, TRACK and WAITED are the last to go."""
    return choose(sized(_COLUMNS, view.widths), width)


def queue_heading(view: QueueView, width: int) -> Line:
    """The column titles."""
    return heading(queue_columns(view, width), width)


def queue_line(row: QueueRow, columns: Sequence[Column], width: int, ellipsis: str = "…") -> Line:
    """One gate in ``columns``; the question takes the place of its short name where there is room."""
    cells = {name: cell(row) for name, cell in _CELLS.items()}
    room = next((column.width for column in columns if column.name == "ask"), 0)
    if room >= QUESTION_ROOM:
        cells["ask"] = (Part(row.question),)
    return lay_out(cells, columns, width, ellipsis)


_COLUMNS = (
    Column("lead", "", 2, gap=0, keep=99),
    Column("risk", "RISK", 5, gap=1, keep=9),
    Column("slug", "TRACK", 8, gap=1, keep=99),
    Column("batch", "BATCH", 0, since=90, keep=1),
    Column("ask", "ASKS", 8, want=10, grow=3, gap=2, keep=5),
    Column("countdown", "STALE IN", 8, align="right", since=90, keep=2),
    Column("waited", "WAITED", 6, align="right", gap=1, keep=8),
    Column("mark", "", 1, gap=0, keep=7),
    Column("tail", "", 1, gap=0, keep=3),
)

_CELLS: Mapping[str, Callable[[QueueRow], Line]] = {
    "risk": lambda row: (Part(row.risk, row.risk_token),),
    "slug": lambda row: (Part(row.slug),),
    "batch": lambda row: (Part(row.batch, "quiet"),),
    "ask": lambda row: (Part(row.ask),),
    "countdown": lambda row: (Part(row.countdown, "quiet"),),
    "waited": lambda row: (Part(row.waited, row.waited_token),),
    "mark": lambda row: (Part(row.mark, row.waited_token),),
}


def _row(gate: Gate, state: State, now: Instant, glyphs: Glyphs) -> QueueRow:
    batch = state.batches[gate.batch]
    track: Track | None = find_track(state, TrackKey(gate.batch, track_of(batch, gate)))
    spent = gate_age_ms(gate, now)
    stale = is_stale(gate, now, batch)
    risk, token = risk_label(gate)
    return QueueRow(
        key=GateKey(gate.batch, gate.id),
        risk=risk,
        risk_token=token,
        slug=clean(track_of(batch, gate), 80),
        ask="not delivered" if gate.undelivered else short_ask(gate, track),
        question=("not delivered: " if gate.undelivered else "") + clean(gate.question.question, 300),
        waited=duration(spent),
        waited_token="risk-failure strong" if gate.undelivered else ("gate-stale strong" if stale else "age"),
        mark=glyphs.failed if gate.undelivered else (glyphs.gate if stale else ""),
        countdown="" if stale or gate.undelivered else left(batch.limits.gate_stale_ms, spent),
        batch=place_title(state, gate.batch),
    )


def _widths(gates: Sequence[Gate], state: State) -> Mapping[str, int]:
    slug = min(32, max((cell_width(track_of(state.batches[gate.batch], gate)) for gate in gates), default=10))
    return {"slug": slug, "batch": 14 if len(state.batches) > 1 else 0}


def _matches(gate: Gate, state: State, search: str) -> bool:
    held = f"{track_of(state.batches[gate.batch], gate)} {gate.question.question} {gate.question.kind}".lower()
    return all(word in held for word in search.lower().split())


def _empty(search: str) -> tuple[str, ...]:
    if search:
        return ("No gate matches.", "Esc clears the search.")
    return ("No gate is open.", "When an agent asks, its question comes here.")
