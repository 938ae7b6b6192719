"""The timeline: every kind of event has words, newest first, hostile text inert."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator_tui.core.event import KINDS, Event
from orchestrator_tui.core.model import GateState, State
from orchestrator_tui.core.text import is_clean
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.telling import HIDDEN, TELL, Told, tell
from orchestrator_tui.ui.present.timeline import TimelineView, present_timeline, timeline_columns, timeline_line
from tests.hostile_text import ALL_PAYLOADS
from tests.ui.drawing import drawn, expected, widths
from tests.ui.states import BATCH, COUNSEL, NOW, ZONE, ago, checkout, empty, event, with_gate

WIDE = """
| 14:02:31  profile-share  asks permission: Bash: pnpm db:migrate --dev                    held by hook                |
| 14:01:12  fix-auth-race  asks: Reviewer B rejects the root cause: the lock is a sympto…  held by hook                |
| 14:00:58  cart-totals    rule build-fix-clear answered "apply the import fix"            acknowledged 0.2 s          |
| 13:58:20  fix-tz         merged: 1c0aa97 into orch/checkout, 214 checks                                              |
"""
NARROW = """
| 14:02:31  profile-share  asks permission: Bash: pnpm db:migrate --dev        |
| 14:01:12  fix-auth-race  asks: Reviewer B rejects the root cause: the lock … |
| 14:00:58  cart-totals    rule build-fix-clear answered "apply the import fi… |
| 13:58:20  fix-tz         merged: 1c0aa97 into orch/checkout, 214 checks      |
"""

VALUES: dict[type, Any] = {str: "word", int: 1, float: 0.5, list: [1], dict: {"pr": "#41"}, bool: True}


def sample(kind: str, text: str = "word", *, optional: bool = True) -> Event:
    """An event of a kind with the required fields of its table filled, and the optional ones if so asked."""
    values = {**VALUES, str: text}
    payload: dict[str, Any] = {}
    for spec in KINDS[kind] if optional else KINDS[kind][:1]:
        for name, types in spec.items():
            allowed = types if isinstance(types, tuple) else (types,)
            payload[name] = next(values[one] for one in allowed if one in values)
    if "track" in payload and text == "word":
        payload["track"] = "cart-totals"
    return event(1, NOW, kind, **payload)


def present(*events: Event, state: State | None = None) -> TimelineView:
    batch = replace((state or checkout()).batches[BATCH], recent=events)
    return present_timeline(State({BATCH: batch}), UNICODE, ZONE)


def picture(view: TimelineView, width: int) -> str:
    columns = timeline_columns(view, width)
    lines = [timeline_line(row, columns, width) for row in view.rows.values()]
    assert widths(lines) == {width}
    return drawn(lines)


@pytest.mark.parametrize(("width", "golden"), [(118, WIDE), (78, NARROW)])
def test_as_drawn(width: int, golden: str) -> None:
    assert picture(present_timeline(checkout(), UNICODE, ZONE), width) == expected(golden)


def test_every_kind_of_event_has_words() -> None:
    assert set(TELL) == set(KINDS)
    assert set(KINDS) >= HIDDEN


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_of_a_kind_are_whole(kind: str) -> None:
    batch = checkout().batches[BATCH]
    for one in (sample(kind), sample(kind, optional=False)):
        told = tell(one, batch)
        assert told.text
        assert told.text == told.text.strip()
        assert "None" not in told.text + told.detail
        assert kind not in told.text


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_is_inert_in_every_kind(kind: str) -> None:
    batch = checkout().batches[BATCH]
    for payload in ALL_PAYLOADS:
        told = tell(sample(kind, payload), batch)
        assert is_clean(told.text)
        assert is_clean(told.detail)
        assert "\n" not in told.text + told.detail


NEWCOMER: tuple[tuple[str, dict[str, Any], Told], ...] = (
    ("batch_opened", {"title": "Checkout", "source": "plan.yaml"}, Told("batch opened: Checkout", "plan.yaml")),
    ("track_moved", {"to": "merged"}, Told("merged", token="track-done")),
    ("track_moved", {"to": "in_review"}, Told("is now in review")),
    (
        "stage_changed",
        {"track": "cart-totals", "stage": 5, "status": "running"},
        Told("stage 5 Simplification Pass started"),
    ),
    ("stages_skipped", {"stages": [5, 7], "by": "mia"}, Told("skips 2 stages (5, 7)", "by mia")),
    (
        "check_recorded",
        {"name": "CI", "result": "fail", "detail": "2 failed"},
        Told("check CI failed", "2 failed", "track-failed"),
    ),
    (
        "agent_asked",
        {"silent_ms": 600_000, "route": "hook"},
        Told("is asked what it is doing after 10:00 of silence", "by hook", "track-unknown"),
    ),
    ("agent_liveness", {"liveness": "gone"}, Told("its agent is gone", "", "track-failed")),
    (
        "cost_recorded",
        {"cost_usd": 1.5, "tokens": 2_100_000, "model": "opus"},
        Told("has cost $1.50, 2.1M tokens", "opus", "quiet"),
    ),
    (
        "finding_added",
        {"severity": "blocker", "title": "leak", "file": "a.py", "line": 3, "by": "B"},
        Told("blocker: leak", "a.py:3  by B", "track-failed"),
    ),
    (
        "finding_added",
        {"severity": "blocker", "title": "leak", "by": "B", "confidence": 49, "standing": "left_out"},
        Told("left out: blocker: leak", "by B  49 of 100 sure", "quiet"),
    ),
    (
        "finding_added",
        {"severity": "concern", "title": "leak", "confidence": 50, "standing": "possible"},
        Told("possible concern: leak", "50 of 100 sure", "quiet"),
    ),
    ("message_sent", {"text": "stop", "by": "mia"}, Told('is told "stop"', "by mia")),
    ("gate_snoozed", {"snooze_ms": 300_000, "by": "mia"}, Told("warnings silenced for 5:00", "by mia", "quiet")),
    (
        "delivery_failed",
        {"route": "task_file", "why": "locked", "undelivered": True},
        Told("the answer did not arrive", "locked", "track-failed"),
    ),
    (
        "delivery_failed",
        {"route": "task_file", "why": "locked"},
        Told("the answer was not taken by task file", "locked", "gate"),
    ),
    ("decision_refused", {"why": "it was replaced"}, Told("an answer was refused", "it was replaced", "gate")),
)


@pytest.mark.parametrize(("kind", "payload", "told"), NEWCOMER)
def test_what_a_newcomer_reads(kind: str, payload: dict[str, Any], told: Told) -> None:
    assert tell(event(1, NOW, kind, **payload), checkout().batches[BATCH]) == told


def test_an_unknown_kind_says_who_wrote_it() -> None:
    told = tell(event(1, NOW, "gate_voted"), checkout().batches[BATCH])
    assert told.text == "gate_voted: written by a newer version"


def test_an_answer_tells_how_far_it_has_come() -> None:
    gates = checkout().batches[BATCH].gates
    answered = gates["cart-totals/gate"]
    decided = checkout().batches[BATCH].recent[1]

    def detail(**changes: Any) -> str:
        view = present(decided, state=with_gate(checkout(), replace(answered, **changes)))
        return next(iter(view.rows.values())).detail

    assert detail() == "acknowledged 0.2 s"
    assert detail(steps=(), state=GateState.DECIDED) == "not delivered yet"
    assert detail(steps=(), state=GateState.DELIVERED) == "delivered, not acknowledged yet"
    assert detail(steps=(), state=GateState.DECIDED, undelivered=True) == "not delivered"
    assert detail(decision=None) == ""


def test_a_question_is_warm_only_while_it_waits() -> None:
    opened = checkout().batches[BATCH].recent[2]
    assert next(iter(present(opened).rows.values())).token == "gate"
    gone = with_gate(checkout(), replace(COUNSEL, state=GateState.WITHDRAWN))
    assert next(iter(present(opened, state=gone).rows.values())).token == ""


def test_newest_first_over_all_batches_and_bounded() -> None:
    batch = checkout().batches[BATCH]
    notes = tuple(event(place, ago(0, 100 - place), "note_added", track="a", text=f"n{place}") for place in range(50))
    other = replace(batch, id="other", recent=tuple(replace(one, batch="other") for one in notes))
    view = present_timeline(State({BATCH: batch, "other": other}), UNICODE, ZONE, limit=10)
    assert [key[0] for key in view.rows][:3] == [BATCH, "other", "other"]
    assert len(view.rows) == 10


def test_finer_steps_are_left_out() -> None:
    assert present(*(sample(kind) for kind in HIDDEN)).empty == ("Nothing has happened yet.",)
    assert present_timeline(empty(), UNICODE, ZONE).rows == {}


def test_one_tracks_events() -> None:
    view = present_timeline(checkout(), UNICODE, ZONE, track="cart-totals")
    assert [row.slug for row in view.rows.values()] == ["cart-totals"]


def test_the_corner_names_the_mode() -> None:
    assert present_timeline(checkout(), UNICODE, ZONE, mode="replay").corner == "replay"


def test_a_report_without_words_is_a_whole_sentence() -> None:
    batch = checkout().batches[BATCH]
    assert tell(event(1, NOW, "track_reported", track="a"), batch).text == "has reported"
    assert tell(event(1, NOW, "track_reported", track="a", progress="half"), batch).text == "reports half"
