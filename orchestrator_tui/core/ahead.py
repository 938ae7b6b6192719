"""Drafts, and the batch as it will be when they are recorded: later drafts may depend on earlier ones."""

from __future__ import annotations

from typing import Any

from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.evolve import BatchFold
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch


class Ahead:
    """A batch under drafts that are not recorded yet."""

    def __init__(self, batch: Batch, now: Instant) -> None:
        self._batch, self._now = batch, now
        self._fold: BatchFold | None = None
        self.drafts: list[Draft] = []

    @property
    def batch(self) -> Batch:
        """The batch after the drafts so far."""
        return self._batch if self._fold is None else self._fold.batch()

    def add(self, kind: str, /, **payload: Any) -> None:
        """One more draft."""
        self._fold = self._fold or BatchFold(self._batch)
        self._fold.take(Event(self._batch.id, self._batch.seq + 1, self._now, kind, "", self._batch.epoch, payload))
        self.drafts.append(Draft(kind, payload))
