"""In which order records stand."""

from __future__ import annotations

from orchestrator_tui.adapters.tasks.record import TaskRecord


def test_order_is_by_number() -> None:
    records = [TaskRecord("l", "/l", task_id) for task_id in ("10", "9", "note", "1")]
    assert [record.task_id for record in sorted(records, key=lambda record: record.order)] == ["1", "9", "10", "note"]
    assert records[0].path == "/l/10.json"
