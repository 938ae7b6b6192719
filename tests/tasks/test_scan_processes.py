"""Scanning while real processes write: no question disappears because of how its file is written."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from orchestrator_tui.adapters.tasks.scan import RETRY_MS, TaskLists
from orchestrator_tui.core.instant import Instant
from tests.tasks.manual import put, wait_until
from tests.tasks.processes import CLAUDE_CODE, OURS, running, said

CLAUDE_WRITES = (
    CLAUDE_CODE
    + """
number = 0
while True:
    number += 1
    update(sys.argv[1], {"n": number})
    time.sleep(float(sys.argv[2]))
"""
)
OURS_WRITES = (
    OURS
    + """
number = 0
while True:
    number += 1
    update_task(sys.argv[1], lambda task: merge_metadata(task, {"n": number}))
"""
)
STOPS_HALF_WAY = """
import os, sys
path = sys.argv[1]
data = open(path).read().replace("first", "second")
with open(path, "w") as file:
    file.write(data[:60])
    file.flush()
    print("half", flush=True)
    sys.stdin.readline()
    file.write(data[60:])
print("whole", flush=True)
"""


def now() -> Instant:
    return Instant(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000, "boot")


@pytest.mark.parametrize(
    ("code", "pause"),
    [(CLAUDE_WRITES, "0.001"), (CLAUDE_WRITES, "0"), (OURS_WRITES, "0")],
    ids=["in place", "in place without a pause", "by rename"],
)
def test_no_question_is_lost_to_a_busy_writer(tmp_path: Path, code: str, pause: str) -> None:
    path = put(tmp_path / "list", metadata={"needsDecision": True, "n": 0}, description="x" * 30_000)
    lists = TaskLists([tmp_path / "list"])
    assert len(lists.scan(now()).changed) == 1
    seen: set[int] = set()
    with running(code, path, pause) as process:
        deadline = time.monotonic() + 20
        while len(seen) < 100:
            assert time.monotonic() < deadline
            assert process.poll() is None
            result = lists.scan(now())
            assert result.vanished == ()
            (record,) = lists.records()
            assert record.metadata["needsDecision"] is True
            seen.update(one.metadata["n"] for one in result.changed)
    assert sorted(seen)[-1] >= len(seen) - 1


def test_a_writer_stopped_half_way(tmp_path: Path) -> None:
    path = put(tmp_path / "list", subject="first", metadata={"needsDecision": True})
    lists = TaskLists([tmp_path / "list"])
    start = now()
    (good,) = lists.scan(start).changed
    with running(STOPS_HALF_WAY, path) as process:
        assert said(process) == "half"
        result = lists.scan(start.plus(1))
        assert result.changed == ()
        assert lists.records() == (good,)
        (record,) = lists.scan(start.plus(1 + RETRY_MS[-1])).changed
        assert record.problem is not None
        assert (record.subject, record.metadata) == ("first", {"needsDecision": True})
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert said(process) == "whole"
        (record,) = lists.scan(start.plus(2000)).changed
    assert (record.problem, record.subject) == (None, "second")


def test_a_writer_that_replaces_without_end_is_read_whole_at_last(tmp_path: Path) -> None:
    path = put(tmp_path / "list", metadata={"n": 0})
    lists = TaskLists([tmp_path / "list"])
    with running(OURS_WRITES, path) as process:
        wait_until(lambda: bool(lists.scan(now()).changed) and lists.records()[0].metadata["n"] > 20)
        process.kill()
        process.wait()
    lists.scan(now())
    assert lists.records()[0].metadata == json.loads(path.read_text())["metadata"]
