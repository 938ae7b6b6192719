"""Which agents are those of a run: all that their environment says has to hold together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.runtime.run_agent import RunAgent, run_agent


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    repository, tasks = tmp_path / "shop", tmp_path / "state" / "runs" / "two-fixes"
    (repository / ".git").mkdir(parents=True)
    tasks.mkdir(parents=True)
    return {
        "ORCH_BATCH": list_batch_id(os.path.realpath(tasks)),
        "ORCH_TRACK": "alpha",
        "ORCH_TASKS": str(tasks),
        "ORCH_REPOSITORY": str(repository),
        "ORCH_ATTEMPT": "a-alpha-2-1-1",
    }


def test_an_agent_of_a_run_is_known(environ: dict[str, str], tmp_path: Path) -> None:
    tasks = os.path.realpath(environ["ORCH_TASKS"])
    expected = RunAgent(environ["ORCH_BATCH"], "alpha", tasks)
    assert run_agent(environ, tmp_path / "shop") == expected
    assert run_agent(environ, tmp_path / "shop" / "deep" / "er") == expected


def test_a_worktree_is_in_its_repository(environ: dict[str, str], tmp_path: Path) -> None:
    git = tmp_path / "shop" / ".git" / "worktrees" / "alpha"
    git.mkdir(parents=True)
    (git / "commondir").write_text("../..\n")
    worktree = tmp_path / "trees" / "alpha"
    worktree.mkdir(parents=True)
    (worktree / ".git").write_text(f"gitdir: {git}\n")
    assert run_agent(environ, worktree) is not None


@pytest.mark.parametrize("name", ["ORCH_BATCH", "ORCH_TRACK", "ORCH_TASKS", "ORCH_REPOSITORY", "ORCH_ATTEMPT"])
@pytest.mark.parametrize("value", ["", " ", "/else/where", "Not A Slug"])
def test_what_does_not_hold_together_is_none(environ: dict[str, str], tmp_path: Path, name: str, value: str) -> None:
    if name == "ORCH_ATTEMPT" and value.strip():
        assert run_agent({**environ, name: value}, tmp_path / "shop") is not None
    else:
        assert run_agent({**environ, name: value}, tmp_path / "shop") is None


def test_a_session_elsewhere_is_none(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "other" / ".git").mkdir(parents=True)
    assert run_agent(environ, tmp_path / "other") is None
