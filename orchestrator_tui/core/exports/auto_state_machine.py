"""``auto-state-machine.yaml``: which phase a session is in, as the users of seed 003 know it.

The states follow a table of moves; the source's own script took any state after any other, and phases twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator_tui.core.exports.auto_session import MEMORY, moment, session_id
from orchestrator_tui.core.exports.document import YAML, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, TrackState
from orchestrator_tui.core.run import CONTEXT, POST, PRE, Checkpoint
from orchestrator_tui.core.schedule.readiness import cap, planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, run_of, work_of

VERSION = "3.1"
IDLE, DETECT, CLASSIFY, PLAN, PARALLELIZE, EXECUTE, INTEGRATE, REVIEW, COMPLETE = (
    "IDLE",
    "DETECT",
    "CLASSIFY",
    "PLAN",
    "PARALLELIZE",
    "EXECUTE",
    "INTEGRATE",
    "REVIEW",
    "COMPLETE",
)

NEXT: Mapping[str, tuple[str, ...]] = {
    IDLE: (DETECT,),
    DETECT: (CLASSIFY,),
    CLASSIFY: (PLAN,),
    PLAN: (PARALLELIZE, EXECUTE),
    PARALLELIZE: (EXECUTE,),
    EXECUTE: (INTEGRATE, PARALLELIZE),
    INTEGRATE: (REVIEW, EXECUTE),
    REVIEW: (COMPLETE, EXECUTE),
    COMPLETE: (),
}
"""Which state may follow which."""

_APPROVED = frozenset({TrackState.APPROVED, TrackState.MERGING, TrackState.MERGED, TrackState.DONE})
_OVER = _APPROVED | {TrackState.FAILED, TrackState.ABANDONED, TrackState.SKIPPED}
_PHASES = {
    "planned": PLAN,
    "approved": PLAN,
    "integrating": INTEGRATE,
    "verifying": INTEGRATE,
    "awaiting_user": REVIEW,
    "completed": COMPLETE,
}
_WORK_TYPES = {
    "frontend": "FRONTEND",
    "backend": "BACKEND",
    "docs": "DOCUMENTATION",
    "infrastructure": "INFRASTRUCTURE",
}


def current_state(batch: Batch) -> str:
    """The state of the machine by the phase of the run and what its tracks have come to."""
    phase = batch.state if batch.state == "completed" else run_of(batch).phase
    if phase in _PHASES:
        return _PHASES[phase]
    tracks = planned_tracks(batch)
    if tracks and all(one.state in _OVER for one in tracks) and any(one.state in _APPROVED for one in tracks):
        return INTEGRATE
    begun = any(one.attempts for one in tracks)
    return EXECUTE if begun or not _is_parallel(batch) else PARALLELIZE


def path_to(state: str, *, parallel: bool) -> tuple[str, ...]:
    """The states that lead to this one, itself included; without PARALLELIZE where tasks run one after the other."""
    states = tuple(one for one in NEXT if parallel or one != PARALLELIZE)
    return states[: states.index(state) + 1]


def auto_state_machine_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``.claude/auto-state-machine.yaml``."""
    run, rules, tracks = run_of(batch), batch_workflow(batch), planned_tracks(batch)
    *before, state = path_to(current_state(batch), parallel=_is_parallel(batch))
    made = [one for one in run.checkpoints if one.type != CONTEXT]
    last = made[-1] if made else None
    files = [f"{MEMORY}/parallel-group-{one.wave}-{one.type}.yaml" for one in made]
    content: dict[str, Any] = {
        "version": VERSION,
        "current_state": state,
        "previous_state": before[-1] if before else None,
        "work_type": _work_type(batch),
        "focus": sorted({area for one in tracks for area in work_of(one).planned.areas}),
        "mandatory_skills": [rules.skill] if rules.skill else [],
        "completed_phases": list(before),
        "checkpoint_files": list(dict.fromkeys(files)),
        "session_id": session_id(batch),
        "started_at": moment(batch.started_at),
        "last_transition": moment(run.phase_at),
        "last_checkpoint": None if last is None else moment(last.at),
        "last_parallel_group": None if last is None else last.wave,
        "last_group_status": None if last is None else _group_status(last),
        "graceful_exit": run.phase == "handed_over" or batch.ended_at is not None,
        "token_usage": {
            "estimated": sum(one.tokens or 0 for one in tracks),
            "budget": rules.context.tokens or None,
            "warning_threshold": rules.budget.soft,
            "checkpoint_threshold": rules.context.checkpoint,
        },
    }
    return (Document(".claude/auto-state-machine.yaml", YAML, content),)


def _group_status(last: Checkpoint) -> str:
    if last.type == PRE or last.about:
        return "in_progress"
    return "complete" if last.type == POST else "failed"


def _is_parallel(batch: Batch) -> bool:
    return cap(batch) != 1


def _work_type(batch: Batch) -> str | None:
    areas = {area for one in planned_tracks(batch) for area in work_of(one).planned.areas}
    types = sorted({_WORK_TYPES[one] for one in areas if one in _WORK_TYPES})
    if {"FRONTEND", "BACKEND"} <= set(types):
        return "FULLSTACK"
    return types[0] if types else None
