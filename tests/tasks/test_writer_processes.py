"""Writers in real processes: nothing is lost between them, and a killed one stops nobody for long."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import pytest

from orchestrator_tui.adapters.tasks.lock import STALE_SECONDS, WAIT_SECONDS
from orchestrator_tui.adapters.tasks.reader import read_task
from orchestrator_tui.adapters.tasks.writer import merge_metadata, update_task
from tests.tasks.manual import ManualClock, entries, put
from tests.tasks.processes import CLAUDE_CODE, OURS, ended, running, said

HOLD = (
    OURS
    + """
with task_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""
)
COUNT = (
    OURS
    + """
path, key, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
for number in range(1, times + 1):
    while True:
        try:
            update_task(path, lambda task: merge_metadata(task, {key: task.get("metadata", {}).get(key, 0) + 1}))
            break
        except TaskLocked:
            pass
"""
)
CLAUDE_COUNT = (
    CLAUDE_CODE
    + """
path, key, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
for number in range(1, times + 1):
    update(path, {key: number})
"""
)
CREATE = (
    OURS
    + """
for number in range(int(sys.argv[3])):
    create_task(sys.argv[1], {"subject": f"{sys.argv[2]} {number}"})
"""
)


@pytest.mark.parametrize("other", [COUNT, CLAUDE_COUNT], ids=["ours", "claude code's"])
def test_two_writers_lose_nothing(tmp_path: Path, other: str) -> None:
    path = put(tmp_path / "list", metadata={"kept": True})
    with running(COUNT, path, "a", 200) as first, running(other, path, "b", 200) as second:
        ended(first)
        ended(second)
    record = read_task(path)
    assert record is not None
    assert record.metadata == {"kept": True, "a": 200, "b": 200}
    assert entries(path.parent) == {"1.json"}


def test_two_creators_never_meet(tmp_path: Path) -> None:
    directory = tmp_path / "list"
    with running(CREATE, directory, "a", 40) as first, running(CREATE, directory, "b", 40) as second:
        ended(first)
        ended(second)
    subjects = {json.loads(path.read_text())["subject"] for path in directory.glob("*.json")}
    assert subjects == {f"{who} {number}" for who in "ab" for number in range(40)}
    assert {path.stem for path in directory.glob("*.json")} == {str(number) for number in range(1, 81)}


def kill_a_holder(path: Path) -> Path:
    with running(HOLD, path) as process:
        assert said(process) == "held"
        process.kill()
        process.wait()
    lock = path.with_name("1.json.lock")
    assert lock.is_dir()
    return lock


def test_the_lock_of_a_killed_writer_is_taken_over_by_us(tmp_path: Path) -> None:
    path = put(tmp_path / "list")
    kill_a_holder(path)
    clock = ManualClock()
    record = update_task(path, lambda task: merge_metadata(task, {"stage": 4}), clock)
    assert record.metadata == {"stage": 4}
    assert 0 < sum(clock.slept) < WAIT_SECONDS
    assert entries(path.parent) == {"1.json"}


def test_the_lock_of_a_killed_writer_is_taken_over_by_claude_code(tmp_path: Path) -> None:
    path = put(tmp_path / "list")
    lock = kill_a_holder(path)
    stale_in = STALE_SECONDS - (time.time() - lock.stat().st_mtime)
    assert stale_in < WAIT_SECONDS
    # Instead of waiting for it: the same lock, two seconds later.
    earlier = lock.stat().st_mtime_ns - 2_000_000_000
    os.utime(lock, ns=(earlier, earlier))
    with running(CLAUDE_COUNT, path, "stage", 1) as process:
        ended(process)
    assert json.loads(path.read_text())["metadata"] == {"stage": 1}
    assert entries(path.parent) == {"1.json"}


def test_writers_killed_anywhere_leave_a_whole_file(tmp_path: Path) -> None:
    seed = 20_261_121
    chance = random.Random(seed)
    path = put(tmp_path / "list", description="x" * 20_000, metadata={"a": 0})
    last = 0
    for _ in range(25):
        with running(COUNT, path, "a", 100_000) as process:
            before = path.stat().st_ino
            deadline = time.monotonic() + 20
            while path.stat().st_ino == before:
                assert time.monotonic() < deadline
            time.sleep(chance.uniform(0, 0.004))
            process.kill()
            process.wait()
        record = read_task(path)
        assert record is not None, seed
        assert record.problem is None, seed
        assert record.metadata["a"] >= last, seed
        last = record.metadata["a"]
        # Killed while it dated its lock, the dead one bars the next for the whole 10 s. The time is moved on for it.
        following = update_task(
            path,
            lambda task: merge_metadata(task, {"a": task["metadata"]["a"] + 1}),
            ManualClock(),
            STALE_SECONDS + 1,
        )
        last = following.metadata["a"]
        assert entries(path.parent) == {"1.json"}, seed
