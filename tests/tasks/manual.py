"""Time that only moves when it is told to, and shorthands for task files."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "tasks"


class ManualClock:
    """Sleeping moves both clocks on and may do something on the way."""

    def __init__(self, wall_ns: int | None = None) -> None:
        self.wall = time.time_ns() if wall_ns is None else wall_ns
        self.seconds = 100.0
        self.slept: list[float] = []
        self.on_sleep: Callable[[int], None] = lambda _: None

    def wall_ns(self) -> int:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        self.on_sleep(len(self.slept))

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += int(seconds * 1e9)


def task(task_id: str = "1", **fields: Any) -> dict[str, Any]:
    """A task as Claude Code writes it, with these fields in place of the defaults."""
    return {
        "id": task_id,
        "subject": f"Task {task_id}",
        "description": "",
        "status": "pending",
        "blocks": [],
        "blockedBy": [],
        **fields,
    }


def put(directory: Path, task_id: str = "1", **fields: Any) -> Path:
    """Write a task file in place, as Claude Code does."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{task_id}.json"
    path.write_text(json.dumps(task(task_id, **fields), indent=2), encoding="utf-8")
    return path


def entries(directory: Path) -> set[str]:
    """The names in a directory."""
    return set(os.listdir(directory))


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Poll until it holds; fail at the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "gave up waiting"
        time.sleep(0.005)
