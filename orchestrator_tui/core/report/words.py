"""Lengths of time, moments, money and numbers as reports say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestrator_tui.core.instant import Instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_799_999


def moment(at: Instant | None) -> str | None:
    """ISO 8601 in UTC to the second, ``2026-11-20T10:05:45Z``; None for no moment."""
    if at is None:
        return None
    when = _EPOCH + timedelta(milliseconds=min(max(at.wall_ms, 0), _LAST_MS))
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


def duration(milliseconds: int) -> str:
    """``0:31``, ``6:40``, ``1:07:45``."""
    seconds = max(0, milliseconds) // 1000
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def money(usd: float | None) -> str:
    """``$1.25``; ``not known`` for None."""
    return "not known" if usd is None else f"${usd:,.2f}"


def count(number: int, one: str, many: str = "") -> str:
    """``1 track``, ``3 tracks``, ``no tracks``."""
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def short(sha: str) -> str:
    """The beginning of a commit's name, as people quote it."""
    return sha[:10]
