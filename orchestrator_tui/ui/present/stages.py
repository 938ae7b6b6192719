"""Stage progress of one track: its ladder with durations, attempts and results, and the same in two lines."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Stage, StageStatus, State, Track
from orchestrator_tui.core.queries import TrackKey, find_track, has_stopped, waiting_gates
from orchestrator_tui.core.records import Check
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.tracks_shown import is_run_itself
from orchestrator_tui.ui.present.ages import age, duration
from orchestrator_tui.ui.present.cells import Line, Part, cell_width, clean, fit_line, line_width, spread, told
from orchestrator_tui.ui.present.columns import Column, choose, lay_out, sized
from orchestrator_tui.ui.present.glyphs import STAGE_TOKENS, UNICODE, Glyphs, stage_glyph
from orchestrator_tui.ui.present.strip import long_strip, stage_states
from orchestrator_tui.ui.present.words import pull_request, stage_name


@frozen
class StageRow:
    """One stage in words."""

    index: str
    glyph: str
    token: str
    name: str
    name_token: str
    duration: str
    attempts: str
    detail: str


@frozen
class StagesView:
    """The stage progress of one track.

    ``facts`` are its checks, branch and pull request in a few words each; ``notes`` what was noticed of it and what
    was said to it last.
    """

    key: TrackKey | None
    title: str
    corner: str
    rows: tuple[StageRow, ...]
    strip: Line
    stage: str
    detail: str
    elapsed: str
    facts: tuple[Line, ...]
    notes: tuple[Line, ...]
    wave: str
    empty: tuple[str, ...]
    glyphs: Glyphs = UNICODE


DETAIL_ROOM = 17
"""Cells that a stage's result needs beside the number of its attempts, which else is left out."""

_CHECK_LOOKS = {
    "pass": ("done", "track-done"),
    "fail": ("failed", "track-failed"),
    "partial": ("gate", "gate"),
    "skip": ("skipped", "quiet"),
    "not_run": ("pending", "quiet"),
}
"""Sign and theme token of each result of a check."""


def present_stages(state: State, key: TrackKey | None, now: Instant, glyphs: Glyphs) -> StagesView:
    """The stage progress of the track with this identity."""
    track = None if key is None else find_track(state, key)
    if track is None or key is None:
        return StagesView(None, "", "", (), (), "", "", "", (), (), "", ("Select a track to see its stages.",), glyphs)
    batch = state.batches[key.batch]
    gates = waiting_gates(batch, track.slug)
    states = dict(stage_states(track, gates))
    current = next((stage for stage in track.stages if stage.index == track.stage), None)
    waves = max((one.wave for one in batch.tracks.values()), default=1)
    until = track.ended_at if has_stopped(track) and track.ended_at is not None else now
    return StagesView(
        key=key,
        title=clean(track.slug, 80),
        corner=_corner(track, waves),
        rows=tuple(_row(stage, states[stage.index], track, until, glyphs) for stage in track.stages),
        strip=long_strip(track, gates, glyphs, 60),
        stage=stage_name(track, track.stage),
        detail="" if current is None else clean(current.detail, 80),
        elapsed="" if current is None else _spent(current, until),
        facts=_facts(track, glyphs),
        notes=(*_of_run(track, batch, now, glyphs), *_noticed(track, batch, now, glyphs), *_said(track, now)),
        wave=f"wave {track.wave}/{waves}" if waves > 1 and not is_run_itself(track) else "",
        empty=() if track.stages else _empty(track),
        glyphs=glyphs,
    )


def stage_lines(view: StagesView, width: int) -> tuple[Line, ...]:
    """The ladder, one stage a line, and the facts under it."""
    if not view.rows:
        below = [fit_line((Part("  "), *line), width, view.glyphs.ellipsis) for line in view.notes]
        return (*told(view.empty, width), *([()] if below else []), *below)
    name = max(cell_width(row.name) for row in view.rows)
    widths = {"name": min(32, name), "index": max(len(row.index) for row in view.rows)}
    attempts = max(len(row.attempts) for row in view.rows)
    columns = choose(sized(_COLUMNS, widths), width)
    room = next((column.width for column in columns if column.name == "told"), 0)
    attempts = attempts if room >= attempts + DETAIL_ROOM else 0
    lines = [lay_out(_cells(row, attempts), columns, width, view.glyphs.ellipsis) for row in view.rows]
    below = [*_flow(view.facts, width - 1), *view.notes]
    if below:
        lines += [(), *(fit_line((Part(" "), *line), width, view.glyphs.ellipsis) for line in below)]
    return tuple(lines)


def strip_lines(view: StagesView, width: int) -> tuple[Line, ...]:
    """The same in two lines, for narrow screens."""
    if view.key is None:
        return tuple(fit_line((Part(" "), Part(line, "quiet")), width) for line in (*view.empty, "")[:2])
    stage = (Part("   "), Part(view.stage)) if view.stage else ()
    first = (Part(" "), Part(view.title, "strong"), Part("   "), *view.strip, *stage)
    detail = (Part(view.detail), Part("   ")) if view.detail else ()
    wave = (Part("  "), Part(view.wave, "quiet"), Part(" "))
    room = width - 1 - line_width(detail) - line_width(wave)
    facts = next(iter(_flow(view.facts, room)), ())
    second = (Part(" "), *detail, *(facts if line_width(facts) <= room else ()))
    return (
        spread(first, (Part("  "), Part(view.elapsed, "age"), Part(" ")), width, view.glyphs.ellipsis),
        spread(second, wave, width, view.glyphs.ellipsis),
    )


