"""The guard of our own agents: files that are links, switches, warnings, and a guard that fails closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.hook.guard import guarded

SCOPE = {
    "wave": 2,
    "role": "Impl-Core",
    "enforcement": "strict",
    "allowedPaths": ["src/"],
    "blockedCommands": ["rm -rf"],
}


class Ground:
    """A tree with a scope file beside it."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree"
        (self.tree / "src").mkdir(parents=True)
        self.file = folder / "wave-scope.json"
        self.told: list[str] = []
        self.scope()

    def scope(self, **changes: Any) -> None:
        self.file.write_text(json.dumps({**SCOPE, **changes}))

    def environ(self) -> dict[str, str]:
        return {"ORCH_SCOPE": str(self.file), "ORCH_SCOPE_ROOT": str(self.tree)}

    def call(self, tool: str, **given: Any) -> dict[str, Any]:
        return {"hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": given, "cwd": str(self.tree)}

    def judge(self, tool: str, **given: Any) -> int:
        return guarded(self.call(tool, **given), self.environ(), self.told.append)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


@pytest.mark.parametrize("tool", ["Edit", "Write", "MultiEdit"])
def test_a_file_inside_passes_and_one_outside_is_refused(
    ground: Ground, capsys: pytest.CaptureFixture[str], tool: str
) -> None:
    """[004-80]"""
    assert ground.judge(tool, file_path=str(ground.tree / "src" / "new" / "a.py")) == 0
    assert ground.judge(tool, file_path="src/a.py") == 0
    assert ground.judge(tool, file_path="lib/a.py") == 2
    assert "scope-denied: lib/a.py" in capsys.readouterr().err


def test_a_notebook_is_a_file_and_reading_is_free(ground: Ground) -> None:
    assert ground.judge("NotebookEdit", notebook_path="lib/a.ipynb") == 2
    assert ground.judge("Read", file_path="/etc/hosts") == 0


def test_a_link_is_followed_before_it_is_judged(ground: Ground, tmp_path: Path) -> None:
    """[004-79] Also where the file does not exist yet: the nearest parent that does is followed."""
    (tmp_path / "elsewhere").mkdir()
    (ground.tree / "lib").mkdir()
    os.symlink(tmp_path / "elsewhere", ground.tree / "src" / "out")
    os.symlink(ground.tree / "lib", ground.tree / "src" / "in")
    assert ground.judge("Write", file_path="src/out/new/a.py") == 2
    assert ground.judge("Write", file_path="src/in/a.py") == 2
    assert ground.judge("Write", file_path="src/../../tree/src/a.py") == 0
    assert ground.judge("Write", file_path="../a.py") == 2


def test_warn_says_it_and_lets_it_pass(ground: Ground) -> None:
    """[004-80]"""
    ground.scope(enforcement="warn")
    assert ground.judge("Edit", file_path="lib/a.py") == 0
    assert ground.judge("Bash", command="rm -rf src") == 0
    told = [json.loads(one) for one in ground.told]
    assert [one["systemMessage"].partition(":")[0] for one in told] == ["scope-denied", "command-blocked"]
    assert "let pass" in told[0]["hookSpecificOutput"]["additionalContext"]


def test_off_does_not_look(ground: Ground) -> None:
    """[004-80]"""
    ground.scope(enforcement="off")
    assert ground.judge("Edit", file_path="lib/a.py") == 0
    assert ground.told == []


def test_a_blocked_command_is_refused(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """[004-82]"""
    assert ground.judge("Bash", command="ls && rm -rf src") == 2
    assert "command-blocked: 'rm -rf'" in capsys.readouterr().err
    assert ground.judge("Bash", command="rm src/a.py") == 0


def test_no_scope_file_allows_and_an_unreadable_one_nothing(ground: Ground) -> None:
    """[004-81]"""
    ground.file.write_text("{")
    assert ground.judge("Edit", file_path="src/a.py") == 2
    ground.file.unlink()
    assert ground.judge("Edit", file_path="lib/a.py") == 0


@pytest.mark.parametrize("name", [".claude/STATE.md", ".codex/STATE.md", ".cursor/wave-scope.json"])
def test_no_agent_writes_the_files_of_the_session(ground: Ground, name: str) -> None:
    """[004-47] They are the engine's alone, and lie in nobody's scope."""
    assert ground.judge("Write", file_path=name) == 2


def test_a_guard_that_fails_refuses(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """[004-81]"""
    assert ground.judge("Edit") == 2
    assert "the guard cannot judge this call: KeyError" in capsys.readouterr().err
    ground.file.unlink()
    ground.file.mkdir()
    assert ground.judge("Edit", file_path="src/a.py") == 2


def test_the_hook_as_it_is_installed_refuses(ground: Ground) -> None:
    """[004-80] The real program, by its exit code and its words, with no journal anywhere."""
    asked = json.dumps(ground.call("Write", file_path="lib/a.py", content="x"))
    words = [sys.executable, "-I", "-m", "orchestrator_tui.hook", "PreToolUse"]
    environ = {**os.environ, **ground.environ(), "ORCH_HOME": str(ground.tree / "none")}
    ended = subprocess.run(words, input=asked, env=environ, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 2
    assert ended.stderr.startswith("scope-denied: lib/a.py is outside of the scope of wave 2 (Impl-Core)")
