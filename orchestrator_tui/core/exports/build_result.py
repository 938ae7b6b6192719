"""The build result of seed 001: what became of each chunk, what was changed, and what reviewers have left to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from orchestrator_tui.core.exports.document import JSON, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, StageStatus, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.records import Attempt, Finding
from orchestrator_tui.core.schedule.readiness import lost_dependency, planned_tracks
from orchestrator_tui.core.schedule.rules import stages_of, work_of

S = TrackState

_LOST = frozenset({S.FAILED, S.ABANDONED})
_SEVERITY = {"blocker": "blocker", "concern": "concern", "follow-up": "nit", "nit": "nit"}


def build_result_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``build-result.json``; none before a chunk was tried."""
    if batch.run is None or not any(one.attempts for one in planned_tracks(batch)):
        return ()
    return (Document("build-result.json", JSON, build_result(batch)),)


def build_result(batch: Batch) -> dict[str, Any]:
    """The result in its shape: what is unresolved are findings that nobody has settled by a change of code."""
    tracks = planned_tracks(batch)
    tried = [one for one in tracks if _is_over(batch, one)]
    left = [(one.slug, finding) for one in tracks for finding in one.findings if finding.state != "fixed"]
    named = {one.slug for one in tried} & {slug for slug, _ in left}
    blockers = _of(left, "blocker")
    own = batch.tracks[BATCH_TRACK].findings if BATCH_TRACK in batch.tracks else ()
    return {
        "iterations": max((_iterations(batch, one) for one in tracks), default=0),
        "hitReviewCap": bool(blockers),
        "perChunk": [_chunk(batch, one) for one in tried],
        "skipped": [{"chunkId": one.slug, "reason": _reason(batch, one)} for one in tracks if one.state is S.SKIPPED],
        "unassigned": [_finding("", one) for one in own if one.state != "fixed"],
        "filesChanged": list(dict.fromkeys(path for one in tracks for path in _files(one))),
        "clean": [one.slug for one in tried if one.slug not in named and one.state not in _LOST],
        "unresolvedBlockers": blockers,
        "concerns": _of(left, "concern"),
        "nits": _of(left, "nit"),
    }


def _writing(batch: Batch, track: Track) -> int:
    """The stage that executes a chunk."""
    return next((rule.index for rule, work in stages_of(batch, track) if work.writes and not work.reviews), 1)


def _tries(batch: Batch, track: Track) -> list[Attempt]:
    stage = _writing(batch, track)
    return [one for one in track.attempts if one.stage == stage]


def _is_over(batch: Batch, track: Track) -> bool:
    """Whether a chunk was executed, well or not, as far as is known."""
    if not _tries(batch, track):
        return False
    stage = _writing(batch, track)
    done = any(one.index == stage and one.status is StageStatus.DONE for one in track.stages)
    return done or track.state in _LOST or bool(work_of(track).returns)


def _chunk(batch: Batch, track: Track) -> dict[str, Any]:
    last = _tries(batch, track)[-1]
    ok = track.state not in _LOST
    made: dict[str, Any] = {
        "chunkId": track.slug,
        "ok": ok,
        "attempts": max(1, last.number),
        "model": last.tier or last.model,
        "summary": last.summary or None,
    }
    results = {one.result for one in track.checks if one.run}
    if results:
        made["testsPassed"] = results == {"pass"}
    if not ok:
        run = work_of(track).run
        made["blocker"] = "; ".join(run.problems if run is not None else ()) or work_of(track).why
    return made


def _iterations(batch: Batch, track: Track) -> int:
    """How often reviews have led a chunk back to its executor."""
    reviews = {rule.index for rule, work in stages_of(batch, track) if work.reviews}
    return sum(count for stage, count in work_of(track).returns.items() if stage in reviews)


def _reason(batch: Batch, track: Track) -> str:
    lost = lost_dependency(batch, track)
    return f"dependency failed: {lost}" if lost else work_of(track).why


def _files(track: Track) -> tuple[str, ...]:
    seen = work_of(track).inspection
    return () if seen is None else seen.files


def _of(left: Iterable[tuple[str, Finding]], severity: str) -> list[dict[str, Any]]:
    return [_finding(slug, one) for slug, one in left if _SEVERITY.get(one.severity) == severity]


def _finding(slug: str, finding: Finding) -> dict[str, Any]:
    made: dict[str, Any] = {
        "chunkId": slug or finding.about,
        "severity": _SEVERITY.get(finding.severity, "nit"),
        "title": finding.title,
    }
    if finding.detail:
        made["detail"] = finding.detail
    if finding.file:
        made["file"] = finding.file
    if finding.line is not None:
        made["line"] = finding.line
    return made
