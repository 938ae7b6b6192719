"""One row of the tracks: how a track stands, what it does now, for how long, at what cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from orchestrator_tui.core.agent_tracks import is_killed
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.gate_refusals import HELD_KINDS
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Activity, Gate, Liveness, State, Track
from orchestrator_tui.core.queries import TrackKey, began_at, is_between_agents, is_left, is_over, is_stale, standing
from orchestrator_tui.ui.present.agent import stands_still
from orchestrator_tui.ui.present.ages import age, step_age
from orchestrator_tui.ui.present.cells import Line, clean
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.strip import short_strip
from orchestrator_tui.ui.present.words import (
    longer_ask,
    money,
    place_title,
    pull_request,
    shown_model,
    stage_count,
)


@frozen
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


@frozen
class LastingRow:
    """A row but for what a second that passes changes: ``since`` is when its age began, ``gates`` are those it has."""

    row: TrackRow
    since: Instant | None
    gates: tuple[Gate, ...]


@frozen
class TrackScene:
    """What rows are made from: ``activity`` is finer than the journal's, ``waiting`` are the gates by track."""

    state: State
    glyphs: Glyphs
    activity: Mapping[tuple[str, str], Activity]
    waiting: Mapping[TrackKey, tuple[Gate, ...]]


def lasting_row(track: Track, scene: TrackScene) -> LastingRow:
    """One track in words, as long as nothing happens."""
    gates = scene.waiting.get(TrackKey(track.batch, track.slug), ())
    look = _look(track, gates)
    glyph, token, slug_token = _LOOKS[look]
    told, since = _TELL["waiting" if gates else look](track, gates, scene)
    if track.work is not None and not gates:
        told = _told_of_run(track, told, scene)
    row = TrackRow(
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
        age="",
        age_token="gate" if gates else "age",
        model=shown_model(track),
        cost=money(track),
        batch=place_title(scene.state, track.batch),
    )
    return LastingRow(row, since, gates)


def track_row(lasting: LastingRow, state: State, now: Instant) -> TrackRow:
    """The row at this moment."""
    stale = any(is_stale(gate, now, state.batches[gate.batch]) for gate in lasting.gates)
    token = "gate-stale strong" if stale else lasting.row.age_token
    told = age(lasting.since, now) if lasting.gates else step_age(lasting.since, now)
    return replace(lasting.row, age=told, age_token=token)


def _told_of_run(track: Track, told: str, scene: TrackScene) -> str:
    """What NOW tells of a track that the engine moves: where it is, which try, and what its agent does."""
    from orchestrator_tui.ui.present.run_words import attempt_words, between_words, running_attempt, state_words

    if is_left(track):
        return "left unfinished" if track.attempts else "never begun"
    batch = scene.state.batches[track.batch]
    where = state_words(track, batch)
    if running_attempt(track) is None:
        return where or told or between_words(track, batch)
    doing = " ".join(word for word in (attempt_words(track), told) if word)
    return ", ".join(word for word in (where, doing) if word)


_LOOKS = {
    "waiting": ("gate", "track-waiting", "strong"),
    "held": ("asking", "track-waiting", "strong"),
    "working": ("working", "track-running", ""),
    "unknown": ("unknown", "track-unknown", ""),
    "idle": ("asking", "quiet", ""),
    "pending": ("pending", "quiet", "quiet"),
    "done": ("done", "track-done", "quiet"),
    "failed": ("failed", "track-failed", ""),
    "dropped": ("skipped", "quiet", "quiet"),
}
"""Sign, its theme token and the slug's, by how a track stands."""


def _look(track: Track, gates: Sequence[Gate]) -> str:
    if not gates:
        stood = standing(track)
        return "idle" if stood == "working" and stands_still(track.agent) else stood
    return "held" if all(gate.question.kind in HELD_KINDS for gate in gates) else "waiting"


_Told = tuple[str, Instant | None]


def _tell_waiting(track: Track, gates: Sequence[Gate], scene: TrackScene) -> _Told:
    oldest = min(gates, key=lambda gate: gate.asked_at.wall_ms)
    if gates[0].undelivered:
        return "answer not delivered", gates[0].decision.at if gates[0].decision else oldest.asked_at
    more = f" +{len(gates) - 1}" if len(gates) > 1 else ""
    return longer_ask(gates[0], track) + more, oldest.asked_at


def _tell_working(track: Track, gates: Sequence[Gate], scene: TrackScene) -> _Told:
    still, began = stands_still(track.agent), began_at(track)
    if is_between_agents(track):
        return "", None
    seen = _activity(track, scene)
    if began is not None and (seen is None or seen.at.wall_ms < began.wall_ms):
        # Words of the agent before it may still be held in memory.
        return clean(track.progress, 120) or "started", began
    if still:
        return still, seen.at if seen is not None else track.reported_at
    if track.liveness is Liveness.ASKED:
        return "asked, no reply yet", track.asked_at
    if seen is not None:
        return clean(seen.text, 120), seen.at
    return clean(track.progress, 120), track.reported_at


_SILENT = {
    Liveness.GONE: "gone",
    Liveness.WORKING_NOT_REPORTING: "working, not reporting",
}


def _tell_unknown(track: Track, gates: Sequence[Gate], scene: TrackScene) -> _Told:
    if track.problem:
        return clean(track.problem, 120), None
    words = _SILENT.get(track.liveness) or ("silent, alive" if _has_process(track) else "silent")
    return words, track.reported_at or track.added_at


def _has_process(track: Track) -> bool:
    return any(sign.startswith("process") for sign in track.signs)


def _tell_pending(track: Track, gates: Sequence[Gate], scene: TrackScene) -> _Told:
    still = stands_still(track.agent)
    if still:
        return still, track.reported_at
    batch = scene.state.batches.get(track.batch)
    known = batch.tracks if batch is not None else {}
    waits = [slug for slug in track.depends_on if slug not in known or not is_over(known[slug])]
    return (f"waits: {clean(', '.join(waits), 80)}" if waits else clean(track.progress, 120)), None


def _tell_done(track: Track, gates: Sequence[Gate], scene: TrackScene) -> _Told:
    return " ".join(word for word in (pull_request(track), clean(track.progress, 120)) if word), None


def _tell_failed(track: Track, gates: Sequence[Gate], scene: TrackScene) -> _Told:
    return "gone: killed" if is_killed(track) else clean(track.problem or track.progress, 120), None


_TELL: Mapping[str, Callable[[Track, Sequence[Gate], TrackScene], _Told]] = {
    "waiting": _tell_waiting,
    "working": _tell_working,
    "idle": _tell_working,
    "unknown": _tell_unknown,
    "pending": _tell_pending,
    "done": _tell_done,
    "failed": _tell_failed,
    "dropped": _tell_done,
}
"""What NOW and AGE tell, by how a track stands."""


def _activity(track: Track, scene: TrackScene) -> Activity | None:
    live = scene.activity.get((track.batch, track.slug))
    if live is None or track.activity is None:
        return live or track.activity
    return track.activity if elapsed_ms(live.at, track.activity.at) > 0 else live
