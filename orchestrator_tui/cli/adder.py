"""Adding tracks to a run from the cockpit: what `orch-tui add` does, behind the screens' port (key A)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orchestrator_tui.cli.journals import Place


def adder(place: Place) -> Callable[[str, str], str]:
    """The port :data:`~orchestrator_tui.runtime.ports.Adder` of a repository; nothing is loaded before it is asked."""

    def add(batch: str, name: str) -> str:
        from orchestrator_tui.cli.add import add_tracks
        from orchestrator_tui.cli.faults import Fault
        from orchestrator_tui.journal.port import JournalError

        try:
            return add_tracks(place, Path(name).expanduser(), batch)
        except (Fault, JournalError) as error:
            raise OSError(str(error)) from error

    return add
