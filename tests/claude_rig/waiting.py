"""Waiting for something real with a bounded deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

DEFAULT_TIMEOUT = 60.0
"""Seconds. Generous: it only bounds a hang, it is never what a test measures."""


class NotSeenError(AssertionError):
    """What a test waited for did not happen before its deadline."""


def wait_until(
    look: Callable[[], Found | None],
    what: str,
    *,
    timeout: float = DEFAULT_TIMEOUT,
    every: float = 0.02,
    context: Callable[[], str] | None = None,
) -> Found:
    """Call `look` every `every` seconds until it returns something true, and return that.

    Raises NotSeenError naming `what` after `timeout` seconds, with the text of `context` when given.
    A file that is not there yet or is half written, or a process that just ended, counts as "not yet".
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            found = look()
        except (FileNotFoundError, ProcessLookupError, ValueError):
            found = None
        if found:
            return found
        if time.monotonic() >= deadline:
            detail = f"\n{context()}" if context else ""
            raise NotSeenError(f"not seen within {timeout:g} s: {what}{detail}")
        time.sleep(every)
