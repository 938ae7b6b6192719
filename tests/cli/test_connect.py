"""`connect` and `disconnect` as a person and a script run them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.connection.state import connected
from orchestrator_tui.cli.claude_files import interpreter
from orchestrator_tui.journal.home import state_home
from orchestrator_tui.resources import skill_file
from tests.cli.scene import Ended, Scene, command, environment

THEIRS = '{\n  "env": {\n    "GITHUB_TOKEN": "ghp_very-secret"\n  },\n  "model": "opus"\n}\n'


class Home:
    """The home of the person who connects."""

    def __init__(self) -> None:
        self.path = Path(os.environ["HOME"])
        self.config = self.path / ".claude"
        self.config.mkdir()
        self.settings = self.config / "settings.json"
        self.servers = self.path / ".claude.json"
        self.skill = self.config / "skills" / "orch-tui" / "SKILL.md"

    def files(self) -> dict[str, bytes]:
        return {str(one): one.read_bytes() for one in sorted(self.path.rglob("*")) if one.is_file()}


@pytest.fixture
def home() -> Home:
    return Home()


def git(repository: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost")
    return subprocess.run(
        ["git", "-C", str(repository), *identity, *arguments], check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def repository(scene: Scene) -> Path:
    """The scene's repository as one that git knows."""
    git(scene.repository, "init", "-q")
    return scene.repository


def test_connected_shown_and_taken_back_to_the_byte(scene: Scene, home: Home) -> None:
    home.settings.write_text(THEIRS)
    before = home.files()
    ended = scene.run("connect", "claude", "--yes")
    assert (ended.code, ended.err) == (0, "")
    settings = json.loads(home.settings.read_text())
    assert settings["model"] == "opus"
    assert set(settings["hooks"]) >= {"PermissionRequest", "PostToolUse", "Stop", "UserPromptSubmit"}
    server = json.loads(home.servers.read_text())["mcpServers"]["orch-tui"]
    assert (server["command"], server["args"]) == (str(interpreter()), ["-I", "-m", "orchestrator_tui.mcp_server"])
    assert server["env"] == {"ORCH_HOME": str(state_home(os.environ))}
    assert home.skill.read_text() == skill_file().read_text()
    assert connected(os.environ, scene.repository, state_home(os.environ))
    again = scene.run("connect", "claude")
    assert (again.code, again.err) == (0, "")
    assert "there is nothing to change" in again.out
    ended = scene.run("disconnect", "claude", "--yes")
    assert (ended.code, ended.err) == (0, "")
    assert home.files() == before
    assert "nothing of ours" in scene.run("disconnect", "claude").out


def test_what_it_shows_is_what_changes_and_no_secret_beside_it(scene: Scene, home: Home) -> None:
    home.settings.write_text(THEIRS)
    before = home.files()
    ended = scene.run("connect", "claude", "--dry-run")
    assert ended.code == 0
    assert home.files() == before
    assert not scene.place.home.exists()
    for shown in (
        str(home.settings),
        str(home.servers),
        str(home.skill),
        "+ variable CLAUDE_CODE_ENABLE_TODO_TOOLS=1",
        "+ permission mcp__orch-tui__*",
        '+    "CLAUDE_CODE_MCP_AUTO_BACKGROUND_MS": "0"',
        '-    "GITHUB_TOKEN": "…"',
    ):
        assert shown in ended.out
    assert "ghp_very" not in ended.out


def test_without_a_terminal_nobody_can_be_asked(scene: Scene, home: Home) -> None:
    ended = scene.run("connect", "claude")
    assert ended.code == 2
    assert "add --yes to change it" in ended.err
    assert home.files() == {}


@pytest.mark.parametrize(("typed", "code", "made"), [("y\n", 0, True), ("n\n", 1, False), ("\n", 1, False)])
def test_at_a_terminal_it_asks(scene: Scene, home: Home, typed: str, code: int, made: bool) -> None:
    master, slave = pty.openpty()
    os.write(master, typed.encode())
    ended = subprocess.run(
        command("connect", "claude"),
        cwd=scene.repository,
        env=environment(),
        stdin=slave,
        capture_output=True,
        timeout=60,
        check=False,
    )
    os.close(slave)
    os.close(master)
    assert ended.returncode == code
    assert b"Change these 3 files? [y/N] " in ended.stderr
    assert home.settings.exists() is made


