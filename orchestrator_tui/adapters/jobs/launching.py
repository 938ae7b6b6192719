"""Starting a shim: one for a job, however many try at once and whoever of them dies (reliability P-1, P-3).

Whoever gets the job's lock starts the shim and hands the lock on to it; there is no moment at which nobody holds it.
"""

from __future__ import annotations

import fcntl
import marshal
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.jobs.record import LOCK, LOG, READY, sync_directory

SHIM = Path(__file__).with_name("shim.py")
READY_SECONDS = 20.0


def take_lock(place: Path) -> int | None:
    """The lock of a job, or None while somebody holds it.

    Raises:
        OSError: there is no such directory, or the lock is no file of ours.
    """
    descriptor = os.open(place / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def is_locked(place: Path) -> bool:
    """Whether a shim, or somebody who is about to start one, holds the lock of a job."""
    try:
        descriptor = os.open(place / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        # Shared, so that two who look do not take each other for a shim.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def start_shim(place: Path, lock: int, task: str, order: dict[str, Any]) -> str:
    """Start a shim that holds ``lock`` from now on, and wait until the process is on record.

    Returns:
        "" when it is, or when that takes longer than `READY_SECONDS`; else why there is none.

    Raises:
        OSError: no further process or file can be had.
    """
    order_bytes = marshal.dumps((task, lock, order))
    # What the shim itself has to say, which it never should; a child of it writes elsewhere.
    log = os.open(place / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        shim = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SHIM), str(place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=(lock,),
            start_new_session=True,
        )
    finally:
        os.close(log)
    try:
        # It has its order only when its directory is there for good; until then it gets up.
        sync_directory(str(place.parent))
        told, _ = shim.communicate(order_bytes, timeout=READY_SECONDS)
    except subprocess.TimeoutExpired:
        # It starts all the same; who asks later will see it.
        threading.Thread(target=shim.communicate, name=f"shim-{shim.pid}", daemon=True).start()
        return ""
    except OSError:
        shim.kill()
        shim.communicate()
        raise
    text = told.decode("utf-8", "replace").strip()
    return "" if text == READY else text or "its shim ended before it had begun"
