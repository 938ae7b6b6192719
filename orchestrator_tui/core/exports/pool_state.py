"""``pool-state.json``: the slots of a pool and whose work is in each (seed 003)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from orchestrator_tui.core.exports.document import JSON, Document
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, work_of
from orchestrator_tui.core.schedule.trees import POOLED, holds_slot

VERSION = "1.0"
IDLE, BUSY, ERROR = "idle", "busy", "error"


@frozen
class SlotRow:
    """One slot as the file tells it; ``status`` is ``idle``, ``busy`` or ``error`` (it needs a person's look)."""

    id: str
    path: str
    status: str = IDLE
    task: str | None = None
    branch: str | None = None
    acquired_at: str | None = None


def stamp(at: Instant | None) -> str | None:
    """A moment as these files write it: ``2026-01-27T09:00:00+00:00``; None for none."""
    return None if at is None else datetime.fromtimestamp(at.wall_ms // 1000, UTC).isoformat()


def pool_state(size: int, created_at: str | None, slots: Iterable[SlotRow]) -> dict[str, Any]:
    """The content of the file."""
    return {
        "version": VERSION,
        "pool_size": size,
        "created_at": created_at,
        "worktrees": [
            {
                "id": one.id,
                "status": one.status,
                "task_id": one.task,
                "path": one.path,
                "branch": one.branch,
                "acquired_at": one.acquired_at,
            }
            for one in slots
        ],
    }


def pool_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``.claude/pool-state.json``; no file where the workflow has no pool."""
    workflow = batch_workflow(batch)
    if workflow.worktree != POOLED:
        return ()
    root = f"{plan_of(batch).worktrees}/pool"
    taken = {one.worktree: one for one in planned_tracks(batch) if holds_slot(batch, one) and work_of(one).ready}
    names = [f"wt-{number}" for number in range(1, workflow.pool_size + 1)]
    rows = [_row(name, f"{root}/{name}", taken.get(f"{root}/{name}")) for name in names]
    content = pool_state(workflow.pool_size, stamp(batch.started_at), rows)
    return (Document(".claude/pool-state.json", JSON, content),)


def _row(name: str, path: str, track: Track | None) -> SlotRow:
    if track is None:
        return SlotRow(name, path)
    work = work_of(track)
    return SlotRow(name, path, ERROR if work.kept else BUSY, track.slug, track.branch, stamp(work.ready_at))
