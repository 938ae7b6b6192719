"""Scanning task lists: what Claude Code writes is seen, all of it and nothing else (W-5)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.tasks import scan as scan_module
from orchestrator_tui.adapters.tasks.listing import Listing, TaskList
from orchestrator_tui.adapters.tasks.scan import VANISH_MS
from tests.tasks.manual import FIXTURES, put
from tests.tasks.watched import Watched, ids


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
