"""Both stores keep the port's promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator_tui.journal.memory import MemoryJournal, MemoryStore
from orchestrator_tui.journal.port import Journal
from orchestrator_tui.journal.sqlite import SqliteJournal
from tests.journal.conformance import Conformance
from tests.journal.promises import Open


class TestSqlite(Conformance):
    @pytest.fixture
    def open(self, tmp_path: Path, woken: list[tuple[str, str | None]], told: list[str]) -> Iterator[Open]:
        handles: list[SqliteJournal] = []

        def wake(batch: str, gate: str | None) -> None:
            woken.append((batch, gate))

        def handle() -> Journal:
            handles.append(SqliteJournal(tmp_path / "journal", wake=wake, post=told.append))
            return handles[-1]

        yield handle
        for one in handles:
            one.close()


class TestMemory(Conformance):
    @pytest.fixture
    def open(self, woken: list[tuple[str, str | None]], told: list[str]) -> Open:
        store = MemoryStore()
        return lambda: MemoryJournal(store, wake=lambda batch, gate: woken.append((batch, gate)), post=told.append)
