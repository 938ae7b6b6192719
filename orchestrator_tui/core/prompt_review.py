"""What a reviewer is told: the diff and the criteria, and nothing of how or why the author came to them (seed 000, §1).

Task boundaries, files, checks and known dependencies may cross roles; conclusions, verdicts and reasoning may not. So
no note, summary, message, activity or artefact text of another agent is read here.
"""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.prompt_follow_up import findings_part, instruction, open_findings
from orchestrator_tui.core.prompt_parts import Part, Section, bullets, one_line
from orchestrator_tui.core.prompt_protocol import ending, protocol
from orchestrator_tui.core.prompt_sections import adherence, autonomy, identity, item, pipeline, scope
from orchestrator_tui.core.schedule.awaiting import covered_tracks
from orchestrator_tui.core.schedule.rules import plan_of, stage_run, stage_work, work_of
from orchestrator_tui.core.schedule.trees import leaves_uncommitted

_HOW = """\
You judge work that you did not do, by what is there and by the criteria. You are given no reasons of its author; do not
look for any (notes, transcripts, messages, drafts). Report substantive findings only: a bug, a criterion that is not
met, a contract that drifted, a missing test, a change outside of the scope, material duplication. No matters of style.
Each finding names its file and line and what would settle it. You fix nothing."""


def review_sections(batch: Batch, track: Track, diff: str) -> tuple[Section, ...]:
    """The sections of a review's prompt, in order."""
    run = stage_run(track)
    work = stage_work(batch, track, run.stage)
    return (
        identity(batch, track),
        instruction(track),
        Section("How to judge", (Part(_HOW),)),
        pipeline(batch, track, ""),
        item(batch, track),
        scope(batch, track),
        _several(batch, track),
        _earlier(track),
        _own_tries(track),
        _changes(batch, track, diff),
        protocol(batch, track),
        autonomy(batch, track),
        adherence(batch, track),
        ending(batch, track, work),
    )


def _earlier(track: Track) -> Section:
    """Findings that are still open: each is looked at again."""
    findings = open_findings(track)
    if not findings:
        return Section("", ())
    ask = (
        "These were found before and are open. Look at each: one that is still there is recorded again, with the same "
        "title and place; one that is settled is not mentioned."
    )
    return Section("Findings of earlier reviews", (Part(ask), findings_part(findings, "open findings, by id")))


def _own_tries(track: Track) -> Section:
    """Why an earlier try of this very review was not accepted; what led to the stage is not told."""
    run = stage_run(track)
    if not run.tries or not run.problems:
        return Section("", ())
    return Section("Why this review is done again", (Part(bullets(run.problems), "`orch-tui status`", "the engine"),))


def _changes(batch: Batch, track: Track, diff: str) -> Section:
    work, plan = work_of(track), plan_of(batch)
    base = work.base_sha[:12] or one_line(plan.base, 200)
    command = f"git diff {base}" if leaves_uncommitted(batch, track) else f"git diff {base}...HEAD"
    seen = work.inspection
    parts = [Part(f"All of it, in the worktree: {command}")]
    if leaves_uncommitted(batch, track):
        told = (
            "Nothing is committed, and others work in the same tree: the change is the files listed here, and no other."
        )
        parts.append(Part(told))
    if seen is not None and seen.files:
        rows = bullets(f"{path}{_beside(track, path)}" for path in seen.files)
        parts.append(Part(f"{len(seen.files)} files, +{seen.added} -{seen.removed}:\n{rows}", f"{command} --stat"))
    parts.append(Part(diff, command, "the diff, written by the author of the change"))
    return Section("The changes", tuple(parts))


def _beside(track: Track, path: str) -> str:
    seen = work_of(track).inspection
    outside = seen is not None and any(one.startswith(path) for one in seen.outside)
    return "  (outside of the scope)" if outside else ""


def _several(batch: Batch, track: Track) -> Section:
    """The tracks that one review judges at once: each finding names the one that it is about (seed 001)."""
    rows = []
    for one in covered_tracks(batch, track):
        work = work_of(one)
        files = () if work.inspection is None else work.inspection.files
        rows.append(f"{one.slug}: {one_line(work.planned.title, 200)} — {', '.join(files) or 'no file was changed'}")
    if not rows:
        return Section("", ())
    told = "Name the track of each finding: orch-agent finding --of SLUG … Each of them has a reviewer of its own, too."
    return Section("The tracks that you judge", (Part(bullets(rows)), Part(told)))
