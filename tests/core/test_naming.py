"""Names that several processes must arrive at alone."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.naming import is_task_source, list_batch_id, task_source


def test_a_list_has_the_same_batch_wherever_it_is_watched_from() -> None:
    batch = list_batch_id("/home/ann/.claude/tasks/Orch List_1")
    assert batch.startswith("orch-list-1-")
    assert batch == list_batch_id("/home/ann/.claude/tasks/Orch List_1")
    assert batch != list_batch_id("/home/bob/.claude/tasks/Orch List_1")


@pytest.mark.parametrize("directory", ["/", "/任务", "/" + "x" * 300, "/a b/$(rm -rf ~)"])
def test_any_directory_makes_a_safe_name(directory: str) -> None:
    batch = list_batch_id(directory)
    assert batch.replace("-", "").isalnum()
    assert batch.isascii()
    assert len(batch) <= 50


def test_a_task_is_known_by_its_source() -> None:
    assert task_source("7") == "task:7"
    assert is_task_source(task_source("7"))
    assert not is_task_source("session:abc")
