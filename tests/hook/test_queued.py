"""What is queued for an agent, by its transcript."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator_tui.hook.growing import FIRST_BYTES, NewLines
from orchestrator_tui.hook.queued import Queue


def write(path: Path, *operations: str) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps({"type": "queue-operation", "operation": one}) + "\n" for one in operations)


@pytest.mark.parametrize(
    ("operations", "waits"),
    [
        ((), False),
        (("enqueue",), True),
        (("enqueue", "dequeue"), False),
        (("enqueue", "enqueue", "dequeue"), True),
        (("dequeue", "remove", "enqueue"), True),
        (("enqueue", "remove"), False),
        (("enqueue", "enqueue", "popAll"), False),
    ],
)
def test_what_was_put_in_and_not_taken_waits(tmp_path: Path, operations: tuple[str, ...], waits: bool) -> None:
    write(tmp_path / "t.jsonl", *operations)
    assert Queue(tmp_path / "t.jsonl").holds_something() is waits


def test_the_queue_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    queue = Queue(path)
    assert not queue.holds_something()
    write(path, "enqueue")
    assert queue.holds_something()
    write(path, "dequeue")
    assert not queue.holds_something()


@pytest.mark.parametrize(
    "line",
    ['{"type":"queue-operation"', '["queue-operation"]', '{"type":"user","message":"queue-operation"}', "\0\xff"],
)
def test_what_is_no_operation_is_none(tmp_path: Path, line: str) -> None:
    path = tmp_path / "t.jsonl"
    write(path, "enqueue")
    path.write_bytes(path.read_bytes() + line.encode() + b"\n")
    assert Queue(path).holds_something()


@pytest.mark.parametrize("path", [None, Path("/nowhere/t.jsonl"), Path("/")])
def test_without_a_transcript_nothing_is_known(path: Path | None) -> None:
    assert not Queue(path).holds_something()
    assert NewLines(path).read() == []


def test_a_file_that_was_made_anew_is_read_from_its_end(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("a" * FIRST_BYTES + "\nlast\nhal")
    lines = NewLines(path)
    before = lines.begun
    assert lines.read()[-1] == b"last"
    assert (before, lines.begun) == (False, True)
    with path.open("a") as file:
        file.write("f\n")
    assert lines.read() == [b"half"]
    assert lines.read() == []
    path.write_text("new\n")
    assert lines.read() == [b"new"]
