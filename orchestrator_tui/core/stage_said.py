"""What one update of a task says of its stage: read from it, and told by a hook to the holder of the batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.facts import StageSaid, TaskFact
from orchestrator_tui.core.metadata import MAX_STAGES, STAGE_STATUSES, read_metadata
from orchestrator_tui.core.text import sanitise_line

STAGE_SAID = "stage_said"
"""The request by which a hook tells the batch's holder what an update of a task said of its stage."""


def said_by(update: TaskFact) -> StageSaid | None:
    """What an update says of its task's stage, None when nothing; ``update`` holds only what it changes."""
    meta = read_metadata(update)
    status = meta.stage_status if "stageStatus" in update.metadata else None
    if meta.stage is None and status is None and not meta.skipped:
        return None
    return StageSaid(update.source, meta.stage, status, meta.stage_name, meta.skipped, update.mtime_ms)


def said_in(task: TaskFact) -> StageSaid | None:
    """What a whole task says of its stage, None when nothing."""
    meta = read_metadata(task)
    if not meta.stage:
        return None
    return StageSaid(task.source, meta.stage, meta.stage_status, meta.stage_name, meta.skipped, task.mtime_ms)


def payload(said: StageSaid) -> dict[str, Any]:
    """The payload of the request that tells it."""
    return {
        "source": said.source,
        "stage": said.stage,
        "status": said.status,
        "stage_name": said.stage_name,
        "skipped": list(said.skipped),
        "wall_ms": said.wall_ms,
    }


def read_payload(given: Mapping[str, Any]) -> StageSaid:
    """What such a request tells.

    Raises:
        ValueError: it cannot be understood.
    """
    source, wall_ms, name = given.get("source"), given.get("wall_ms"), given.get("stage_name", "")
    stage, status, skipped = given.get("stage"), given.get("status"), given.get("skipped", [])
    if not isinstance(source, str) or not isinstance(name, str) or type(wall_ms) is not int:
        raise ValueError("source and stage_name are no texts, or wall_ms is no number")
    if stage is not None and not _is_stage(stage):
        raise ValueError(f"stage is no number from 0 to {MAX_STAGES}")
    if status is not None and status not in ("", *STAGE_STATUSES):
        raise ValueError(f"status is none of {', '.join(sorted(STAGE_STATUSES))}")
    if not isinstance(skipped, list) or not all(_is_stage(one) for one in skipped):
        raise ValueError("skipped is no list of stages")
    return StageSaid(source, stage, status, sanitise_line(name, 120), tuple(skipped[:MAX_STAGES]), wall_ms)


def _is_stage(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_STAGES
