"""`doctor` on the connection to Claude Code: each state there is, and the one line that mends it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.process import identity
from orchestrator_tui.cli.claude_files import interpreter
from orchestrator_tui.journal.home import state_home
from orchestrator_tui.journal.mail import post
from orchestrator_tui.mcp_server.tools import TOOLS
from tests.cli.scene import Ended, Scene
from tests.cli.test_doctor import about

CONNECT = "orch-tui connect claude"


@pytest.fixture
def settings(scene: Scene) -> Path:
    """The settings of a person who is connected."""
    path = Path(os.environ["HOME"], ".claude", "settings.json")
    path.parent.mkdir()
    assert scene.run("connect", "claude", "--yes").code == 0
    return path


def doctor(scene: Scene, **env: str) -> Ended:
    return scene.run("doctor", "--json", env=env)


def edit(path: Path, change: Any) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def test_where_nothing_is_connected_every_fix_is_one_command(scene: Scene) -> None:
    ended = doctor(scene)
    for matter in ("connection", "hold times", "mcp waiting", "hooks", "mcp server"):
        found = about(ended, matter)
        assert (found["level"], found["fix"]) == ("remark", CONNECT), found
    assert about(ended, "connection")["data"]["connected"] is False


def test_connected_everything_is_tried_and_well(scene: Scene, settings: Path) -> None:
    ended = doctor(scene)
    assert ended.code == 0
    for matter in ("task tools", "connection", "hold times", "mcp waiting", "messages", "mcp server"):
        assert about(ended, matter)["level"] == "ok", about(ended, matter)
    assert about(ended, "connection")["data"]["scopes"][0]["state"] == "complete"
    assert about(ended, "mcp server")["data"]["tools"] == list(TOOLS)
    tried = about(ended, "hooks")
    assert tried["level"] in ("ok", "remark")
    assert min(tried["data"]["mail_ms"], tried["data"]["python_ms"]) >= 0
    assert about(ended, "mcp waiting")["data"] == {"value": "0", "where": str(settings)}


def test_an_interpreter_that_is_gone(scene: Scene, settings: Path) -> None:
    settings.write_text(settings.read_text().replace(str(interpreter()), "/gone/bin/python"))
    ended = doctor(scene)
    assert ended.code == 1
    found = about(ended, "connection")
    assert (found["level"], found["fix"]) == ("problem", CONNECT)
    assert "interpreter gone (there is no /gone/bin/python)" in found["text"]
    assert about(ended, "hooks")["level"] == "problem"
    assert scene.run("connect", "claude", "--yes").code == 0
    assert doctor(scene).code == 0


def test_hooks_of_another_home(scene: Scene, settings: Path, tmp_path: Path) -> None:
    found = about(doctor(scene, ORCH_HOME=str(tmp_path / "moved")), "connection")
    assert found["level"] == "problem"
    assert f"moved home (hooks tell {state_home(os.environ)}, this is {tmp_path / 'moved'})" in found["text"]


def test_older_hooks_and_missing_ones(scene: Scene, settings: Path) -> None:
    edit(settings, lambda value: value["hooks"].pop("Stop"))
    found = about(doctor(scene), "connection")
    assert (found["level"], found["fix"]) == ("remark", CONNECT)
    assert "partly (missing or older: 1 hook for" in found["text"]


def test_a_hold_that_is_too_short(scene: Scene, settings: Path) -> None:
    def shorten(value: Any) -> None:
        value["hooks"]["Stop"][0]["hooks"][0]["timeout"] = 30

    edit(settings, shorten)
    found = about(doctor(scene), "hold times")
    assert (found["level"], found["fix"]) == ("remark", CONNECT)
    assert "Stop may hold 30 s only" in found["text"]
    assert found["data"]["short"] == [{"file": str(settings), "event": "Stop", "timeout": 30}]


def test_hooks_that_are_turned_off(scene: Scene, settings: Path) -> None:
    edit(settings, lambda value: value.update(disableAllHooks=True))
    found = about(doctor(scene), "connection")
    assert (found["level"], "hooks are turned off" in found["text"]) == ("problem", True)


def test_calls_that_are_moved_into_the_background(scene: Scene, settings: Path) -> None:
    edit(settings, lambda value: value["env"].update(CLAUDE_CODE_MCP_AUTO_BACKGROUND_MS="5000"))
    found = about(doctor(scene), "mcp waiting")
    assert found["level"] == "remark"
    assert found["fix"] == f'put "CLAUDE_CODE_MCP_AUTO_BACKGROUND_MS": "0" into "env" of {settings}'


def test_one_scope_is_broken_and_one_command_mends_it(scene: Scene) -> None:
    git = ["git", "-C", str(scene.repository)]
    subprocess.run([*git, "init", "-q"], check=True)
    assert scene.run("connect", "claude", "--project", "--yes").code == 0

    def spoil(value: Any) -> None:
        value["projects"][str(scene.repository)].pop("mcpServers")

    edit(Path(os.environ["HOME"], ".claude.json"), spoil)
    local = scene.repository / ".claude" / "settings.local.json"
    edit(local, lambda value: value.pop("env"))
    ended = doctor(scene)
    fixes = {one["about"]: one["fix"] for one in ended.json()["findings"] if "connect claude" in one["fix"]}
    assert set(fixes) == {"task tools", "connection", "mcp waiting", "mcp server"}
    assert fixes.pop("task tools").startswith(f"Turn the task tools on: {CONNECT} --project; or put")
    assert set(fixes.values()) == {f"{CONNECT} --project"}
    assert scene.run("connect", "claude", "--project", "--yes").code == 0
    assert not any("connect claude" in one["fix"] for one in doctor(scene).json()["findings"])


def test_a_message_that_is_not_read_and_mail_are_counted(scene: Scene, settings: Path) -> None:
    scene.task(1, "fix-auth", {"stage": 3})
    scene.watch()
    assert about(doctor(scene), "messages")["level"] == "ok"
    for text in ("use the cache TTL", "and nothing else"):
        assert scene.run("tell", "fix-auth", text).code == 0
    post(state_home(os.environ), "s-gone")
    found = about(doctor(scene), "messages")
    assert (found["level"], bool(found["fix"])) == ("remark", True)
    assert found["text"] == "2 messages not read yet: for fix-auth; 1 mail file of sessions that do not run"
    assert found["data"]["unread"] == [{"batch": scene.batch_id, "track": "fix-auth", "messages": 2}]
    scene.task(1, "fix-auth", {"stage": 3}, status="completed")
    scene.watch()
    found = about(doctor(scene), "messages")
    assert (found["level"], found["data"]["unread"], found["data"]["left_behind"]) == ("ok", [], 1)


def test_fresh_mail_of_a_running_session_is_counted(scene: Scene, settings: Path) -> None:
    here = identity()
    assert here is not None
    sessions = settings.parent / "sessions"
    sessions.mkdir()
    entry = {"pid": here.pid, "procStart": here.start, "sessionId": "s-1", "cwd": "/", "version": "2.1.328"}
    (sessions / f"{here.pid}.json").write_text(json.dumps(entry))
    post(state_home(os.environ), "s-1")
    found = about(doctor(scene), "messages")
    assert (found["level"], found["text"]) == ("remark", "1 running session to fetch mail with the next tool call")


def test_an_answer_that_did_not_arrive(scene: Scene, settings: Path) -> None:
    path = scene.ask(1, "fix-auth", "Keep it?", ["keep", "drop"])
    scene.watch()
    assert about(doctor(scene), "answers")["level"] == "ok"
    path.unlink()
    assert scene.run("decide", "fix-auth", "keep").code == 1
    ended = doctor(scene)
    found = about(ended, "answers")
    assert (ended.code, found["level"]) == (1, "problem")
    assert found["text"] == "the answer to fix-auth did not reach its agent"
    assert "Enter sends it again" in found["fix"]
    assert [one["track"] for one in found["data"]["undelivered"]] == ["fix-auth"]


def test_malformed_settings(scene: Scene) -> None:
    path = Path(os.environ["HOME"], ".claude", "settings.json")
    path.parent.mkdir()
    path.write_text('{\n  "hooks": []\n}')
    found = about(doctor(scene), "connection")
    assert found["level"] == "problem"
    assert f'{path}, line 2: "hooks" is a list' in found["text"]


def test_mail_that_nobody_fetches(scene: Scene, settings: Path) -> None:
    here = identity()
    assert here is not None
    sessions = settings.parent / "sessions"
    sessions.mkdir()
    entry = {"pid": here.pid, "procStart": here.start, "sessionId": "s-1", "cwd": "/", "version": "2.1.328"}
    (sessions / f"{here.pid}.json").write_text(json.dumps(entry))
    home = state_home(os.environ)
    for session in ("s-1", "s-gone"):
        post(home, session)
        at = time.time() - 600
        os.utime(home / "mail" / session, (at, at))
    ended = doctor(scene)
    found = about(ended, "messages")
    assert (found["level"], found["data"]["left_behind"]) == ("remark", 1)
    assert "mail for session s-1 has waited 10 min" in found["text"]
    assert "claude --resume s-1" in found["fix"]
    assert about(ended, "claude code")["data"]["running_versions"] == ["2.1.328"]


@pytest.mark.parametrize(
    ("script", "level", "version"),
    [("echo '2.1.328 (Claude Code)'", "ok", "2.1.328"), ("exit 3", "remark", None), ("echo", "remark", None)],
)
def test_the_version_on_the_path(scene: Scene, tmp_path: Path, script: str, level: str, version: str | None) -> None:
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    found = about(doctor(scene, PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}"), "version")
    assert (found["level"], found["data"]["version"]) == (level, version)


def test_a_server_that_does_not_start(scene: Scene, settings: Path) -> None:
    servers = Path(os.environ["HOME"], ".claude.json")
    edit(servers, lambda value: value["mcpServers"]["orch-tui"].update(command="/gone/python"))
    found = about(doctor(scene), "mcp server")
    assert (found["level"], found["fix"]) == ("problem", CONNECT)
    assert "/gone/python cannot be started" in found["text"]


def test_a_hook_that_fails_is_told_with_what_it_said(scene: Scene, settings: Path) -> None:
    def spoil(value: Any) -> None:
        hook = value["hooks"]["UserPromptSubmit"][0]["hooks"][0]
        hook["command"] = f"echo broken pipe >&2; exit 1; {shlex.quote('x')} -m orchestrator_tui.hook --home /h Stop"

    edit(settings, spoil)
    found = about(doctor(scene), "hooks")
    assert (found["level"], "UserPromptSubmit: it ends with 1: broken pipe" in found["text"]) == ("problem", True)
