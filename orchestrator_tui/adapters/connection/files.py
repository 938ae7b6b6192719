"""Reading and replacing the settings files of another program: whole, at once, or not at all.

A link stays a link, a mode stays as it is; what somebody else has changed in between is never overwritten.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from orchestrator_tui.adapters.connection.scan import Malformed
from orchestrator_tui.adapters.tasks.atomic import create_file, replace_file
from orchestrator_tui.adapters.tasks.lock import TaskLocked, TaskLockLost, task_lock

LIMIT = 64 * 1024 * 1024
_BOM = "\ufeff"


class Refused(Exception):
    """A file stays as it is. The text is one line that names the file, and where it can be the line and key."""


def real_path(path: str | os.PathLike[str]) -> str:
    """The file that a path leads to, links followed."""
    return os.path.realpath(path)


def read_text(path: str) -> str | None:
    """The text of a file, or None when there is none; a byte order mark counts as part of it.

    Raises:
        Refused: it is no regular file, is too large, is not UTF-8, or cannot be read.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Refused(f"{path} is not a regular file")
            data = file.read(LIMIT + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > LIMIT:
        raise Refused(f"{path} is larger than {LIMIT // 1024 // 1024} MiB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused(f"{path}, line {line}: this is not UTF-8") from None


def split_mark(text: str) -> tuple[str, str]:
    """A text's byte order mark, "" where it has none, and the rest."""
    return (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)


def refuse_unwritable(path: str) -> None:
    """Refuse a file that we must not replace: read-only, of another user, or one of several names of one file.

    Raises:
        Refused: it is such a file, or its directory cannot be written.
    """
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        place = next(one for one in _parents(path) if os.path.lexists(one))
        if not os.path.isdir(place):
            raise Refused(f"{place} is not a directory") from None
        if not os.access(place, os.W_OK | os.X_OK):
            raise Refused(f"{path} cannot be made: {place} is not writable") from None
        return
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    if not stat.S_IMODE(found.st_mode) & 0o222 or not os.access(path, os.W_OK):
        raise Refused(f"{path} is read-only (mode {stat.S_IMODE(found.st_mode):04o}); run: chmod u+w {path}")
    if found.st_uid != os.geteuid():
        raise Refused(f"{path} belongs to another user")
    if found.st_nlink > 1:
        raise Refused(f"{path} is one of {found.st_nlink} names of the same file, which would part")


def write_text(path: str, before: str | None, after: str | None) -> None:
    """Make a file's text ``after`` (None removes it), if it still is ``before``; its directories are made if need be.

    Raises:
        Refused: it has changed meanwhile, or cannot be written; it is as it was.
    """
    refuse_unwritable(path)

    def still() -> None:
        if read_text(path) != before:
            raise Refused(f"{path} was changed by somebody else just now; nothing was changed, try again")

    try:
        if after is None:
            still()
            os.unlink(path)
        elif before is not None:
            replace_file(path, after.encode("utf-8"), stat.S_IMODE(os.stat(path).st_mode), still)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if create_file(path, after.encode("utf-8")) is None:
                still()
    except TaskLockLost:
        raise Refused(f"{path} is written by somebody else just now; nothing was changed, try again") from None
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}") from None


def missing_directories(path: str) -> tuple[str, ...]:
    """The directories that have to be made for a file, the innermost first."""
    missing = []
    for parent in _parents(path):
        if os.path.isdir(parent):
            break
        missing.append(parent)
    return tuple(missing)


def remove_directories(directories: tuple[str, ...]) -> None:
    """Remove directories that were made for a file, as far as nothing else is in them."""
    for directory in directories:
        try:
            os.rmdir(directory)
        except OSError:
            return


@contextmanager
def locked(path: str, *, wanted: bool) -> Iterator[None]:
    """Hold Claude Code's own lock of a file that running sessions rewrite; nothing when it is not ``wanted``.

    Raises:
        Refused: another holds it, or it cannot be made.
    """
    with ExitStack() as stack:
        if wanted and os.path.exists(path):
            try:
                stack.enter_context(task_lock(path))
            except TaskLocked as error:
                raise Refused(f"{error}; nothing was changed, try again") from None
            except OSError as error:
                raise Refused(f"{path} cannot be locked: {error.strerror}") from None
        yield


def told(path: str, error: Malformed) -> Refused:
    """What keeps a file from being changed, in one line."""
    where = f"{path}, line {error.line}" if error.line else path
    return Refused(f"{where}: {error.reason}; nothing was changed")


def _parents(path: str) -> Iterator[str]:
    parent = os.path.dirname(path)
    while True:
        yield parent
        above = os.path.dirname(parent)
        if above == parent:
            return
        parent = above


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
