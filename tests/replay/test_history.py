"""A history gives the batch at any event and any time, as it was and without holding all of it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.event import Event
from orchestrator_tui.core.evolve import BatchFold
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch
from orchestrator_tui.journal.port import JournalDamaged, JournalError
from orchestrator_tui.runtime.history import MOST_NEAR, MOST_PICTURES, History, Moment, Times
from tests.replay import batches
from tests.replay.recorded import Listed


def history(events: list[Event]) -> History:
    return History(Listed(events))


def folded(events: list[Event]) -> Batch:
    folding = BatchFold()
    for event in events:
        folding.take(event)
    return folding.batch()


# --- seeking ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_seeking_anywhere_gives_what_folding_up_to_there_gives(seed: int) -> None:
    events = list(batches.events(3_000, tracks=10, seed=seed))
    past, chance = history(events), random.Random(seed)
    for place in [1, 3_000, 511, 512, 513, *(chance.randrange(1, 3_001) for _ in range(30))]:
        assert past.batch(place) == folded(events[:place]), f"event {place}, seed {seed}"


def test_walking_back_and_on_by_single_events_is_the_same_as_seeking() -> None:
    events = list(batches.events(900, tracks=4))
    past = history(events)
    for place in [*range(900, 700, -1), *range(700, 800)]:
        assert past.batch(place) == folded(events[:place])


def test_pictures_are_bounded_however_long_the_batch_is() -> None:
    past = history(list(batches.events(60_000, tracks=3)))
    assert len(past._pictures) <= MOST_PICTURES
    for place in range(50_000, 10_000, -997):
        past.batch(place)
    assert len(past._near) <= MOST_NEAR


def test_the_story_tells_every_event_with_its_place() -> None:
    events = list(batches.events(200, tracks=3))
    told = list(history(events).story())
    assert told == [(number * batches.STEP_MS, event) for number, event in enumerate(events)]


def test_progress_is_told_while_loading() -> None:
    seen: list[int] = []
    History(Listed(batches.events(25_000, tracks=3)), seen.append)
    assert seen == [10_000, 20_000]


def test_nothing_to_replay_is_an_error_in_one_line() -> None:
    with pytest.raises(JournalError, match="there is no batch 'day'"):
        history([])


def test_an_event_that_cannot_follow_is_named() -> None:
    events = list(batches.events(30, tracks=2))
    stray = replace(events[-1], seq=31, kind="track_reported", payload={"track": "nobody"})
    with pytest.raises(JournalDamaged, match=r"day/31 \(track_reported\) cannot follow"):
        history([*events, stray])


# --- time ------------------------------------------------------------------------------------------------------


def instants(*moments: tuple[int, int, str]) -> list[Instant]:
    return [Instant(*moment) for moment in moments]


def positions(times: list[Instant]) -> list[int]:
    found = Times()
    return [found.add(at) for at in times]


def test_the_boot_clock_decides_inside_a_boot_whatever_the_wall_clock_does() -> None:
    stepped_back = instants((10_000, 500, "a"), (3_000, 900, "a"), (99_000, 1_500, "a"))
    assert positions(stepped_back) == [0, 400, 1_000]


def test_the_wall_clock_decides_from_boot_to_boot() -> None:
    over_a_reboot = instants((10_000, 500, "a"), (10_400, 900, "a"), (70_400, 20, "b"), (70_500, 120, "b"))
    assert positions(over_a_reboot) == [0, 400, 60_400, 60_500]


def test_a_wall_clock_that_lost_its_time_over_a_reboot_loses_no_order() -> None:
    assert positions(instants((10_000, 500, "a"), (0, 20, "b"), (50, 70, "b"))) == [0, 0, 50]


def test_events_recorded_out_of_order_share_a_place_and_add_no_time() -> None:
    assert positions(instants((100, 100, "a"), (90, 90, "a"), (110, 110, "a"))) == [0, 0, 10]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from("ab")), min_size=1))
def test_time_never_goes_back(moments: list[tuple[int, int, str]]) -> None:
    found = positions(instants(*moments))
    assert found == sorted(found)
    assert found[0] == 0


def test_between_two_events_the_clock_goes_on_from_the_last_one() -> None:
    times = Times()
    ats = instants((10_000, 500, "a"), (10_400, 900, "a"), (70_400, 20, "b"))
    for at in ats:
        times.add(at)
    assert times.instant(1, ats[0], 0) == ats[0]
    assert times.instant(1, ats[0], 250) == ats[0].plus(250)
    assert times.instant(2, ats[1], 400) == ats[1]
    assert times.instant(3, ats[2], 60_400) == ats[2]


def test_the_clock_does_not_run_late_behind_an_event_out_of_order() -> None:
    times = Times()
    ats = instants((100, 100, "a"), (90, 90, "a"))
    for at in ats:
        times.add(at)
    # At position 0 it is 100 on the boot clock, though the event that was recorded last happened at 90.
    assert times.instant(2, ats[1], 0).boot_ms == 100
    assert elapsed_ms(ats[0], times.instant(2, ats[1], 25)) == 25


def test_a_place_between_events_counts_those_before_it() -> None:
    times = Times()
    for at in instants((0, 0, "a"), (100, 100, "a"), (100, 100, "a"), (300, 300, "a")):
        times.add(at)
    assert [times.count_at(place) for place in (-5, 0, 99, 100, 299, 300, 999)] == [1, 1, 1, 3, 3, 4, 4]


# --- moments ---------------------------------------------------------------------------------------------------


def test_gates_failures_and_ends_are_worth_finding() -> None:
    opened, added = list(batches.events(2, tracks=1))
    gate = batches.Gate("g", "track-0")
    asked, decided = gate.step(), gate.step()
    key = {"gate": "g", "revision": 1}
    told = [
        (asked.kind, asked.payload),
        ("gate_stale", {**key, "count": 1, "level": 1, "age_ms": 300_000}),
        ("gate_stale", {**key, "count": 2, "level": 1, "age_ms": 600_000}),
        (decided.kind, decided.payload),
        ("track_moved", {"track": "track-0", "to": "in_review"}),
        ("track_moved", {"track": "track-0", "to": "failed"}),
        ("track_moved", {"track": "track-0", "to": "merged"}),
    ]
    more = [
        replace(added, seq=seq, at=batches.START.plus(seq * 1_000), kind=kind, payload=payload)
        for seq, (kind, payload) in enumerate(told, 3)
    ]
    places = [(at - 570 // 1) for at in (3_000, 4_000, 6_000, 8_000, 9_000)]
    assert history([opened, added, *more]).moments == tuple(
        Moment(place, kind) for place, kind in zip(places, ["gate", "gate", "gate", "failed", "done"], strict=True)
    )
