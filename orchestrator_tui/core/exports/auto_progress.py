"""``auto-progress.yaml``: where every task of a session stands, as the users of seed 003 know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator_tui.core.exports.auto_session import (
    executing_stage,
    groups,
    is_approved,
    moment,
    session_id,
    tries_of,
    verification,
)
from orchestrator_tui.core.exports.document import YAML, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.schedule.judging import REJECTED
from orchestrator_tui.core.schedule.readiness import is_through, planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of, work_of

_WAITING = frozenset({TrackState.PENDING, TrackState.QUEUED, TrackState.PREPARING})
_GIVEN_UP = frozenset({TrackState.FAILED, TrackState.ABANDONED, TrackState.SKIPPED})
_PHASES = {
    "planned": "pending",
    "awaiting_user": "done",
    "completed": "done",
    "stopped": "failed",
    "failed": "failed",
}
"""The status of a session by the phase of its run; ``in_progress`` in any other."""


def auto_progress_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``.claude/auto-progress.yaml``."""
    run, tracks = run_of(batch), planned_tracks(batch)
    at_hand = next((one for one in tracks if _status(batch, one) not in ("done", "failed", "pending")), None)
    left = [one.wave for one in tracks if not is_through(one) and one.state not in _GIVEN_UP]
    content: dict[str, Any] = {
        "session_id": session_id(batch),
        "started_at": moment(batch.started_at),
        "status": _PHASES.get(batch.state if batch.ended_at is not None else run.phase, "in_progress"),
        "parallel_group": min(left, default=max((one.wave for one in tracks), default=1)),
        "iteration": sum(len(one.attempts) for one in tracks),
        "max_iterations": batch_workflow(batch).budget.attempts or None,
        "plan_file": plan_of(batch).file or None,
        "current_task": None if at_hand is None else at_hand.slug,
        "tasks": {one.slug: _task(batch, one) for one in tracks},
        "parallel_groups": {
            f"group_{number}": {"tasks": [one.slug for one in found]} for number, found in groups(batch).items()
        },
    }
    return (Document(".claude/auto-progress.yaml", YAML, content),)


def _status(batch: Batch, track: Track) -> str:
    if is_through(track):
        return "done"
    if track.state in _GIVEN_UP:
        return "failed"
    if track.state is TrackState.ROLLED_BACK:
        return "rolled_back"
    if track.state in _WAITING:
        return "pending"
    if is_approved(batch, track):
        return "qa_approved"
    run, last = work_of(track).run, track.attempts[-1] if track.attempts else None
    if last is not None and last.ended_at is None:
        return "in_progress"
    if run is not None and run.judged == REJECTED:
        return "pending_retry"
    return "qa_rejected" if last is not None and verification(batch, track) is last else "in_progress"


def _task(batch: Batch, track: Track) -> dict[str, Any]:
    """One task; what nothing is known of is left out."""
    work, status = work_of(track), _status(batch, track)
    executed, checked = tries_of(track, executing_stage(batch, track)), verification(batch, track)
    failed = [one for one in track.attempts if one.ended_at is not None and one.outcome != "done"]
    told: dict[str, Any] = {
        "name": track.title,
        "status": status,
        "branch": track.branch or None,
        "worktree": track.worktree or None,
        "iterations": len(executed),
        "completed_at": _through_at(track) if status == "done" else None,
        "qa_verified": None if checked is None else is_approved(batch, track),
        "qa_timestamp": None if checked is None else moment(checked.ended_at),
        "qa_feedback": None if checked is None or is_approved(batch, track) else _feedback(track, checked.summary),
        "retry_count": len(failed) or None,
        "last_error": failed[-1].summary or failed[-1].outcome if failed else None,
        "group": track.wave,
    }
    if not work.ready and not work.removed:
        told["worktree"] = None
    return {name: value for name, value in told.items() if value is not None}


def _through_at(track: Track) -> str | None:
    ended = [one.ended_at for one in track.attempts if one.ended_at is not None]
    return moment(max(ended, key=lambda one: one.wall_ms)) if ended else None


def _feedback(track: Track, summary: str) -> str | None:
    """What quality assurance found, else what it said."""
    found = [one.title for one in track.findings if one.state == "open"]
    return "; ".join(found) or summary or None
