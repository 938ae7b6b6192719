"""What stands in a job's directory: its files by name, and facts written so that they are there whole or not at all.

Facts are lines of a name, a space and a value. The shim reads and writes them, so this module needs ``os`` alone: every
import costs each attempt its milliseconds.
"""

from __future__ import annotations

import os

LOCK = "lock"
"""Held (flock) by the shim as long as it lives; it is born with it."""
STATE = "state"
"""Who the process is; written before it runs, so what has no state has never run."""
RESULT = "result"
"""How it ended; written last."""
CONTROL = "control"
"""The FIFO on which the shim is asked: one line each, ``input``, ``interrupt`` or ``stop SECONDS``."""
SPOOL = "in"
"""What is still to be written to the standard input, one file a message, in the order of their names."""
CLOSE_SUFFIX = ".close"
"""A message of this suffix closes the standard input once all before it were written."""
CLOSED = "closed"
"""Nothing more can be said."""
LOG = "shim.log"
READY = "ready"
"""What the shim says to its starter when the process is on record."""
STREAMS = ("output", "error")

# A result is written over a block that was reserved at the start: a full disk cannot keep it away.
_RESERVED = 4096
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def write_facts(name: str, facts: dict[str, str | int]) -> None:
    """Write facts into a file of the current directory: durably, and at once or not at all.

    Raises:
        OSError: they cannot be written now; it may be tried again.
    """
    lines = "".join(f"{key} {' '.join(str(value).split())}\n" for key, value in facts.items())
    content = lines.encode("utf-8", "backslashreplace")[: _RESERVED - 1]
    _fill(name + ".new", content.ljust(_RESERVED, b"\n"), durably=True)
    os.rename(name + ".new", name)
    sync_directory(".")


def reserve(name: str) -> None:
    """Take the room on disk that :func:`write_facts` will need for this name.

    Raises:
        OSError: there is none.
    """
    _fill(name + ".new", b"\n" * _RESERVED, durably=False)


def _fill(name: str, content: bytes, durably: bool) -> None:
    descriptor = os.open(name, _FLAGS, 0o600)
    try:
        if os.pwrite(descriptor, content, 0) != len(content):
            raise OSError(28, "no room for all of it", name)
        if durably:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: str) -> None:
    """Make the names in a directory durable, where the file system can."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != 22:  # EINVAL: a file system that knows no such thing.
            raise
    finally:
        os.close(descriptor)


def read_facts(path: str) -> dict[str, str]:
    """The facts in a file; none when there is no such file.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return {}
    try:
        text = os.read(descriptor, _RESERVED).decode("utf-8", "replace")
    finally:
        os.close(descriptor)
    pairs = (line.partition(" ") for line in text.split("\n") if line)
    return {name: value for name, _, value in pairs}
