"""Ending everything a rig started, whatever became of the processes in between."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.claude_rig.waiting import wait_until

MARK = "ORCH_RIG_ID"
"""Environment variable that every descendant inherits: tools and hooks leave the CLI's process group, not this."""

_PROC = Path("/proc")


def kill_group(leader: int) -> None:
    """Kill the group of `leader`, a child of ours that is not yet reaped: only then is its id surely its own."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def marked(rig_id: str) -> list[int]:
    """The live processes that carry `rig_id`; none are found where there is no /proc, and groups must do."""
    needle = f"{MARK}={rig_id}".encode()
    found = []
    for entry in _PROC.glob("[0-9]*"):
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # gone, or another user's
            continue
        if needle in variables:
            found.append(int(entry.name))
    return found


def kill_marked(rig_id: str) -> None:
    """Kill what carries `rig_id` until nothing does. Raises NotSeenError when something will not die."""

    def sweep() -> bool:
        processes = marked(rig_id)
        for process in processes:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return not processes

    wait_until(sweep, f"the end of every process of rig {rig_id}", timeout=10)
