"""Ages and clock times in words: ``6:40``, ``1:07:45``, ``14:02:31``. Ages tick in place; nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from orchestrator_tui.core.instant import Instant, elapsed_ms

FRESH_MS = 10_000
STEP_MS = 5_000
"""How far apart the moments are at which ages that are not fresh are told anew, where nobody waits for them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def duration(milliseconds: int) -> str:
    """A length of time: ``0:31``, ``6:40``, ``1:07:45``, from 100 hours on ``4d 05h``."""
    seconds = max(0, milliseconds) // 1000
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 100:
        return f"{hours // 24}d {hours % 24:02d}h"
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def age(start: Instant | None, now: Instant) -> str:
    """How long ago ``start`` was, or "" when there is none."""
    return "" if start is None else duration(elapsed_ms(start, now))


def step_age(start: Instant | None, now: Instant) -> str:
    """How long ago ``start`` was, from ten seconds on in steps of five that all ages take at one moment.

    For columns of ages that nobody waits for: a screen full of them need not be painted each second.
    """
    if start is None or elapsed_ms(start, now) < FRESH_MS:
        return age(start, now)
    return duration(max(FRESH_MS, elapsed_ms(start, now.plus(-(now.boot_ms % STEP_MS)))))


def seconds(milliseconds: int) -> str:
    """A short length of time: ``0.2 s``, ``12 s``; from a minute on as :func:`duration`."""
    if milliseconds < 9_950:
        return f"{max(0, milliseconds) / 1000:.1f} s"
    return f"{milliseconds // 1000} s" if milliseconds < 60_000 else duration(milliseconds)


def left(total_ms: int, spent_ms: int) -> str:
    """What is left of a time allowed, rounded up so that it reaches 0:00 only when it is over."""
    return duration(max(0, total_ms - spent_ms) + 999)


def clock_time(at: Instant, zone: tzinfo) -> str:
    """The time of day ``at`` was, in ``zone``: ``14:02:31``."""
    return _wall(at.wall_ms).astimezone(zone).strftime("%H:%M:%S")


def _wall(wall_ms: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=wall_ms)
    except OverflowError:
        return _EPOCH
