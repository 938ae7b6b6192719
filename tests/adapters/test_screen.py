"""Whether a terminal's input line is free, by terminals of real sessions in every state."""

from __future__ import annotations

import pytest

from orchestrator_tui.adapters.screen import InputLine, input_line
from tests.adapters.sessions.homes import FIXTURES

VERSIONS = ("2.1.328", "2.1.197")
FREE, NO_INPUT = InputLine("", False), None
WORKS = InputLine("", True)
STATES = {
    "idle-fresh": FREE,
    "after-turn": FREE,
    "after-busy": FREE,
    "mode2": FREE,
    "ctrl-c": FREE,
    "help": FREE,
    "typed": InputLine("half typed words", False),
    "multiline": InputLine("line one", False),
    "slash": InputLine("/", False),
    "busy": WORKS,
    "busy-queued": WORKS,
    "busy-typed": InputLine("queued words", False),
    "shell": NO_INPUT,
    "write-dialog": NO_INPUT,
    "bash-dialog": NO_INPUT,
    "question": NO_INPUT,
    "model-menu": NO_INPUT,
    "status": NO_INPUT,
    "history-search": NO_INPUT,
    "transcript": NO_INPUT,
    "double-esc": NO_INPUT,
}


def captured(version: str, name: str) -> tuple[list[str], tuple[int, int]]:
    first, *screen = (FIXTURES / "screens" / version / f"{name}.ansi").read_text().split("\n")
    column, row = first.split(",")
    return screen, (int(column), int(row))


def test_every_captured_terminal_is_judged() -> None:
    for version in VERSIONS:
        assert {path.stem for path in (FIXTURES / "screens" / version).iterdir()} == set(STATES)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", STATES)
def test_the_input_line_of_a_real_terminal(version: str, name: str) -> None:
    assert input_line(*captured(version, name)) == STATES[name]


RULE = "─" * 30


def box(*lines: str, footer: str = "  ? for shortcuts") -> list[str]:
    return ["● done", RULE, *lines, RULE, footer, ""]


@pytest.mark.parametrize(
    ("line", "column", "text"),
    [
        ("❯\u00a0", 2, ""),
        ("❯ \x1b[7mT\x1b[0;2mry something\x1b[0m", 2, ""),
        ("\x1b[38;5;246m❯ \x1b[7mT\x1b[0;2m\x1b[38;2;9;9;9mry something\x1b[0m", 2, ""),
        ("❯ \x1b[7mT\x1b[0mry something", 2, "Try something"),
        ("❯ \x1b[7mT\x1b[0m", 2, "T"),
        ("❯ \x1b[2mfaint\x1b[22m not", 2, "faint not"),
        ("❯ \x1b[38;5;2mgreen is not faint\x1b[0m", 2, "green is not faint"),
        ("❯ typed\x1b[2m and suggested", 7, "typed and suggested"),
        ("❯ [Pasted text #1 +4 lines]", 27, "[Pasted text #1 +4 lines]"),
    ],
)
def test_what_is_typed_is_told_from_what_is_suggested(line: str, column: int, text: str) -> None:
    found = input_line(box(line), (column, 2))
    assert found is not None
    assert found.text == text


def test_a_second_line_that_is_empty_is_no_free_input_line() -> None:
    found = input_line(box("❯ first", "  "), (2, 3))
    assert found is not None
    assert found.text == "first"


@pytest.mark.parametrize(
    ("screen", "cursor"),
    [
        (box("❯ "), (2, 0)),
        (box("❯ "), (2, 40)),
        (box("❯ "), (2, -1)),
        ([], (0, 0)),
        (["❯ "], (2, 0)),
        ([RULE, "❯ "], (2, 1)),
        (["❯ ", RULE], (2, 0)),
        (box("> "), (2, 2)),
        (box(" 1. Yes", "❯ "), (2, 3)),
        (box("❯ 1. Yes", footer=" Esc to cancel · Tab to amend"), (2, 2)),
        (box("❯ ", footer="Enter to select · ↑/↓ to navigate"), (2, 2)),
    ],
)
def test_anything_else_is_no_input_line(screen: list[str], cursor: tuple[int, int]) -> None:
    assert input_line(screen, cursor) is None


def test_whether_a_text_was_put_in() -> None:
    long = "orch-tui: something is waiting for you, an answer to a question of yours"
    wrapped = InputLine("orch-tui: something is\n  waiting for you, an answer", False)
    assert wrapped.holds(long)
    assert InputLine("[Pasted text #2 +3 lines]", False).holds(long)
    assert not InputLine("", False).holds(long)
    assert not InputLine("what its person typed", False).holds(long)
