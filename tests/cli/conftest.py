"""The scene that the tests of the commands play in."""

from pathlib import Path

import pytest

from tests.cli.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)
