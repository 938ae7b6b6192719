"""``sessions.jsonl`` and ``events.jsonl``: how a session went, where both platforms read it (seed 004)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from orchestrator_tui.core.exports import wave_facts as facts
from orchestrator_tui.core.exports.document import JSON_LINES, Document
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.report.carry_over import carry_over
from orchestrator_tui.core.run import Grounding, Trip
from orchestrator_tui.core.schedule.baseline import results_at_start
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import run_of, work_of

FOLDER = ".orchestrator/metrics"


def session_metrics_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """The files below ``.orchestrator/metrics``: events as they come, the checks at the session's start, and its line
    when it is closed."""
    if batch.run is None or not facts.state_directory(batch):
        return ()
    events = _events(batch)
    found = [Document(f"{FOLDER}/events.jsonl", JSON_LINES, events)] if events else []
    row = baseline_row(batch)
    if row is not None:
        found.append(Document(f"{FOLDER}/baseline-results.jsonl", JSON_LINES, [row]))
    if facts.is_closed(batch):
        found.append(Document(f"{FOLDER}/sessions.jsonl", JSON_LINES, [session_row(batch, now)]))
    return found


def session_row(batch: Batch, now: Instant) -> dict[str, Any]:
    """The line of one closed session."""
    tracks = planned_tracks(batch)
    ended = batch.ended_at or now
    began = batch.started_at or ended
    row: dict[str, Any] = {
        "session_id": facts.session_id(batch),
        "session_type": facts.kind_of(batch),
        "platform": facts.platform(batch),
        "started_at": facts.moment(began, zulu=True),
        "completed_at": facts.moment(ended, zulu=True),
        "duration_seconds": elapsed_ms(began, ended) // 1000,
        "total_waves": facts.total_waves(batch),
        "total_agents": sum(bool(one.attempts) for one in tracks),
        "total_files_changed": len({file for one in tracks for file in facts.files_of(one)}),
        "agent_summary": _agents(batch, tracks),
        "waves": [_wave(batch, number, found) for number, found in facts.waves(batch)],
        "effectiveness": _effectiveness(batch, tracks),
    }
    trips, shown = _trips(batch), _grounded(batch)
    row |= {"stagnation_events": _stagnation(trips)} if trips else {}
    return row | ({"grounding_injections": _injections(shown)} if shown else {})


def baseline_row(batch: Batch) -> dict[str, Any] | None:
    """The line of the checks on the tree from which the session started; None before they have run."""
    start, results = run_of(batch).baseline, results_at_start(batch)
    if start is None or not results:
        return None
    return {
        "session_id": facts.session_id(batch),
        "session_start_ref": start.sha,
        "captured_at": facts.moment(min((one.at for one in results.values()), key=lambda at: at.wall_ms), zulu=True),
        "dependency_hash": start.dependencies,
        "results": {name: {"status": one.result} for name, one in sorted(results.items())},
    }


def _agents(batch: Batch, tracks: Sequence[Track]) -> dict[str, int]:
    counted = Counter(facts.status_of(batch, one) for one in tracks if one.attempts)
    return {
        "complete": counted[facts.COMPLETE],
        "partial": counted[facts.PARTIAL],
        "failed": counted[facts.FAILED],
        "spiral": counted[facts.SPIRALLED] + counted[facts.STAGNANT],
    }


def _wave(batch: Batch, number: int, tracks: Sequence[Track]) -> dict[str, Any]:
    return {
        "wave": number,
        "role": facts.role_of(batch, tracks),
        "agent_count": sum(bool(one.attempts) for one in tracks),
        "files_changed": len({file for one in tracks for file in facts.files_of(one)}),
        "quality": quality(tracks),
    }


def quality(tracks: Sequence[Track]) -> str:
    """How the checks of a wave came out: ``pass``, ``fail``, or ``skipped`` where none ran."""
    results = {one.result for track in tracks for one in track.checks if one.name != "setup"}
    return "skipped" if not results & {"pass", "fail"} else "fail" if "fail" in results else "pass"


def _effectiveness(batch: Batch, tracks: Sequence[Track]) -> dict[str, Any]:
    # What goes on in a later wave is one piece of work, and through where its last track is.
    goes_on = {work_of(one).carried: one.slug for one in tracks if work_of(one).carried}
    planned = [one for one in tracks if one.slug not in goes_on and not facts.is_emergent(batch, one)]
    through = {one.slug for one in tracks if facts.status_of(batch, one) == facts.COMPLETE}
    through |= {before for slug, before in goes_on.items() if slug in through}
    completed = sum(one.slug in through for one in planned)
    return {
        "planned_issues": len(planned),
        "completed": completed,
        "carryover": len(carry_over(batch)),
        "emergent": sum(one.slug not in goes_on for one in tracks) - len(planned),
        "completion_rate": round(completed / len(planned), 2) if planned else 0.0,
    }


def _events(batch: Batch) -> list[dict[str, Any]]:
    """What is told of as it happens, oldest first."""
    told = [(trip.at.wall_ms, _event(batch, track, trip)) for track, trip in _trips(batch)]
    for track, shown, file, lines in _grounded(batch):
        row = {
            "event": "grounding_injected",
            "timestamp": facts.moment(shown.at, zulu=True),
            "session": facts.session_id(batch),
            "wave": track.wave,
            "agent": track.slug,
            "file": file,
            "lines": lines,
            "grounding_capped": shown.capped,
        }
        told.append((shown.at.wall_ms, row))
    return [row for _, row in sorted(told, key=lambda one: one[0])]


# --- grounding ------------------------------------------------------------------------------------------------


def _grounded(batch: Batch) -> list[tuple[Track, Grounding, str, int]]:
    """What agents were shown before they started, a row a file, oldest first."""
    found = [(track, shown) for track in planned_tracks(batch) for shown in work_of(track).grounded.values()]
    found.sort(key=lambda one: one[1].at.wall_ms)
    return [(track, shown, file, lines) for track, shown in found for file, lines in shown.files]


def _injections(shown: Sequence[tuple[Track, Grounding, str, int]]) -> dict[str, Any]:
    files = sorted({file for _, _, file, _ in shown})
    return {"count": len(shown), "files": files, "total_lines": sum(lines for _, _, _, lines in shown)}


# --- stagnation -----------------------------------------------------------------------------------------------


def _trips(batch: Batch) -> list[tuple[Track, Trip]]:
    """What was noticed of agents that stagnate, oldest first."""
    found = [(track, trip) for track in planned_tracks(batch) for trip in work_of(track).trips]
    known = [one for one in found if one[1].pattern in facts.PATTERNS]
    return sorted(known, key=lambda one: (one[1].at.wall_ms, one[1].attempt))


def _event(batch: Batch, track: Track, trip: Trip) -> dict[str, Any]:
    row: dict[str, Any] = {
        "event": "stagnation_detected",
        "timestamp": facts.moment(trip.at, zulu=True),
        "session": facts.session_id(batch),
        "wave": track.wave,
        "agent": track.slug,
        "pattern": facts.PATTERNS[trip.pattern],
    }
    if trip.error_class:
        row["error_class"] = trip.error_class
    return {**row, "file": trip.file or None, "occurrences": trip.times}


def _stagnation(trips: Sequence[tuple[Track, Trip]]) -> dict[str, Any]:
    found = [trip for _, trip in trips]
    return {
        "total": len(found),
        "by_pattern": dict(sorted(Counter(facts.PATTERNS[one.pattern] for one in found).items())),
        "by_error_class": dict(sorted(Counter(one.error_class for one in found if one.error_class).items())),
        "files": sorted({one.file for one in found if one.file}),
    }
