"""The inbox of a member of a team: a message is added as Claude Code's own agents add theirs (reference §4)."""

from __future__ import annotations

import json
import os
import stat
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.tasks.atomic import create_file, replace_file
from orchestrator_tui.adapters.tasks.lock import TaskLocked, TaskLockLost, task_lock

SENDER = "orch-tui"
"""Whom a message is from: a name of our own, since one that claims to be the lead's is marked as unverified."""

LIMIT = 4 * 1024 * 1024
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_ATTEMPTS = 5
_PAUSE_S = 0.02
_MODE = 0o644


def append(path: Path, text: str, summary: str) -> None:
    """Add an unread message to an inbox, which need not exist yet.

    Raises:
        OSError: it cannot be added now, and why; nothing has changed.
    """
    # The team's own directory must be there: one that was removed at the end of a session stays away.
    path.parent.mkdir(exist_ok=True)
    try:
        with task_lock(path) as lock:
            status, messages = _read(path)
            messages.append(_message(text, summary))
            data = json.dumps(messages, ensure_ascii=False, indent=2).encode()
            if status is None:
                lock.assert_held()
                if create_file(os.fspath(path), data) is None:
                    raise OSError(f"{path.name} was made by another writer at the same time")
            else:
                replace_file(os.fspath(path), data, stat.S_IMODE(status.st_mode) or _MODE, lock.assert_held)
    except (TaskLocked, TaskLockLost) as error:
        raise OSError(str(error)) from None


def _message(text: str, summary: str) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"from": SENDER, "text": text, "summary": summary, "timestamp": at, "read": False}


def _read(path: Path) -> tuple[os.stat_result | None, list[Any]]:
    """The messages that stand in an inbox; one that is half written by an old version is read again."""
    for attempt in range(_ATTEMPTS):
        try:
            descriptor = os.open(path, _FLAGS)
        except FileNotFoundError:
            return None, []
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > LIMIT:
                raise OSError(f"{path.name} is no inbox")
            messages = json.loads(os.read(descriptor, LIMIT) or b"[]")
            if isinstance(messages, list):
                return status, messages
        except (ValueError, RecursionError):
            time.sleep(_PAUSE_S * (attempt + 1))
            continue
        finally:
            os.close(descriptor)
        break
    raise OSError(f"{path.name} cannot be read as an inbox")
