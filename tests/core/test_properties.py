"""Properties of the whole core: nothing an agent writes breaks it, and the fold is the same however it is cut (T1)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.canonical import canonical_json
from orchestrator_tui.core.event import check_payload
from orchestrator_tui.core.evolve import BatchFold, evolve, evolve_batch, fold
from orchestrator_tui.core.facts import LifeSign, ListSeen, TaskFact
from orchestrator_tui.core.model import Batch, State
from orchestrator_tui.core.observe import observe
from orchestrator_tui.core.policy import policy
from orchestrator_tui.core.silence import Sight
from tests.core.builders import BATCH, MINUTE, RULES, START, Ledger
from tests.core.test_simulation import Play

NAMES = (
    "stage stageName stageStatus stages skippedStages needsDecision decisionContext decisionDetail decisionOptions "
    "track workflow kind branch worktree pr risk confidence environment recommendation dependsOn hold progress "
    "decision messages messagesRead"
).split()
TEXTS = st.text(st.characters(), max_size=30) | st.sampled_from(
    ["ladder-of-eight", "gate_blocked", "production", "true"]
)
NUMBERS = st.integers() | st.floats() | st.integers(-1, 70)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=10,
)
FACTS = st.builds(
    TaskFact,
    source=st.sampled_from(["task:1", "task:2", "task:3"]),
    task_id=st.sampled_from(["1", "2", "3"]) | TEXTS,
    subject=TEXTS
    | st.sampled_from(["[WF-1] login (ladder-of-eight) — Stage 3/8: Counsel", "[WF-2] login — Stage 9/8"]),
    description=TEXTS,
    status=st.sampled_from(["pending", "in_progress", "completed", "", "odd"]),
    metadata=st.dictionaries(st.sampled_from(NAMES) | TEXTS, ANYTHING, max_size=8),
    mtime_ms=st.integers(-(10**12), 10**14),
    active_form=TEXTS,
    owner=TEXTS,
    problem=st.sampled_from(["", "", "", "empty", "not JSON\x1b[2J"]),
)
LOOKS = st.lists(
    st.builds(
        ListSeen,
        st.lists(FACTS, max_size=3).map(tuple),
        st.lists(st.sampled_from(["task:1", "task:2", "task:9"]), max_size=1).map(tuple),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@given(LOOKS)
def test_nothing_that_a_task_holds_breaks_the_core(looks: list[ListSeen]) -> None:
    """Whatever type each field has: no look raises, each event can be recorded, and looking again gives nothing."""
    ledger = Ledger(rules=RULES)
    for look in looks:
        drafts = observe(ledger.batch, look, RULES, ledger.now)
        for draft in drafts:
            check_payload(draft.kind, draft.payload)
            size = len(canonical_json(dict(draft.payload)).encode("utf-8", "backslashreplace"))
            assert size <= 64 * 1024
        assert ledger.record(*drafts) == []
        assert observe(ledger.batch, look, RULES, ledger.now) == ()
        ledger.due()
        ledger.tick(4 * MINUTE)
    for slug in ledger.batch.tracks:
        assert slug.isascii()
        assert slug.replace("-", "").isalnum()
        assert len(slug) <= 63


@given(FACTS)
def test_the_same_task_has_the_same_fingerprint(fact: TaskFact) -> None:
    assert fact.fingerprint() == fact.fingerprint()
    ours: dict[str, Any] = {**fact.metadata, "decision": {"gate": "g"}, "messages": [{"id": "m"}]}
    same = TaskFact(
        fact.source,
        fact.task_id,
        fact.subject,
        "another description",
        fact.status,
        ours,
        fact.mtime_ms + 1,
        fact.active_form,
        fact.owner,
    )
    assert same.fingerprint() == fact.fingerprint()


def played(seed: int) -> Play:
    play = Play(seed)
    for _ in range(60):
        play.random.choice(play.acts)()
    return play


@pytest.mark.parametrize("seed", range(6))
def test_the_fold_is_the_same_prefix_by_prefix(seed: int) -> None:
    """Folding all, one after the other, or in two parts gives equal states; no picture handed out ever changes."""
    events = played(seed).ledger.events
    stream, one_by_one = BatchFold(), State()
    pictures: list[Batch] = []
    batch: Batch | None = None
    for event in events:
        stream.take(event)
        one_by_one = evolve(one_by_one, event)
        batch = evolve_batch(batch, event)
        pictures.append(stream.batch())
        assert stream.batch() is pictures[-1]
        assert pictures[-1] == batch == one_by_one.batches[BATCH]
    for length, picture in enumerate(pictures, start=1):
        assert fold(events[:length]).batches[BATCH] == picture
    half = fold(events[: len(events) // 2])
    assert fold(events[len(events) // 2 :], half) == fold(events) == one_by_one


@pytest.mark.parametrize("seed", range(6))
def test_pictures_taken_seldom_are_the_same_as_pictures_taken_often(seed: int) -> None:
    events = played(seed).ledger.events
    for first, second in pairwise(range(0, len(events), 7)):
        stream = BatchFold(fold(events[:first]).batches.get(BATCH))
        for event in events[first:second]:
            stream.take(event)
        before = stream.batch()
        for event in events[second:]:
            stream.take(event)
        assert before == fold(events[:second]).batches[BATCH]
        assert stream.batch() == fold(events).batches[BATCH]


def test_time_alone_brings_no_decision() -> None:
    """No timeout ever approves: a year of ticks over every kind of gate decides nothing (A-7)."""
    play = played(3)
    ledger = play.ledger
    ledger.tick(MINUTE)
    before = [event.kind for event in ledger.events].count("gate_decided")
    for _ in range(400):
        ledger.tick(24 * 60 * MINUTE)
        looked: dict[str, tuple[LifeSign, ...]] = dict.fromkeys(ledger.batch.tracks, ())
        ledger.must(*policy(ledger.batch, Sight(signs=looked), ledger.rules, ledger.now))
    assert [event.kind for event in ledger.events].count("gate_decided") == before
    assert ledger.now.wall_ms - START.wall_ms > 365 * 24 * 60 * MINUTE
