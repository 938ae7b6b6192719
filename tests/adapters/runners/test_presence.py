"""Agents that cannot start here are known before anything is spent."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.adapters.runners.presence import absent
from orchestrator_tui.core.plan import AgentChoice


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory of a search path, with one program in it."""
    place = tmp_path / "bin"
    place.mkdir()
    (place / "aider").write_text("#!/bin/sh\n")
    (place / "aider").chmod(0o755)
    (place / "notes").write_text("no program\n")
    return place


def lacking(programs: Path, **chosen: object) -> str:
    return absent(AgentChoice(**chosen), programs.parent, {"PATH": str(programs)})  # type: ignore[arg-type]


def test_claude_code_is_looked_for_where_its_agents_would_find_it(programs: Path) -> None:
    assert lacking(programs) == (
        "there is no `claude` on PATH: install Claude Code, or name other agents below `agent`"
    )
    (programs / "claude").symlink_to(programs / "aider")
    assert lacking(programs) == ""


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("aider", "--message-file", "{prompt_file}"), ""),
        (("adier", "{prompt_file}"), "there is no program `adier` on PATH: install it, or name other agents below"),
        (("notes",), "there is no program `notes` on PATH"),
        (("bin/aider",), ""),
        (("./agent.sh",), "there is no program `./agent.sh` that can be run, seen from the repository's root"),
        (("/nowhere/agent",), "there is no program `/nowhere/agent` that can be run"),
        (("{worktree}/agent.sh",), ""),
        ((), ""),
    ],
)
def test_a_command_is_looked_for_by_its_first_word(programs: Path, command: tuple[str, ...], told: str) -> None:
    """Where a placeholder stands in it nobody can know before, and a plan without any is refused by its check."""
    found = lacking(programs, runner="command", command=command)
    assert found.startswith(told)
    assert bool(found) == bool(told)


def test_claude_code_may_be_called_otherwise(programs: Path) -> None:
    assert lacking(programs, command=("aider",)) == ""
    assert "no program `claude-next`" in lacking(programs, command=("claude-next",))


def test_scripts_lie_in_a_folder(programs: Path) -> None:
    assert lacking(programs, runner="scripted", scripts=str(programs)) == ""
    assert (
        lacking(programs, runner="scripted", scripts=f"{programs}/no") == f"there is no folder of scripts {programs}/no"
    )
