"""Which tracks are listed, to which of them a gate belongs, and who works on one."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.agents import GONE, IDLE, INPUT, PERMISSION
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Track
from orchestrator_tui.core.queries import (
    TrackKey,
    agent_behind,
    all_shown,
    asks_elsewhere,
    counts,
    shown_tracks,
    standing,
    tracks_by_need,
    waiting_gates,
    waiting_tracks,
)
from orchestrator_tui.core.tracks_shown import agent_at, own_track, sessions_gone, track_of
from tests.core.builders import BATCH, Ledger, agent, fact, on_gate, opened, track_added


def shown(ledger: Ledger) -> list[str]:
    return [track.slug for track in shown_tracks(ledger.batch)]


def staffed() -> Ledger:
    """A session with a task, a sub-agent on it, and a sub-agent beside it."""
    ledger = Ledger()
    ledger.see(fact("7", track="cart", stage=2))
    ledger.meet(agent(), agent("s1", "a1", tasks=("7",)), agent("s1", "a2", title="Look around"))
    return ledger


def test_a_session_alone_is_listed_itself() -> None:
    ledger = Ledger()
    ledger.meet(agent(), agent("s2"))
    assert shown(ledger) == ["session-s1", "session-s2"]


def test_beside_tasks_and_sub_agents_it_is_not_and_who_works_for_a_task_is_the_task() -> None:
    ledger = staffed()
    assert shown(ledger) == ["cart", "look-around-a2"]
    assert [track.slug for track in all_shown(ledger.state)] == shown(ledger)


def test_a_session_that_goes_on_when_all_else_has_ended_is_listed_again() -> None:
    ledger = staffed()
    ledger.meet(agent("s1", "a2", title="Look around", finished=True))
    assert "session-s1" not in shown(ledger)
    ledger.see(fact("7", track="cart", stage=2, status="completed"))
    assert shown(ledger) == ["cart", "session-s1", "look-around-a2"]
    ledger.meet(agent(finished=True))
    assert shown(ledger) == ["cart", "look-around-a2"]


@pytest.mark.parametrize(
    ("helper_returned", "listed"),
    [(True, ["cart", "session-s1", "look-around-a2"]), (False, ["cart", "look-around-a2"])],
)
def test_a_killed_session_is_counted_as_lost_once(helper_returned: bool, listed: list[str]) -> None:
    ledger = staffed()
    ledger.meet(agent("s1", "a2", title="Look around", finished=helper_returned))
    ledger.meet(agent(finished=True, killed=True))
    assert shown(ledger) == listed
    assert (counts(ledger.state).failed, counts(ledger.state).done) == (1, int(helper_returned))


@pytest.mark.parametrize("decided", [False, True])
def test_a_session_that_owes_or_asks_something_is_listed(decided: bool) -> None:
    ledger = staffed()
    ledger.must(opened(track="session-s1", asker="s1"))
    if decided:
        ledger.must(on_gate("gate_decided"))
    assert "session-s1" in shown(ledger)
    ledger.must(on_gate("gate_cancelled"))
    assert "session-s1" not in shown(ledger)


def test_without_agents_everything_is_listed() -> None:
    ledger = Ledger()
    ledger.must(track_added("a", source="task:1"), track_added("b", source=""))
    assert shown(ledger) == ["a", "b"]


@pytest.mark.parametrize(
    ("named", "asker", "belongs"),
    [
        ("cart", "s1/a1", "cart"),
        ("agent-a1", "s1/a1", "cart"),
        ("agent-a2", "s1/a2", "look-around-a2"),
        ("session-s1", "s1", "session-s1"),
        ("agent-a9", "s1/a9", "agent-a9"),
        ("elsewhere", "", "elsewhere"),
    ],
)
def test_a_gate_belongs_to_the_listed_track_of_who_asked(named: str, asker: str, belongs: str) -> None:
    ledger = staffed()
    ledger.must(opened(track=named, asker=asker))
    assert track_of(ledger.batch, ledger.gate("g")) == belongs
    assert list(waiting_tracks(ledger.state)) == [TrackKey(BATCH, belongs)]
    assert [gate.id for gate in waiting_gates(ledger.batch, belongs)] == ["g"]


def test_the_agent_behind_a_track_is_known_as_its_own_track_knows_it() -> None:
    ledger = staffed()
    ledger.see(fact("7", track="cart", stage=2, status="completed"))
    ledger.meet(agent("s1", "a1", tasks=("7",), finished=True))
    behind = agent_behind(ledger.batch, ledger.track("cart"))
    assert behind is not None
    assert (behind.id, behind.status) == ("a1", GONE)
    assert ledger.track("cart").agent != behind
    assert agent_behind(ledger.batch, track_of_nobody()) is None
    assert agent_at(ledger.batch, "s1/a9") is None
    assert own_track(ledger.batch, "s1/a2") == ledger.track("look-around-a2")


def track_of_nobody() -> Track:
    ledger = Ledger()
    ledger.must(track_added())
    return ledger.track("alpha")


def test_sessions_are_gone_when_all_are_and_some_are_known() -> None:
    ledger = Ledger()
    assert not sessions_gone(ledger.batch)
    ledger.meet(agent(), agent("s2"))
    ledger.meet(agent(finished=True))
    assert not sessions_gone(ledger.batch)
    ledger.meet(agent("s2", status=GONE))
    assert sessions_gone(ledger.batch)


def test_the_headline_counts_what_is_listed() -> None:
    ledger = staffed()
    assert counts(ledger.state).working == 2
    ledger.must(opened(track="agent-a1", asker="s1/a1"))
    assert (counts(ledger.state).waiting, counts(ledger.state).working) == (1, 1)


def test_an_agent_that_has_ended_its_turn_rests_and_does_not_work() -> None:
    ledger = Ledger()
    ledger.meet(agent(status=IDLE))
    (track,) = shown_tracks(ledger.batch)
    assert standing(track) == "pending"
    ledger.meet(agent())
    (track,) = shown_tracks(ledger.batch)
    assert standing(track) == "working"


@pytest.mark.parametrize("status", [PERMISSION, INPUT])
def test_who_waits_at_its_own_terminal_comes_next_after_those_that_wait_here(status: str) -> None:
    ledger = Ledger()
    for number, slug in enumerate(("waiting", "lost", "asks", "works")):
        ledger.see(fact(str(number), track=slug, stage=1))
    lost = {"track": "lost", "liveness": "unknown"}
    ledger.must(opened(track="waiting", source="task:0"), Draft("agent_liveness", lost))
    ledger.meet(agent("s1", "a1", tasks=("2",), status=status))
    assert asks_elsewhere(ledger.track("asks"))
    assert [track.slug for track in tracks_by_need(ledger.state)] == ["waiting", "asks", "lost", "works"]
