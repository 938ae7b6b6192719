"""A person's skills and confirmed models: found where they are kept, and never more than text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator_tui.adapters.runners.models import FILE, confirm_models, confirmed_models
from orchestrator_tui.adapters.runners.skills import LIMIT, skill_text
from orchestrator_tui.core.text import is_clean


def skill(root: Path, content: bytes, name: str = "prd-to-pr") -> Path:
    path = root / "skills" / name / "SKILL.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_it_is_found_in_claude_codes_directory(tmp_path: Path) -> None:
    skill(tmp_path / "home" / ".claude", b"---\nname: prd-to-pr\n---\n\n# Ladder\r\nGo.\n")
    skill(tmp_path / "config", b"other")
    home = {"HOME": str(tmp_path / "home")}
    assert skill_text("prd-to-pr", home) == "# Ladder\nGo."
    assert skill_text("prd-to-pr", {**home, "CLAUDE_CONFIG_DIR": str(tmp_path / "config")}) == "other"
    assert skill_text("bug-to-pr", home) == ""


def test_it_is_bounded_and_safe(tmp_path: Path) -> None:
    skill(tmp_path, b"\xef\xbb\xbf\x1b[2J\xff" + b"x" * (LIMIT * 8))
    text = skill_text("prd-to-pr", {"CLAUDE_CONFIG_DIR": str(tmp_path)})
    assert len(text) <= LIMIT
    assert is_clean(text)
    assert text.startswith("\\x1b[2J")


@pytest.mark.parametrize("name", ["", "..", "../prd-to-pr", "a/b", "a\0b", ".hidden", "x" * 65])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    skill(tmp_path, b"text")
    (tmp_path / "skills" / "SKILL.md").write_text("outside")
    assert skill_text(name, {"CLAUDE_CONFIG_DIR": str(tmp_path)}) == ""


def test_what_is_no_file_is_none(tmp_path: Path) -> None:
    path = skill(tmp_path, b"text")
    path.unlink()
    os.mkfifo(path)
    assert skill_text("prd-to-pr", {"CLAUDE_CONFIG_DIR": str(tmp_path)}) == ""
    path.unlink()
    path.mkdir()
    assert skill_text("prd-to-pr", {"CLAUDE_CONFIG_DIR": str(tmp_path)}) == ""


def test_models_are_confirmed_once(tmp_path: Path) -> None:
    """[000-025] [000-026]"""
    assert confirmed_models(tmp_path) == {}
    confirm_models(tmp_path, {"implementer": "opus", "scout": "haiku"})
    confirm_models(tmp_path, {"scout": "", "reviewer": "sonnet"})
    assert confirmed_models(tmp_path) == {"implementer": "opus", "reviewer": "sonnet"}
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("*.json*")] == [FILE]


@pytest.mark.parametrize("content", ["[]", "{", '{"a": 1, "b": " ", "c\\u001b": "d\\u001b"}'])
def test_what_else_stands_in_the_file_is_passed_over(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    found = confirmed_models(tmp_path)
    assert all(is_clean(role) and is_clean(model) for role, model in found.items())
    assert set(found) <= {"c\\x1b"}
