"""`doctor`: what is watched, what is missing, and the exact fix."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.claude_home import TASK_TOOLS
from tests.cli.scene import Ended, Scene

MATTERS = [
    "versions",
    "repository",
    "journal",
    "storage",
    "claude code",
    "task tools",
    "connection",
    "hold times",
    "mcp waiting",
    "messages",
    "answers",
    "version",
    "hooks",
    "mcp server",
    "task lists",
    "watching",
    "cockpits",
    "settings",
    "notices",
    "terminal",
]


def about(ended: Ended, matter: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in ended.json()["findings"] if one["about"] == matter)
    return found


def test_a_fresh_repository_is_healthy_and_nothing_is_made(scene: Scene) -> None:
    ended = scene.run("doctor", "--json")
    assert (ended.code, ended.err) == (0, "")
    found = ended.json()
    assert list(found) == ["healthy", "findings"]
    assert found["healthy"] is True
    assert [one["about"] for one in found["findings"]] == MATTERS
    assert all(list(one) == ["about", "level", "text", "fix", "data"] for one in found["findings"])
    assert about(ended, "journal")["data"] == {
        "directory": str(scene.place.directory),
        "exists": False,
        "trust": "same user",
    }
    assert about(ended, "claude code")["level"] == "remark"
    tools = about(ended, "task tools")
    assert (tools["level"], tools["data"]) == ("remark", {"on": None, "where": ""})
    assert f'"env": {{"{TASK_TOOLS}": "1"}}' in tools["fix"]
    assert "orch-tui connect claude" in tools["fix"]
    assert not scene.place.home.exists()


def test_a_watched_repository(scene: Scene, tmp_path: Path) -> None:
    scene.ask(1, "fix-auth", "Keep it?")
    config = tmp_path / "claude"
    (config / "tasks").mkdir(parents=True)
    (config / "settings.json").write_text(json.dumps({"env": {TASK_TOOLS: "1"}}))
    with scene.holder():
        ended = scene.run("doctor", "--json", "--tasks", str(scene.tasks), env={"CLAUDE_CONFIG_DIR": str(config)})
    assert ended.code == 0
    assert about(ended, "journal")["data"]["batches"] == 1
    assert about(ended, "task lists")["data"]["lists"] == [{"directory": str(scene.tasks), "tasks": 1}]
    tools = about(ended, "task tools")
    assert (tools["level"], tools["data"]) == ("ok", {"on": True, "where": str(config / "settings.json")})
    assert about(ended, "terminal")["data"]["terminal"] is False


def test_words_for_people(scene: Scene) -> None:
    ended = scene.run("doctor")
    assert (ended.code, ended.err) == (0, "")
    for matter in MATTERS:
        assert any(line[2:].startswith(matter) for line in ended.out.splitlines()), matter


@pytest.mark.parametrize(
    ("matter", "spoil"),
    [
        ("journal", lambda scene: (scene.place.directory / "journal.db").write_bytes(b"no database " * 400)),
        ("settings", lambda scene: _write(scene.place.home / "config" / "settings.yaml", "theem: dark\n")),
        ("task lists", lambda scene: (scene.tasks / "9.json").symlink_to("/etc/hostname")),
    ],
)
def test_a_problem_has_its_fix_and_exit_1(scene: Scene, matter: str, spoil: Any) -> None:
    scene.ask(1, "fix-auth", "Keep it?")
    scene.watch()
    spoil(scene)
    ended = scene.run("doctor", "--json", "--tasks", str(scene.tasks))
    assert ended.code == 1
    assert ended.json()["healthy"] is False
    found = about(ended, matter)
    assert (found["level"], bool(found["text"]), bool(found["fix"])) == ("problem", True, True)
    assert [one["about"] for one in ended.json()["findings"] if one["level"] == "problem"] == [matter]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_journal_inside_a_worktree_is_refused(scene: Scene) -> None:
    inside = str(scene.repository / "state")
    ended = scene.run("doctor", "--json", env={"ORCH_HOME": inside})
    assert ended.code == 1
    assert "inside the worktree" in about(ended, "journal")["text"]


def test_a_missing_task_list_is_bad_input(scene: Scene) -> None:
    ended = scene.run("doctor", "--tasks", str(scene.tasks) + "x")
    assert (ended.code, ended.out, f'did you mean "{os.path.basename(scene.tasks)}"?' in ended.err) == (2, "", True)
