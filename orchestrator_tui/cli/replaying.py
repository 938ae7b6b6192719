"""A replay shown from the cockpit: a process of its own on the same terminal, until the person leaves it."""

from __future__ import annotations

import subprocess

from orchestrator_tui.cli.itself import ORCH_TUI
from orchestrator_tui.runtime.ports import Recorded


def replay_here(recorded: Recorded) -> str:
    """Replay a batch of a journal on this terminal; why it could not be, or ""."""
    command = [*ORCH_TUI, "replay", recorded.batch, "--repo", recorded.repository]
    try:
        code = subprocess.run(command, check=False).returncode
    except OSError as error:
        return f"the replay does not start: {error}"
    return f"the replay could not be shown: orch-tui replay {recorded.batch} says why" if code else ""
