"""The hooks as they are installed: what ``sh`` runs, for which tools, and that nothing happens where we are gone."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.hook.events import HANDLERS
from orchestrator_tui.hook.installed import ALWAYS, BY_MAIL, HOLDS_S, Entry, entries
from orchestrator_tui.hook.main import main
from orchestrator_tui.journal.mail import post
from tests.hook.scene import CHILD, ROOT, SESSION, Scene

TOOLS = ("TaskCreate", "TaskUpdate", "TaskGet", "TaskList", "TaskUpdateAll", "Bash", "Edit", "mcp__orch-tui__note", "T")


def interpreter(directory: Path) -> Path:
    """A stand-in for the installed interpreter that finds the program of this checkout though it is isolated."""
    path = directory / "a person's $PATH" / "python"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\n[ "$1" = -I ] || exit 9\nshift\nPYTHONPATH={ROOT} exec {sys.executable} -P "$@"\n')
    path.chmod(0o755)
    return path


def run(entry: Entry, call: dict[str, Any], environ: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-c", entry.command],
        input=json.dumps(call).encode(),
        env=environ,
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_every_tool_call_starts_the_program_once_at_most() -> None:
    """Claude Code searches for the matcher as a regular expression where it is more than names and bars."""
    after = [entry for entry in entries(Path("/p"), Path("/h")) if entry.event == "PostToolUse"]
    assert [entry.starts for entry in after] == [ALWAYS, BY_MAIL]
    for tool in TOOLS:
        named = tool in after[0].matcher.split("|")
        other = re.search(after[1].matcher, tool) is not None
        assert named is not other
        assert named is (tool in ("TaskCreate", "TaskUpdate"))


def test_what_holds_may_hold_for_a_day() -> None:
    holding = {entry.event for entry in entries(Path("/p"), Path("/h")) if entry.timeout == HOLDS_S}
    assert holding == {"PermissionRequest", "PostToolUse", "Stop", "SubagentStop"}


def test_no_path_of_a_person_is_in_it_but_the_two() -> None:
    python, home = Path("/one/person's/python"), Path("/one/person's/state home")
    for entry in entries(python, home):
        left = entry.command.replace(shlex.quote(str(python)), "").replace(shlex.quote(str(home)), "")
        assert "person" not in left
        assert not re.search(r"(^|[\s=])/", left), left


def test_every_event_is_one_that_the_program_knows() -> None:
    events = {entry.event for entry in entries(Path("/p"), Path("/h"))}
    assert events == {*HANDLERS, "TaskCompleted"}


@pytest.mark.parametrize("gone", ["the interpreter", "the program", "not runnable"])
def test_it_does_nothing_where_we_are_gone(tmp_path: Path, gone: str) -> None:
    python = tmp_path / "python"
    if gone != "the interpreter":
        python.write_text("#!/bin/sh\necho 'No module named orchestrator_tui' >&2\nexit 1\n")
        python.chmod(0o755 if gone == "the program" else 0o644)
    home = tmp_path / "home"
    post(home, SESSION)
    for entry in entries(python, home):
        done = run(entry, {}, {"CLAUDE_CODE_SESSION_ID": SESSION, "PATH": "/usr/bin:/bin"})
        assert (done.returncode, done.stdout) == (0, b""), entry


@pytest.mark.parametrize("session", [SESSION, "", None], ids=["no mail", "no session", "unset"])
def test_the_mail_check_starts_nothing_without_mail(tmp_path: Path, session: str | None) -> None:
    python, home = tmp_path / "python", tmp_path / "state home"
    python.write_text(f"#!/bin/sh\ntouch {shlex.quote(str(tmp_path / 'started'))}\n")
    python.chmod(0o755)
    post(home, "another-session")
    environ = {"PATH": "/usr/bin:/bin", **({} if session is None else {"CLAUDE_CODE_SESSION_ID": session})}
    checks = [entry for entry in entries(python, home) if entry.starts == BY_MAIL]
    assert len(checks) == 2
    for entry in checks:
        assert run(entry, {}, environ).returncode == 0
    assert not (tmp_path / "started").exists()
    post(home, SESSION)
    run(checks[0], {}, {**environ, "CLAUDE_CODE_SESSION_ID": SESSION})
    assert (tmp_path / "started").exists()


def test_as_installed_it_opens_brings_refuses_and_passes(scene: Scene, tmp_path: Path) -> None:
    """The whole way of one gate by the commands themselves."""
    installed = {(one.event, one.starts): one for one in entries(interpreter(tmp_path), scene.home)}

    def hook(call: dict[str, Any], starts: str = ALWAYS) -> subprocess.CompletedProcess[bytes]:
        done = run(installed[call["hook_event_name"], starts], call, scene.environ)
        assert b"Traceback" not in done.stderr
        return done

    scene.write("1")
    assert hook(scene.updates(**ASKED)).stdout == b""
    gate = scene.gate()
    assert gate.asker == SESSION
    refused = hook(scene.call("TaskCompleted", task_id="1"), "refusing")
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert gate.id.encode() in refused.stderr
    assert hook(scene.call("PostToolUse"), BY_MAIL).stdout == b""
    decision = scene.decide()
    told = hook(scene.call("PostToolUse"), BY_MAIL)
    assert decision in json.loads(told.stdout)["hookSpecificOutput"]["additionalContext"]
    assert hook(scene.call("TaskCompleted", task_id="1"), "refusing").returncode == 0
    assert hook(scene.call("Stop")).stdout == b""
    assert hook(scene.call("SubagentStop.subagent", CHILD)).stdout == b""


def test_the_console_script_takes_the_event_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    assert main(["Stop"]) == 0


ASKED: dict[str, Any] = {
    "stage": 3,
    "needsDecision": True,
    "decisionContext": "Which cache?",
    "decisionOptions": ["ship", "fix"],
}
