"""What more than one front end asks of the state: the queue, who waits, what counts as what."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, GateState, Liveness, Question, Risk, State, Track, TrackState
from orchestrator_tui.core.queries import (
    Counts,
    GateKey,
    TrackKey,
    all_tracks,
    counts,
    find_gate,
    find_track,
    gate_age_ms,
    gate_queue,
    needs_person,
    next_waiting,
    oldest_wait_ms,
    open_signals,
    stale_gates,
    standing,
    tracks_by_need,
    under_way,
    waiting_gates,
    waiting_tracks,
    wants_confirmation,
)
from tests.core.builders import BATCH, MINUTE, START, Ledger, on_gate, opened, track_added


def gate(name: str, risk: Risk = Risk.LOW, minutes: int = 0, batch: str = "b", **fields: Any) -> Gate:
    asked = START.plus(-minutes * MINUTE)
    plain = Gate(batch, name, 1, "d", name, Question("task", "?"), risk, "", GateState.OPEN, asked, asked, "s")
    return replace(plain, **fields)


def state(*gates: Gate, tracks: tuple[Track, ...] = ()) -> State:
    batches = {one.batch for one in gates} | {one.batch for one in tracks}
    return State(
        {
            name: Batch(
                name,
                name,
                "watch",
                "running",
                tracks={one.slug: one for one in tracks if one.batch == name},
                gates={one.id: one for one in gates if one.batch == name},
            )
            for name in sorted(batches)
        }
    )


def ids(gates: tuple[Gate, ...]) -> list[str]:
    return [one.id for one in gates]


QUEUE = (
    gate("lost", undelivered=True, state=GateState.DECIDED),
    gate("prod", Risk.PRODUCTION, 1),
    gate("drop", Risk.DESTRUCTIVE, 9),
    gate("red", Risk.FAILURE, 3),
    gate("stage", Risk.STAGING, 8),
    gate("low", Risk.LOW, 7),
    gate("check", Risk.CHECK, 5),
    gate("unknown", Risk.UNKNOWN, 2),
)


def test_the_queue_is_ordered_by_risk_and_below_staging_by_age_alone() -> None:
    """[002-19] A-15: production > destructive > failure > staging > rest, then age; undelivered ones on top (A-6)."""
    for order in list(permutations(QUEUE))[::997]:
        assert ids(gate_queue(state(*order))) == ids(QUEUE)


@pytest.mark.parametrize("one", GateState)
@pytest.mark.parametrize("undelivered", [False, True])
def test_who_belongs_in_the_queue(one: GateState, undelivered: bool) -> None:
    expected = one is GateState.OPEN or (undelivered and one in (GateState.DECIDED, GateState.DELIVERED))
    assert needs_person(gate("g", state=one, undelivered=undelivered)) == expected


def test_gates_of_the_same_age_are_told_apart_by_name() -> None:
    gates = (gate("b", batch="x"), gate("a", batch="y"), gate("a", batch="x"))
    assert [(one.batch, one.id) for one in gate_queue(state(*gates))] == [("x", "a"), ("x", "b"), ("y", "a")]


RISKS = st.sampled_from(Risk)
GATES = st.builds(
    gate,
    st.sampled_from("abcdefgh"),
    RISKS,
    st.integers(0, 90),
    st.sampled_from(["x", "y"]),
    undelivered=st.booleans(),
    state=st.sampled_from(GateState),
)


@given(st.lists(GATES, max_size=12), st.integers(0, 10**8))
def test_the_order_is_total_and_nothing_that_ticks_changes_it(gates: list[Gate], later: int) -> None:
    """Two gates compare the same way in every company and at every moment: no row moves by itself."""
    unique = list({(one.batch, one.id): one for one in gates}.values())
    queue = [(one.batch, one.id) for one in gate_queue(state(*unique))]
    assert len(queue) == len(set(queue))
    assert [(one.batch, one.id) for one in gate_queue(state(*reversed(unique)))] == queue
    for left, right in pairwise(queue):
        pair = [one for one in unique if (one.batch, one.id) in (left, right)]
        assert [(one.batch, one.id) for one in gate_queue(state(*pair))] == [left, right]
    ticked = [replace(one, stale_count=one.stale_count + 1, stale_at=START.plus(later)) for one in unique]
    assert [(one.batch, one.id) for one in gate_queue(state(*ticked))] == queue


def test_the_age_of_a_gate_stops_with_its_decision_or_its_end() -> None:
    """[002-18]"""
    ledger = Ledger()
    ledger.must(opened("a"), opened("b"))
    ledger.tick(MINUTE)
    ledger.must(on_gate("gate_decided", "a"), on_gate("gate_withdrawn", "b"))
    ledger.tick(MINUTE)
    assert gate_age_ms(ledger.gate("a"), ledger.now) == MINUTE
    assert gate_age_ms(ledger.gate("b"), ledger.now) == MINUTE
    assert oldest_wait_ms(ledger.state, ledger.now) is None


def test_the_oldest_wait_is_that_of_the_oldest_open_gate() -> None:
    gates = (gate("a", minutes=4), gate("b", minutes=6), gate("c", minutes=9, state=GateState.ACKNOWLEDGED))
    assert oldest_wait_ms(state(*gates), START) == 6 * MINUTE
    assert ids(stale_gates(state(*gates), START)) == ["b"]
    assert stale_gates(state(), START) == ()


def test_answers_under_way_are_listed_newest_first() -> None:
    ledger = Ledger()
    for name in ("a", "b", "c"):
        ledger.must(opened(name), on_gate("gate_decided", name))
        ledger.tick(MINUTE)
    ledger.must(on_gate("gate_cancelled", "b"))
    assert ids(under_way(ledger.state)) == ["c", "a"]


def track(slug: str, fixed: TrackState = TrackState.RUNNING, live: Liveness = Liveness.REPORTING) -> Track:
    return Track("b", slug, slug, "bug", fixed, liveness=live)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (track("t"), "working"),
        (track("t", live=Liveness.ASKED), "working"),
        (track("t", live=Liveness.UNKNOWN), "unknown"),
        (track("t", live=Liveness.GONE), "unknown"),
        (track("t", live=Liveness.WORKING_NOT_REPORTING), "unknown"),
        (track("t", TrackState.PENDING), "pending"),
        (track("t", TrackState.QUEUED, Liveness.GONE), "pending"),
        (track("t", TrackState.DONE, Liveness.GONE), "done"),
        (track("t", TrackState.MERGED), "done"),
        (track("t", TrackState.SKIPPED), "dropped"),
        (track("t", TrackState.ABANDONED), "dropped"),
        (track("t", TrackState.FAILED), "failed"),
        (track("t", TrackState.ROLLED_BACK), "failed"),
        *[(track("t", one), "working") for one in (TrackState.BLOCKED, TrackState.MERGING, TrackState.ESCALATED)],
    ],
)
def test_the_standing_of_a_track(one: Track, expected: str) -> None:
    assert standing(one) == expected


def test_tracks_that_need_a_person_come_first() -> None:
    """[002-24]"""
    tracks = (
        track("done", TrackState.DONE),
        track("pending", TrackState.PENDING),
        track("working"),
        track("failed", TrackState.FAILED),
        track("unknown", live=Liveness.UNKNOWN),
        track("low"),
        track("prod", TrackState.DONE),
    )
    gates = (gate("low", minutes=5), gate("prod", Risk.PRODUCTION), gate("prod-2", Risk.LOW, 9, track="prod"))
    shown = state(*gates, tracks=tracks)
    assert [one.slug for one in tracks_by_need(shown)] == [
        "prod",
        "low",
        "unknown",
        "failed",
        "working",
        "pending",
        "done",
    ]
    assert list(waiting_tracks(shown)) == [TrackKey("b", "prod"), TrackKey("b", "low")]
    assert ids(waiting_gates(shown.batches["b"], "prod")) == ["prod", "prod-2"]
    assert counts(shown) == Counts(waiting=3, working=1, unknown=1, done=1, failed=1, pending=1, dropped=0)
    assert sum(1 for _ in all_tracks(shown)) == len(tracks)


def test_w_goes_round_the_queue() -> None:
    shown = state(gate("a", minutes=3), gate("b", minutes=2), gate("c", minutes=1))
    key = [GateKey("b", name) for name in "abc"]
    assert [next_waiting(shown, one) for one in (None, *key)] == [key[0], key[1], key[2], key[0]]
    assert next_waiting(shown, GateKey("b", "gone")) == key[0]
    assert next_waiting(state(), key[0]) is None


@pytest.mark.parametrize(
    ("risk", "question", "wanted"),
    [
        (Risk.LOW, "Go on?", ""),
        (Risk.UNKNOWN, "Go on?", ""),
        (Risk.CHECK, "Go on?", "twice"),
        (Risk.STAGING, "Go on?", ""),
        (Risk.STAGING, "Deploy to production?", "twice"),
        (Risk.FAILURE, "Force-push the branch?", "twice"),
        (Risk.DESTRUCTIVE, "Go on?", "slug"),
        (Risk.PRODUCTION, "Deploy to production?", "slug"),
    ],
)
def test_what_an_answer_needs_beside_enter(risk: Risk, question: str, wanted: str) -> None:
    assert wants_confirmation(gate("g", risk, question=Question("task", question))) == wanted


def test_things_are_found_by_their_identity() -> None:
    ledger = Ledger()
    ledger.must(track_added(), opened())
    assert find_gate(ledger.state, GateKey(BATCH, "g")) == ledger.gate("g")
    assert find_track(ledger.state, TrackKey(BATCH, "alpha")) == ledger.track("alpha")
    for batch, name in ((BATCH, "h"), ("nowhere", "g")):
        assert find_gate(ledger.state, GateKey(batch, name)) is None
        assert find_track(ledger.state, TrackKey(batch, name)) is None


def test_signals_are_listed_newest_first() -> None:
    ledger = Ledger()
    for name in ("a", "b"):
        ledger.must(Draft("signal_raised", {"signal": name, "kind": "stage_jumped", "text": name}))
        ledger.tick(MINUTE)
    assert [one.id for one in open_signals(ledger.state)] == ["b", "a"]


def test_a_gate_of_an_earlier_boot_keeps_its_place() -> None:
    early = gate("early", minutes=9, asked_at=Instant(START.wall_ms - 9 * MINUTE, 10**9, "boot-0"))
    assert ids(gate_queue(state(gate("late", minutes=8), early))) == ["early", "late"]


def test_a_task_that_cannot_be_read_is_unknown_and_not_at_work() -> None:
    track = Track("b", "alpha", "Alpha", "task", TrackState.RUNNING, problem="not UTF-8 at byte 17")
    assert standing(track) == "unknown"
