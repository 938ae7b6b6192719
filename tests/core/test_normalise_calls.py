"""Tool calls that wait for a person as questions: what is offered, in which words, about which input (DESIGN §4.3)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.bounds import bounded, left_out
from orchestrator_tui.core.model import Question, Risk
from orchestrator_tui.core.normalise import digest
from orchestrator_tui.core.normalise_calls import (
    EDIT,
    asked_questions,
    call_questions,
    command_of,
    editable_of,
    permission_question,
    plan_question,
    suggestion_words,
    tool_words,
)
from orchestrator_tui.core.risk import assess, danger_word

RULE = {
    "type": "addRules",
    "rules": [{"toolName": "Bash", "ruleContent": "touch made *"}],
    "behavior": "allow",
    "destination": "localSettings",
}
DIRECTORY = {"type": "addDirectories", "directories": ["/home/ann/shop"], "destination": "session"}
MODE = {"type": "setMode", "mode": "acceptEdits", "destination": "session"}


def asked(tool: str, tool_input: dict[str, Any], suggestions: Any = None, directory: str = "") -> Question:
    found = call_questions(tool, tool_input, suggestions, directory)
    assert found is not None
    (question,) = found.questions
    return question


def options(question: Question) -> list[tuple[str, str, str]]:
    return [(one.key, one.label, one.role) for one in question.options]


# --- permissions -------------------------------------------------------------------------------------------


def test_a_permission_is_asked_in_few_words_about_the_whole_input() -> None:
    tool_input = {"command": "set -e\npnpm db:migrate", "description": "Migrate the database"}
    question = asked("Bash", tool_input)
    assert (question.kind, question.question) == ("permission", "Allow Bash: set -e … (+1 line)")
    assert question.context == "Migrate the database"
    assert question.subject == {"tool": "Bash", "input": tool_input}
    assert options(question) == [
        ("allow", "allow", "approve"),
        ("edit", "allow, with the command changed", "edit"),
        ("deny", "deny, with a reason", "reject"),
    ]


def test_what_claude_code_suggests_is_offered_one_by_one_in_words() -> None:
    found = call_questions(
        "Bash", {"command": "touch made"}, [RULE, DIRECTORY, MODE, {**MODE}, "odd"], "/home/ann/shop"
    )
    assert found is not None
    (question,) = found.questions
    assert [(key, label) for key, label, _ in options(question)] == [
        ("allow", "allow"),
        ("dont-ask-again", "allow, and don't ask again for Bash(touch made *) in this project"),
        ("add-directory", "allow, and let it work in /home/ann/shop in this session"),
        (
            "accept-edits",
            "allow, and accept edits and common file commands in this session",
        ),
        (
            "accept-edits-2",
            "allow, and accept edits and common file commands in this session",
        ),
        ("edit", "allow, with the command changed"),
        ("deny", "deny, with a reason"),
    ]
    assert found.permissions == {
        "dont-ask-again": RULE,
        "add-directory": DIRECTORY,
        "accept-edits": MODE,
        "accept-edits-2": MODE,
    }
    assert question.subject["offered"] == found.permissions, "what would be put into force stands in the record"


@pytest.mark.parametrize(
    ("suggestion", "words"),
    [
        (
            {**RULE, "behavior": "deny", "destination": "session"},
            "from then on deny Bash(touch made *) in this session",
        ),
        (
            {**RULE, "rules": [{"toolName": "WebSearch"}]},
            "don't ask again for WebSearch in this project",
        ),
        ({**MODE, "mode": "bypassPermissions"}, "ask for nothing more in this session"),
        ({**MODE, "mode": "newMode"}, "switch to the mode newMode in this session"),
        ({"type": "removeRules", "rules": []}, 'change its permissions: {"rules":[],"type":"removeRules"}'),
        ({"type": "addRules"}, 'change its permissions: {"type":"addRules"}'),
    ],
)
def test_a_suggestion_says_what_it_does(suggestion: dict[str, Any], words: str) -> None:
    assert suggestion_words(suggestion) == words


@pytest.mark.parametrize(
    ("tool", "tool_input", "question"),
    [
        ("Edit", {"file_path": "/home/ann/shop/cart/sum.py", "old_string": "a"}, "Allow Edit: cart/sum.py"),
        ("Write", {"file_path": "/etc/hosts", "content": "x"}, "Allow Write: /etc/hosts"),
        ("Write", {"file_path": "/home/ann/shopping/x", "content": "x"}, "Allow Write: /home/ann/shopping/x"),
        ("WebFetch", {"url": "https://example.com", "prompt": "p"}, "Allow WebFetch: https://example.com"),
        ("mcp__github__create_issue", {"title": "t"}, "Allow create_issue of github?"),
        ("Todo", {"items": []}, "Allow Todo?"),
        ("Bash", {"command": ["rm"]}, "Allow Bash?"),
        ("Bash", {"command": " \n "}, "Allow Bash?"),
        ("Bash", {"command": "x" * 400}, f"Allow Bash: {'x' * 300}… (+100 characters)"),
    ],
)
def test_the_line_of_a_permission_names_what_matters(tool: str, tool_input: dict[str, Any], question: str) -> None:
    assert asked(tool, tool_input, directory="/home/ann/shop").question == question


def test_only_one_line_of_input_can_be_changed_by_hand() -> None:
    assert [tool for tool, key in _EDITABLE if EDIT in {one[0] for one in options(asked(tool, {key: "x"}))}] == [
        "Bash",
        "WebFetch",
        "WebSearch",
    ]
    assert EDIT not in {one[0] for one in options(asked("Bash", {"command": 7}))}


_EDITABLE = (
    ("Bash", "command"),
    ("WebFetch", "url"),
    ("WebSearch", "query"),
    ("Edit", "file_path"),
    ("mcp__a__b", "command"),
)


@pytest.mark.parametrize(
    ("command", "risk"),
    [
        ("ls -la", Risk.UNKNOWN),
        ("rm -rf build", Risk.CHECK),
        ("set -e\ncd build\ngit push --force origin main", Risk.CHECK),
        ("echo " + "x" * 5000 + "\nrm -rf /", Risk.CHECK),
    ],
)
def test_a_destructive_command_is_looked_at_twice_wherever_it_stands(command: str, risk: Risk) -> None:
    question = bounded(permission_question("Bash", {"command": command}))
    assert assess(question, None)[0] is risk
    assert bool(danger_word(question)) == (risk is Risk.CHECK)


def test_a_file_that_speaks_of_danger_is_no_dangerous_command() -> None:
    question = permission_question("Write", {"file_path": "/notes.md", "content": "rm -rf / would delete all data"})
    assert assess(question, None)[0] is Risk.UNKNOWN


def test_what_cannot_be_shown_whole_is_looked_at_twice() -> None:
    question = bounded(permission_question("Bash", {"command": "echo " + "x" * 100_000 + "\nrm -rf /"}))
    assert left_out(question.subject) > 40_000
    assert assess(question, None) == (Risk.CHECK, "it is too long to be shown whole")
    assert command_of(question).startswith("echo xxx")
    assert command_of(plan_question({"plan": "x"})) == ""


def test_a_tool_of_a_server_is_named_by_both() -> None:
    assert tool_words("mcp__github__create_issue") == "create_issue of github"
    assert tool_words("mcp__odd") == "mcp__odd"
    assert tool_words("Bash") == "Bash"


# --- questions ---------------------------------------------------------------------------------------------

SHIP = {
    "question": "Ship it?",
    "header": "Release",
    "options": [{"label": "ship", "description": "now"}, {"label": "fix it first"}],
    "multiSelect": True,
}
WHERE = {"question": "Where to?", "header": "Target", "options": [{"label": "a"}, {"label": "b"}]}


def test_an_ask_user_question_call_is_a_gate_of_its_own_labels() -> None:
    question = asked("AskUserQuestion", {"questions": [SHIP]})
    assert (question.kind, question.question, question.context) == ("question", "Ship it?", "Release")
    assert (question.free_text, question.multiple) == (True, True)
    assert [(one.key, one.label) for one in question.options] == [("ship", "ship"), ("2", "fix it first")]
    assert question.subject == {"tool": "AskUserQuestion", "input": SHIP, "place": 1, "of": 1}


def test_several_questions_of_one_call_are_told_apart() -> None:
    first, second = asked_questions({"questions": [SHIP, WHERE]})
    assert first.context == "Release · question 1 of 2; they are answered together"
    assert second.context == "Target · question 2 of 2; they are answered together"
    assert (first.multiple, second.multiple) == (True, False)
    assert digest(first) != digest(second)


@pytest.mark.parametrize(
    "call",
    [
        {},
        {"questions": "Ship it?"},
        {"questions": []},
        {"questions": ["Ship it?"]},
        {"questions": [SHIP, SHIP]},
        {"questions": [SHIP, {"question": "Where to?", "options": []}]},
        {"questions": [{**WHERE, "question": str(number)} for number in range(10)]},
        {"questions": [{"question": "", "options": [{"label": "b"}]}]},
        {"questions": [{"question": "a", "options": []}]},
        {"questions": [{"question": "a", "options": "b"}]},
        {"questions": [{"question": "a", "options": [{"label": 7}]}]},
        {"questions": [{"options": [{"label": "b"}]}]},
    ],
)
def test_what_cannot_be_answered_whole_stays_with_its_own_dialog(call: dict[str, Any]) -> None:
    assert asked_questions(call) == ()
    assert call_questions("AskUserQuestion", call) is None


# --- plans -------------------------------------------------------------------------------------------------


def test_a_plan_is_shown_whole_and_offers_what_its_dialog_offers() -> None:
    plan = "# Cache the totals\n\n1. *measure*\n"
    question = asked("ExitPlanMode", {"plan": plan, "planFilePath": "/home/ann/.claude/plans/x.md"})
    assert (question.kind, question.question) == ("plan", "Approve the plan: Cache the totals?")
    assert question.context == plan
    assert [(key, role) for key, _, role in options(question)] == [
        ("approve", "approve"),
        ("approve-accept-edits", ""),
        ("approve-ask-edits", ""),
        ("keep-planning", "reject"),
    ]
    assert digest(question) != digest(plan_question({"plan": plan + "2. ship\n"})), "another plan is another question"
    assert plan_question({"plan": "measure"}).question == "Approve the plan?"


@pytest.mark.parametrize("tool_input", [{}, {"plan": ""}, {"plan": " \n\t"}, {"plan": None}, {"plan": ["measure"]}])
def test_a_plan_that_was_not_written_is_not_asked_to_be_approved(tool_input: dict[str, Any]) -> None:
    assert plan_question(tool_input).question == "Leave plan mode? No plan was written."


def test_a_long_plan_is_kept_as_far_as_an_event_holds_it() -> None:
    plan = "# P\n" + "step\n" * 8_000
    assert bounded(plan_question({"plan": plan})).context == plan
    assert left_out(bounded(plan_question({"plan": plan * 3})).context) > 0


def test_a_command_that_was_not_kept_whole_is_not_offered_as_what_to_change() -> None:
    """Whoever changes it would send the mark of the cut along."""
    command = "echo " + "\U0001f600" * 3_900
    rule = {**RULE, "rules": [{"toolName": "Bash", "ruleContent": command}]}
    kept = asked("Bash", {"command": command}, [rule, rule, rule])
    assert editable_of(kept) == command
    cut = bounded(kept)
    assert left_out(cut.subject) > 0
    assert editable_of(cut) == ""
