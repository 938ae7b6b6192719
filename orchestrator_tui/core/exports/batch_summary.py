"""The batch summary in the shape of seed 000: tracks, validations, follow-ups, outcome measures."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.exports.document import TEXT, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.report.model import Report
from orchestrator_tui.core.report.outcome import ACTIVE, DONE, MERGED
from orchestrator_tui.core.report.sections import review_result
from orchestrator_tui.core.report.summary import batch_summary
from orchestrator_tui.core.report.words import short


def batch_summary_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``batch-summary.md``."""
    if batch.run is None:
        return ()
    report = batch_summary(batch, now)
    blocks = [
        [f"# Batch summary: {report.title}"],
        ["| Track | Branch | State | Review result | Revision loops |", "|---|---|---|---|---|", *_rows(report)],
        ["## Merged tracks", *_listed(report.merged)],
        ["## Retained or abandoned tracks", *_listed(_others(report))],
        ["## Validations run", *_listed(_validations(report))],
        ["## Unresolved follow-ups", *_listed(report.follow_ups)],
        ["## Integration branch", _integration(report)],
        ["## Outcome measures", *_measures(report)],
    ]
    return (Document("batch-summary.md", TEXT, "\n\n".join("\n".join(one) for one in blocks) + "\n"),)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _rows(report: Report) -> list[str]:
    return [
        f"| {one.slug} | {_cell(one.branch) or '–'} | {one.outcome.replace('_', ' ')} | {_cell(review_result(one))} "
        f"| {one.loops} |"
        for one in report.tracks
    ]


def _listed(entries: Sequence[str]) -> list[str]:
    return [f"- {one}" for one in entries] or ["- none"]


def _others(report: Report) -> list[str]:
    left = [one for one in report.tracks if one.outcome not in (MERGED, DONE, ACTIVE)]
    return [f"{one.slug}: {one.outcome.replace('_', ' ')}{f' — {one.why}' if one.why else ''}" for one in left]


def _validations(report: Report) -> list[str]:
    own = [f"batch: {one.name}: {one.result}" for one in report.checks]
    return [*own, *(f"{track.slug}: {one.name}: {one.result}" for track in report.tracks for one in track.checks)]


def _integration(report: Report) -> str:
    tip = f" at {short(report.integration_sha)}" if report.integration_sha else ""
    return f"{report.integration}{tip}, {report.published or 'not published'}"


def _measures(report: Report) -> list[str]:
    told = report.measures
    loops = [f"- {slug}: {number}" for slug, number in told.loops.items()]
    return [
        f"discovery-reuse: {told.discovery_reuse}",
        f"rescue-attempts: {told.rescue_attempts}",
        f"abandonment-events: {told.abandonments}",
        *(["re-review-loops:", *loops] if loops else ["re-review-loops: none"]),
        f"final-gate-result: {report.verdict}",
    ]
