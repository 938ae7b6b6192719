"""Which task list a hook's call belongs to: the one that whoever watches Claude Code finds, too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator_tui.hook.claude import Caller

CALL = {"session_id": "0a1b2c3d-session", "cwd": "/somewhere"}


def test_a_session_has_a_list_of_its_own(tmp_path: Path) -> None:
    caller = Caller(CALL, {"HOME": str(tmp_path)})
    assert caller.list_directory == os.path.realpath(tmp_path / ".claude" / "tasks" / "0a1b2c3d-session")
    assert caller.track == "session-0a1b2c3d"


def test_sessions_that_share_a_list_are_one_batch(tmp_path: Path) -> None:
    environ = {"CLAUDE_CONFIG_DIR": str(tmp_path), "CLAUDE_CODE_TASK_LIST_ID": "our list"}
    assert Caller(CALL, environ).list_directory == os.path.realpath(tmp_path / "tasks" / "our-list")


def test_the_configuration_is_where_everybody_looks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    caller = Caller(CALL, {"HOME": str(tmp_path), "CLAUDE_CONFIG_DIR": "~/elsewhere"})
    assert caller.list_directory == os.path.realpath(tmp_path / "elsewhere" / "tasks" / "0a1b2c3d-session")


@pytest.mark.parametrize("missing", ["session_id", "cwd"])
def test_a_call_without_a_session_is_none(missing: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        Caller({**CALL, missing: ""}, {"HOME": "/"})
