"""QA reports: what an independent verification ran, with which result, and what it decided (seed 003)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.exports.auto_session import MEMORY, moment, verification
from orchestrator_tui.core.exports.document import TEXT, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.records import Attempt, Check
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import work_of

_RESULTS = {"pass": "PASS", "fail": "FAIL", "partial": "PARTIAL"}
"""The cells of the table by the result of a check; ``SKIPPED`` for any other."""

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")


def qa_report_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``qa-<task>.md`` for every task that was verified."""
    found = []
    for track in planned_tracks(batch):
        last = verification(batch, track)
        if last is not None:
            found.append(Document(f"{MEMORY}/qa-{track.slug}.md", TEXT, _report(track, last)))
    return found


def _report(track: Track, last: Attempt) -> str:
    lines = [
        f"# QA Report: {track.slug}",
        "",
        f"Decision: {last.verdict}",
        f"Branch: {track.branch}",
        f"Verified: {moment(last.ended_at)}",
        "",
        "| Check | Status | Details |",
        "|-------|--------|---------|",
    ]
    lines += [f"| {_cell(one.name)} | {_status(one)} | {_cell(one.detail) or '-'} |" for one in _run_by(track, last)]
    told = _told_by(track, last)
    if told:
        lines += ["", "## Edge cases", ""]
        lines += [f"- [{'x' if one.result == 'pass' else ' '}] {_cell(one.name)}{_why(one)}" for one in told]
    found = [one for one in track.findings if one.attempt == last.id]
    if found:
        lines += ["", "## Failures", ""]
        for one in found:
            place = f" ({_cell(one.file)}{f':{one.line}' if one.line else ''})" if one.file else ""
            lines.append(f"- {one.severity}: {_cell(one.title)}{place}")
    seen = work_of(track).inspection
    pictures = [path for path in (seen.files if seen is not None else ()) if path.lower().endswith(_PICTURES)]
    if pictures:
        lines += ["", "## Screenshots", "", *(f"- {_cell(path)}" for path in pictures)]
    return "\n".join(lines) + "\n"


def _run_by(track: Track, last: Attempt) -> list[Check]:
    """The checks that were run on its copy: of each the last."""
    return list({one.name: one for one in track.checks if one.run == last.id}.values())


def _told_by(track: Track, last: Attempt) -> list[Check]:
    """What its agent recorded itself while it was at work."""
    began, ended = last.started_at.wall_ms, last.ended_at
    return [
        one
        for one in track.checks
        if not one.run and began <= one.at.wall_ms and (ended is None or one.at.wall_ms <= ended.wall_ms)
    ]


def _status(check: Check) -> str:
    return _RESULTS.get(check.result, "SKIPPED")


def _why(check: Check) -> str:
    return f": {_cell(check.detail)}" if check.detail else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