def test_a_script_reads_what_was_changed(scene: Scene, home: Home) -> None:
    ended = scene.run("connect", "claude", "--yes", "--json")
    found = ended.json()
    assert list(found) == ["program", "scope", "dry_run", "changed", "files", "remarks"]
    assert (found["program"], found["scope"], found["changed"]) == ("claude", "user", True)
    assert [list(one) for one in found["files"]] == [["path", "file", "changes", "words", "left", "diff"]] * 3
    assert any("is watched from now on" in line for line in found["remarks"])
    found = scene.run("disconnect", "claude", "--dry-run", "--json").json()
    assert (found["dry_run"], found["changed"]) == (True, False)
    assert home.settings.exists()


def test_the_repository_is_watched_from_then_on(scene: Scene, home: Home) -> None:
    assert not scene.place.directory.exists()
    scene.run("connect", "claude", "--yes")
    assert (scene.place.directory / "journal.db").exists()


def test_outside_of_a_repository_none_is_made(scene: Scene, home: Home, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ended = scene.run("connect", "claude", "--yes", "--repo", str(elsewhere))
    assert ended.code == 0
    assert not (scene.place.home / "repositories").exists()
    refused = scene.run("connect", "claude", "--project", "--yes", "--repo", str(elsewhere))
    assert (refused.code, "is no git repository: only --user" in refused.err) == (3, True)


def test_malformed_settings_are_refused_and_nothing_is_touched(scene: Scene, home: Home) -> None:
    home.settings.write_text('{\n  "hooks": []\n}\n')
    before = home.files()
    ended = scene.run("connect", "claude", "--yes")
    assert ended.code == 3
    assert f'{home.settings}, line 2: "hooks" is a list, not an object; nothing was changed' in ended.err
    assert home.files() == before


def test_what_stays_in_the_way_is_said(scene: Scene, home: Home) -> None:
    home.settings.write_text('{"env": {"CLAUDE_CODE_ENABLE_TODO_TOOLS": "0"}}')
    ended = scene.run("connect", "claude", "--yes")
    assert "! " + str(home.settings) + ": CLAUDE_CODE_ENABLE_TODO_TOOLS is '0' there and stays so" in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["connect"], "the following arguments are required: claude"),
        (["connect", "codex"], "invalid choice: 'codex'"),
        (["connect", "claude", "--user", "--project"], "not allowed with argument"),
        (["connect", "claude", "--yess"], "did you mean"),
    ],
)
def test_a_wrong_call_is_one_line(scene: Scene, arguments: list[str], said: str) -> None:
    ended = scene.run(*arguments)
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (2, "", 1)
    assert said in ended.err


# --- one repository ------------------------------------------------------------------------------------------------


def in_project(home: Home, repository: Path) -> Any:
    return json.loads(home.servers.read_text())["projects"][str(repository)]["mcpServers"]


def test_one_repository_for_one_person(scene: Scene, home: Home, repository: Path) -> None:
    (repository / ".claude").mkdir()
    shared = repository / ".claude" / "settings.json"
    shared.write_text('{"model": "opus"}')
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "shared settings")
    exclude = repository / ".git" / "info" / "exclude"
    before = (home.files(), exclude.read_bytes())
    ended = scene.run("connect", "claude", "--project", "--yes")
    assert (ended.code, ended.err) == (0, "")
    assert git(repository, "status", "--porcelain") == "", "git sees nothing of it"
    assert shared.read_text() == '{"model": "opus"}'
    assert "orch-tui" in in_project(home, repository)
    assert not home.settings.exists()
    assert (repository / ".claude" / "skills" / "orch-tui" / "SKILL.md").exists()
    assert connected(os.environ, repository, state_home(os.environ))
    scene.run("disconnect", "claude", "--project", "--yes")
    assert (home.files(), exclude.read_bytes()) == before
    assert [one.name for one in (repository / ".claude").iterdir()] == ["settings.json"]


