"""Whether an agent goes in circles: the three patterns of seed 004 at two and at three repeats, and what is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.live_rules import ERROR_ECHO, PAGINATION, PATTERNS, SPIRAL, TURN_REPEAT
from orchestrator_tui.core.repetition import Repetitions

Call = tuple[str, dict[str, Any], str]
"""A tool, what it is given, and the error that comes back, or ""."""


def found(*calls: Call) -> dict[str, int]:
    seen = Repetitions()
    for number, (tool, given_to, error) in enumerate(calls):
        seen.called(str(number), tool, given_to)
        seen.returned(str(number), error)
    return {one.pattern: one.times for one in seen.found()}


def read(offset: int, file: str = "a.py") -> Call:
    return "Read", {"file_path": file, "offset": offset, "limit": 200}, ""


def edit(file: str = "a.py", error: str = "", old: str = "x") -> Call:
    return "Edit", {"file_path": file, "old_string": old, "new_string": "y"}, error


def bash(command: str, error: str = "") -> Call:
    return "Bash", {"command": command}, error


def test_pages_of_one_file_without_an_edit_are_counted() -> None:
    """[004-103] pagination-spiral: 3 reads of one file with only the page changed, and no edit between them."""
    assert found(read(0), read(200)) == {PAGINATION: 2}
    assert found(read(0), bash("ls"), read(200), read(400)) == {PAGINATION: 3}
    assert PAGINATION not in found(read(0), read(200), read(400), edit())
    assert found(read(0), read(200, "b.py"), read(400)) == {PAGINATION: 2}


def test_the_same_call_in_a_row_is_counted() -> None:
    """[004-104] turn-key-repetition: 3 identical consecutive calls, with no other call between them."""
    assert found(bash("pnpm test"), bash("pnpm test")) == {TURN_REPEAT: 2}
    assert found(*[bash("pnpm test")] * 3) == {TURN_REPEAT: 3}
    assert found(bash("pnpm test"), bash("ls"), bash("pnpm test"), bash("ls")) == {}


def test_words_about_a_call_make_it_no_other_call() -> None:
    again = [("Bash", {"command": "make", "description": text}, "") for text in ("try", "once more", "again")]
    assert found(*again) == {TURN_REPEAT: 3}


def test_the_same_error_of_the_same_fix_is_counted() -> None:
    """[004-105] error-echo: the same error 3 times, with the same fix or a trivial variant of it each time."""
    no = "<tool_use_error>String to replace not found in file.</tool_use_error>"
    tries = [edit(error=no, old="x"), read(0), edit(error=no, old="x "), read(0, "b.py"), edit(error=no, old=" x")]
    assert found(*tries[:3]) == {ERROR_ECHO: 2}
    assert found(*tries)[ERROR_ECHO] == 3


def test_numbers_in_an_error_make_it_no_other_error() -> None:
    assert found(*[bash("make", f"failed after 0.{n} s") for n in range(3)])[ERROR_ECHO] == 3


def test_a_change_between_makes_the_same_error_a_new_one() -> None:
    assert ERROR_ECHO not in found(bash("make", "red"), edit(), bash("make", "red"), edit("b.py"))
    assert ERROR_ECHO not in found(bash("make", "red"), bash("make"), bash("make", "red"), bash("ls"))


def test_edits_of_one_file_are_counted_by_file() -> None:
    """[004-108] spiral: the same file edited three times by one agent; two files are two counts."""
    assert found(edit(old="1"), edit("b.py"), edit(old="2")) == {SPIRAL: 2}
    assert found(edit(old="1"), edit("b.py"), edit(old="2"), edit(old="3")) == {SPIRAL: 3}


@pytest.mark.parametrize(
    "call",
    [
        bash("orch-agent ask --gate g-1 --wait 600"),
        ("BashOutput", {"bash_id": "1"}, ""),
        ("mcp__orch-tui__pending_decisions", {}, ""),
    ],
)
def test_who_waits_may_ask_again(call: Call) -> None:
    assert found(*[call] * 9) == {}


def test_what_is_found_names_call_file_and_error_on_one_safe_line() -> None:
    seen = Repetitions()
    for number in range(3):
        seen.called(str(number), "Edit", {"file_path": "a\x1b[31m\n.py", "old_string": "x"})
        seen.returned(str(number), "no\x1b]0;title\x07t found\n" * 400)
    (echo,) = [one for one in seen.found() if one.pattern == ERROR_ECHO]
    assert "\x1b" not in echo.what + echo.file + echo.error
    assert "\n" not in echo.what + echo.file + echo.error
    assert len(echo.error) <= 400


_GIVEN = st.dictionaries(st.sampled_from(["file_path", "command", "offset", "x"]), st.text(max_size=3), max_size=3)
_CALLS = st.lists(
    st.tuples(st.sampled_from(["Read", "Edit", "Bash"]), _GIVEN, st.sampled_from(["", "no"])), max_size=25
)


@given(_CALLS)
def test_no_pattern_is_longer_than_what_was_called(calls: list[Call]) -> None:
    told = found(*calls)
    assert set(told) <= set(PATTERNS)
    assert all(2 <= times <= len(calls) for times in told.values())


@given(_CALLS)
def test_different_calls_are_no_pattern(calls: list[Call]) -> None:
    apart = [
        (tool, {"command": f"{number}"}, error and f"error {'x' * number}")
        for number, (tool, _, error) in enumerate(calls)
    ]
    assert found(*apart) == {}


def test_however_many_calls_little_is_kept() -> None:
    seen = Repetitions()
    for number in range(2_000):
        seen.called(str(number), "Edit", {"file_path": f"{number}.py"})
        seen.returned(str(number), "no" if number % 2 else "")
    kept = vars(seen)
    assert all(len(table) <= 256 for table in kept.values() if isinstance(table, dict))
