"""Agents and tasks seen in any order make a legal journal, and the same tracks."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.agents import BUSY, GONE, IDLE, PERMISSION
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.facts import AgentFact, AgentsSeen
from orchestrator_tui.core.observe_agents import observe_agents
from tests.core.builders import BATCH, MINUTE, SECOND, START, Ledger, agent, fact

SIGHTS = (
    agent(tasks=("7",), tokens=5),
    agent("s1", "a1", tasks=("7",), tokens=10, cost_usd=0.1),
    agent("s1", "a1", tasks=("8", "7"), tokens=20, cost_usd=0.2),
    agent("s1", "a1", finished=True, tasks=("8", "7"), tokens=30, cost_usd=0.3),
)


@pytest.mark.parametrize("order", permutations(range(len(SIGHTS) + 1)))
def test_tracks_are_the_same_in_whatever_order_they_are_seen(order: tuple[int, ...]) -> None:
    ledger = Ledger()
    for place in order:
        if place == len(SIGHTS):
            ledger.see(fact("7", track="cart", stage=1), fact("8", track="sum", stage=1))
        else:
            ledger.meet(SIGHTS[place])
    assert set(ledger.batch.tracks) == {"cart", "sum", "session-s1", "agent-a1"}
    assert fold(ledger.events).batches[BATCH] == ledger.batch


STATUSES = st.sampled_from([BUSY, IDLE, PERMISSION, GONE, "odd"])
FACTS = st.builds(
    lambda session, agent_id, status, finished, killed, tasks, since, text, tokens, cost: agent(
        session,
        agent_id and f"{agent_id}-{session}",
        status=status,
        finished=finished,
        killed=killed,
        tasks=tasks,
        last_wall_ms=START.wall_ms - since,
        activity=text,
        tokens=tokens,
        cost_usd=cost,
        model="opus",
    ),
    st.sampled_from(["s1", "s2"]),
    st.sampled_from(["", "a1", "a2", "a3"]),
    STATUSES,
    st.booleans(),
    st.booleans(),
    st.sampled_from([(), ("7",), ("8", "7"), ("9",)]),
    st.integers(0, 3 * MINUTE),
    st.sampled_from(["", "Read a", "Edit b"]),
    st.integers(-1, 100),
    st.one_of(st.none(), st.floats(0, 5)),
)
LOOKS = st.lists(st.tuples(st.lists(FACTS, max_size=4), st.booleans()), max_size=8)


@given(LOOKS)
def test_whatever_is_seen_makes_a_legal_journal_and_nothing_the_second_time(
    looks: list[tuple[list[AgentFact], bool]],
) -> None:
    ledger = Ledger()
    for number, (facts, whole) in enumerate(looks):
        if number == 2:
            ledger.see(fact("7", track="cart", stage=1), fact("8", track="sum", stage=1))
        ledger.meet(*facts, whole=whole)
        again = observe_agents(ledger.batch, AgentsSeen(tuple(facts), whole=whole), ledger.now)
        assert again == (), again
        ledger.tick(SECOND)
    assert fold(ledger.events).batches[BATCH] == ledger.batch
    for track in ledger.batch.tracks.values():
        assert not track.part_of or track.part_of in ledger.batch.tracks
