"""The scene that the tests of the commands play in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.scene import WARM, Scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.fixture(scope="package", autouse=True)
def warm() -> Iterator[None]:
    """End the warm process after the last test of the commands."""
    yield
    WARM.close()
