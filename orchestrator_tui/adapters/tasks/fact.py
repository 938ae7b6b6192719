"""A task file as the core sees it: light enough for a hook that must start fast."""

from __future__ import annotations

from orchestrator_tui.adapters.tasks.record import TaskRecord
from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.naming import task_source


def to_fact(record: TaskRecord) -> TaskFact:
    """The facts of one task file."""
    return TaskFact(
        source=task_source(record.task_id),
        task_id=record.task_id,
        subject=record.subject,
        description=record.description,
        status=record.status,
        metadata=record.metadata,
        mtime_ms=record.mtime_ns // 1_000_000,
        active_form=record.active_form,
        owner=record.owner,
        blocked_by=record.blocked_by,
        problem=record.problem or "",
    )
