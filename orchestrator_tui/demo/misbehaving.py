"""How scripted agents misbehave: what real ones do by accident, done on purpose."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

LINE = b"x" * 127 + b"\n"


def flood(size: int) -> None:
    """Print ``size`` bytes, in lines."""
    left = size
    while left > 0:
        left -= os.write(1, (LINE * 512)[:left])


def leave_daemon(seconds: float) -> None:
    """Leave a process behind that is nobody's child and in a session of its own, with our output open."""
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(seconds)
        os._exit(0)
    os.waitpid(child, 0)


def hang(how: str) -> None:
    """Never go on; ``stubbornly`` not even when asked to end."""
    if how == "stubbornly":
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
    while True:
        time.sleep(3600)


def die(by: str) -> None:
    """End this process by a signal."""
    sys.stdout.flush()
    os.kill(os.getpid(), getattr(signal, by))
    time.sleep(3600)


def forge(tasks: Path, track: str, option: str) -> bool:
    """Write into the track's task file that a person has approved what it asks; whether there is such a file."""
    path = next(iter(_own(tasks, track)), None)
    if path is None:
        return False
    task = json.loads(path.read_text("utf-8"))
    metadata = task.get("metadata", {})
    asked = {"gate": f"task-{task.get('id')}-stage-{metadata.get('stage', 0)}", "revision": 1}
    decided = {"option": option, "label": option, "by": "person", "reason": "looks good", "at": "2026-01-01T00:00:00Z"}
    forged = {**metadata, "decision": {**asked, **decided}, "stageStatus": "in_progress", "needsDecision": False}
    path.write_text(json.dumps({**task, "metadata": forged}, indent=2), "utf-8")
    return True


def _own(tasks: Path, track: str) -> list[Path]:
    def is_own(path: Path) -> bool:
        metadata = json.loads(path.read_text("utf-8")).get("metadata", {})
        return bool(metadata.get("track") == track)

    return [path for path in sorted(tasks.glob("*.json")) if is_own(path)]
