"""The cards and the reports of tracks in the words of seed 000: what a track is, and where it stands, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.exports.document import TEXT, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.report.model import TrackTold
from orchestrator_tui.core.report.scrub import Scrubber
from orchestrator_tui.core.report.sections import validation_outcome
from orchestrator_tui.core.report.summary import track_report
from orchestrator_tui.core.report.words import count
from orchestrator_tui.core.schedule.judging import finding_line
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import plan_of, work_of

_S = TrackState

STATES = {
    _S.PENDING: "pending",
    _S.QUEUED: "serialized",
    _S.PREPARING: "pending",
    _S.RUNNING: "active",
    _S.VERIFYING: "active",
    _S.IN_REVIEW: "review",
    _S.REVISING: "revision",
    _S.STALLED: "rescue",
    _S.RESCUING: "rescue",
    _S.ESCALATED: "escalated",
    _S.BLOCKED: "blocked",
    _S.APPROVED: "review",
    _S.MERGING: "review",
    _S.MERGED: "merged",
    _S.DONE: "merged",
    _S.FAILED: "escalated",
    _S.SKIPPED: "abandoned",
    _S.ABANDONED: "abandoned",
    _S.ROLLED_BACK: "abandoned",
}
"""The state of a report by ours (vocabulary E)."""

_OF_WEIGHT = ("blocker", "concern")
_SURFACES = {"merged": "merged", "abandoned": "abandoned", "blocked": "blocked", "escalated": "blocked"}


def track_card_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``tracks.md``: the compact definition of every track, as it stands before and while it works."""
    tracks = planned_tracks(batch) if batch.run is not None else ()
    cards = ["\n".join(f"{name}: {value}" for name, value in _card(batch, one)) for one in tracks]
    return (Document("tracks.md", TEXT, "\n\n".join(cards) + "\n"),) if cards else ()


def _card(batch: Batch, track: Track) -> list[tuple[str, str]]:
    scrub = Scrubber(batch)
    place = worktree_shown(batch, track)
    return [
        *_definition(batch, track, scrub),
        ("Work surface", f"git worktree {place}" if place else "not made yet"),
        ("State", _SURFACES.get(STATES[track.state], "active")),
    ]


def _definition(batch: Batch, track: Track, scrub: Scrubber) -> list[tuple[str, str]]:
    planned = work_of(track).planned
    commands = [one.command for one in (planned.checks or plan_of(batch).checks)]
    needed = [f"{slug} {'done' if slug in batch.merged else 'pending'}" for slug in track.depends_on]
    return [
        ("Track", track.slug),
        ("Tasks", scrub.line(", ".join(planned.tasks) or planned.title or track.title)),
        ("Files", ", ".join((*planned.scope.owned, *planned.scope.allowed)) or "not declared"),
        ("Dependencies", ", ".join(needed) or "none"),
        ("Validation", scrub.line(", ".join(commands)) or "none"),
    ]


def worktree_shown(batch: Batch, track: Track) -> str:
    """Where a track works, seen from the repository: reports name no place of this machine."""
    repository = plan_of(batch).repository.rstrip("/")
    above = repository.rpartition("/")[0]
    if not track.worktree:
        return ""
    if track.worktree.startswith(f"{repository}/"):
        return track.worktree.removeprefix(f"{repository}/")
    if above and track.worktree.startswith(f"{above}/"):
        return f"../{track.worktree.removeprefix(f'{above}/')}"
    return f"…/{track.worktree.rpartition('/')[2]}"


def track_report_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``track-report-<track>.md``, one a track."""
    tracks = planned_tracks(batch) if batch.run is not None else ()
    return tuple(Document(f"track-report-{one.slug}.md", TEXT, _report(batch, one, now)) for one in tracks)


def _report(batch: Batch, track: Track, now: Instant) -> str:
    scrub, told = Scrubber(batch), track_report(batch, track, now).tracks[0]
    later = [
        scrub.line(one.title)
        for one in track.findings
        if one.state == "deferred" or (one.state == "open" and one.severity == "follow-up")
    ]
    issues = [
        scrub.line(finding_line(one)) for one in track.findings if one.state == "open" and one.severity in _OF_WEIGHT
    ]
    lines = [
        *(f"{name}: {value}" for name, value in _definition(batch, track, scrub)),
        f"Track branch: {told.branch or 'not made yet'}",
        f"Worktree path: {worktree_shown(batch, track) or 'not made yet'}",
        f"State: {STATES[track.state]}",
        f"Validation outcome: {validation_outcome(told)}",
        f"Commit status: {_commit(told)}",
        *_list("Unresolved issues", issues),
        *_list("Rescue history", [" | ".join(one) for one in told.rescues]),
        f"Next action: {told.next_action}",
        f"Revision rounds: {sum(work_of(track).returns.values())}",
        f"Summary: {_summary(told)}",
        f"Follow-ups: {'; '.join(later) or 'none'}",
    ]
    return "\n".join(lines) + "\n"


def _list(name: str, entries: Sequence[str]) -> list[str]:
    return [f"{name}:", *(f"- {one}" for one in entries)] if entries else [f"{name}: none"]


def _commit(told: TrackTold) -> str:
    if not told.uncommitted and (told.commits or told.merged_sha):
        return f"committed {told.head_sha[:7]}"
    return "not yet committed"


def _summary(told: TrackTold) -> str:
    """What was done, and of a track that ended otherwise what is left and why."""
    changed = f"{count(len(told.files), 'file')} changed, +{told.added} -{told.removed}" if told.files else "no changes"
    tests = sum(one.result == "pass" for one in told.checks)
    checked = f"{tests} of {count(len(told.checks), 'check')} passed" if told.checks else "no check was run"
    return f"{changed}; {count(len(told.attempts), 'attempt')}; {checked}" + (f"; {told.why}" if told.why else "")