def check_parts(check: Check, glyphs: Glyphs, *, detail: bool = True) -> Line:
    """``CI ✓ 214 checks``."""
    glyph, token = _CHECK_LOOKS.get(check.result, ("unknown", "track-unknown"))
    told = f" {clean(check.detail, 80)}" if detail and check.detail else ""
    return (Part(f"{clean(check.name, 40)} ", "quiet"), Part(getattr(glyphs, glyph), token), Part(told))


_COLUMNS = (
    Column("index", "", 0, align="right", gap=1, keep=99),
    Column("glyph", "", 1, gap=1, keep=99),
    Column("name", "", 10, gap=1, keep=99),
    Column("duration", "", 7, align="right", gap=1, keep=9),
    Column("told", "", 12, grow=1, gap=3, keep=8),
    Column("tail", "", 1, gap=0, keep=1),
)


def _cells(row: StageRow, attempts: int) -> dict[str, Line]:
    detail = Part(row.detail, row.name_token if row.name_token == "quiet" else "")
    return {
        "index": (Part(row.index, "quiet"),),
        "glyph": (Part(row.glyph, row.token),),
        "name": (Part(row.name, row.name_token),),
        "duration": (Part(row.duration, "age"),),
        "told": (Part(f"{row.attempts:<{attempts + 3}}", "quiet"), detail) if row.attempts and attempts else (detail,),
    }


_NAME_TOKENS = {StageStatus.PENDING: "quiet", StageStatus.SKIPPED: "quiet", StageStatus.GATE: "strong"}


def _row(stage: Stage, status: StageStatus, track: Track, now: Instant, glyphs: Glyphs) -> StageRow:
    attempts = [attempt for attempt in track.attempts if attempt.stage == stage.index]
    word = "round" if attempts and all("review" in attempt.purpose for attempt in attempts) else "attempt"
    detail = clean(stage.detail, 200)
    if not detail and stage.index == track.stage and status is StageStatus.RUNNING:
        detail = clean(track.progress, 200)
    return StageRow(
        index=str(stage.index),
        glyph=stage_glyph(status, glyphs),
        token=STAGE_TOKENS[status],
        name=clean(stage.name, 80),
        name_token=_NAME_TOKENS.get(status, ""),
        duration=_spent(stage, now),
        attempts=plural(len(attempts), word) if attempts else "",
        detail=detail or ("skipped" if status is StageStatus.SKIPPED else ""),
    )


def _spent(stage: Stage, now: Instant) -> str:
    return "" if stage.started_at is None else duration(elapsed_ms(stage.started_at, stage.ended_at or now))


def _corner(track: Track, waves: int) -> str:
    parts = [plural(len(track.findings), "finding")] if track.findings else []
    if waves > 1 and not is_run_itself(track):
        parts.append(f"wave {track.wave} of {waves}")
    return ", ".join(parts)


def _flow(facts: Sequence[Line], room: int) -> list[Line]:
    """Facts beside each other, as many a line as have room whole."""
    lines: list[Line] = []
    for fact in facts:
        if lines and line_width(lines[-1]) + 2 + line_width(fact) <= room:
            lines[-1] = (*lines[-1], Part("  "), *fact)
        else:
            lines.append(fact)
    return lines


def _facts(track: Track, glyphs: Glyphs) -> tuple[Line, ...]:
    groups: list[Line] = [check_parts(check, glyphs) for check in track.checks]
    if track.pr:
        groups.append((Part("PR ", "quiet"), Part(pull_request(track))))
    if track.branch and not track.pr:
        groups.append((Part("branch ", "quiet"), Part(clean(track.branch, 80))))
    return tuple(groups)


def _of_run(track: Track, batch: Batch, now: Instant, glyphs: Glyphs) -> tuple[Line, ...]:
    if track.work is None:
        return ()
    from orchestrator_tui.ui.present.run_stages import run_notes

    return run_notes(track, batch, now, glyphs)


def _noticed(track: Track, batch: Batch, now: Instant, glyphs: Glyphs) -> list[Line]:
    return [
        (
            Part(f"{glyphs.gate} ", "gate"),
            Part(clean(signal.text, 300) or clean(signal.kind, 60).replace("_", " ")),
            Part(f"  {age(signal.at, now)} ago", "quiet"),
        )
        for signal in batch.signals.values()
        if signal.track == track.slug
    ]


def _said(track: Track, now: Instant) -> list[Line]:
    """The last thing said to the agent, and whether it has read it."""
    if not track.messages:
        return []
    last = track.messages[-1]
    if last.read_at is not None:
        state = f"read {age(last.read_at, now)} ago"
    else:
        state = "not read yet" if last.written_at is not None else "on its way"
    return [(Part("said ", "quiet"), Part(f'"{clean(last.text, 200)}"'), Part(f"  {state}", "quiet"))]


def _empty(track: Track) -> tuple[str, ...]:
    if is_run_itself(track):
        return ("This row stands for the whole run: what is asked of you about it comes here.",)
    told = clean(track.progress or track.title, 200)
    lines = ("This track has no stages: it is plain work.",)
    return (*lines, told) if told else lines
