"""Writing task files: Claude Code's own bytes, unknown keys kept, a decision only while its question stands."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.adapters.tasks.decision import closing, opening
from orchestrator_tui.adapters.tasks.lock import TaskLocked
from orchestrator_tui.adapters.tasks.reader import read_task
from orchestrator_tui.adapters.tasks.record import TaskRecord
from orchestrator_tui.adapters.tasks.writer import (
    TaskVanished,
    TaskWriteFailed,
    create_task,
    encode_task,
    merge_metadata,
    update_task,
    write_decision,
)
from tests.tasks.manual import FIXTURES, ManualClock, entries, put, task

OPENING, CLOSING = opening("decision"), closing("decision")
CAPTURED = sorted(FIXTURES.glob("**/*.json"))
DECISION = {"gate": "g1", "revision": 1, "option": "ship", "label": "ship it", "reason": "", "by": "key", "at": 5}


def load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return value


def stage_four(value: dict[str, Any]) -> dict[str, Any]:
    return merge_metadata(value, {"stage": 4})


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: "/".join(path.relative_to(FIXTURES).parts))
def test_our_bytes_are_claude_codes_bytes(path: Path) -> None:
    assert encode_task(load(path)) == path.read_bytes()


def test_an_update_keeps_what_it_does_not_know(tmp_path: Path) -> None:
    path = put(tmp_path, ours={"unknown": [1, 2.5, None]}, metadata={"nested": {"a": 1}, "stage": 3, "empty": {}})
    path.chmod(0o640)
    inode = path.stat().st_ino
    record = update_task(path, stage_four)
    expected = task(ours={"unknown": [1, 2.5, None]}, metadata={"nested": {"a": 1}, "stage": 4, "empty": {}})
    assert path.read_bytes() == json.dumps(expected, indent=2).encode()
    assert path.stat().st_ino != inode
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert entries(tmp_path) - {"home"} == {"1.json"}
    assert record == read_task(path)


def test_an_update_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    path = put(tmp_path, metadata={"stage": 4})
    before = path.stat()
    record = update_task(path, stage_four)
    assert path.stat() == before
    assert record == read_task(path)


def test_what_change_raises_comes_through(tmp_path: Path) -> None:
    path = put(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        update_task(path, lambda value: {**value, "subject": 1 / 0})
    assert path.read_bytes() == before
    assert entries(tmp_path) - {"home"} == {"1.json"}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"a": 2}, {"a": 2, "b": {"x": 1}, "c": 0}),
        ({"b": {"y": 2}}, {"a": 1, "b": {"y": 2}, "c": 0}),
        ({"b": None, "none": None}, {"a": 1, "c": 0}),
        ({"a": False, "b": 0, "c": ""}, {"a": False, "b": 0, "c": ""}),
        ({}, {"a": 1, "b": {"x": 1}, "c": 0}),
    ],
)
def test_metadata_merges_as_in_claude_code(patch: dict[str, Any], expected: dict[str, Any]) -> None:
    value = task(metadata={"a": 1, "b": {"x": 1}, "c": 0})
    assert merge_metadata(value, patch) == task(metadata=expected)
    assert value == task(metadata={"a": 1, "b": {"x": 1}, "c": 0})
    assert merge_metadata(task(), {"a": 1, "b": None}) == task(metadata={"a": 1})


def test_metadata_of_another_type_is_not_thrown_away(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="metadata is a list"):
        merge_metadata(task(metadata=[1]), {"a": 1})
    path = put(tmp_path, metadata=[1])
    outcome = write_decision(path, DECISION, "p", lambda _: None)
    assert outcome.refused == "metadata is a list, not an object"
    assert load(path)["metadata"] == [1]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b'{"id"', "not JSON at line 1, column 6"),
        (b"[]", "a list, not an object"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b" " * 2_000_000, "2.0 MB is over the 1 MiB limit"),
    ],
)
def test_a_file_that_says_nothing_is_not_written(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "1.json"
    path.write_bytes(data)
    with pytest.raises(TaskWriteFailed) as caught:
        update_task(path, stage_four, ManualClock())
    assert str(caught.value) == f"{path}: {reason}"
    assert path.read_bytes() == data
    assert entries(tmp_path) - {"home"} == {"1.json"}


def test_a_torn_file_is_read_again_under_the_lock(tmp_path: Path) -> None:
    path = put(tmp_path, metadata={"n": 1})
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    clock = ManualClock()

    def repair(times: int) -> None:
        if times == 3:
            path.write_bytes(whole)

    clock.on_sleep = repair
    assert update_task(path, stage_four, clock).metadata == {"n": 1, "stage": 4}


def test_links_and_pipes_are_not_written_through(tmp_path: Path) -> None:
    target = put(tmp_path / "elsewhere")
    before = target.read_bytes()
    (tmp_path / "1.json").symlink_to(target)
    os.mkfifo(tmp_path / "2.json")
    with pytest.raises(TaskWriteFailed, match="a symbolic link"):
        update_task(tmp_path / "1.json", stage_four)
    with pytest.raises(TaskWriteFailed, match="a FIFO"):
        update_task(tmp_path / "2.json", stage_four)
    assert target.read_bytes() == before


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": float("nan")}, "would hold what JSON cannot say"),
        ({"a": {1, 2}}, "would hold what JSON cannot say"),
        ({"a": "x" * (1 << 20)}, "would be 1.0 MB, over the 1 MiB limit"),
    ],
)
def test_nothing_is_written_that_nobody_could_read(tmp_path: Path, value: dict[str, Any], reason: str) -> None:
    path = put(tmp_path)
    before = path.read_bytes()
    with pytest.raises(TaskWriteFailed, match=reason):
        update_task(path, lambda old: merge_metadata(old, value))
    assert path.read_bytes() == before
    assert entries(tmp_path) - {"home"} == {"1.json"}


def test_what_is_not_there_has_vanished(tmp_path: Path) -> None:
    with pytest.raises(TaskVanished, match="the task is no longer there"):
        update_task(tmp_path / "1.json", stage_four)
    assert entries(tmp_path) - {"home"} == set()
    with pytest.raises(TaskVanished, match="the task list is no longer there"):
        update_task(tmp_path / "gone" / "1.json", stage_four)


def test_a_locked_task_is_not_written(tmp_path: Path) -> None:
    path = put(tmp_path)
    (tmp_path / "1.json.lock").mkdir()
    with pytest.raises(TaskLocked):
        update_task(path, stage_four, ManualClock())


def test_remains_of_killed_writers_are_removed(tmp_path: Path) -> None:
    path = put(tmp_path)
    put(tmp_path, "1-2")
    for name in (".orch-1-99999.tmp", ".orch-1-2-99999.tmp", ".orch-1-x.tmp", f".orch-1-{os.getpid()}.tmp"):
        (tmp_path / name).write_text("half")
    update_task(path, stage_four)
    assert entries(tmp_path) - {"home"} == {"1.json", "1-2.json", ".orch-1-2-99999.tmp", ".orch-1-x.tmp"}


def test_a_lock_lost_on_the_way_starts_again_from_the_file(tmp_path: Path) -> None:
    path = put(tmp_path)
    seen: list[dict[str, Any]] = []

    def change(value: dict[str, Any]) -> dict[str, Any]:
        seen.append(value)
        if len(seen) == 1:
            # Another writer believes that we are dead, takes the lock over, writes and lets go.
            (tmp_path / "1.json.lock").rmdir()
            put(tmp_path, metadata={"theirs": 1})
        return stage_four(value)

    assert update_task(path, change).metadata == {"theirs": 1, "stage": 4}
    assert len(seen) == 2


def test_a_stopped_writer_whose_half_made_file_was_swept_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path)
    real, calls = os.replace, 0

    def stopped(source: str, target: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            os.unlink(source)
            put(tmp_path, metadata={"theirs": 1})
        real(source, target)

    monkeypatch.setattr(os, "replace", stopped)
    assert update_task(path, stage_four).metadata == {"theirs": 1, "stage": 4}
    assert calls == 2


def test_a_lock_lost_again_and_again_is_an_error(tmp_path: Path) -> None:
    path = put(tmp_path)
    before = path.read_bytes()

    def change(value: dict[str, Any]) -> dict[str, Any]:
        (tmp_path / "1.json.lock").rmdir()
        return stage_four(value)

    with pytest.raises(TaskWriteFailed, match="its lock was taken over again and again"):
        update_task(path, change)
    assert path.read_bytes() == before
    assert entries(tmp_path) - {"home"} == {"1.json"}


def test_create_in_a_new_list(tmp_path: Path) -> None:
    directory = tmp_path / "tasks" / "list"
    first = create_task(
        directory, {"subject": "Größe ✓", "description": "d", "activeForm": "Doing", "metadata": {"a": 1}}
    )
    assert first.task_id == "1"
    assert first.list_name == "list"
    assert (directory / "1.json").read_text("utf-8") == (
        '{\n  "id": "1",\n  "subject": "Größe ✓",\n  "description": "d",\n  "activeForm": "Doing",\n'
        '  "status": "pending",\n  "blocks": [],\n  "blockedBy": [],\n  "metadata": {\n    "a": 1\n  }\n}'
    )
    second = create_task(directory, {"subject": "b", "id": "77", "extra": True})
    assert load(directory / "2.json") == task("2", subject="b", extra=True)
    assert second == read_task(directory / "2.json")
    assert entries(directory) == {".lock", "1.json", "2.json"}


@pytest.mark.parametrize(
    ("names", "mark", "expected"),
    [
        ([], None, "1"),
        (["1.json", "2.json", "10.json"], None, "11"),
        (["3.json"], "7", "8"),
        (["9.json"], "7\n", "10"),
        ([], "2", "3"),
        (["1.json"], "nonsense", "2"),
        (["1.json"], "9" * 30, "2"),
        (["note.json", "1.json.lock", ".orch-9-1.tmp", "5.txt", "4.json"], None, "5"),
    ],
)
def test_the_next_id(tmp_path: Path, names: list[str], mark: str | None, expected: str) -> None:
    directory = tmp_path / "list"
    directory.mkdir()
    for name in names:
        (directory / name).write_text("{}")
    if mark is not None:
        (directory / ".highwatermark").write_text(mark)
    assert create_task(directory, {}).task_id == expected


def test_create_never_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "list"
    put(directory, "2", subject="theirs")
    monkeypatch.setattr(os, "listdir", lambda _: [".lock"])
    assert [create_task(directory, {"subject": "ours"}).task_id for _ in range(2)] == ["1", "3"]
    monkeypatch.undo()
    assert load(directory / "2.json")["subject"] == "theirs"
    assert entries(directory) == {".lock", "1.json", "2.json", "3.json"}


def test_create_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "list"
    put(directory, "2", subject="theirs")

    def no_links(*_: Any, **__: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(os, "listdir", lambda _: [".lock"])
    assert [create_task(directory, {"subject": "ours"}).task_id for _ in range(2)] == ["1", "3"]
    monkeypatch.undo()
    assert load(directory / "2.json")["subject"] == "theirs"
    assert entries(directory) == {".lock", "1.json", "2.json", "3.json"}


def test_create_where_no_list_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(TaskWriteFailed, match="file exists"):
        create_task(tmp_path / "file", {})


def still_asking(record: TaskRecord) -> str | None:
    return None if record.metadata.get("needsDecision") is True else "the question was withdrawn"


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*/1-gate-blocked/*/1.json")), ids=lambda path: path.parts[-4])
def test_a_decision_on_a_captured_gate(tmp_path: Path, path: Path) -> None:
    copy = tmp_path / "1.json"
    copy.write_bytes(path.read_bytes())
    outcome = write_decision(copy, DECISION, "Decided: ship it.", still_asking)
    assert outcome.refused is None
    assert outcome.record == read_task(copy)
    value, original = load(copy), load(path)
    assert value["metadata"] == {**original["metadata"], "decision": DECISION}
    assert value["description"] == f"Full description here\n\n{OPENING}\nDecided: ship it.\n{CLOSING}"
    assert {key: value[key] for key in value if key not in ("metadata", "description")} == {
        key: original[key] for key in original if key not in ("metadata", "description")
    }
    status = copy.stat()
    assert write_decision(copy, DECISION, "Decided: ship it.", still_asking).record == outcome.record
    assert copy.stat() == status
    write_decision(copy, {**DECISION, "option": "fix", "revision": 2}, "Decided: fix.", still_asking)
    assert load(copy)["description"] == f"Full description here\n\n{OPENING}\nDecided: fix.\n{CLOSING}"
    assert load(copy)["metadata"]["decision"]["option"] == "fix"


def test_a_decision_on_a_question_that_changed(tmp_path: Path) -> None:
    path = put(tmp_path, metadata={"needsDecision": False})
    before = path.stat()
    outcome = write_decision(path, DECISION, "p", still_asking)
    assert outcome.refused == "the question was withdrawn"
    assert outcome.record == read_task(path)
    assert path.stat() == before
    with pytest.raises(TaskVanished):
        write_decision(tmp_path / "2.json", DECISION, "p", still_asking)


def test_the_question_is_asked_again_when_the_lock_was_lost(tmp_path: Path) -> None:
    path = put(tmp_path, metadata={"needsDecision": True})
    asked = 0

    def expect(record: TaskRecord) -> str | None:
        nonlocal asked
        asked += 1
        if asked == 1:
            (tmp_path / "1.json.lock").rmdir()
            put(tmp_path, metadata={"needsDecision": False})
            return None
        return still_asking(record)

    assert write_decision(path, DECISION, "p", expect).refused == "the question was withdrawn"
    assert "decision" not in load(path)["metadata"]


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    )
)
def test_any_json_survives_a_rewrite(value: Any) -> None:
    data = encode_task(task(metadata={"value": value}))
    assert json.loads(data) == task(metadata={"value": value})


def test_half_a_surrogate_pair_survives_a_rewrite(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_bytes(json.dumps(task(subject="a\ud83d")).encode())
    update_task(path, stage_four)
    assert b'"a\\ud83d"' in path.read_bytes()
    assert load(path)["subject"] == "a\ud83d"
