"""Printing an answer on a descriptor, and finding out whether its reader took it (DESIGN §4.2, the reader's receipt).

A pipe tells its writer how much of what was written nobody has read yet (``FIONREAD`` on the writing end), a Unix
socket on Linux likewise (``SIOCOUTQ``). A file or a terminal tells nothing: then the agent's next call is the sign.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import select
import stat
import sys
import termios
import time
from collections.abc import Callable

WAIT_S = 2.0
"""How long to look for the receipt."""

_LONGEST_PAUSE_S = 0.05


def print_all(descriptor: int, text: str) -> None:
    """Write all of ``text`` as UTF-8.

    Raises:
        OSError: it did not all arrive: the reader is gone, the disk is full.
    """
    data = memoryview(text.encode("utf-8", "replace"))
    while data:
        try:
            written = os.write(descriptor, data)
        except BlockingIOError:
            select.select([], [descriptor], [])
            continue
        if written == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        data = data[written:]


def receipt(
    descriptor: int,
    wait_s: float = WAIT_S,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> str | None:
    """In words how we know that the reader took everything; "" when we do not; None when it left without taking it."""
    try:
        kind = os.fstat(descriptor).st_mode
    except OSError:
        return ""
    if stat.S_ISFIFO(kind):
        request, what = termios.FIONREAD, "pipe"
    elif stat.S_ISSOCK(kind) and sys.platform == "linux":
        request, what = termios.TIOCOUTQ, "socket"
    else:
        return ""
    deadline, pause = monotonic() + wait_s, 0.001
    while True:
        # The end of the reader is asked for first: what it read before it left has then been counted.
        gone = reader_gone(descriptor)
        unread = _unread(descriptor, request)
        if unread is None:
            return ""
        if unread == 0 and not (gone and what == "socket"):
            return f"its reader took all of it from the {what}"
        if gone:
            return None
        if monotonic() >= deadline:
            return ""
        sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_S)


def _unread(descriptor: int, request: int) -> int | None:
    count = array.array("i", [0])
    try:
        fcntl.ioctl(descriptor, request, count)
    except OSError:
        return None
    return count[0]


def reader_gone(descriptor: int) -> bool:
    """Whether the other end of a pipe or socket is known to be closed."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))
