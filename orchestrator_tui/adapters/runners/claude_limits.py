"""Rate limits as headless Claude Code tells of them: until when an agent is parked.

A limit is told by a ``rate_limit_event``, by a retry that is far off, or by the error that ended the turn, whose text
may name the time in words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

FAR_OFF_MS = 30_000
"""Retries that are nearer do not park an agent: Claude Code makes them itself, and soon."""

UNKNOWN_MS, OVERLOADED_MS = 300_000, 60_000
"""For how long an agent is parked when nothing says until when."""

_LIMITS = ("rate_limit", "overloaded")
_STATUSES = (429, 529)
_MOST_MS = 32 * 86_400_000
"""Limits end within a month; what is said to end later is no time."""

_EPOCH = re.compile(r"limit reached\|(\d{9,13})\b")
_CLOCK = re.compile(
    r"resets?\s+(?:at\s+)?(?:(?P<month>[A-Z][a-z]{2})[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+(?:at\s+)?)?"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s?(?P<half>[ap])\.?m\b\.?(?:\s+\((?P<zone>[A-Za-z_+\-/0-9]{1,40})\))?"
)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def until_by_event(info: Any, now_ms: int) -> int | None:
    """When the limit of a ``rate_limit_info`` ends, in milliseconds of wall time; 0 for no limit, None for no word."""
    if not isinstance(info, Mapping):
        return None
    if info.get("status") != "rejected":
        return 0 if info.get("status") in ("allowed", "allowed_warning") else None
    return _epoch(info.get("resetsAt"), now_ms) or now_ms + UNKNOWN_MS


def until_by_retry(entry: Mapping[str, Any], now_ms: int) -> int:
    """When an ``api_retry`` by a limit comes, where that is far off; else 0."""
    delay = entry.get("retry_delay_ms")
    if not is_limit(entry) or isinstance(delay, bool) or not isinstance(delay, int | float):
        return 0
    return now_ms + int(delay) if FAR_OFF_MS <= delay <= _MOST_MS else 0


def until_by_error(entry: Mapping[str, Any], text: str, known_ms: int, now_ms: int) -> int:
    """When the limit ends that ended a turn: as it was told before, as the text says, or after a while; 0 for none."""
    said = until_by_text(text, now_ms)
    if not said and not is_limit(entry):
        return 0
    if said or known_ms > now_ms:
        return said or known_ms
    return now_ms + (OVERLOADED_MS if entry.get("api_error_status") == 529 else UNKNOWN_MS)


def until_by_text(text: str, now_ms: int) -> int:
    """When a limit ends by words such as ``resets 3:30pm (Europe/Berlin)``; 0 when they name no time."""
    epoch = _EPOCH.search(text)
    if epoch is not None:
        return _epoch(int(epoch.group(1)), now_ms)
    clock = _CLOCK.search(text) if "limit" in text.lower() else None
    return 0 if clock is None else _moment(clock, now_ms)


def is_limit(entry: Mapping[str, Any]) -> bool:
    """Whether an error is one of a limit, or of too much load."""
    statuses = (entry.get("error_status"), entry.get("api_error_status"))
    return entry.get("error") in _LIMITS or any(one in _STATUSES for one in statuses if type(one) is int)


def _epoch(value: Any, now_ms: int) -> int:
    """A time in seconds or milliseconds as milliseconds; 0 when it is past, or further off than limits are."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        return 0
    at = int(value if value > 1e11 else value * 1000)
    return at if now_ms < at <= now_ms + _MOST_MS else 0


def _moment(clock: re.Match[str], now_ms: int) -> int:
    zone = _zone(clock["zone"])
    now = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=now_ms)).astimezone(zone)
    hour = int(clock["hour"]) % 12 + (12 if clock["half"] == "p" else 0)
    try:
        at = now.replace(hour=hour, minute=int(clock["minute"] or 0), second=0, microsecond=0)
        if clock["month"]:
            at = at.replace(month=_MONTHS.index(clock["month"]) + 1, day=int(clock["day"]))
            at = at if at > now else at.replace(year=at.year + 1)
    except ValueError:
        return 0
    at = at if at > now else at + timedelta(days=1)
    return _epoch(int(at.timestamp() * 1000), now_ms)


def _zone(name: str | None) -> tzinfo | None:
    """The zone of this name; None, the machine's own, when none is named or known."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, OSError, ValueError):
        return None
