"""Names that several processes must arrive at alone."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.naming import (
    call_gate_id,
    gates_of_call,
    is_call_gate,
    is_task_source,
    list_batch_id,
    part_gate_id,
    task_source,
)


def test_a_list_has_the_same_batch_wherever_it_is_watched_from() -> None:
    batch = list_batch_id("/home/ann/.claude/tasks/Orch List_1")
    assert batch.startswith("orch-list-1-")
    assert batch == list_batch_id("/home/ann/.claude/tasks/Orch List_1")
    assert batch != list_batch_id("/home/bob/.claude/tasks/Orch List_1")


@pytest.mark.parametrize("directory", ["/", "/任务", "/" + "x" * 300, "/a b/$(rm -rf ~)"])
def test_any_directory_makes_a_safe_name(directory: str) -> None:
    batch = list_batch_id(directory)
    assert batch.replace("-", "").isalnum()
    assert batch.isascii()
    assert len(batch) <= 50


def test_a_task_is_known_by_its_source() -> None:
    assert task_source("7") == "task:7"
    assert is_task_source(task_source("7"))
    assert not is_task_source("session:abc")


def of_call(tool: str, tool_input: dict[str, object], cwd: str = "/home/ann/shop") -> str:
    return call_gate_id("session-1", "", tool, tool_input, cwd)


ASKED = {"question": "Ship?", "header": "Gate", "options": [{"label": "a"}, {"label": "b"}]}


@pytest.mark.parametrize(
    ("tool", "hook", "transcript"),
    [
        ("Write", {"file_path": "/home/ann/shop/g.txt", "content": "x"}, {"file_path": "./b/../g.txt", "content": "x"}),
        ("Edit", {"file_path": "/a", "old_string": "1", "replace_all": False}, {"file_path": "/a", "old_string": "1"}),
        ("AskUserQuestion", {"questions": [{**ASKED, "multiSelect": False}]}, {"questions": [ASKED]}),
        ("ExitPlanMode", {}, {"plan": "# told, and not written to its file"}),
        (
            "AskUserQuestion",
            {"questions": [ASKED], "answers": {"Ship?": "a"}, "annotations": {}},
            {"questions": [ASKED]},
        ),
        ("Bash", {"command": "ls", "timeout": 5000}, {"timeout": 5000, "command": "ls"}),
    ],
)
def test_a_hook_and_a_transcript_name_the_gate_of_a_call_alike(
    tool: str, hook: dict[str, object], transcript: dict[str, object]
) -> None:
    assert of_call(tool, hook) == of_call(tool, transcript)


def test_calls_that_differ_have_gates_of_their_own() -> None:
    gates = [
        of_call("Write", {"file_path": "a/__init__.py", "content": ""}),
        of_call("Write", {"file_path": "b/__init__.py", "content": ""}),
        of_call("Write", {"file_path": "a/__init__.py", "content": ""}, cwd="/elsewhere"),
        of_call("Read", {"file_path": "a/__init__.py", "content": ""}),
        of_call("AskUserQuestion", {"questions": [{**ASKED, "multiSelect": True}]}),
        of_call("AskUserQuestion", {"questions": [ASKED]}),
        call_gate_id("session-1", "agent-2", "Bash", {"command": "ls"}),
        call_gate_id("session-2", "", "Bash", {"command": "ls"}),
    ]
    assert len(set(gates)) == len(gates)


def test_several_questions_of_one_call_are_gates_of_that_call() -> None:
    call = of_call("AskUserQuestion", {"questions": [ASKED, ASKED]})
    parts = [part_gate_id(call, place) for place in (1, 2, 3)]
    assert parts == [call, f"{call}-2", f"{call}-3"]
    assert gates_of_call(call)[:3] == tuple(parts)
    assert all(map(is_call_gate, parts))
    assert not is_call_gate("task-1-stage-3")
