"""What the tests of replays share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator_tui.runtime.history import History
from orchestrator_tui.runtime.recordings import FileRecording
from tests.replay.recorded import exported

OpenFile = Callable[[Path], FileRecording]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An exported batch of 300 events."""
    written = tmp_path / "batch.jsonl"
    written.write_bytes(exported())
    return written


@pytest.fixture
def read() -> Iterator[OpenFile]:
    """Opens exports and closes them after the test."""
    opened: list[FileRecording] = []

    def one(file: Path) -> FileRecording:
        opened.append(FileRecording(file))
        return opened[-1]

    yield one
    for recording in opened:
        recording.close()


@pytest.fixture
def past(read: OpenFile) -> Callable[[Path], History]:
    """Loads the history of an export."""
    return lambda file: History(read(file))
