"""Connecting on the real Claude Code: running sessions take it up, and nobody loses anything where we are not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.claude_rig import ClaudeRig, HeadlessSession, Step, ToolCall, call, say, wait_until

pytestmark = pytest.mark.e2e_claude

ROOT = Path(__file__).resolve().parent.parent.parent
ASKS = {
    "stage": 3,
    "stageName": "Counsel",
    "stageStatus": "gate_blocked",
    "needsDecision": True,
    "decisionContext": "Red or blue?",
    "decisionOptions": ["red: as it was", "blue: anew"],
}
BARE = [sys.executable, "-m", "orchestrator_tui.cli.main"]


def orch(
    rig: ClaudeRig, *arguments: str, cwd: Path | None = None, command: list[str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``orch-tui`` in the project's folder; it ends well."""
    done = subprocess.run(
        [*(command or BARE), *arguments],
        cwd=cwd or rig.project,
        env=rig.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def gates(rig: ClaudeRig) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(orch(rig, "gates", "--json").stdout)["gates"]
    return found


def claude(rig: ClaudeRig, prompt: str, cwd: Path, more: Mapping[str, str] | None = None) -> HeadlessSession:
    """Run `claude -p` in a directory of its own to its end."""
    name = f"in-{cwd.name}-{len(list(rig.log.glob('in-*')))}"
    command = [*rig.cli.command, "-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions"]
    session = HeadlessSession(command, cwd, {**rig.environment(), **(more or {})}, rig.log / f"{name}.jsonl")
    try:
        session.send_prompt(prompt)
        assert session.finish() == 0
    finally:
        session.close()
    return session


def git(directory: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(directory), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def test_a_running_session_takes_our_hooks_up(each_claude_rig: ClaudeRig) -> None:
    rig, connected, seen = each_claude_rig, Event(), Event()
    rig.settings["skipDangerousModePermissionPrompt"] = True
    rig.write_settings()
    # Claude Code looks at its settings about once a second: the task asks until the hook has heard it.
    asking = Step(
        calls=(ToolCall("TaskUpdate", {"taskId": "1", "metadata": ASKS}),),
        hold=connected,
        until=lambda _: seen.is_set(),
    )
    steps = [call("TaskCreate", subject="[WF-1] colour (prd-to-pr) — Stage 3/8: Counsel", description="d"), asking]
    session = rig.start(rig.script("live", [*steps, say("done")]))
    rig.requests.wait_for_step("live", 1)

    said = orch(rig, "connect", "claude", "--yes").stdout
    assert "1 session runs now: hooks and variables reach them within seconds" in said
    connected.set()

    # Nobody is present, so nothing is held: only the hook can have opened the gate with its route.
    gate = wait_until(lambda: next(iter(gates(rig)), None), "the gate that the hook opened", every=0.2)
    seen.set()
    assert (gate["question"], gate["route"]) == ("Red or blue?", "hook")
    assert session.finish() == 0
    settings = json.loads((rig.config / "settings.json").read_text())
    assert settings["skipDangerousModePermissionPrompt"] is True


def test_a_new_session_has_our_tools_without_being_asked_and_the_skill(each_claude_rig: ClaudeRig) -> None:
    rig = each_claude_rig
    orch(rig, "connect", "claude", "--yes")
    steps = [call("Skill", skill="orch-tui"), call("mcp__orch-tui__note", text="seen"), say("done")]
    session = rig.run(rig.script("tools", steps), permissions="ask")
    assert session.result["permission_denials"] == []
    assert "Orchestrating beside orch-tui" in rig.requests.all("tools")[1].new_text
    assert "Recorded: note" in rig.requests.all("tools")[2].new_text


def test_where_our_program_has_moved_away_nothing_happens_and_nothing_breaks(
    each_claude_rig: ClaudeRig, tmp_path: Path
) -> None:
    rig = each_claude_rig
    venv = tmp_path / "installation"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    paths = [str(ROOT), *(one for one in sys.path if one.endswith("site-packages"))]
    (site / "here.pth").write_text("\n".join(paths) + "\n")
    orch(rig, "connect", "claude", "--yes", command=[str(venv / "bin" / "python"), *BARE[1:]])
    assert str(venv) in (rig.config / "settings.json").read_text()
    without = [one.new_text for one in told(rig, "connected")]
    shutil.move(venv, tmp_path / "moved")

    with_us_gone = [one.new_text for one in told(rig, "gone")]

    assert len(with_us_gone) == len(without) == 3
    assert not any("hook" in text.lower() for text in with_us_gone[1:]), "the model hears nothing of it"
    assert (rig.project / "gone").read_text() == "gone"
    found = json.loads(doctor(rig))["findings"]
    (connection,) = (one for one in found if one["about"] == "connection")
    assert (connection["level"], connection["fix"]) == ("problem", "orch-tui connect claude")


def told(rig: ClaudeRig, name: str) -> list[Any]:
    """What the model is told while it writes a file and makes a task."""
    made = str(rig.project / name)
    steps = [call("Write", file_path=made, content=name), call("TaskCreate", subject=name, description="d"), say("end")]
    session = rig.run(rig.script(name, steps))
    assert session.result["result"] == "end"
    return rig.requests.all(name)


def doctor(rig: ClaudeRig) -> str:
    """What the doctor says; it is not well."""
    done = subprocess.run(
        [*BARE, "doctor", "--json"], cwd=rig.project, env=rig.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    return done.stdout


def test_a_colleagues_clone_and_a_worktree_lose_nothing(each_claude_rig: ClaudeRig, tmp_path: Path) -> None:
    rig = each_claude_rig
    shared = rig.project / ".claude" / "settings.json"
    shared.parent.mkdir()
    theirs = {"hooks": {"PostToolUse": [{"hooks": [{"type": "command", "command": "echo x >> hooked"}]}]}}
    shared.write_text(json.dumps(theirs))
    git(rig.project, "add", "-A")
    git(rig.project, "commit", "-qm", "shared settings")
    orch(rig, "connect", "claude", "--project", "--yes")
    assert git(rig.project, "status", "--porcelain") == ""
    clone, worktree = tmp_path / "clone", tmp_path / "worktree"
    git(rig.project, "clone", "-q", str(rig.project), str(clone))
    git(rig.project, "worktree", "add", "-q", str(worktree))
    assert not any((place / ".claude" / "settings.local.json").exists() for place in (clone, worktree))

    for place in (clone, worktree):
        name = place.name
        steps = [call("Write", file_path=str(place / "made"), content=name), say(f"{name} ends")]
        session = claude(rig, rig.script(name, steps), place)
        assert session.result["result"] == f"{name} ends"
        assert (place / "made").read_text() == name
        assert (place / "hooked").read_text() == "x\n", "what they share goes on as it was"
        # Our MCP server, if it is found there, may introduce itself; no hook of ours may fail and say so.
        said = rig.requests.all(name)[1].new_text
        assert "orch-hook" not in said
        assert "orchestrator_tui" not in said
    assert json.loads(shared.read_text()) == theirs

    orch(rig, "disconnect", "claude", "--project", "--yes")
    assert [one.name for one in shared.parent.iterdir()] == ["settings.json"]
