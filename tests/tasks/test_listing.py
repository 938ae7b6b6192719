"""Roots, lists and directories: found, gone, made anew, barred, linked."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.tasks.listing import TaskList
from orchestrator_tui.adapters.tasks.scan import VANISH_MS
from tests.tasks.manual import put
from tests.tasks.watched import Watched, ids


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
