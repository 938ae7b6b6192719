"""Whether a session runs our hooks, by the settings that hold for it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.connection import state
from orchestrator_tui.adapters.connection.merging import with_settings
from orchestrator_tui.adapters.connection.state import Runs, connected, main_tree, runs
from orchestrator_tui.adapters.connection.wanted import HookEntry, Wanted
from orchestrator_tui.hook.installed import entries


class Machine:
    """A person's settings and a repository with a worktree, both without anything of ours yet."""

    def __init__(self, root: Path) -> None:
        self.home, self.config, self.repository = root / "state home", root / "config", root / "repository"
        self.worktree = root / "elsewhere" / "worktree"
        self.git = self.repository / ".git" / "worktrees" / "worktree"
        for directory in (self.config, self.repository / "sub", self.git, self.worktree):
            directory.mkdir(parents=True)
        (self.worktree / ".git").write_text(f"gitdir: {self.git}\n")

    def settings(self, python: str = sys.executable) -> str:
        made = entries(Path(python), self.home)
        hooks = tuple(HookEntry(one.event, one.matcher, one.command, one.timeout) for one in made)
        return with_settings("{}", Wanted(hooks, {}, "")).text

    def put(self, path: Path, text: str = "", **more: Any) -> None:
        """Write settings of ours, with more members."""
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({**json.loads(text or self.settings()), **more}))

    def connected(self, directory: Path | None = None, version: str = "") -> bool:
        environ = {"CLAUDE_CONFIG_DIR": str(self.config)}
        return connected(environ, directory or self.repository, self.home, version)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(state, "MANAGED", {sys.platform: tmp_path / "managed.json"})
    return Machine(tmp_path)


def test_by_the_persons_settings(machine: Machine) -> None:
    assert not machine.connected()
    machine.put(machine.config / "settings.json")
    assert machine.connected()
    assert machine.connected(machine.worktree)
    assert machine.connected(machine.config)


def test_by_the_settings_of_one_repository(machine: Machine) -> None:
    machine.put(machine.repository / ".claude" / "settings.local.json")
    assert machine.connected()
    assert machine.connected(machine.repository / "sub")
    assert machine.connected(machine.worktree, "2.1.328")
    assert not machine.connected(machine.config)


def test_older_sessions_read_the_settings_of_their_own_directory_only(machine: Machine) -> None:
    machine.put(machine.repository / ".claude" / "settings.local.json")
    assert machine.connected(version="2.1.197")
    assert not machine.connected(machine.worktree, "2.1.197")
    assert not machine.connected(machine.repository / "sub", "2.1.150 (Claude Code)")


def test_it_is_read_again_when_it_changes_and_only_then(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.put(machine.config / "settings.json")
    read: list[Path] = []
    real = state.read_settings

    def counted(path: Path) -> dict[str, Any]:
        read.append(path)
        return real(path)

    monkeypatch.setattr(state, "read_settings", counted)
    for _ in range(50):
        assert machine.connected()
    assert len(read) == 1
    (machine.config / "settings.json").write_text("{}")
    assert not machine.connected()
    assert len(read) == 2


@pytest.mark.parametrize(
    ("where", "more", "holds"),
    [
        ("config/settings.json", {"disableAllHooks": True}, False),
        ("repository/.claude/settings.local.json", {"disableAllHooks": True}, False),
        ("repository/.claude/settings.local.json", {"disableAllHooks": False}, True),
        ("managed.json", {"disableAllHooks": True}, False),
        ("managed.json", {"allowManagedHooksOnly": True}, False),
        ("managed.json", {}, True),
    ],
)
def test_hooks_may_be_turned_off(
    machine: Machine, tmp_path: Path, where: str, more: dict[str, Any], holds: bool
) -> None:
    machine.put(machine.config / "settings.json")
    machine.put(tmp_path / where, "" if where.startswith("config") else "{}", **more)
    assert machine.connected() is holds


def test_a_moved_interpreter_and_a_moved_home_reach_nobody(machine: Machine, tmp_path: Path) -> None:
    machine.put(machine.config / "settings.json", machine.settings(str(tmp_path / "gone" / "python")))
    assert not machine.connected()
    machine.put(machine.config / "settings.json")
    machine.home = tmp_path / "another"
    assert not machine.connected()


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"hooks": []}', '{"hooks": {"Stop": {}}}', '{"hooks": {"Stop": [1]}}']
)
def test_settings_of_any_shape(machine: Machine, text: str) -> None:
    (machine.config / "settings.json").write_text(text)
    assert not machine.connected()


@pytest.mark.parametrize(("python", "home"), [("/a b/it's/python", "/h o/me"), ("/usr/bin/python3", "/home/x/state")])
def test_every_installed_command_tells_its_interpreter_and_home(python: str, home: str) -> None:
    assert {runs(one.command) for one in entries(Path(python), Path(home))} == {Runs(python, home)}


def test_commands_of_another_shape() -> None:
    assert runs("python -m orchestrator_tui.hook") == Runs("python", "")
    assert runs("it's no shell") is None
    assert runs("something else") is None


def test_the_main_tree(machine: Machine, tmp_path: Path) -> None:
    assert main_tree(str(machine.repository / "sub")) == machine.repository
    assert main_tree(str(machine.worktree)) == machine.repository
    submodule = tmp_path / "module"
    submodule.mkdir()
    (submodule / ".git").write_text("gitdir: ../repository/.git/modules/module\n")
    assert main_tree(str(submodule)) == submodule
    assert main_tree(os.sep) is None