def test_what_git_ignores_already_needs_no_line(scene: Scene, home: Home, repository: Path) -> None:
    (repository / ".gitignore").write_text(".claude/\n")
    exclude = repository / ".git" / "info" / "exclude"
    before = exclude.read_bytes()
    assert scene.run("connect", "claude", "--project", "--yes").code == 0
    assert exclude.read_bytes() == before


def test_local_settings_that_are_shared_are_refused(scene: Scene, home: Home, repository: Path) -> None:
    local = repository / ".claude" / "settings.local.json"
    local.parent.mkdir()
    local.write_text("{}")
    git(repository, "add", "-A")
    ended = scene.run("connect", "claude", "--project", "--yes")
    assert ended.code == 3
    assert "is shared by git, and your paths would be, too" in ended.err
    assert (local.read_text(), home.files()) == ("{}", {})


def test_connected_twice_is_said(scene: Scene, home: Home, repository: Path) -> None:
    scene.run("connect", "claude", "--project", "--yes")
    assert "runs twice" not in scene.run("connect", "claude", "--yes").out, "the same in both scopes runs once"
    local = repository / ".claude" / "settings.local.json"
    local.write_text(local.read_text().replace(str(interpreter()), "/another/python"))
    ended = scene.run("connect", "claude", "--yes")
    assert "take it back: orch-tui disconnect claude --project" in ended.out


def test_each_scope_takes_out_its_own_and_says_where_the_other_is(scene: Scene, home: Home, repository: Path) -> None:
    before = home.files()
    scene.run("connect", "claude", "--project", "--yes")
    project = home.files()
    ended = scene.run("disconnect", "claude", "--yes")
    assert (ended.code, home.files()) == (0, project)
    assert "There is nothing of ours to remove for everything that you do with Claude Code." in ended.out
    assert (
        "! this repository, for you alone: this is connected; take it back: orch-tui disconnect claude --project\n"
        in (ended.out)
    )
    scene.run("connect", "claude", "--yes")
    assert scene.run("disconnect", "claude", "--yes").code == 0
    assert home.files() == project
    assert "orch-tui" in in_project(home, repository)
    scene.run("connect", "claude", "--yes")
    scene.run("disconnect", "claude", "--project", "--yes")
    ended = scene.run("disconnect", "claude", "--project", "--json", "--yes")
    (remark,) = ended.json()["remarks"]
    assert remark.endswith("is connected; take it back: orch-tui disconnect claude")
    scene.run("disconnect", "claude", "--yes")
    assert home.files() == before
    assert "take it back" not in scene.run("disconnect", "claude", "--yes").out


def test_claude_codes_own_directory_may_be_elsewhere(scene: Scene, tmp_path: Path) -> None:
    config = tmp_path / "config"
    env: Mapping[str, str] = {"CLAUDE_CONFIG_DIR": str(config)}
    ended: Ended = scene.run("connect", "claude", "--yes", env=env)
    assert ended.code == 0, ended.err
    assert sorted(one.name for one in config.iterdir()) == [".claude.json", "settings.json", "skills"]
    assert not (Path(os.environ["HOME"]) / ".claude.json").exists()
    scene.run("disconnect", "claude", "--yes", env=env)
    assert not config.exists()


def test_an_installation_that_hooks_could_not_start_is_refused(scene: Scene, home: Home, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    # It finds us and what we need by a path that an isolated interpreter does not look at.
    paths = os.pathsep.join([environment()["PYTHONPATH"], *(one for one in sys.path if one.endswith("site-packages"))])
    ended = subprocess.run(
        [str(venv / "bin" / "python"), *command("connect", "claude", "--yes")[1:]],
        cwd=scene.repository,
        env={**environment(), "PYTHONPATH": paths},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    assert f"orch-tui is not installed for {venv / 'bin' / 'python'}" in ended.stderr
    assert home.files() == {}
