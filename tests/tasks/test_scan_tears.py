"""Half-written, hostile and blinking files: the last good reading stands until there is a better one (W-4)."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.tasks import scan as scan_module
from orchestrator_tui.adapters.tasks.listing import Listing, TaskList
from orchestrator_tui.adapters.tasks.scan import RETRY_MS, VANISH_MS
from tests.tasks.manual import put
from tests.tasks.watched import Watched, ids


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
