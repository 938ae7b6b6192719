"""The close of a session: every wave, the summary with what is carried over, and the next plan (seed 004)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.exports import wave_facts as facts
from orchestrator_tui.core.exports.document import TEXT, YAML, Document
from orchestrator_tui.core.exports.session_metrics import quality, session_row
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.report.carry_over import Carried, carry_over, next_plan
from orchestrator_tui.core.report.words import duration
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import run_of, stage_work
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.workflow import DESIGN

REPORT, NEXT = "session-report.md", "carry-over.yaml"


def session_close_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """The report, kept up to date after every wave, and the plan of what is left over where something is."""
    if batch.run is None or not facts.state_directory(batch):
        return ()
    parts = [_wave(batch, number, tracks) for number, tracks in _reported(batch)]
    if facts.is_closed(batch):
        parts.append(_summary(batch, now))
    found = [Document(REPORT, TEXT, "\n".join(parts))] if parts else []
    plan = next_plan(batch)
    return [*found, Document(NEXT, YAML, dict(plan))] if plan is not None else found


def _reported(batch: Batch) -> list[tuple[int, Sequence[Track]]]:
    """The waves that are over, and those without a task that come before one that has begun."""
    known = dict(facts.waves(batch))
    last = max((number for number, tracks in known.items() if facts.is_over(tracks)), default=0)
    last = facts.total_waves(batch) if facts.is_closed(batch) else last
    numbered = [(number, known.get(number, ())) for number in range(1, last + 1)]
    return [(number, tracks) for number, tracks in numbered if facts.is_over(tracks)]


def _wave(batch: Batch, number: int, tracks: Sequence[Track]) -> str:
    if not tracks:
        return f"## Wave {number} ({facts.planned_role(batch, number)}) — Skipped (no tasks)\n"
    role = facts.role_of(batch, tracks)
    rows = [f"- {one.slug}: {facts.status_of(batch, one)} — {facts.summary_of(batch, one)}" for one in tracks]
    told = [f"## Wave {number} ({role}) Complete ✓", *(one.rstrip(" —") for one in rows)]
    told.append(f"Duration: {_lasted(tracks)} | Tests: {quality(tracks)}")
    return "\n".join([*told, *_designs(batch, tracks), *next_lines(batch, number), ""])


def next_lines(batch: Batch, number: int) -> list[str]:
    """How the next wave is scaled and what it has otherwise, where waves are looked at when they end."""
    run = run_of(batch)
    end = next((one for one in run.waves if one.wave == number), None)
    if end is None or number >= facts.total_waves(batch):
        return []
    count = next((one.what for one in run.deviations if one.wave == number + 1 and one.why == end.scaling), "")
    how = "increased" if end.adaptations else "reduced"
    to = f" to {count.partition(' ')[0]}" if count else ""
    scaling = f"{how}{to} — {end.scaling}" if end.scaling else "unchanged"
    found = [f"Scaling: {scaling}"]
    if end.adaptations:
        found += [f"Adaptations for Wave {number + 1}:", *(f"- {one}" for one in end.adaptations)]
    return found


def _designs(batch: Batch, tracks: Sequence[Track]) -> list[str]:
    """What the design review said of each track that it has seen last; nothing where no design is named."""
    found: list[str] = []
    for track in tracks:
        for one in reversed(track.attempts):
            if one.verdict and one.stage and stage_work(batch, track, one.stage).against == DESIGN:
                told = facts.one_line(batch, one.summary)
                found.append(f"Design: {one.verdict.replace('_', ' ')} — {track.slug}: {told}".rstrip(": "))
                break
    return found


def _lasted(tracks: Sequence[Track]) -> str:
    attempts = [one for track in tracks for one in track.attempts]
    ended = [one.ended_at for one in attempts if one.ended_at is not None]
    if not ended:
        return duration(0)
    first = min((one.started_at for one in attempts), key=lambda one: one.wall_ms)
    return duration(elapsed_ms(first, max(ended, key=lambda one: one.wall_ms)))


def _summary(batch: Batch, now: Instant) -> str:
    row, left = session_row(batch, now), carry_over(batch)
    done = [one for one in planned_tracks(batch) if facts.status_of(batch, one) == facts.COMPLETE]
    agents = row["agent_summary"]
    guard = facts.guard_words(batch)
    lines = [
        "## Session Summary",
        "### Completed",
        *([f"- [x] {one.title} — {_evidence(one)}" for one in done] or ["(none)"]),
        "### Carried Over",
        *([_carried(one) for one in left] or ["(none)"]),
        "### Metrics",
        f"- Duration: {duration(row['duration_seconds'] * 1000)}",
        f"- Waves: {row['total_waves']}",
        f"- Agents: {row['total_agents']} ({agents['complete']} complete / {agents['partial']} partial / "
        f"{agents['failed'] + agents['spiral']} failed)",
        f"- Files changed: {row['total_files_changed']}",
        f"- Enforcement: {guard}",
        "### Next Session Recommendations",
        f"- {_recommended(left)}",
        "",
    ]
    return "\n".join(lines)


def _evidence(track: Track) -> str:
    files = facts.files_of(track)
    return f"{plural(len(files), 'file')} changed"


def _carried(one: Carried) -> str:
    state = "partially done" if one.begun else "not started"
    return (
        f"- [ ] {one.title} — {state}{f': {one.why}' if one.why and one.begun else ''} <!-- task-hash: {one.hash} -->"
    )


def _recommended(left: Sequence[Carried]) -> str:
    return f"Run {NEXT}: it is a plan of what was carried over." if left else "Nothing is left over."
