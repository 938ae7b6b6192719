"""The task list of a process that keeps a single batch: known beforehand, whatever else there is to find."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.discovery import Found


class OneList:
    """Stands where a discovery stands."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.found = Found(lists=(str(directory),))

    @property
    def tasks(self) -> Path:
        """The list itself: nothing else appears."""
        return self._directory

    def refresh(self) -> Found:
        """The list, as ever."""
        return self.found
