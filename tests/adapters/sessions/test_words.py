"""A tool call in words."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.adapters.sessions.words import LIMIT, tool_words
from orchestrator_tui.core.text import is_clean
from tests.hostile_text import ALL_PAYLOADS

CWD = "/home/dev/proj"


@pytest.mark.parametrize(
    ("tool", "given", "words"),
    [
        ("Edit", {"file_path": "/home/dev/proj/cart/sum.py", "old_string": "a"}, "Edit cart/sum.py"),
        ("Write", {"file_path": "/etc/hosts", "content": "x"}, "Write /etc/hosts"),
        ("Read", {"file_path": "notes.md"}, "Read notes.md"),
        ("NotebookEdit", {"notebook_path": "/home/dev/proj/a.ipynb"}, "NotebookEdit a.ipynb"),
        ("Bash", {"command": "pytest -q\n  tests", "description": "run"}, "Bash pytest -q tests"),
        ("Grep", {"pattern": "def sum", "path": "/x"}, "Grep def sum"),
        ("Agent", {"description": "write tests", "prompt": "long"}, "Agent write tests"),
        ("TaskUpdate", {"taskId": "3", "status": "completed"}, "TaskUpdate #3 completed"),
        ("TaskUpdate", {"taskId": "3", "metadata": {"stage": 4}}, "TaskUpdate #3 stage 4"),
        ("TaskCreate", {"subject": "Build it"}, "TaskCreate Build it"),
        ("AskUserQuestion", {"questions": [{"question": "Ship?"}]}, "AskUserQuestion Ship?"),
        ("mcp__orch-tui__request_decision", {"question": "Go on?"}, "orch-tui request_decision Go on?"),
        ("ExitPlanMode", {"plan": "# a plan"}, "ExitPlanMode"),
        ("Unheard", {"count": 3, "what": "this"}, "Unheard this"),
        ("Unheard", {}, "Unheard"),
    ],
)
def test_the_argument_that_tells_most(tool: str, given: dict[str, Any], words: str) -> None:
    assert tool_words(tool, given, CWD) == words


@pytest.mark.parametrize("given", [{"command": 5}, {"questions": [None]}, {"metadata": "x"}, {"file_path": None}])
def test_an_input_of_another_shape_is_passed_over(given: dict[str, Any]) -> None:
    for tool in ("Bash", "AskUserQuestion", "TaskUpdate", "Edit"):
        assert tool_words(tool, given, CWD).startswith(tool)


@pytest.mark.parametrize("text", ALL_PAYLOADS)
def test_hostile_words_are_made_safe_and_short(text: str) -> None:
    for tool, given in (("Bash", {"command": text * 50}), (text or "x", {"a": text}), ("Edit", {"file_path": text})):
        words = tool_words(tool, given, CWD)
        assert is_clean(words)
        assert len(words) <= LIMIT
        assert "\n" not in words
