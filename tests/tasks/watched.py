"""Task lists under a clock that the test moves."""

from __future__ import annotations

import time
from pathlib import Path

from orchestrator_tui.adapters.tasks.record import TaskRecord
from orchestrator_tui.adapters.tasks.scan import RECENT_MS, ScanResult, TaskLists
from orchestrator_tui.core.instant import Instant


class Watched:
    """Task lists with a clock that the test moves."""

    def __init__(self, *roots: Path) -> None:
        self.lists = TaskLists(roots)
        self.now = Instant(time.time_ns() // 1_000_000, 50_000, "boot")

    def scan(self, after_ms: int = 0) -> ScanResult:
        self.now = self.now.plus(after_ms)
        return self.lists.scan(self.now)

    def settled(self) -> ScanResult:
        """A scan after which no file counts as just written."""
        return self.scan(RECENT_MS + 1000)

    def known(self) -> dict[str, TaskRecord]:
        return {record.task_id: record for record in self.lists.records()}


def ids(records: tuple[TaskRecord, ...]) -> list[str]:
    return [record.task_id for record in records]
