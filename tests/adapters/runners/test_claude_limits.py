"""When a rate limit ends, by the ways in which Claude Code tells it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.adapters.runners.claude_limits import (
    OVERLOADED_MS,
    UNKNOWN_MS,
    until_by_error,
    until_by_event,
    until_by_retry,
    until_by_text,
)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW_MS = int(NOON.timestamp() * 1000)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        (f"Claude AI usage limit reached|{NOW_MS // 1000 + 60}", NOW_MS + 60_000),
        ("You've hit your limit · resets 3pm (UTC)", at("2026-11-20T15:00+00:00")),
        ("5-hour limit reached ∙ resets 3:30pm (Europe/Berlin)", at("2026-11-20T15:30+01:00")),
        ("You've hit your limit · resets 1am (UTC)", at("2026-11-21T01:00+00:00")),
        ("You've hit your weekly limit · resets 12am (UTC)", at("2026-11-21T00:00+00:00")),
        ("Weekly limit reached · resets Nov 24, 9am (UTC)", at("2026-11-24T09:00+00:00")),
        ("Weekly limit reached · resets Dec 1 at 9am (UTC)", at("2026-12-01T09:00+00:00")),
        ("limit reached · resets Nov 31, 9am (UTC)", 0),
        ("limit reached · resets 3pm (Not/AZone)", None),
        ("It resets 3pm (UTC)", 0),
        ("limit", 0),
        ("Claude AI usage limit reached|1", 0),
        ("Claude AI usage limit reached|9999999999999", 0),
    ],
)
def test_words(text: str, until: int | None) -> None:
    found = until_by_text(text, NOW_MS)
    assert NOW_MS < found <= NOW_MS + 86_400_000 if until is None else found == until


def test_events_and_retries() -> None:
    soon = NOW_MS // 1000 + 5
    assert until_by_event({"status": "rejected", "resetsAt": soon}, NOW_MS) == soon * 1000
    assert until_by_event({"status": "rejected"}, NOW_MS) == NOW_MS + UNKNOWN_MS
    assert until_by_event({"status": "allowed"}, NOW_MS) == 0
    assert until_by_event({"status": []}, NOW_MS) is None
    assert until_by_event("rejected", NOW_MS) is None
    assert until_by_retry({"error": "rate_limit", "retry_delay_ms": 40_000}, NOW_MS) == NOW_MS + 40_000
    assert until_by_retry({"error": "overloaded", "retry_delay_ms": 1_000}, NOW_MS) == 0
    assert until_by_retry({"error": "server_error", "retry_delay_ms": 40_000}, NOW_MS) == 0
    assert until_by_retry({"error": "rate_limit", "retry_delay_ms": float("nan")}, NOW_MS) == 0


def test_errors() -> None:
    assert until_by_error({"api_error_status": 429}, "no", 0, NOW_MS) == NOW_MS + UNKNOWN_MS
    assert until_by_error({"api_error_status": 429}, "no", NOW_MS + 7, NOW_MS) == NOW_MS + 7
    assert until_by_error({"api_error_status": 529}, "no", 0, NOW_MS) == NOW_MS + OVERLOADED_MS
    assert until_by_error({}, "limit reached · resets 1pm (UTC)", 5, NOW_MS) == NOW_MS + 3_600_000
    assert until_by_error({"subtype": "error_max_turns"}, "Reached maximum number of turns", 0, NOW_MS) == 0
    assert until_by_error({"api_error_status": 401}, "Invalid API key", NOW_MS + 7, NOW_MS) == 0


@given(
    text=st.text(max_size=60) | st.from_regex(r"\A(1pm|Jan 31, 2am) \([A-Za-z/_.-]{1,12}\)\Z"),
    now=st.integers(0, 4_000_000_000_000),
)
def test_no_text_is_a_time_that_is_past_or_far_off(text: str, now: int) -> None:
    until = until_by_text(f"limit reached resets {text} 7pm (UTC)", now)
    assert until == 0 or now < until <= now + 32 * 86_400_000
