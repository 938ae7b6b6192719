"""The checkpoint of a session after a track gate: ``.agent/SESSION.md`` and its twin ``.agent/HANDOFF.json``.

Both tell the same of the batch as it is (seed 000); there is none before the first track is merged.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from orchestrator_tui.core.exports.document import JSON, TEXT, Document
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, GateState, Track, TrackState
from orchestrator_tui.core.moves import TERMINAL_TRACK_STATES
from orchestrator_tui.core.report.outcome import why_it_ended
from orchestrator_tui.core.report.scrub import Scrubber
from orchestrator_tui.core.report.words import moment
from orchestrator_tui.core.schedule.merging import merge_order
from orchestrator_tui.core.schedule.rules import plan_of

SESSION, HANDOFF = ".agent/SESSION.md", ".agent/HANDOFF.json"
SCHEMA = "1.0"
LAST = "run integration gate"
"""The next action when no track is pending any more."""

_BLOCKED = frozenset({TrackState.BLOCKED, TrackState.ESCALATED, TrackState.FAILED})


@frozen
class Checkpoint:
    """What a session that goes on must know."""

    task: str
    phase: str
    next_action: str
    workspace: str
    updated: str
    merged: tuple[str, ...]
    pending: tuple[str, ...]
    files: tuple[str, ...]
    questions: tuple[str, ...]
    blockers: tuple[str, ...]


def session_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``.agent/SESSION.md``: frontmatter and five sections, in the words of seed 000."""
    at = checkpoint(batch, now)
    if at is None:
        return ()
    head = (
        ("current-task", at.task),
        ("current-phase", at.phase),
        ("next-action", at.next_action),
        ("workspace", at.workspace),
        ("last-updated", at.updated),
    )
    decided = [
        f"{', '.join(slugs)} {what}" for slugs, what in ((at.merged, "merged"), (at.pending, "pending")) if slugs
    ]
    sections = (
        ("Decisions", ["; ".join(decided)]),
        ("Files Touched", at.files),
        ("Open Questions", at.questions),
        ("Blockers", at.blockers),
        ("Failed Hypotheses", ()),
    )
    # A quoted text of JSON is one of YAML, whatever stands in it.
    lines = ["---", *(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in head), "---"]
    for title, told in sections:
        lines += [f"## {title}", *told]
    return (Document(SESSION, TEXT, "\n".join(lines) + "\n"),)


def handoff_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``.agent/HANDOFF.json``: the same for a program."""
    at = checkpoint(batch, now)
    if at is None:
        return ()
    content: dict[str, Any] = {
        "schema-version": SCHEMA,
        "current-task": at.task,
        "current-phase": at.phase,
        "next-action": at.next_action,
        "workspace": at.workspace,
        "last-updated": at.updated,
        "files-touched": list(at.files),
        "open-questions": list(at.questions),
        "blockers": list(at.blockers),
        "failed-hypotheses": [],
        "decisions": [{"decision": f"{slug} merged", "rationale": "its track gate passed"} for slug in at.merged],
    }
    return (Document(HANDOFF, JSON, content),)


def checkpoint(batch: Batch, now: Instant) -> Checkpoint | None:
    """The checkpoint of a run after its last merge, without places of this machine; None before the first."""
    if batch.run is None or not batch.merged or batch.merged[-1] not in batch.tracks:
        return None
    scrub, last = Scrubber(batch), batch.tracks[batch.merged[-1]]
    pending = [one for one in merge_order(batch) if one.slug not in batch.merged and _goes_on(one)]
    return Checkpoint(
        task=scrub.line(batch.title),
        phase=f"track-{last.slug}-merged",
        next_action=pending[0].slug if pending else LAST,
        workspace=plan_of(batch).integration,
        updated=moment(now) or "",
        merged=tuple(batch.merged),
        pending=tuple(one.slug for one in pending),
        files=() if last.work is None or last.work.inspection is None else last.work.inspection.files,
        questions=_questions(batch, scrub),
        blockers=tuple(
            f"{one.slug}: {scrub.line(why_it_ended(batch, one) or one.state.value)}"
            for one in pending
            if one.state in _BLOCKED
        ),
    )


def _goes_on(track: Track) -> bool:
    return track.state not in TERMINAL_TRACK_STATES


def _questions(batch: Batch, scrub: Scrubber) -> tuple[str, ...]:
    """What waits for a person, and what reviews have left open in what was merged."""
    asked = [
        f"{gate.track}: {scrub.line(gate.question.question, 200)}"
        for gate in batch.gates.values()
        if gate.state is GateState.OPEN
    ]
    left = [
        f"{slug}: {one.id} {scrub.line(one.title, 200)}"
        for slug in batch.merged
        if slug in batch.tracks
        for one in batch.tracks[slug].findings
        if one.state == "open"
    ]
    return (*asked, *left)
