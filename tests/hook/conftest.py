"""The scene that the tests of hooks play in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hook.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()
