"""Waiting for real processes with a bounded deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE_S = 30.0


def until(holds: Callable[[], bool]) -> None:
    """Poll ``holds`` until it is true; fail after :data:`DEADLINE_S`."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)
