"""Replacing or creating a task file: no reader meets half of it, no kill and no full disk leaves half of it.

The bytes go to a file beside the target whose name does not end in ``.json`` (Claude Code reads ``*.json``), reach the
disk, and take the target's name in one step.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from contextlib import suppress

from orchestrator_tui.adapters.tasks.lock import TaskLockLost

TEMPORARY = re.compile(r"\.orch-(?P<id>.+)-\d+\.tmp", re.DOTALL)

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS})


def replace_file(path: str, data: bytes, mode: int, check: Callable[[], None]) -> os.stat_result:
    """Put ``data`` in the place of ``path``; ``check`` is asked at the last moment and may raise.

    Returns:
        The status of the new file.

    Raises:
        OSError: nothing has changed; or, from the last step, the change may not survive a loss of power.
        TaskLockLost: another writer has taken the lock over and removed our half-made file.
    """
    temporary, status = _write_beside(path, data, mode)
    try:
        check()
        os.replace(temporary, path)
    except FileNotFoundError:
        if os.path.isdir(os.path.dirname(path) or "."):
            raise TaskLockLost(f"{path} was taken over by another writer") from None
        raise
    except BaseException:
        _remove(temporary)
        raise
    _sync_directory(path)
    return status


def create_file(path: str, data: bytes) -> os.stat_result | None:
    """Make ``path`` with ``data`` and return its status, or None when something of that name is there already.

    Raises:
        OSError: nothing was made; or, from the last step, it may not survive a loss of power.
    """
    temporary, status = _write_beside(path, data, None)
    try:
        if not _link(temporary, path):
            return None
    finally:
        _remove(temporary)
    _sync_directory(path)
    return status


def sweep(path: str) -> None:
    """Remove what killed writers of this task left beside it. Call it under the task's lock: then nobody writes there.

    A writer that was stopped, lost its lock and goes on now finds its file gone and writes nothing.
    """
    directory, name = os.path.split(path)
    task_id = name.removesuffix(".json")
    for entry in os.listdir(directory or "."):
        match = TEMPORARY.fullmatch(entry)
        if match is not None and match["id"] == task_id:
            _remove(os.path.join(directory, entry))


def _write_beside(path: str, data: bytes, mode: int | None) -> tuple[str, os.stat_result]:
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, f".orch-{name.removesuffix('.json')}-{os.getpid()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(temporary, flags, 0o644)
    except FileExistsError:
        # Of a dead process that had our number: nobody else writes under this name.
        os.unlink(temporary)
        descriptor = os.open(temporary, flags, 0o644)
    try:
        try:
            if mode is not None:
                os.fchmod(descriptor, mode)
            _write_all(descriptor, data)
            os.fsync(descriptor)
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        _remove(temporary)
        raise
    return temporary, status


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        written = os.write(descriptor, view)
        if written == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view = view[written:]


def _link(temporary: str, path: str) -> bool:
    try:
        os.link(temporary, path, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            return False
        os.replace(temporary, path)
    return True


def _sync_directory(path: str) -> None:
    descriptor = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
