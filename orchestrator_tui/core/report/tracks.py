"""One track as a report tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Gate, Track
from orchestrator_tui.core.records import Attempt, Finding
from orchestrator_tui.core.report import measures
from orchestrator_tui.core.report.checklists import batch_checklist, track_checklist
from orchestrator_tui.core.report.model import AttemptTold, CheckTold, FindingTold, ItemTold, StageTold, TrackTold
from orchestrator_tui.core.report.outcome import next_action, outcome, why_it_ended
from orchestrator_tui.core.report.scrub import Scrubber
from orchestrator_tui.core.run import Work
from orchestrator_tui.core.schedule.rules import workflow_of
from orchestrator_tui.core.tracks_shown import is_run_itself
from orchestrator_tui.core.wave_roles import changes_files

_FILES = 200
"""Changed files that are told by name."""


def track_told(batch: Batch, track: Track, gates: Sequence[Gate], scrub: Scrubber, now: Instant) -> TrackTold:
    """A track with everything that is known of it; ``gates`` are its own."""
    work = track.work
    told = TrackTold(
        slug=track.slug,
        title=scrub.line(track.title),
        kind=scrub.line(track.kind, 40),
        workflow=scrub.line(track.workflow, 63),
        state=batch.state if is_run_itself(track) else track.state.value,
        outcome=outcome(batch, track),
        why=scrub.line(why_it_ended(batch, track)),
        next_action=scrub.line(next_action(batch, track)),
        wave=track.wave,
        stage=track.stage,
        stages=tuple(
            StageTold(one.index, scrub.line(one.name, 120), one.status.value, _took(one.started_at, one.ended_at))
            for one in track.stages
        ),
        branch=scrub.line(track.branch, 200),
        worktree=_worktree(track, scrub),
        pr=scrub.line(track.pr, 200),
        depends_on=track.depends_on,
        attempts=tuple(_attempt(one, scrub, now) for one in track.attempts),
        checks=tuple(
            CheckTold(track.slug, scrub.line(one.name, 120), one.result, scrub.line(one.detail)) for one in track.checks
        ),
        findings=tuple(_finding(track, one, scrub) for one in track.findings),
        gates_by_rule=sum(measures.decided_by_rule(one) for one in gates),
        gates_by_person=sum(measures.decided_by_person(one) for one in gates),
        waited_ms=measures.waited_ms(gates, now),
        took_ms=_took(track.added_at, track.ended_at or batch.ended_at or now) or 0,
        cost_usd=measures.cost_of(track),
        tokens=measures.tokens_of(track),
        place=scrub.line(_place(batch, track), 300),
    )
    return told if work is None else _with_work(batch, track, work, told, scrub)


def _with_work(batch: Batch, track: Track, work: Work, told: TrackTold, scrub: Scrubber) -> TrackTold:
    """What only a run knows: scope, changes, checklist, rescues and rounds."""
    seen = work.inspection
    return replace(
        told,
        owned=tuple(scrub.line(one) for one in work.planned.scope.owned),
        head_sha=work.head_sha,
        merged_sha=work.merged_sha,
        files=() if seen is None else tuple(scrub.line(one) for one in seen.files[:_FILES]),
        added=0 if seen is None else seen.added,
        removed=0 if seen is None else seen.removed,
        commits=0 if seen is None else seen.commits,
        uncommitted=0 if seen is None else len(seen.uncommitted),
        deployed=work.deployed,
        checklist=items(_checklist(batch, track, work), scrub),
        rescues=tuple(tuple(scrub.line(part, 200) for part in one) for one in work.rescues),
        rounds=measures.review_rounds(batch, track),
        loops=measures.review_loops(batch, track),
    )


def _checklist(batch: Batch, track: Track, work: Work) -> Sequence[tuple[str, str, str]]:
    """The items in front of its merge; those of the batch for the batch itself, none for who only reads."""
    if is_run_itself(track):
        return batch_checklist(batch)
    workflow = workflow_of(batch, track)
    return track_checklist(batch, track, workflow) if changes_files(work.planned, workflow) else ()


def items(checked: Sequence[tuple[str, str, str]], scrub: Scrubber) -> tuple[ItemTold, ...]:
    """The items of a checklist, without local paths."""
    return tuple(ItemTold(name, result, scrub.line(detail)) for name, result, detail in checked)


def _worktree(track: Track, scrub: Scrubber) -> str:
    """Where its work is, by name: the path is this machine's, and `orch-tui worktrees` tells it."""
    if not track.worktree:
        return ""
    work = track.work
    if work is not None and work.removed:
        return "removed"
    if work is not None and work.kept:
        return f"the worktree of {track.slug}, kept: {scrub.line(work.kept)}"
    return f"the worktree of {track.slug}"


def _place(batch: Batch, track: Track) -> str:
    """The way from the repository to its worktree; "" where there is none that names nothing of this machine."""
    work = track.work
    if not track.worktree or not batch.repository or (work is not None and work.removed):
        return ""
    here, there = PurePosixPath(batch.repository).parts, PurePosixPath(track.worktree).parts
    common = 0
    while common < min(len(here), len(there)) and here[common] == there[common]:
        common += 1
    if common < 2:
        return f"the worktree of {track.slug}"
    return "/".join((*(".." for _ in here[common:]), *there[common:])) or "."


def _took(begun: Instant | None, ended: Instant | None) -> int | None:
    return None if begun is None or ended is None else elapsed_ms(begun, ended)


def _attempt(attempt: Attempt, scrub: Scrubber, now: Instant) -> AttemptTold:
    return AttemptTold(
        id=scrub.line(attempt.id, 120),
        stage=attempt.stage,
        purpose=scrub.line(attempt.purpose, 40),
        model=scrub.line(attempt.model, 80),
        outcome=scrub.line(attempt.outcome, 120),
        verdict=scrub.line(attempt.verdict, 60),
        took_ms=elapsed_ms(attempt.started_at, attempt.ended_at or now),
        cost_usd=attempt.cost_usd,
        tokens=attempt.tokens,
        turns=attempt.turns,
    )


def _finding(track: Track, finding: Finding, scrub: Scrubber) -> FindingTold:
    place = f"{finding.file}:{finding.line}" if finding.file and finding.line else finding.file
    return FindingTold(
        track=track.slug,
        id=scrub.line(finding.id, 60),
        severity=finding.severity,
        state=finding.state,
        times=finding.times,
        title=scrub.line(finding.title, 200),
        place=scrub.line(place, 300),
    )
