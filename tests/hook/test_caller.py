"""Which task list a hook's call belongs to: the one that whoever watches Claude Code finds, too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.hook.claude import Caller
from tests.hook.scene import ROOT

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


def test_a_list_of_its_team_goes_before_its_own(tmp_path: Path) -> None:
    (tmp_path / "tasks" / "session-0a1b2c3d").mkdir(parents=True)
    caller = Caller(CALL, {"CLAUDE_CONFIG_DIR": str(tmp_path)})
    assert caller.list_directory == os.path.realpath(tmp_path / "tasks" / "session-0a1b2c3d")


@pytest.mark.parametrize("identifier", ["../x", "a/b", "a\nb", "", 7, "x" * 300])
def test_a_session_or_agent_that_cannot_be_is_none(identifier: object) -> None:
    with pytest.raises((KeyError, ValueError)):
        Caller({**CALL, "session_id": identifier}, {"HOME": "/"})
    if identifier:
        with pytest.raises(ValueError, match="no session or agent"):
            Caller({**CALL, "agent_id": identifier}, {"HOME": "/"})


def test_a_sub_agent_has_an_address_track_and_transcript_of_its_own() -> None:
    call = {**CALL, "agent_id": "amate1-61a8fceb9b439000", "transcript_path": "/p/0a1b2c3d-session.jsonl"}
    caller = Caller(call, {"HOME": "/"})
    assert caller.address == "0a1b2c3d-session/amate1-61a8fceb9b439000"
    assert (caller.track, caller.source) == ("agent-9b439000", "agent:amate1-61a8fceb9b439000")
    own = "/p/0a1b2c3d-session/subagents/agent-amate1-61a8fceb9b439000.jsonl"
    assert caller.transcript == Path(own)
    assert Caller({**call, "agent_transcript_path": "/elsewhere.jsonl"}, {"HOME": "/"}).transcript == Path(
        "/elsewhere.jsonl"
    )
    assert Caller(CALL, {"HOME": "/"}).transcript is None


def test_its_repository_is_where_its_session_was_started(tmp_path: Path) -> None:
    """An agent may have gone anywhere meanwhile, into a worktree or out of the repository."""
    main, elsewhere = tmp_path / "main", tmp_path / "elsewhere"
    for directory in (main / ".git", main / "deep", elsewhere):
        directory.mkdir(parents=True)
    call = {**CALL, "cwd": str(elsewhere)}
    assert Caller(call, {"HOME": "/", "CLAUDE_PROJECT_DIR": str(main / "deep")}).repository == main
    assert Caller(call, {"HOME": "/"}).repository == elsewhere


@pytest.mark.parametrize(
    ("entrypoint", "agent", "at_a_terminal"), [("cli", "", True), ("cli", "a1", False), ("sdk-cli", "", False)]
)
def test_only_a_main_agent_may_have_its_person_before_it(entrypoint: str, agent: str, at_a_terminal: bool) -> None:
    caller = Caller({**CALL, "agent_id": agent}, {"HOME": "/", "CLAUDE_CODE_ENTRYPOINT": entrypoint})
    assert caller.at_a_terminal is at_a_terminal


def test_a_claude_code_that_has_ended_is_gone() -> None:
    with subprocess.Popen(["sleep", "60"]) as claude:
        caller = Caller(CALL, {"HOME": "/", "CLAUDE_PID": str(claude.pid)})
        assert not caller.gone()
        claude.kill()
        claude.wait()
        assert caller.gone()


def test_a_hook_whose_shell_was_ended_is_given_up() -> None:
    """Its own process is left when the shell that runs its command is killed alone."""
    program = (
        "import os, sys, time; from orchestrator_tui.hook.claude import Caller;"
        "caller = Caller({'session_id': 's', 'cwd': '/'}, {'HOME': '/'});"
        "os.kill(os.getppid(), 9);"
        "[time.sleep(0.01) for _ in range(1000) if not caller.gone()]; print(caller.gone(), flush=True)"
    )
    shell = subprocess.Popen(
        ["sh", "-c", '"$0" -P -c "$1"; exit 0', sys.executable, program],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert shell.communicate(timeout=60)[0] == b"True\n"
