"""Ground for runs with real processes; nothing that a test has started outlives it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run_real.ground import Ground


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    if not sys.platform.startswith("linux"):
        pytest.skip("the agents of these tests look at /proc")
    made = Ground(tmp_path)
    yield made
    made.close()
