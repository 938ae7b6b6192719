"""Every call to the system that a write makes fails once, in every way: the file is whole, and the caller is told."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.tasks.lock import TaskLocked
from orchestrator_tui.adapters.tasks.reader import read_task
from orchestrator_tui.adapters.tasks.writer import TaskWriteFailed, create_task, merge_metadata, update_task
from tests.tasks.manual import ManualClock, put

CALLS = (
    *("open", "close", "read", "write", "lseek", "fsync", "fstat", "lstat", "fchmod", "utime"),
    *("mkdir", "rmdir", "replace", "link", "unlink", "listdir", "makedirs"),
)
CODES = [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EMFILE, errno.EACCES, errno.EROFS]
LEAST_CALLS = 20


class Fault:
    """Counts calls to the system below one directory and lets the n-th fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, nth: int, code: int) -> None:
        self.nth, self.code = nth, code
        self.count = 0
        self.failed = ""
        for name in CALLS:
            monkeypatch.setattr(os, name, self.wrapped(name, getattr(os, name)))

    def wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            self.count += 1
            if self.count != self.nth:
                return real(*arguments, **keywords)
            self.failed = name
            if name == "close":
                real(*arguments, **keywords)
            raise OSError(self.code, os.strerror(self.code))

        return call


def left_over(directory: Path, failed: str) -> set[str]:
    """What stands in the list and should not."""
    allowed = {"1.json", "2.json", ".lock"}
    if failed in ("rmdir", "lstat"):
        # The lock itself could not be removed: by its date others take it over.
        allowed |= {"1.json.lock", ".lock.lock"}
    if failed == "unlink":
        allowed |= {name for name in os.listdir(directory) if name.startswith(".orch-")}
    return set(os.listdir(directory)) - allowed


@pytest.mark.parametrize("code", CODES, ids=lambda code: errno.errorcode[code])
def test_an_update_is_whole_whatever_fails(tmp_path: Path, code: int) -> None:
    nth, fired = 0, 0
    while True:
        nth += 1
        directory = tmp_path / str(nth)
        path = put(directory, metadata={"stage": 3}, keep=True)
        refused = None
        with pytest.MonkeyPatch.context() as patch:
            fault = Fault(patch, nth, code)
            try:
                update_task(path, lambda value: merge_metadata(value, {"stage": 4}), ManualClock())
            except (TaskWriteFailed, TaskLocked) as error:
                refused = error
        value = json.loads(path.read_text("utf-8"))
        assert value["keep"] is True
        assert value["metadata"] == {"stage": 4} or refused is not None
        assert left_over(directory, fault.failed) == set(), fault.failed
        record = read_task(path)
        assert record is not None
        assert record.problem is None
        if not fault.failed:
            break
        fired += 1
    assert fired >= LEAST_CALLS
    assert value["metadata"] == {"stage": 4}


@pytest.mark.parametrize("code", CODES, ids=lambda code: errno.errorcode[code])
def test_a_creation_is_whole_whatever_fails(tmp_path: Path, code: int) -> None:
    nth = 0
    while True:
        nth += 1
        directory = tmp_path / str(nth)
        put(directory, "1")
        made = None
        with pytest.MonkeyPatch.context() as patch:
            fault = Fault(patch, nth, code)
            try:
                made = create_task(directory, {"subject": "new"}, ManualClock())
            except (TaskWriteFailed, TaskLocked):
                made = None
        record = read_task(directory / "2.json")
        assert record is None or (record.problem is None and record.subject == "new")
        assert made is None or record is not None
        assert left_over(directory, fault.failed) == set(), fault.failed
        if not fault.failed:
            break
    assert made is not None


@pytest.mark.parametrize("size", [1, 7, 100])
def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    path = put(tmp_path, description="x" * 1000)
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:size]))
    record = update_task(path, lambda value: {**value, "description": "y" * 1000})
    assert record.description == "y" * 1000
    assert record == read_task(path)


def test_a_disk_that_takes_nothing_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path)
    before = path.read_bytes()
    real, calls = os.write, 0

    def half(descriptor: int, data: memoryview) -> int:
        nonlocal calls
        calls += 1
        return real(descriptor, bytes(data)[:20]) if calls == 1 else 0

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(TaskWriteFailed, match="no space left on device"):
        update_task(path, lambda value: {**value, "description": "y" * 1000})
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["1.json", "home"]
