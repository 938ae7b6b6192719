"""A replay shown from the cockpit: a process of its own on the same terminal, until the person leaves it."""

from __future__ import annotations

import subprocess
import sys

from orchestrator_tui.runtime.ports import Recorded


def replay_here(recorded: Recorded) -> str:
    """Replay a batch of a journal on this terminal; why it could not be, or ""."""
    ours = (sys.executable, "-m", "orchestrator_tui.cli.main")
    try:
        code = subprocess.run([*ours, "replay", recorded.batch, "--repo", recorded.repository], check=False).returncode
    except OSError as error:
        return f"the replay does not start: {error}"
    return f"the replay could not be shown: orch-tui replay {recorded.batch} says why" if code else ""
