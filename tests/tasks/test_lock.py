"""The lock of a task file: Claude Code's discipline, kept by us and understood from others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator_tui.adapters.tasks.lock import (
    HOLD_SECONDS,
    STALE_SECONDS,
    WAIT_SECONDS,
    TaskLocked,
    TaskLockLost,
    task_lock,
)
from tests.tasks.manual import ManualClock, entries, put


@pytest.fixture
def task_file(tmp_path: Path) -> Path:
    return put(tmp_path / "list")


def lock_of(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def age(path: Path, clock: ManualClock) -> float:
    return (clock.wall_ns() - os.lstat(path).st_mtime_ns) / 1e9


def date(path: Path, clock: ManualClock, seconds_ago: float) -> None:
    at = clock.wall_ns() - int(seconds_ago * 1e9)
    os.utime(path, ns=(at, at))


def test_it_is_a_directory_while_held_and_gone_after(task_file: Path) -> None:
    with task_lock(task_file) as lock:
        assert lock_of(task_file).is_dir()
        lock.assert_held()
    assert entries(task_file.parent) == {"1.json"}


def test_it_goes_with_an_error(task_file: Path) -> None:
    with pytest.raises(KeyError), task_lock(task_file):
        raise KeyError
    assert entries(task_file.parent) == {"1.json"}


def test_a_killed_holder_leaves_a_lock_that_is_stale_soon(task_file: Path) -> None:
    clock = ManualClock()
    with task_lock(task_file, clock):
        left = STALE_SECONDS - age(lock_of(task_file), clock)
    assert HOLD_SECONDS < left < WAIT_SECONDS


def test_a_lock_freed_in_time_is_waited_for(task_file: Path) -> None:
    clock = ManualClock()
    lock_of(task_file).mkdir()
    clock.on_sleep = lambda times: lock_of(task_file).rmdir() if times == 5 else None
    with task_lock(task_file, clock):
        pass
    assert len(clock.slept) == 5
    assert clock.slept == sorted(clock.slept)
    assert max(clock.slept) < 0.1


def test_a_lock_that_is_not_freed(task_file: Path) -> None:
    clock = ManualClock()
    lock_of(task_file).mkdir()
    date(lock_of(task_file), clock, 3.0)
    with pytest.raises(TaskLocked) as caught, task_lock(task_file, clock):
        pytest.fail("two writers held the lock")
    assert sum(clock.slept) == pytest.approx(WAIT_SECONDS)
    assert caught.value.path == str(task_file)
    assert caught.value.age == pytest.approx(5.0, abs=0.01)
    assert caught.value.who.startswith("user ")
    assert str(caught.value) == f"{task_file} is locked by another writer ({caught.value.who}) for 5.0 s"
    assert lock_of(task_file).is_dir()


def test_a_lock_of_the_future_is_named(task_file: Path) -> None:
    clock = ManualClock()
    lock_of(task_file).mkdir()
    date(lock_of(task_file), clock, -3600.0)
    with pytest.raises(TaskLocked, match="with a time in the future"), task_lock(task_file, clock, timeout=0):
        pytest.fail("two writers held the lock")
    assert clock.slept == []


def test_a_lock_left_behind_is_taken_over(task_file: Path) -> None:
    clock = ManualClock()
    lock_of(task_file).mkdir()
    date(lock_of(task_file), clock, STALE_SECONDS + 0.1)
    with task_lock(task_file, clock, timeout=0) as lock:
        lock.assert_held()
    assert clock.slept == []
    assert entries(task_file.parent) == {"1.json"}


def test_our_own_lock_left_behind_is_taken_over_within_the_wait(task_file: Path) -> None:
    clock = ManualClock()
    killed = task_lock(task_file, clock)
    killed.__enter__()
    with task_lock(task_file, clock) as lock:
        lock.assert_held()
    assert 1.0 < sum(clock.slept) < WAIT_SECONDS


def test_a_stale_lock_with_something_in_it_is_not_emptied(task_file: Path) -> None:
    clock = ManualClock()
    lock_of(task_file).mkdir()
    (lock_of(task_file) / "precious").write_text("x")
    date(lock_of(task_file), clock, 3600)
    with pytest.raises(TaskLocked), task_lock(task_file, clock):
        pytest.fail("two writers held the lock")
    assert (lock_of(task_file) / "precious").read_text() == "x"


def test_a_file_in_the_place_of_the_lock(task_file: Path) -> None:
    clock = ManualClock()
    lock_of(task_file).write_text("x")
    date(lock_of(task_file), clock, 3600)
    with pytest.raises(TaskLocked), task_lock(task_file, clock):
        pytest.fail("two writers held the lock")


def test_a_lock_taken_over_from_us_is_noticed_and_left_alone(task_file: Path) -> None:
    clock = ManualClock()
    with task_lock(task_file, clock) as lock:
        lock_of(task_file).rmdir()
        lock_of(task_file).mkdir()
        with pytest.raises(TaskLockLost, match="taken over by another writer"):
            lock.assert_held()
    assert lock_of(task_file).is_dir()


def test_a_lock_removed_from_us_is_noticed(task_file: Path) -> None:
    with task_lock(task_file) as lock:
        lock_of(task_file).rmdir()
        assert not lock.is_ours()
    assert entries(task_file.parent) == {"1.json"}


def test_a_lock_held_for_too_long_allows_no_write(task_file: Path) -> None:
    clock = ManualClock()
    with task_lock(task_file, clock) as lock:
        clock.advance(HOLD_SECONDS)
        lock.assert_held()
        clock.advance(0.1)
        with pytest.raises(TaskLockLost, match=r"held for 1\.1 s"):
            lock.assert_held()


def test_a_list_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), task_lock(tmp_path / "gone" / "1.json"):
        pytest.fail("a lock without a directory")


def test_an_error_after_the_directory_was_made_leaves_none(task_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "utime", fail)
    with pytest.raises(OSError, match="Input/output"), task_lock(task_file):
        pytest.fail("an undated lock was held")
    assert entries(task_file.parent) == {"1.json"}


def test_locks_of_two_tasks_and_of_the_list_are_apart(task_file: Path) -> None:
    other = put(task_file.parent, "2")
    with task_lock(task_file), task_lock(other), task_lock(task_file.parent / ".lock"):
        assert entries(task_file.parent) == {"1.json", "2.json", "1.json.lock", "2.json.lock", ".lock.lock"}
