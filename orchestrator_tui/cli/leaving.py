"""Being told to end: by Ctrl+C, by whoever ends a session, by a terminal that closes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ASKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def told_to_end() -> Iterator[None]:
    """Within this block the first of these signals raises :class:`KeyboardInterrupt`; later ones change nothing."""

    def end(number: int, frame: FrameType | None) -> None:
        for each in _ASKED:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, end) for each in _ASKED}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
