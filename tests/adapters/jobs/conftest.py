"""A scene of jobs for every test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.jobs.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.close()
