"""Whether a call that waits has ended, as the transcript tells: incrementally, and whatever a file holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.hook.growing import FIRST_BYTES
from orchestrator_tui.hook.transcript import SLACK_MS, CallWatch

ASKED_MS = 1_800_000_000_000
"""2027-01-15T08:00:00Z."""


def is_call(tool: str, tool_input: Mapping[str, Any], cwd: str) -> bool:
    return (tool, tool_input.get("command"), cwd) == ("Bash", "ls", "/shop")


def used(identifier: str, command: str = "ls", name: str = "Bash") -> str:
    block = {"type": "tool_use", "id": identifier, "name": name, "input": {"command": command}}
    return json.dumps({"type": "assistant", "cwd": "/shop", "message": {"content": [block]}}) + "\n"


def result(identifier: str, timestamp: str = "2020-01-01T00:00:00.000Z") -> str:
    block = {"type": "tool_result", "tool_use_id": identifier, "content": "done"}
    return json.dumps({"type": "user", "timestamp": timestamp, "message": {"content": [block]}}) + "\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


def watching(path: Path | None) -> CallWatch:
    return CallWatch(path, is_call, ASKED_MS)


def add(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.writelines(lines)


def test_a_call_has_ended_when_its_own_result_is_there(path: Path) -> None:
    add(path, used("other", "pwd"), result("other"), used("1"))
    watch = watching(path)
    assert not watch.ended()
    add(path, used("2", "pwd"), result("2"))
    assert not watch.ended(), "another call's result is none"
    add(path, result("1"))
    assert watch.ended()


def test_the_same_call_made_before_is_another_one(path: Path) -> None:
    add(path, used("1"), result("1"))
    watch = watching(path)
    assert not watch.ended()
    add(path, used("2"))
    assert not watch.ended()
    add(path, result("2"))
    assert watch.ended()


def test_a_call_and_its_result_may_appear_at_once(path: Path) -> None:
    path.touch()
    watch = watching(path)
    assert not watch.ended()
    add(path, used("1"), result("1"))
    assert watch.ended()


def test_an_answer_that_came_before_our_first_look_counts(path: Path) -> None:
    add(path, used("1"), result("1", "2027-01-15T07:59:59.500Z"))
    assert watching(path).ended()
    assert SLACK_MS > 500


def test_the_same_call_twice_at_once_ends_with_both_results(path: Path) -> None:
    add(path, used("1"), used("2"))
    watch = watching(path)
    assert not watch.ended()
    add(path, result("2"))
    assert not watch.ended()
    add(path, result("1"))
    assert watch.ended()


def test_a_line_is_taken_when_it_is_whole(path: Path) -> None:
    add(path, used("1"))
    watch = watching(path)
    line = result("1")
    add(path, line[:40])
    assert not watch.ended()
    add(path, line[40:])
    assert watch.ended()


@pytest.mark.parametrize(
    "junk",
    [
        '{"tool_use"\n',
        '"tool_use"\n',
        '{"message": "tool_use"}\n',
        '{"message": {"content": ["tool_use", {"type": "tool_use", "input": 7}]}}\n',
        '{"message": {"content": [{"type": "tool_result"}]}}\n',
        "[" * 100_000 + '"tool_use"\n',
    ],
)
def test_what_a_file_holds_beside_calls_is_passed_over(path: Path, junk: str) -> None:
    add(path, junk, used("1"))
    watch = watching(path)
    assert not watch.ended()
    add(path, junk, result("1"))
    assert watch.ended()


def test_only_the_end_of_a_long_transcript_is_read(path: Path) -> None:
    add(path, used("1"), "x" * FIRST_BYTES + "\n", used("2"), result("2"))
    watch = watching(path)
    assert not watch.ended()
    add(path, result("1"))
    assert not watch.ended(), "the first call was not seen, and so its end is none of this one's"


def test_a_transcript_that_is_not_there_never_tells_an_end(path: Path) -> None:
    assert not watching(None).ended()
    watch = watching(path)
    assert not watch.ended()
    add(path, used("1"))
    assert not watch.ended()
    add(path, result("1"))
    assert watch.ended()
