"""The calls in Claude Code's stream, as far as they repeat themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator_tui.core.live_rules import ERROR_ECHO, PAGINATION, TURN_REPEAT
from orchestrator_tui.core.repetition import Repeated
from orchestrator_tui.runtime.run_world import AttemptNews
from tests.adapters.runners.made import feed_in
from tests.adapters.runners.test_claude_stream import STREAMS, follower


def stream(*calls: tuple[str, dict[str, Any], str], parent: str | None = None, start: int = 0) -> list[bytes]:
    """Lines of an agent that makes these calls: a tool, its input, and the error that comes back, or ""."""
    lines = []
    for number, (tool, given, error) in enumerate(calls, start):
        use = {"type": "tool_use", "id": f"t{parent}{number}", "name": tool, "input": given}
        said = {"id": f"m{parent}{number}", "role": "assistant", "model": "claude", "content": [use]}
        result: dict[str, Any] = {
            "type": "tool_result",
            "tool_use_id": f"t{parent}{number}",
            "content": error or "fine",
        }
        result |= {"is_error": True} if error else {}
        back = {"role": "user", "content": [result]}
        for kind, message in (("assistant", said), ("user", back)):
            lines.append(json.dumps({"type": kind, "message": message, "parent_tool_use_id": parent}).encode() + b"\n")
    return lines


def repeated(*lines: bytes) -> tuple[Repeated, ...]:
    return feed_in(follower(), list(lines))[-1].repeated


TEST = ("Bash", {"command": "pnpm test"}, "")


def test_a_call_that_is_made_again_is_told_while_it_works() -> None:
    assert repeated(*stream(TEST)) == ()
    assert repeated(*stream(TEST, TEST, TEST)) == (Repeated(TURN_REPEAT, 3, "Bash pnpm test"),)


def test_pages_and_errors_are_told_with_their_file() -> None:
    pages = [("Read", {"file_path": "foo.ts", "offset": offset}, "") for offset in (0, 200, 400)]
    assert repeated(*stream(*pages)) == (Repeated(PAGINATION, 3, "Read foo.ts", "foo.ts"),)
    no = "<tool_use_error>String to replace not found in file.\nString: x</tool_use_error>"
    tries = [("Edit", {"file_path": "foo.ts", "old_string": f"x{' ' * n}"}, no) for n in range(3)]
    (echo,) = repeated(*stream(*tries))
    assert (echo.pattern, echo.times, echo.file) == (ERROR_ECHO, 3, "foo.ts")
    assert echo.error.startswith("String to replace not found in file.")


def test_two_agents_that_do_the_same_are_no_pattern() -> None:
    """[004-101] Detection is per agent: two agents that read one file work together."""
    lines = [*stream(TEST, TEST), *stream(TEST, TEST, parent="sub-1"), *stream(TEST, start=9, parent="sub-2")]
    assert [one.times for one in repeated(*lines)] == [2]


@pytest.mark.parametrize("path", sorted(STREAMS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_no_recorded_stream_is_taken_for_a_circle(path: Any) -> None:
    news: list[AttemptNews] = feed_in(follower(), path.read_bytes().splitlines(keepends=True))
    assert [one for told in news for one in told.repeated if one.times >= 3] == []


def test_what_is_no_call_is_passed_over() -> None:
    odd = [
        {"type": "assistant", "message": {"content": [{"type": "tool_use", "name": 7, "id": "t"}]}},
        {"type": "assistant", "message": {"content": [{"type": "tool_use", "name": "Bash", "input": "rm"}]}},
        {"type": "user", "message": {"content": [{"type": "tool_result", "is_error": True, "content": [{"text": 1}]}]}},
    ]
    assert repeated(*(json.dumps(one).encode() + b"\n" for one in odd)) == ()
