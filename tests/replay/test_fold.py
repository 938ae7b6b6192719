"""Folding many events at once makes the same batch as folding them one by one, and leaves old pictures alone."""

from __future__ import annotations

import copy
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator_tui.core.event import Event, EventError
from orchestrator_tui.core.evolve import BatchFold, evolve, evolve_batch, fold
from orchestrator_tui.core.model import Batch, Gate, State, Track
from tests.replay import batches
from tests.replay.odd_events import odd_events


def one_by_one(events: list[Event]) -> Batch:
    batch: Batch | None = None
    for event in events:
        batch = evolve_batch(batch, event)
    assert batch is not None
    return batch


@pytest.mark.parametrize("seed", range(3))
def test_many_at_once_are_the_same_as_one_by_one(seed: int) -> None:
    events = list(batches.events(3_000, tracks=20, seed=seed))
    at_once = fold(events)
    state = State()
    for event in events:
        state = evolve(state, event)
    assert at_once == state


@given(st.integers(0, 2**32))
def test_every_kind_of_event_folds_the_same_both_ways(seed: int) -> None:
    events = odd_events(random.Random(seed))
    at_once = BatchFold()
    for event in events:
        at_once.take(event)
    assert at_once.batch() == one_by_one(events)


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_a_picture_never_changes_after_it_was_taken(seed: int) -> None:
    chance = random.Random(seed)
    events = odd_events(chance)
    folding, taken = BatchFold(), []
    for event in events:
        folding.take(event)
        if chance.random() < 0.3:
            picture = folding.batch()
            taken.append((picture, copy.deepcopy(picture)))
    folding.batch()
    assert all(picture == as_it_was for picture, as_it_was in taken)


def test_a_picture_holds_only_closed_values() -> None:
    batch = fold(batches.events(500)).batches[batches.BATCH]
    assert {type(track) for track in batch.tracks.values()} == {Track}
    assert {type(gate) for gate in batch.gates.values()} == {Gate}


def test_a_fold_goes_on_from_a_picture_and_leaves_it_alone() -> None:
    events = list(batches.events(600, tracks=5))
    half = one_by_one(events[:300])
    as_it_was = copy.deepcopy(half)
    assert fold(events[300:], State({half.id: half})).batches[half.id] == one_by_one(events)
    assert half == as_it_was


def test_a_batch_begins_with_its_opening_and_opens_once() -> None:
    opened, added = list(batches.events(2, tracks=1))
    with pytest.raises(EventError, match="before batch_opened"):
        BatchFold().take(added)
    with pytest.raises(EventError, match="begins with batch_opened"):
        BatchFold().batch()
    with pytest.raises(EventError, match="opened twice"):
        evolve_batch(evolve_batch(None, opened), opened)
