"""A repository for each test."""

from pathlib import Path

import pytest

from tests.adapters.git.repositories import repository


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo")


@pytest.fixture
def trees(tmp_path: Path) -> Path:
    """Where worktrees are put: outside the repository."""
    place = tmp_path / "trees"
    place.mkdir()
    return place
