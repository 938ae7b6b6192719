"""What a tool call is about, as its person reads it: whole, in its own lines, with nothing that imitates a sign."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from orchestrator_tui.core.bounds import bounded
from orchestrator_tui.core.model import Gate, Question
from orchestrator_tui.core.normalise import digest
from orchestrator_tui.core.normalise_calls import call_questions
from orchestrator_tui.core.text import is_clean
from orchestrator_tui.ui.present.cells import cell_width
from orchestrator_tui.ui.present.file_change import FileNow
from orchestrator_tui.ui.present.pieces import Piece, piece_lines
from orchestrator_tui.ui.present.tool_input import (
    file_of,
    has_input,
    input_pieces,
    input_title,
    option_notes,
)
from tests.hostile_text import ALL_PAYLOADS
from tests.ui.drawing import drawn, text_of, tokens_of
from tests.ui.states import ago, gate


def asked(tool: str, tool_input: dict[str, Any], suggestions: Any = None) -> Gate:
    found = call_questions(tool, tool_input, suggestions)
    assert found is not None
    return holding(found.questions[0])


def holding(question: Question) -> Gate:
    return replace(gate("alpha", question.question, asked=ago(1)), question=bounded(question), digest=digest(question))


def picture(one: Gate, width: int = 60, now: FileNow | None = None) -> str:
    return drawn(piece_lines(input_pieces(one, now), width))


# --- commands ----------------------------------------------------------------------------------------------


def test_one_command_is_one_line_and_its_other_fields_stand_below() -> None:
    one = asked("Bash", {"command": "npm test", "timeout": 5000, "run_in_background": True, "description": "Tests"})
    assert picture(one) == "$ npm test\ntimeout: 5000\nrun_in_background: yes"
    assert input_title(one.question) == "Input  Bash"


def test_lines_of_a_command_are_told_from_rows_of_one_line() -> None:
    command = "echo   " + "x" * 30 + "\nrm -rf build\n"
    assert picture(asked("Bash", {"command": command}), 24) == (
        "1 echo   xxxxxxxxxxxxxxx\n  xxxxxxxxxxxxxxx\n2 rm -rf build\n3"
    )


@pytest.mark.parametrize("text", ALL_PAYLOADS)
def test_nothing_that_a_terminal_could_obey_is_shown(text: str) -> None:
    calls = [
        asked("Bash", {"command": f"a\n{text}", text or "field": {text: [text, f"{text}\n{text}"]}}),
        asked("Edit", {"file_path": f"/{text}", "old_string": text, "new_string": f"{text}\n{text}x"}),
        asked("Write", {"file_path": f"/{text}", "content": text}),
        asked("ExitPlanMode", {"plan": f"# {text}\n```\n{text}\n```"}),
        asked("mcp__a__b", {text: text}),
    ]
    for one in calls:
        for width in (10, 61):
            for line in piece_lines(input_pieces(one, FileNow(text)), width):
                assert is_clean(text_of(line))
                assert "\n" not in text_of(line)
                assert cell_width(text_of(line)) <= width + 1


# --- files -------------------------------------------------------------------------------------------------

BEFORE = "".join(f"line {number}\n" for number in range(1, 11))
EDIT = {
    "file_path": "/shop/sum.py",
    "old_string": "line 5\nline 6",
    "new_string": "LINE 5\nline 6",
    "replace_all": False,
}


def test_an_edit_is_a_change_with_signs_before_its_lines() -> None:
    assert picture(asked("Edit", EDIT)) == "/shop/sum.py\n- line 5\n+ LINE 5\n  line 6"
    line = piece_lines(input_pieces(asked("Edit", EDIT)), 60)[2]
    assert tokens_of(line) == {"+": "track-done", "LINE 5": "track-done"}


def test_an_edit_shows_its_place_in_the_file_as_it_is_now() -> None:
    assert picture(asked("Edit", EDIT), now=FileNow(BEFORE)) == (
        "/shop/sum.py\n   …\n"
        " 2   line 2\n 3   line 3\n 4   line 4\n 5 - line 5\n 5 + LINE 5\n 6   line 6\n 7   line 7\n 8   line 8"
    )


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (FileNow("other\n"), "the file does not hold the old text now: the edit would fail"),
        (FileNow(exists=False), "a new file:"),
        (FileNow(why="it lies outside of the repository"), "what the file holds now is not shown: it lies outside of"),
    ],
)
def test_an_edit_that_cannot_be_placed_says_why(now: FileNow, told: str) -> None:
    shown = picture(asked("Edit", EDIT), 100, now)
    assert told in shown
    assert "- line 5\n+ LINE 5" in shown


def test_an_edit_of_every_place_says_so() -> None:
    everywhere = {**EDIT, "old_string": "line", "new_string": "row", "replace_all": True}
    assert "everywhere in the file:\n- line\n+ row" in picture(asked("Edit", everywhere))
    assert picture(asked("Edit", everywhere), now=FileNow("line line\n")).endswith("1 - line line\n1 + row row")


def test_several_edits_of_one_call_are_one_change() -> None:
    edits = [{"old_string": "line 1\n", "new_string": ""}, {"old_string": "line 10", "new_string": "end"}]
    one = asked("MultiEdit", {"file_path": "/f", "edits": edits})
    assert picture(one) == "/f\n- line 1\n\n- line 10\n+ end"
    assert " 1 - line 1\n" in picture(one, now=FileNow(BEFORE))
    assert picture(one, now=FileNow(BEFORE)).endswith("10 - line 10\n 9 + end")


def test_a_written_file_is_shown_beside_the_one_that_is_there() -> None:
    one = asked("Write", {"file_path": "/f", "content": "a\nB"})
    assert picture(one) == "/f\nall of the file as it would be:\n1 a\n2 B\nno line break at the end"
    assert picture(one, now=FileNow(exists=False)) == (
        "/f\na new file of 2 lines:\n1 + a\n2 + B\nno line break at the end"
    )
    assert picture(one, now=FileNow("a\nb\n")) == (
        "/f\nreplaces the file:\n1   a\n2 - b\n2 + B\nno line break at the end"
    )
    assert picture(one, now=FileNow("a\nB")) == "/f\nthe file is like this already"


def test_a_sign_in_a_file_is_no_sign_of_ours() -> None:
    one = asked("Write", {"file_path": "/f", "content": "- removed\n+ added\n"})
    assert [piece.gutter for piece in input_pieces(one, FileNow(exists=False))[2:]] == ["1 + ", "2 + "]


def test_a_great_change_costs_little() -> None:
    """Hostile or generated files must not stop the screen: they are not compared, or only roughly."""
    before, after = "a\nb\n" * 5_000, "b\na\n" * 5_000
    started = time.process_time()
    written = asked("Write", {"file_path": "/f", "content": after[:20_000]})
    assert len(input_pieces(written, FileNow(before))) > 10_000
    assert time.process_time() - started < 5, "seconds of processor time, a hundred times what it takes"


def test_which_file_is_looked_at() -> None:
    assert file_of(asked("Edit", EDIT).question) == "/shop/sum.py"
    assert file_of(asked("Bash", {"command": "ls", "file_path": "/x"}).question) == ""
    assert file_of(asked("ExitPlanMode", {"plan": "x"}).question) == ""


# --- everything else ---------------------------------------------------------------------------------------


def test_any_other_input_is_told_field_by_field() -> None:
    one = asked(
        "mcp__github__create_issue", {"title": "t", "labels": ["a", {"b": None}], "body": "x\n  y", "draft": False}
    )
    assert input_title(one.question) == "Input  create_issue of github"
    assert picture(one) == ("title: t\nlabels:\n  1: a\n  2:\n    b: nothing\nbody:\n  x\n    y\ndraft: no")
    assert picture(asked("WebFetch", {"url": "https://example.com/a", "prompt": "read"})) == (
        "https://example.com/a\nprompt: read"
    )


def test_what_could_not_be_kept_is_said_first() -> None:
    shown = picture(asked("Bash", {"command": "x" * 100_000}), 100)
    assert shown.startswith("5")
    assert "characters of it could not be kept: the agent's terminal shows all of it." in shown.splitlines()[0]
    fields = {f"field {number}": "x" * 200 for number in range(2_000)}
    assert "could not be kept" in picture(asked("Odd", fields), 100)


def test_a_plan_is_read_as_it_is_written() -> None:
    plan = "# Cache the totals\n\n1. measure what is slow, then\n```\nx    =   1\n```\n| a | b |"
    pieces = input_pieces(asked("ExitPlanMode", {"plan": plan}))
    assert picture(asked("ExitPlanMode", {"plan": plan}), 20) == (
        "# Cache the totals\n\n1. measure what is\nslow, then\n```\nx    =   1\n```\n| a | b |"
    )
    assert pieces[0] == Piece("# Cache the totals", "strong", prose=True)
    assert input_title(asked("ExitPlanMode", {"plan": plan}).question) == "Plan"


@pytest.mark.parametrize("plan", [{}, {"plan": ""}, {"plan": " \n "}])
def test_that_no_plan_was_written_is_said_in_its_place(plan: dict[str, str]) -> None:
    assert picture(asked("ExitPlanMode", plan)) == "No plan was written."


SHOWN = [
    {"label": "boxes", "description": "a frame  around each", "preview": "+--+\n|  |\n+--+"},
    {"label": "plain", "description": "nothing"},
]


def test_options_show_what_they_look_like() -> None:
    one = asked("AskUserQuestion", {"questions": [{"question": "Which?", "header": "Look", "options": SHOWN}]})
    assert option_notes(one.question) == {"boxes": "a frame  around each", "plain": "nothing"}
    assert input_title(one.question) == "Previews"
    assert picture(one) == ("1  boxes\n   a frame around each\n   +--+\n   |  |\n   +--+\n\n2  plain\n   nothing")


def test_what_has_more_to_show_than_its_words() -> None:
    plain = {"question": "Which?", "options": [{"label": "a"}]}
    assert not has_input(asked("AskUserQuestion", {"questions": [plain]}).question)
    assert has_input(asked("ExitPlanMode", {"plan": "x"}).question)
    assert not has_input(Question("task", "Go on?", subject={"tool": "Bash", "input": {"command": "ls"}}))


@pytest.mark.parametrize("subject", [None, [], "text", {}, {"tool": 7}, {"input": []}, {"input": {"file_path": 7}}])
def test_a_subject_of_another_shape_shows_nothing(subject: Any) -> None:
    one = holding(Question("permission", "Allow?", subject=subject))
    assert isinstance(picture(one), str)
    assert input_title(one.question).startswith("Input")
    assert option_notes(replace(one.question, kind="question")) == {}
