"""The worktrees of a repository as a watching process knows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.cli import world
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.cli.world import TREES_MS, Trees


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git = tmp_path / "shop" / ".git"
    for name in ("objects", "refs", "worktrees"):
        (git / name).mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    return tmp_path / "shop"


def _link(repository: Path, name: str, tree: Path) -> None:
    pointer = repository / ".git" / "worktrees" / name
    pointer.mkdir(exist_ok=True)
    (pointer / "gitdir").write_text(f"{tree}/.git\n")


def test_one_that_came_is_known_at_once_and_one_that_moved_a_little_later(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    trees = world.trees

    def noted(place: Place) -> tuple[Path, ...]:
        read.append(place.repository)
        return trees(place)

    monkeypatch.setattr(world, "trees", noted)
    clock, home = ManualClock(), repository.parent
    known = Trees(Place(repository, repository, home, home), clock)
    assert known() == (repository,)
    _link(repository, "cart", home / "cart")
    assert known() == (repository, home / "cart")
    _link(repository, "cart", home / "elsewhere")
    assert known() == (repository, home / "cart")
    assert len(read) == 2
    clock.advance(TREES_MS)
    assert known() == (repository, home / "elsewhere")
