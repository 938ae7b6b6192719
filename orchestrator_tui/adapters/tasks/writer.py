"""Writing task files: the whole JSON, under Claude Code's lock, at once or not at all (reference claude-code §2.3)."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from orchestrator_tui.adapters.tasks.atomic import create_file, replace_file, sweep
from orchestrator_tui.adapters.tasks.decision import DECISION, described
from orchestrator_tui.adapters.tasks.document import Notes, Unreadable, kind_of, parse_document
from orchestrator_tui.adapters.tasks.lock import (
    WAIT_SECONDS,
    HeldLock,
    SystemClock,
    TaskClock,
    TaskLockLost,
    task_lock,
)
from orchestrator_tui.adapters.tasks.reader import FILE_LIMIT, Raw, read_bytes, to_record
from orchestrator_tui.adapters.tasks.record import TaskRecord
from orchestrator_tui.core.frozen import frozen

FIELD_ORDER = ("subject", "description", "activeForm", "owner", "status", "blocks", "blockedBy", "metadata")
"""Keys of a task in the order in which Claude Code writes them, after ``id``."""

_ATTEMPTS = 3
_TORN_SECONDS = 0.4
_TASK_NAME = re.compile(r"(\d{1,9})\.json")
_SURROGATE = re.compile("[\ud800-\udfff]")


class TaskWriteFailed(Exception):
    """A task file could not be written. ``reason`` is one line."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class TaskVanished(TaskWriteFailed):
    """The task, or its whole list, is no longer there."""


@frozen
class DecisionOutcome:
    """What became of writing a decision: the task as it is now, and why the decision was not written, or None."""

    record: TaskRecord
    refused: str | None = None


def update_task(
    path: str | os.PathLike[str],
    change: Callable[[dict[str, Any]], dict[str, Any]],
    clock: TaskClock | None = None,
    timeout: float = WAIT_SECONDS,
) -> TaskRecord:
    """Read, change and write one task under its lock; keys that we do not know stay.

    Args:
        path: the task's file.
        change: gets the file's whole object and returns the new one; it may be called again when the lock was lost.
            What it raises comes through, and nothing is written.
        clock: the time; the machine's own by default.
        timeout: seconds to wait for the lock.

    Returns:
        The task as written; an object that did not change is not written again.

    Raises:
        TaskVanished: no such file.
        TaskWriteFailed: it cannot be read or written. It is as it was; only when the very last step failed, to get the
            directory onto the disk, it is as asked.
        TaskLocked: another writer holds the lock.
    """
    return _rewrite(os.fspath(path), lambda _, value: change(value), clock, timeout)


