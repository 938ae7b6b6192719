"""An empty screen says why it is empty and what to do, for every reason there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator_tui.adapters.claude_home import TASK_TOOLS, task_tools
from orchestrator_tui.adapters.discovery import Found, Session
from orchestrator_tui.adapters.teaching import OTHER_WAYS, why_empty
from orchestrator_tui.core.text import is_clean

WORKED = Found(sessions=(Session("a"), Session("b")))


def said(found: Found, config: Path, environ: dict[str, str] | None = None) -> str:
    lines = why_empty(found, environ or {}, config, Path("/repo"))
    assert all(is_clean(line) for line in lines)
    assert lines[-3:] == OTHER_WAYS
    assert "orch-tui run plan.yaml" in OTHER_WAYS[1], "a run is begun from the empty screen, too"
    return "\n".join(lines)


def test_nobody_has_worked_here(tmp_path: Path) -> None:
    text = said(Found(), tmp_path)
    assert f"No Claude Code session has worked in /repo yet (looked in {tmp_path})" in text
    assert f'"env": {{"{TASK_TOOLS}": "1"}}  into {tmp_path}/settings.json' in text
    assert "orch-tui demo" in text
    assert "--tasks DIR" in text


def test_sessions_without_the_task_tools(tmp_path: Path) -> None:
    text = said(WORKED, tmp_path)
    assert "2 Claude Code sessions worked here, none has a task list: current models do not get the task tools" in text
    assert TASK_TOOLS in text


def test_the_tools_are_on_and_nothing_was_written_yet(tmp_path: Path) -> None:
    text = said(WORKED, tmp_path, {TASK_TOOLS: "1"})
    assert "The task tools are on: tracks appear with the first task" in text
    assert "settings.json" not in text


def test_the_tools_were_turned_off(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"env": {TASK_TOOLS: "0"}}))
    text = said(WORKED, tmp_path)
    assert f"is turned off in {tmp_path}/settings.json" in text
    assert "orch-tui connect" not in text, "what somebody has turned off is not ours to turn on"


def test_lists_that_were_cleared(tmp_path: Path) -> None:
    found = Found(("/tasks/a",), WORKED.sessions, {"/tasks/a": WORKED.sessions[:1]})
    assert "Claude Code clears a list when all of it is done" in said(found, tmp_path)


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ('{"env": {"%s": "1"}}', True),
        ('{"env": {"%s": 1}}', True),
        ('{"env": {"%s": true}}', True),
        ('{"env": {"%s": "false"}}', False),
        ('{"env": {}}', None),
        ('{"env": []}', None),
        ("[]", None),
        ("{", None),
    ],
)
def test_settings_are_read_as_they_are(tmp_path: Path, text: str, on: bool | None) -> None:
    (tmp_path / "settings.json").write_text(text % TASK_TOOLS if "%s" in text else text)
    assert task_tools({}, tmp_path, ()).on is on


def test_a_projects_settings_count_too(tmp_path: Path) -> None:
    local = tmp_path / "repo" / ".claude" / "settings.local.json"
    local.parent.mkdir(parents=True)
    local.write_text(json.dumps({"env": {TASK_TOOLS: "1"}}))
    found = task_tools({}, tmp_path, (tmp_path / "repo",))
    assert (found.on, found.where) == (True, str(local))
