"""Connecting from the cockpit: what is offered is what is done, and what hinders it is said."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from orchestrator_tui.cli.connector import ClaudeConnector
from orchestrator_tui.runtime.ports import Offer
from tests.cli.scene import Scene


@pytest.fixture
def settings(scene: Scene) -> Path:
    path = Path(os.environ["HOME"], ".claude", "settings.json")
    path.parent.mkdir()
    path.write_text("{}\n")
    return path


def test_what_is_offered_is_what_is_done(scene: Scene, settings: Path) -> None:
    connector = ClaudeConnector(scene.place)
    assert list(connector.scopes) == ["user", "project"]
    offer = connector.offer("user")
    assert [Path(path).name for path, _ in offer.changes] == ["SKILL.md", ".claude.json", "settings.json"]
    assert settings.read_text() == "{}\n"
    said = connector.connect("user")
    assert said.startswith("Claude Code is connected.")
    assert "is watched from now on" in said
    assert "hooks" in json.loads(settings.read_text())
    assert connector.offer("user").changes == ()


def test_a_file_that_changed_since_it_was_offered_is_refused(scene: Scene, settings: Path) -> None:
    connector = ClaudeConnector(scene.place)
    connector.offer("user")
    settings.write_text('{"model": "opus"}')
    with pytest.raises(OSError, match="changed by somebody else just now"):
        connector.connect("user")
    assert settings.read_text() == '{"model": "opus"}'


def test_what_hinders_it_is_said(scene: Scene, settings: Path) -> None:
    settings.write_text('{"hooks": []}')
    with pytest.raises(OSError, match='"hooks" is a list, not an object; nothing was changed'):
        ClaudeConnector(scene.place).offer("user")


def test_one_repository(scene: Scene, settings: Path) -> None:
    subprocess.run(["git", "-C", str(scene.repository), "init", "-q"], check=True)
    connector = ClaudeConnector(scene.place, ("project",))
    names = [Path(path).name for path, _ in connector.offer("project").changes]
    assert names == ["exclude", "SKILL.md", ".claude.json", "settings.local.json"]
    connector.connect("project")
    assert settings.read_text() == "{}\n"
    assert connector.offer("project") == Offer((), connector.offer("project").remarks)