def create_task(
    directory: str | os.PathLike[str],
    fields: Mapping[str, Any],
    clock: TaskClock | None = None,
    timeout: float = WAIT_SECONDS,
) -> TaskRecord:
    """Make a new task with the next free id, under the list's lock; the list's directory is made if need be.

    Args:
        directory: the list.
        fields: keys of the file but ``id``: ``subject``, ``description``, ``activeForm``, ``owner``, ``status``,
            ``blocks``, ``blockedBy``, ``metadata``. Those that Claude Code always writes get its defaults.
        clock: the time; the machine's own by default.
        timeout: seconds to wait for the lock.

    Raises:
        TaskWriteFailed: it cannot be written.
        TaskLocked: another writer holds the list's lock.
    """
    name = os.fspath(directory)
    time_source = clock or SystemClock()
    lock_file = os.path.join(name, ".lock")
    with _failures(name):
        os.makedirs(name, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(lock_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
        for _ in range(_ATTEMPTS):
            with suppress(TaskLockLost), task_lock(lock_file, time_source, timeout) as lock:
                return _create(name, fields, lock)
    raise TaskWriteFailed(name, "the list's lock was taken over again and again")


def write_decision(
    path: str | os.PathLike[str],
    decision: Mapping[str, Any],
    paragraph: str,
    expect: Callable[[TaskRecord], str | None],
    clock: TaskClock | None = None,
    timeout: float = WAIT_SECONDS,
) -> DecisionOutcome:
    """Write ``metadata.decision`` and the decision paragraph of the description, if the question still stands.

    Args:
        path: the task's file.
        decision: ``{gate, revision, option, label, reason, by, at}`` (DESIGN §4.1).
        paragraph: what the agent reads through TaskGet; put in the place of an earlier decision's paragraph.
        expect: sees the task as it is under the lock; returns why it must not be answered any more, or None.
        clock: the time; the machine's own by default.
        timeout: seconds to wait for the lock.

    Raises:
        TaskVanished, TaskWriteFailed, TaskLocked: as :func:`update_task`.
    """
    refusals: list[str | None] = []

    def change(record: TaskRecord, value: dict[str, Any]) -> dict[str, Any] | None:
        refusals.append(expect(record))
        if refusals[-1] is not None:
            return None
        try:
            changed = merge_metadata(value, {"decision": dict(decision)})
        except ValueError as error:
            refusals.append(str(error))
            return None
        description = changed.get("description")
        changed["description"] = described(description if isinstance(description, str) else "", paragraph, DECISION)
        return changed

    record = _rewrite(os.fspath(path), change, clock, timeout)
    return DecisionOutcome(record, refusals[-1])


def merge_metadata(task: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """``task`` with ``patch`` merged into its metadata as TaskUpdate does: key by key, whole values, None deletes.

    Raises:
        ValueError: the task's metadata is no object, and merging would lose it.
    """
    metadata = task.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise ValueError(f"metadata is {kind_of(metadata)}, not an object")
    merged = {key: value for key, value in (metadata or {}).items() if patch.get(key, "") is not None}
    merged.update({key: value for key, value in patch.items() if value is not None})
    return {**task, "metadata": merged}


def encode_task(task: Mapping[str, Any]) -> bytes:
    """The bytes that Claude Code would write for this object: two blanks a level, no newline at the end.

    Raises:
        ValueError: it holds NaN or an infinity.
        TypeError: it holds something that JSON cannot say.
    """
    text = json.dumps(task, ensure_ascii=False, indent=2, allow_nan=False)
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text).encode("utf-8")


def _rewrite(
    path: str,
    change: Callable[[TaskRecord, dict[str, Any]], dict[str, Any] | None],
    clock: TaskClock | None,
    timeout: float,
) -> TaskRecord:
    time_source = clock or SystemClock()
    with _failures(path):
        for _ in range(_ATTEMPTS):
            with suppress(TaskLockLost), task_lock(path, time_source, timeout) as lock:
                return _rewrite_locked(path, change, lock)
    raise TaskWriteFailed(path, "its lock was taken over again and again")


def _rewrite_locked(
    path: str, change: Callable[[TaskRecord, dict[str, Any]], dict[str, Any] | None], lock: HeldLock
) -> TaskRecord:
    sweep(path)
    raw, value = _read_whole(path, lock)
    record = to_record(path, raw)
    before = encode_task(value)
    changed = change(record, value)
    if changed is None:
        return record
    data = _encoded(path, changed)
    if data == before:
        return record
    status = replace_file(path, data, stat.S_IMODE(raw.status.st_mode), lock.assert_held)
    return to_record(path, Raw(data, status))


def _read_whole(path: str, lock: HeldLock) -> tuple[Raw, dict[str, Any]]:
    """The file under its lock; old versions of Claude Code write without one, so that even here it may be torn."""
    pause = 0.01
    while True:
        raw = None
        try:
            raw = read_bytes(path)
            if raw is None:
                raise TaskVanished(path, "the task is no longer there")
            return raw, parse_document(raw.data, Notes())
        except Unreadable as refusal:
            if not refusal.torn or lock.clock.monotonic() - lock.since > _TORN_SECONDS:
                raise TaskWriteFailed(path, refusal.reason) from None
        lock.clock.sleep(pause)
        pause *= 2


def _encoded(path: str, task: Mapping[str, Any]) -> bytes:
    try:
        data = encode_task(task)
    except (ValueError, TypeError, RecursionError) as error:
        raise TaskWriteFailed(path, f"would hold what JSON cannot say ({error})") from None
    if len(data) > FILE_LIMIT:
        raise TaskWriteFailed(path, f"would be {len(data) / 1e6:.1f} MB, over the 1 MiB limit")
    return data


def _create(directory: str, fields: Mapping[str, Any], lock: HeldLock) -> TaskRecord:
    task_id = _next_id(directory)
    while True:
        path = os.path.join(directory, f"{task_id}.json")
        data = _encoded(path, _new_task(str(task_id), fields))
        lock.assert_held()
        status = create_file(path, data)
        if status is not None:
            return to_record(path, Raw(data, status))
        task_id += 1


def _new_task(task_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    given = {"subject": "", "description": "", "status": "pending", "blocks": [], "blockedBy": [], **fields}
    known = {key: given.pop(key) for key in FIELD_ORDER if key in given}
    return {"id": task_id, **known, **{key: value for key, value in given.items() if key != "id"}}


def _next_id(directory: str) -> int:
    """One above every id that was ever given: Claude Code notes the highest removed one in ``.highwatermark``."""
    highest = 0
    for name in os.listdir(directory):
        match = _TASK_NAME.fullmatch(name)
        if match is not None:
            highest = max(highest, int(match[1]))
    with suppress(Unreadable):
        mark = read_bytes(os.path.join(directory, ".highwatermark"))
        text = b"" if mark is None else mark.data.strip()
        if text.isdigit() and len(text) <= 9:
            highest = max(highest, int(text))
    return highest + 1


@contextmanager
def _failures(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise TaskVanished(path, "the task list is no longer there") from None
    except OSError as error:
        raise TaskWriteFailed(path, (error.strerror or "an error of the system").lower()) from error
