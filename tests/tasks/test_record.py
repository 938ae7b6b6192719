"""What of a record is safe to draw, and in which order records stand."""

from __future__ import annotations

import pytest

from orchestrator_tui.adapters.tasks.record import TaskRecord
from orchestrator_tui.core.text import is_clean
from tests.hostile_text import ALL_PAYLOADS


@pytest.mark.parametrize("payload", ALL_PAYLOADS)
def test_shown_forms_are_clean_and_raw_ones_are_raw(payload: str) -> None:
    record = TaskRecord(
        payload, "/lists/x", "1", payload, payload, payload, payload, metadata={"decisionOptions": [payload]}
    )
    shown = [
        record.shown_list,
        record.shown_subject,
        record.shown_description,
        record.shown_active_form,
        record.shown_owner,
    ]
    assert all(is_clean(text) for text in shown)
    assert record.subject == payload
    assert record.metadata["decisionOptions"] == [payload]


def test_shown_forms_are_cut_with_a_count() -> None:
    record = TaskRecord("list", "/lists/list", "1", subject="x" * 600, description="y" * 70_000)
    assert len(record.shown_subject) == 500
    assert record.shown_subject.endswith("…[+107]")
    assert len(record.shown_description) == 65_536


def test_order_is_by_number() -> None:
    records = [TaskRecord("l", "/l", task_id) for task_id in ("10", "9", "note", "1")]
    assert [record.task_id for record in sorted(records, key=lambda record: record.order)] == ["1", "9", "10", "note"]
    assert records[0].path == "/l/10.json"
