"""The scene that the tests of orch-mcp play in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mcp_server.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.close()
