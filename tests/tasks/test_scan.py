"""Scanning task lists: what is there is found, what is half written is not believed, what blinks is not gone."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.tasks import scan as scan_module
from orchestrator_tui.adapters.tasks.listing import Listing, TaskList
from orchestrator_tui.adapters.tasks.record import TaskRecord
from orchestrator_tui.adapters.tasks.scan import RECENT_MS, RETRY_MS, VANISH_MS, ScanResult, TaskLists
from orchestrator_tui.core.instant import Instant
from tests.tasks.manual import FIXTURES, put


class Watched:
    """Task lists with a clock that the test moves."""

    def __init__(self, *roots: Path) -> None:
        self.lists = TaskLists(roots)
        self.now = Instant(time.time_ns() // 1_000_000, 50_000, "boot")

    def scan(self, after_ms: int = 0) -> ScanResult:
        self.now = self.now.plus(after_ms)
        return self.lists.scan(self.now)

    def settled(self) -> ScanResult:
        """A scan after which no file counts as just written."""
        return self.scan(RECENT_MS + 1000)

    def known(self) -> dict[str, TaskRecord]:
        return {record.task_id: record for record in self.lists.records()}


def ids(records: tuple[TaskRecord, ...]) -> list[str]:
    return [record.task_id for record in records]


def test_captured_lists(tmp_path: Path) -> None:
    for moment in sorted(FIXTURES.glob("*/*/")):
        lists = Watched(moment)
        result = lists.scan()
        files = sorted(moment.glob("**/*.json"), key=lambda path: int(path.stem))
        assert ids(result.changed) == [path.stem for path in files]
        assert all(record.problem is None and record.notes == () for record in result.changed)
        assert result.vanished == ()
        assert result.problems == ()
        assert sum(one.tasks for one in result.lists) == len(files)
        assert result.next_retry_at is None
        assert lists.scan(5000).changed == ()
        assert lists.lists.records() == result.changed


def replay(log: Path, directory: Path) -> Iterator[dict[str, Any]]:
    """Do again, step by step, what Claude Code did to a list; every close of a written file is preceded by a tear."""
    for line in log.read_text("utf-8").splitlines():
        event = json.loads(line)
        path = directory / event["path"]
        if event["ev"] == "CREATE" and event["dir"]:
            path.mkdir()
        elif event["ev"] == "CLOSE_WRITE":
            data = event["content"].encode()
            path.write_bytes(b"")
            yield {**event, "ev": "TEAR"}
            path.write_bytes(data[: len(data) // 2])
            yield {**event, "ev": "TEAR"}
            path.write_bytes(data)
        elif event["ev"] == "DELETE":
            if event["dir"]:
                path.rmdir()
            else:
                path.unlink()
        else:
            continue
        yield event


@pytest.mark.parametrize("log", sorted(FIXTURES.glob("*/fs-events.jsonl")), ids=lambda log: log.parent.name)
def test_everything_claude_code_did_is_seen_and_nothing_else(tmp_path: Path, log: Path) -> None:
    watched = Watched(tmp_path / "tasks")
    (tmp_path / "tasks").mkdir()
    expected: dict[str, dict[str, Any]] = {}
    for event in replay(log, tmp_path / "tasks"):
        name = Path(event["path"]).name
        before = watched.known()
        result = watched.scan(1)
        if event["ev"] == "CLOSE_WRITE" and name.endswith(".json"):
            value = json.loads(event["content"])
            is_news = value != expected.get(value["id"])
            assert ids(result.changed) == ([value["id"]] if is_news else []), event
            expected[value["id"]] = value
        elif event["ev"] == "DELETE" and name.endswith(".json"):
            assert result.vanished == ()
            assert ids(watched.scan(VANISH_MS).vanished) == [Path(name).stem]
            del expected[Path(name).stem]
        else:
            assert result.changed == result.vanished == (), event
            assert watched.known() == before
        assert {key: (record.subject, record.status, record.metadata) for key, record in watched.known().items()} == {
            key: (value["subject"], value["status"], value.get("metadata", {})) for key, value in expected.items()
        }
    final = {path.stem for path in (tmp_path / "tasks").glob("*/*.json")}
    assert set(expected) == final
    assert result.lists == (TaskList(result.lists[0].name, result.lists[0].directory, len(final)),)


def test_roots_of_either_kind(tmp_path: Path) -> None:
    put(tmp_path / "lists" / "a", "1")
    put(tmp_path / "lists" / "b", "2")
    put(tmp_path / "single", "3")
    (tmp_path / "single" / "7.json.lock").mkdir()
    watched = Watched(tmp_path / "lists", tmp_path / "single", tmp_path / "none", tmp_path / "single")
    result = watched.scan()
    assert [(one.name, one.tasks) for one in result.lists] == [("a", 1), ("b", 1), ("single", 1)]
    assert [(record.list_name, record.task_id) for record in result.changed] == [
        ("a", "1"),
        ("b", "2"),
        ("single", "3"),
    ]
    assert result.problems == ()
    assert watched.lists.directories() == tuple(
        str(tmp_path / part) for part in ("lists", "single", "none", "lists/a", "lists/b")
    )


def test_a_stray_file_beside_lists_hides_none(tmp_path: Path) -> None:
    put(tmp_path / "tasks" / "a", "1")
    put(tmp_path / "tasks", "9", subject="stray")
    assert ids(Watched(tmp_path / "tasks").scan().changed) == ["9", "1"]


def test_a_list_given_twice_is_read_once(tmp_path: Path) -> None:
    put(tmp_path / "tasks" / "a", "1")
    result = Watched(tmp_path / "tasks", tmp_path / "tasks" / "a").scan()
    assert ids(result.changed) == ["1"]
    assert len(result.lists) == 1


def test_what_is_no_task_is_ignored(tmp_path: Path) -> None:
    directory = tmp_path / "list"
    put(directory, "1")
    for name in (".lock", ".highwatermark", ".orch-1-5.tmp", ".hidden.json", "notes.txt", "1.json~"):
        (directory / name).write_text("x")
    for name in (".lock.lock", "1.json.lock", "archive"):
        (directory / name).mkdir()
    assert ids(Watched(directory).scan().changed) == ["1"]


def test_an_emptied_list_is_still_a_list(tmp_path: Path) -> None:
    directory = tmp_path / "list"
    path = put(directory, "1")
    (directory / ".highwatermark").write_text("1")
    watched = Watched(directory)
    watched.scan()
    path.unlink()
    watched.scan()
    result = watched.scan(VANISH_MS)
    assert ids(result.vanished) == ["1"]
    assert result.lists == (TaskList("list", str(directory), 0),)


def test_changes_in_place_and_by_rename(tmp_path: Path) -> None:
    directory = tmp_path / "list"
    path = put(directory, "1", subject="a")
    watched = Watched(directory)
    watched.scan()
    put(directory, "1", subject="b")
    assert [record.subject for record in watched.scan().changed] == ["b"]
    other = put(tmp_path / "elsewhere", "1", subject="c")
    os.replace(other, path)
    assert [record.subject for record in watched.scan().changed] == ["c"]


def test_a_write_through_a_hard_link_is_seen(tmp_path: Path) -> None:
    path = put(tmp_path / "list", "1", subject="a")
    os.link(path, tmp_path / "elsewhere")
    watched = Watched(tmp_path / "list")
    watched.settled()
    with (tmp_path / "elsewhere").open("r+") as file:
        file.write(path.read_text().replace('"a"', '"b"'))
    assert [record.subject for record in watched.scan().changed] == ["b"]


def test_a_rewrite_of_the_same_bytes_is_no_news_and_keeps_its_time(tmp_path: Path) -> None:
    path = put(tmp_path / "list", "1")
    watched = Watched(tmp_path / "list")
    first = watched.scan().changed[0]
    os.utime(path, ns=(1, 1))
    put(tmp_path / "list", "1")
    os.utime(path, ns=(5, 5))
    assert watched.scan().changed == ()
    assert watched.lists.records() == (first,)


def test_times_are_not_believed_right_after_a_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "list", "1", subject="a")
    status = path.stat()
    watched = Watched(tmp_path / "list")
    watched.scan()
    put(tmp_path / "list", "1", subject="b")
    # As after two writes within one tick of the file system's clock.
    unmoved = Listing({str(path): status}, (TaskList("list", str(path.parent), 1),), (), frozenset())
    monkeypatch.setattr(scan_module, "list_roots", lambda _: unmoved)
    assert [record.subject for record in watched.scan(100).changed] == ["b"]


def test_an_unchanged_file_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "list", "1")
    watched = Watched(tmp_path / "list")
    watched.settled()

    def read(path: str) -> None:
        pytest.fail(f"read {path}")

    monkeypatch.setattr(scan_module, "read_entry", read)
    assert watched.scan(5000).changed == ()


def test_a_torn_file_keeps_its_last_good_reading(tmp_path: Path) -> None:
    path = put(tmp_path / "list", "1", subject="asks", metadata={"needsDecision": True})
    whole = path.read_bytes()
    watched = Watched(tmp_path / "list")
    good = watched.settled().changed[0]
    for torn in (b"", whole[:30], b'{"id": "\xff'):
        path.write_bytes(torn)
        result = watched.scan(10)
        assert result.changed == result.vanished == ()
        assert watched.lists.records() == (good,)
        assert result.next_retry_at is not None
    path.write_bytes(whole)
    result = watched.scan(10)
    assert result.changed == ()
    assert result.next_retry_at is None


def test_a_file_that_stays_torn_becomes_unreadable_on_time(tmp_path: Path) -> None:
    path = put(tmp_path / "list", "1", subject="asks", metadata={"needsDecision": True})
    watched = Watched(tmp_path / "list")
    good = watched.settled().changed[0]
    path.write_bytes(b"{")
    since = watched.now.boot_ms
    result = watched.scan()
    retried: list[int] = []
    while result.next_retry_at is not None:
        assert result.changed == ()
        retried.append(result.next_retry_at - since)
        result = watched.scan(result.next_retry_at - watched.now.boot_ms)
    assert retried == list(RETRY_MS)
    (record,) = result.changed
    assert record.problem == "not JSON at line 1, column 2"
    assert (record.subject, record.metadata) == (good.subject, good.metadata)
    assert record.size == 1
    assert watched.scan(1000).changed == ()
    assert watched.lists.records() == (record,)
    put(tmp_path / "list", "1", subject="asks", metadata={"needsDecision": True})
    (again,) = watched.scan().changed
    assert (again.problem, again.digest) == (None, good.digest)


def test_a_new_file_is_not_reported_half_written(tmp_path: Path) -> None:
    (tmp_path / "list").mkdir()
    path = tmp_path / "list" / "1.json"
    path.write_bytes(b"")
    watched = Watched(tmp_path / "list")
    result = watched.scan()
    assert result.changed == watched.lists.records() == ()
    assert result.next_retry_at == watched.now.boot_ms + RETRY_MS[0]
    put(tmp_path / "list", "1", subject="whole")
    assert [record.subject for record in watched.scan(50).changed] == ["whole"]


def test_a_new_file_that_never_gets_whole_is_one_honest_row(tmp_path: Path) -> None:
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "1.json").write_bytes(b"")
    watched = Watched(tmp_path / "list")
    watched.scan()
    (record,) = watched.scan(1000).changed
    assert (record.task_id, record.problem) == ("1", "empty")
    (tmp_path / "list" / "1.json").unlink()
    watched.scan()
    assert ids(watched.scan(VANISH_MS).vanished) == ["1"]


def test_a_new_torn_file_that_goes_was_never_there(tmp_path: Path) -> None:
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "1.json").write_bytes(b"")
    watched = Watched(tmp_path / "list")
    watched.scan()
    (tmp_path / "list" / "1.json").unlink()
    watched.scan()
    result = watched.scan(VANISH_MS)
    assert result.changed == result.vanished == ()
    assert result.next_retry_at is None


def test_a_late_scan_after_a_tear_does_not_wait_again(tmp_path: Path) -> None:
    path = put(tmp_path / "list", "1")
    watched = Watched(tmp_path / "list")
    watched.settled()
    path.write_bytes(b"{")
    watched.scan()
    assert [record.problem for record in watched.scan(10_000).changed] == ["not JSON at line 1, column 2"]


def test_hostile_files_are_one_honest_row_each(tmp_path: Path) -> None:
    directory = tmp_path / "list"
    put(directory, "1", subject="fine")
    (directory / "2.json").write_bytes(b" " * 2_000_000)
    (directory / "3.json").write_bytes(b'{"id": "3", "subject": "\xff"}')
    (directory / "4.json").symlink_to(directory / "1.json")
    os.mkfifo(directory / "5.json")
    (directory / "7.json").mkdir()
    (directory / "8.json").write_bytes(b"[" * 1000)
    (directory / "9.json").write_text("[]")
    watched = Watched(directory)
    now = {record.task_id: record.problem for record in watched.scan().changed}
    assert now == {
        "1": None,
        "2": "2.0 MB is over the 1 MiB limit",
        "4": "a symbolic link, not followed",
        "5": "a FIFO, not a file",
        "7": "a directory, not a file",
        "8": "nested over 32 levels deep",
        "9": "a list, not an object",
    }
    later = {record.task_id: record.problem for record in watched.scan(1000).changed}
    assert later == {"3": "not UTF-8 at byte 24"}
    assert watched.scan(1000).changed == ()


def test_a_file_replaced_by_a_link_keeps_its_question(tmp_path: Path) -> None:
    path = put(tmp_path / "list", "1", metadata={"needsDecision": True})
    watched = Watched(tmp_path / "list")
    watched.settled()
    path.unlink()
    path.symlink_to("/etc/passwd")
    (record,) = watched.scan().changed
    assert record.problem == "a symbolic link, not followed"
    assert record.metadata == {"needsDecision": True}


def test_an_error_of_the_system_is_tried_again_though_nothing_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "list", "1", subject="a")
    watched = Watched(tmp_path / "list")
    with monkeypatch.context() as patch:

        def fail(*_: Any) -> Any:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

        patch.setattr(os, "open", fail)
        assert watched.settled().changed == ()
        assert [record.problem for record in watched.scan(1000).changed] == ["cannot be read: too many open files"]
        assert watched.scan(1000).changed == ()
    assert [(record.problem, record.subject) for record in watched.scan(1000).changed] == [(None, "a")]


def test_a_file_gone_for_a_moment_is_not_gone(tmp_path: Path) -> None:
    path = put(tmp_path / "list", "1")
    whole = path.read_bytes()
    watched = Watched(tmp_path / "list")
    watched.settled()
    path.unlink()
    result = watched.scan()
    assert result.vanished == ()
    assert result.next_retry_at == watched.now.boot_ms + VANISH_MS
    path.write_bytes(whole)
    result = watched.scan(VANISH_MS - 1)
    assert result.changed == result.vanished == ()
    assert result.next_retry_at is None


def test_a_name_that_a_busy_directory_skips_is_not_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "list", "1")
    watched = Watched(tmp_path / "list")
    watched.settled()
    skipped = Listing({}, (TaskList("list", str(tmp_path / "list"), 0),), (), frozenset())
    monkeypatch.setattr(scan_module, "list_roots", lambda _: skipped)
    for _ in range(3):
        result = watched.scan(1000)
        assert result.vanished == ()
        assert result.next_retry_at is None


def test_a_file_that_goes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "list", "1")
    watched = Watched(tmp_path / "list")
    watched.settled()
    put(tmp_path / "list", "1", subject="b")
    with monkeypatch.context() as patch:
        patch.setattr(scan_module, "read_entry", lambda _: None)
        path.unlink()
        assert watched.scan().vanished == ()
    assert ids(watched.scan(VANISH_MS).vanished) == ["1"]
    assert watched.lists.records() == ()


def test_lists_and_roots_that_go_and_come_again(tmp_path: Path) -> None:
    root = tmp_path / "tasks"
    put(root / "a", "1", subject="old")
    put(root / "b", "1")
    watched = Watched(root)
    watched.scan()
    shutil.rmtree(root / "a")
    watched.scan()
    result = watched.scan(VANISH_MS)
    assert [(record.list_name, record.task_id) for record in result.vanished] == [("a", "1")]
    assert [one.name for one in result.lists] == ["b"]
    shutil.rmtree(root)
    watched.scan()
    result = watched.scan(VANISH_MS)
    assert [record.list_name for record in result.vanished] == ["b"]
    assert result.lists == ()
    assert result.problems == ()
    put(root / "a", "1", subject="new")
    assert [record.subject for record in watched.scan().changed] == ["new"]


def test_a_list_made_anew_within_a_moment(tmp_path: Path) -> None:
    root = tmp_path / "tasks"
    put(root / "a", "1", subject="old")
    put(root / "a", "2")
    watched = Watched(root)
    watched.scan()
    shutil.rmtree(root / "a")
    put(root / "a", "1", subject="new")
    result = watched.scan(10)
    assert [record.subject for record in result.changed] == ["new"]
    assert ids(watched.scan(VANISH_MS).vanished) == ["2"]


def test_a_directory_that_may_not_be_listed_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "tasks"
    put(root / "a", "1")
    put(root / "b", "1")
    watched = Watched(root)
    known = watched.settled().changed
    real = os.scandir
    for barred in (root / "a", root):
        with monkeypatch.context() as patch:

            def deny(path: str, barred: Path = barred) -> Any:
                if path == str(barred):
                    raise PermissionError(errno.EACCES, "Permission denied")
                return real(path)

            patch.setattr(os, "scandir", deny)
            for _ in range(3):
                result = watched.scan(1000)
                assert result.changed == result.vanished == ()
                assert [(one.path, one.reason) for one in result.problems] == [
                    (str(barred), "cannot be listed: permission denied")
                ]
        assert watched.scan().problems == ()
        assert watched.lists.records() == known


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every directory, whatever its mode says")
def test_a_directory_really_without_permission(tmp_path: Path) -> None:
    put(tmp_path / "tasks" / "a", "1")
    watched = Watched(tmp_path / "tasks")
    watched.settled()
    (tmp_path / "tasks" / "a").chmod(0)
    result = watched.scan(1000)
    (tmp_path / "tasks" / "a").chmod(0o700)
    assert [one.reason for one in result.problems] == ["cannot be listed: permission denied"]
    assert watched.scan(1000).vanished == ()


def test_links_to_lists_are_named_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "1")
    root = tmp_path / "tasks"
    put(root / "a", "2")
    (root / "link").symlink_to(tmp_path / "elsewhere")
    watched = Watched(root)
    result = watched.scan()
    assert ids(result.changed) == ["2"]
    assert [(one.path, one.reason) for one in result.problems] == [
        (str(root / "link"), "a symbolic link, not followed")
    ]
    shutil.rmtree(root / "a")
    (root / "a").symlink_to(tmp_path / "elsewhere")
    watched.scan()
    assert ids(watched.scan(VANISH_MS).vanished) == ["2"]


def test_a_root_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "a", "1")
    (tmp_path / "tasks").symlink_to(tmp_path / "elsewhere")
    assert ids(Watched(tmp_path / "tasks").scan().changed) == ["1"]


def test_a_file_in_the_place_of_a_root(tmp_path: Path) -> None:
    root = tmp_path / "tasks"
    put(root / "a", "1")
    watched = Watched(root)
    watched.scan()
    shutil.rmtree(root)
    root.write_text("x")
    result = watched.scan()
    assert [one.reason for one in result.problems] == ["a file, not a directory"]
    assert ids(watched.scan(VANISH_MS).vanished) == ["1"]


def test_too_many_files_are_said_and_those_known_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator_tui.adapters.tasks.listing.FILE_COUNT_LIMIT", 10)
    for number in range(1, 13):
        put(tmp_path / "list", str(number))
    watched = Watched(tmp_path / "list")
    result = watched.scan()
    assert len(result.changed) == 10
    assert [one.reason for one in result.problems] == ["holds over 10 tasks; the others are not read"]
    assert watched.scan(1000).vanished == ()


def test_following_other_roots_forgets_without_a_word(tmp_path: Path) -> None:
    put(tmp_path / "tasks" / "a", "1")
    put(tmp_path / "tasks" / "b", "2")
    watched = Watched(tmp_path / "tasks")
    watched.scan()
    watched.lists.follow([tmp_path / "tasks" / "b"])
    assert set(watched.known()) == {"2"}
    for _ in range(2):
        result = watched.scan(1000)
        assert result.changed == result.vanished == ()
    watched.lists.follow([tmp_path / "tasks"])
    assert ids(watched.scan().changed) == ["1"]
