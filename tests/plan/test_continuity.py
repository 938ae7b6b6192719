"""Continuity: a session that was not closed is told at the next start, in whichever state directory it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.plan.continuity import left_open
from orchestrator_tui.plan.imports.state_md import convert
from tests.plan.imports.test_state_md import SEED

STATE = {"claude": ".claude", "codex": ".codex", "cursor": ".cursor"}


def told(root: Path, base: str = "feat/export", plan: str = "plan.yaml") -> list[str]:
    return [str(one) for one in left_open(root, STATE, base, plan)]


def write(root: Path, directory: str, text: str = SEED) -> Path:
    path = root / directory / "STATE.md"
    path.parent.mkdir()
    path.write_text(text)
    return path


@pytest.mark.parametrize("directory", STATE.values())
def test_a_session_that_is_active_at_the_start_has_crashed_on_any_platform(tmp_path: Path, directory: str) -> None:
    """[004-42] [004-49] [004-44] Resume or Start fresh: .claude, .codex and .cursor are all read."""
    write(tmp_path, directory)
    assert told(tmp_path) == [
        f'{directory}/STATE.md: status: is active: a session on "feat/export" was not closed; '
        f"resume it by `orch-tui run {directory}/STATE.md`, or start fresh by going on"
    ]


def test_a_session_of_another_branch_is_stale(tmp_path: Path) -> None:
    """[004-49] Other branch than recorded = stale."""
    write(tmp_path, ".codex")
    assert 'it is stale: this one is on "main"' in told(tmp_path, "main")[0]


@pytest.mark.parametrize("status", ["completed", "idle"])
def test_a_session_that_was_closed_is_not_told(tmp_path: Path, status: str) -> None:
    write(tmp_path, ".claude", SEED.replace("status: active", f"status: {status}"))
    assert told(tmp_path) == []


def test_every_directory_is_told_of_and_none_that_holds_something_else(tmp_path: Path) -> None:
    write(tmp_path, ".claude", "# notes\n")
    write(tmp_path, ".codex", "---\n[broken\n---\n")
    write(tmp_path, ".cursor", SEED.replace("status: active", "status: paused"))
    assert [one.partition(":")[0] for one in told(tmp_path)] == [".cursor/STATE.md"]


def test_whoever_resumes_it_is_not_told_of_it(tmp_path: Path) -> None:
    path = write(tmp_path, ".claude")
    assert told(tmp_path, plan=str(path)) == []


@pytest.mark.parametrize(("platform", "directory"), STATE.items())
def test_a_resumed_session_goes_on_in_the_directory_that_it_was_in(platform: str, directory: str) -> None:
    """[004-42] What is read from a platform's directory is written there."""
    content = convert(SEED, f"/shop/{directory}/STATE.md").content
    assert content is not None
    assert content["session"]["platform"] == platform
    elsewhere = convert(SEED, "/shop/notes/STATE.md").content
    assert elsewhere is not None
    assert "platform" not in elsewhere["session"]
