"""Promises as agents make them: `<promise>WORD: task</promise>`, read as verdicts of their stage and track alone."""

from __future__ import annotations

import pytest

from orchestrator_tui.adapters.runners.plain import PlainFollower
from orchestrator_tui.adapters.runners.verdicts import verdict_of

EXECUTOR = frozenset({"READY_FOR_QA", "TASK_DONE", "TASK_FAILED"})


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("<promise>READY_FOR_QA: login</promise>", "READY_FOR_QA"),
        ("  <promise> TASK_DONE : login </promise>", "TASK_DONE"),
        ("<promise>READY_FOR_QA</promise>", "READY_FOR_QA"),
        ("READY_FOR_QA", "READY_FOR_QA"),
        ("<promise>READY_FOR_QA: other</promise>", ""),
        ("<promise>TASK_APPROVED: login</promise>", ""),
        ("then output <promise>READY_FOR_QA: login</promise>", ""),
        ("<promise>READY_FOR_QA: login", ""),
    ],
)
def test_a_promise_counts_on_a_line_of_its_own_about_its_own_track(line: str, word: str) -> None:
    """[003-043] [003-047]"""
    assert verdict_of(line, EXECUTOR, "login") == word


def test_the_last_promise_counts() -> None:
    reader = PlainFollower(EXECUTOR, "login")
    reader.feed(b"<promise>TASK_FAILED: login</promise>\nagain\n<promise>READY_FOR_QA: login</promise>\n")
    assert reader.end(0, "", b"").verdict == "READY_FOR_QA"
