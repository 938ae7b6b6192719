"""The end of a demo that nobody is there to go on with: nothing of it stays behind."""

from __future__ import annotations

import os
import signal

from orchestrator_tui.cli.run import start_host
from orchestrator_tui.demo.eye import Eye
from orchestrator_tui.demo.repository import DemoError
from orchestrator_tui.demo.stage import Stage
from orchestrator_tui.demo.terminal import orch, wait_for

ENDING_S = 20.0
"""How long a run has to end its agents and itself."""


def end_run(stage: Stage, eye: Eye) -> None:
    """Cancel the run unless it is over: its host, a new one where none lives, ends the agents and then itself."""
    if not eye.finished():
        start_host(stage.place, stage.batch)
        orch(stage.repository, "cancel", "--batch", stage.batch, "--reason", "the demo is over")
    try:
        wait_for(lambda: not eye.host(), "the end of the host", ENDING_S)
    except DemoError:
        os.kill(eye.host(), signal.SIGTERM)
