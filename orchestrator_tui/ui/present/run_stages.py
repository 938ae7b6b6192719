"""What the stage panel tells of a run's track below its ladder: its waves, the try under way, findings, what comes."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.queries import standing, waiting_gates
from orchestrator_tui.core.text import plural
from orchestrator_tui.ui.present.ages import duration
from orchestrator_tui.ui.present.cells import Line, Part, clean
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.run_words import next_words, round_words, running_attempt, stage_work
from orchestrator_tui.ui.present.words import model_name

MOST_SIGNS = 24
"""Tracks of a wave that get a sign each; of larger ones the numbers are told."""

_SIGNS = {
    "waiting": ("gate", "track-waiting"),
    "working": ("working", "track-running"),
    "unknown": ("unknown", "track-unknown"),
    "pending": ("pending", "quiet"),
    "done": ("done", "track-done"),
    "failed": ("failed", "track-failed"),
    "dropped": ("skipped", "quiet"),
}


def run_notes(track: Track, batch: Batch, now: Instant, glyphs: Glyphs) -> tuple[Line, ...]:
    """The notes below a ladder, what comes next first."""
    # A question that waits stands on the card.
    coming = "" if waiting_gates(batch, track.slug) else next_words(track, batch)
    lines: list[Line] = [(_label("next"), Part(coming))] if coming else []
    return (
        *lines,
        *_attempt(track, batch, now),
        *_problems(track),
        *_findings(track),
        *_checklist(track),
        *waves_strip(batch, glyphs),
    )


def _label(name: str) -> Part:
    return Part(f"{name:<10}", "quiet")


def _attempt(track: Track, batch: Batch, now: Instant) -> Iterator[Line]:
    attempt = running_attempt(track)
    if attempt is None:
        return
    rules = None if attempt.stage is None else stage_work(track, batch, attempt.stage)
    most = f" of {rules.attempts}" if rules is not None and rules.attempts > 1 else ""
    tries = 0 if track.work is None or track.work.run is None else track.work.run.tries
    spent = duration(elapsed_ms(attempt.started_at, now))
    words = (f"try {tries or attempt.number}{most}", round_words(track, batch), clean(attempt.role, 30))
    told = ", ".join(word for word in (*words, model_name(attempt.model)) if word)
    yield (_label("agent"), Part(told), Part(f"  {spent}", "age"))


def _problems(track: Track) -> Iterator[Line]:
    run = None if track.work is None else track.work.run
    if run is not None and run.problems:
        yield (_label("sent back"), Part(clean("; ".join(run.problems), 300), "gate"))
    if run is not None and run.instruction:
        yield (_label("told"), Part(clean(run.instruction, 300)))


def _findings(track: Track) -> Iterator[Line]:
    waiting = [one for one in track.findings if one.state == "open"]
    blockers = sum(one.severity == "blocker" for one in waiting)
    if waiting:
        told = f"{plural(len(waiting), 'finding')} open" + (f", {plural(blockers, 'blocker')}" if blockers else "")
        yield (_label("review"), Part(told, "risk-failure" if blockers else ""))


def _checklist(track: Track) -> Iterator[Line]:
    items = () if track.work is None else track.work.checklist
    failed = [name for name, result, _ in items if result != "PASS"]
    if failed:
        yield (_label("checklist"), Part(f"FAIL {clean(', '.join(failed), 200)}", "track-failed"))
    elif items:
        yield (_label("checklist"), Part(f"all {len(items)} PASS", "track-done"))


def waves_strip(batch: Batch, glyphs: Glyphs) -> Iterator[Line]:
    """``wave 1 ✓●●●✗⚠  wave 2 ○○○``: a sign a track; nothing where there is one wave."""
    waves: dict[int, list[Track]] = {}
    for track in batch.tracks.values():
        if track.slug != BATCH_TRACK:
            waves.setdefault(track.wave, []).append(track)
    if len(waves) < 2:
        return
    line: list[Part] = []
    for number in sorted(waves):
        line += [Part("   " if line else ""), Part(f"wave {number} ", "quiet")]
        if len(waves[number]) > MOST_SIGNS:
            done = sum(standing(track) == "done" for track in waves[number])
            dropped = sum(standing(track) == "dropped" for track in waves[number])
            rest = f", {dropped:,} dropped" if dropped else ""
            line.append(Part(f"{done:,} of {len(waves[number]):,} done{rest}"))
            continue
        for track in waves[number]:
            sign, token = _sign(track, batch)
            line.append(Part(getattr(glyphs, sign), token))
    yield tuple(part for part in line if part.text)


def _sign(track: Track, batch: Batch) -> tuple[str, str]:
    if waiting_gates(batch, track.slug):
        return _SIGNS["waiting"]
    return _SIGNS[standing(track)]
