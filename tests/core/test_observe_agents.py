"""Sessions and sub-agents as they are seen: tracks of their own, whose work they do, what they cost, how they end."""

from __future__ import annotations

import json
import re
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.agents import BUSY, GONE, IDLE, PERMISSION, TEAMMATE, address
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.facts import AgentFact, AgentsSeen
from orchestrator_tui.core.model import Liveness, Track, TrackState
from orchestrator_tui.core.observe import observe_ending
from orchestrator_tui.core.observe_agents import observe_agents
from orchestrator_tui.core.tracks_shown import own_track
from tests.core.builders import BATCH, MINUTE, SECOND, START, Ledger, agent, fact, kinds, opened, track_added

SESSION = "0f9d2c11-aaaa-bbbb-cccc-123456789abc"
MATE = "acart-0123456789abcdef"


def own(ledger: Ledger, session: str = "s1", agent_id: str = "") -> Track:
    track = own_track(ledger.batch, address(session, agent_id))
    assert track is not None
    return track


def on_task(**fields: Any) -> Ledger:
    """A list with one task in stage 2, of the slug ``cart``."""
    ledger = Ledger()
    ledger.see(fact("7", track="cart", stage=2, stageStatus="in_progress", **fields))
    return ledger


# --- tracks of their own -----------------------------------------------------------------------------------


def test_a_session_and_its_sub_agent_have_a_track_each() -> None:
    ledger = Ledger()
    ledger.meet(agent(SESSION, title="Fix the cart"), agent(SESSION, "a1234567890abcdef", title="Review cart/sum.py"))
    session, helper = own(ledger, SESSION), own(ledger, SESSION, "a1234567890abcdef")
    assert (session.slug, session.kind, session.title) == ("fix-the-cart-2c11", "session", "Fix the cart")
    assert (helper.slug, helper.kind, helper.title) == ("review-cart-sum-py-cdef", "agent", "Review cart/sum.py")
    assert helper.state is session.state is TrackState.RUNNING
    assert helper.agent is not None
    assert (helper.agent.session, helper.agent.status, helper.agent.mode) == (SESSION, BUSY, "background")


@pytest.mark.parametrize(
    ("seen", "slug"),
    [
        (agent(SESSION), "session-0f9d2c11"),
        (agent(SESSION, "a1234567890abcdef"), "agent-90abcdef"),
        (agent(SESSION, title="???"), "session-0f9d2c11"),
        (agent(SESSION, name="pipelines", title="the first prompt"), "pipelines-2c11"),
        (agent(SESSION, MATE, name="cart", mode=TEAMMATE, title="a long prompt"), "cart-cdef"),
        (agent(SESSION, "a1234567890abcdef", name="general-purpose", title="Plan it"), "plan-it-cdef"),
        (agent(SESSION, title="x" * 500), "x" * 40 + "-2c11"),
    ],
)
def test_a_track_is_named_after_what_its_agent_is_about(seen: AgentFact, slug: str) -> None:
    ledger = Ledger()
    ledger.meet(seen)
    assert list(ledger.batch.tracks) == [slug]


def test_a_track_keeps_the_name_under_which_its_agent_has_asked_already() -> None:
    ledger = Ledger()
    ledger.must(opened(track="agent-90abcdef", asker=f"{SESSION}/a1234567890abcdef", source="call"))
    ledger.meet(agent(SESSION, "a1234567890abcdef", title="Review cart/sum.py"))
    assert own(ledger, SESSION, "a1234567890abcdef").slug == "agent-90abcdef"


def test_a_name_that_is_taken_is_not_taken_twice() -> None:
    ledger = Ledger()
    ledger.must(track_added("plan-it-cdef", source="task:1"), track_added("agent-90abcdef", source="task:2"))
    ledger.meet(agent(SESSION, "a1234567890abcdef", title="Plan it"))
    assert own(ledger, SESSION, "a1234567890abcdef").slug == "agent-90abcdef-2"


def test_a_task_keeps_its_name_whoever_was_seen_first() -> None:
    ledger = Ledger()
    ledger.meet(agent("s1", "a1234567890abcdef", title="cart"))
    ledger.see(fact("7", track="cart", stage=1))
    assert ledger.track("cart").source == "task:7"


def test_looking_again_gives_nothing() -> None:
    ledger = on_task()
    seen = (
        agent(tasks=("7",), activity="Read a.py", last_wall_ms=START.wall_ms, tokens=10, cost_usd=0.1, model="opus"),
        agent("s1", "a1", tasks=("7",), activity="Edit b.py", last_wall_ms=START.wall_ms, tokens=20, worktree="/w"),
        agent("s1", "a2", finished=True, tokens=5),
    )
    assert ledger.meet(*seen, whole=True)
    assert ledger.meet(*seen, whole=True) == ()
    assert ledger.meet(*reversed(seen)) == ()


def test_hostile_texts_are_made_safe_before_they_are_recorded() -> None:
    ledger = Ledger()
    ledger.meet(
        agent(title="\x1b[31mred\nline", name="\x1b]0;x\x07", evidence=("\x1b[2J busy",), activity="rm\x00 -rf")
    )
    text = json.dumps([dict(event.payload) for event in ledger.events])
    assert not re.search(r"\\u00[01]", text)


# --- states ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        (agent(), agent(finished=True), TrackState.DONE),
        (agent(), agent(finished=True, killed=True), TrackState.ABANDONED),
        (agent(), agent(status=GONE), TrackState.DONE),
        (agent("s1", "a1"), agent("s1", "a1", finished=True), TrackState.DONE),
        (agent("s1", "a1"), agent("s1", "a1", status=GONE), TrackState.ABANDONED),
        (agent("s1", "a1", finished=True), agent("s1", "a1"), TrackState.RUNNING),
        (agent(finished=True), agent(status=IDLE), TrackState.RUNNING),
    ],
)
def test_a_track_ends_with_its_agent_and_wakes_with_it(before: AgentFact, after: AgentFact, state: TrackState) -> None:
    ledger = Ledger()
    ledger.meet(before)
    ledger.meet(after)
    (track,) = ledger.batch.tracks.values()
    assert track.state is state
    assert (track.ended_at is None) is (state is TrackState.RUNNING)


def test_a_session_that_ends_takes_its_sub_agents_along_and_not_those_that_returned() -> None:
    ledger = Ledger()
    ledger.meet(agent(), agent("s1", "a1"), agent("s1", "a2", finished=True), agent("s2"), agent("s2", "b1"))
    ledger.meet(agent(finished=True, killed=True))
    assert own(ledger).state is TrackState.ABANDONED
    assert own(ledger, "s1", "a1").state is TrackState.ABANDONED
    assert own(ledger, "s1", "a2").state is TrackState.DONE
    assert own(ledger, "s2", "b1").state is TrackState.RUNNING
    helper = own(ledger, "s1", "a1").agent
    assert helper is not None
    assert (helper.status, helper.evidence) == (GONE, ("its session has ended",))
    # Its own files know nothing of that: they say what they said before.
    assert ledger.meet(agent("s1", "a1")) == ()


def test_what_a_session_said_of_its_end_is_evidence() -> None:
    ledger = Ledger()
    ledger.meet(agent())
    ledger.meet(agent(finished=True), endings={"s1": "prompt_input_exit"})
    seen = own(ledger).agent
    assert seen is not None
    assert seen.evidence == ("its transcript ends", "it said that it ends: prompt_input_exit")
    moved = next(event for event in reversed(ledger.events) if event.kind == "track_moved")
    assert moved.payload["why"] == "it said that it ends: prompt_input_exit"


def test_of_whom_nothing_is_left_has_ended() -> None:
    ledger = Ledger()
    ledger.meet(agent(), agent("s1", "a1"), agent("s2"))
    ledger.meet(agent("s2"), whole=True)
    assert own(ledger).state is TrackState.DONE
    assert own(ledger, "s1", "a1").state is TrackState.ABANDONED
    assert own(ledger, "s2").state is TrackState.RUNNING


@pytest.mark.parametrize(
    ("stage", "status", "state", "why"),
    [
        (2, "in_progress", TrackState.ABANDONED, "it returned in stage 2 of 3"),
        (3, "completed", TrackState.DONE, "its last stage is completed"),
    ],
)
def test_a_sub_agent_that_reports_stages_is_done_when_the_last_of_them_is(
    stage: int, status: str, state: TrackState, why: str
) -> None:
    ledger = Ledger()
    ledger.meet(agent(), agent("s1", "a1"))
    slug = own(ledger, "s1", "a1").slug
    rungs = {"track": slug, "changes": {"stages": [[1, "Plan"], [2, "Build"], [3, "Ship"]]}}
    done = {"completed": "done", "in_progress": "running"}[status]
    ledger.must(Draft("track_changed", rungs), Draft("stage_changed", {"track": slug, "stage": stage, "status": done}))
    (moved,) = (one for one in ledger.meet(agent("s1", "a1", finished=True)) if one.kind == "track_moved")
    assert (ledger.track(slug).state, moved.payload["why"]) == (state, why)


def test_a_change_of_state_or_of_the_way_to_an_agent_is_told_at_once_and_mere_evidence_in_its_time() -> None:
    ledger = Ledger()
    ledger.meet(agent(connected=False))
    held = frozenset({("agent_seen", "s1")})
    assert ledger.meet(agent(connected=False, evidence=("a new word",)), withheld=held) == ()
    assert kinds(ledger.meet(agent(connected=False, evidence=("a new word",)))) == ["agent_seen"]
    for seen in (agent(status=PERMISSION), agent(connected=True), agent(connected=True, pane="w:@1.%2")):
        assert kinds(ledger.meet(seen, withheld=held)) == ["agent_seen"]


# --- what it does ------------------------------------------------------------------------------------------


def test_what_an_agent_does_is_told_once_and_again_when_it_goes_on() -> None:
    ledger = Ledger()
    at = START.wall_ms
    told = [
        "activity_seen" in kinds(ledger.meet(agent(activity=text, last_wall_ms=at - 10 * MINUTE + since)))
        for text, since in (
            ("Read a.py", 0),
            ("Read a.py", SECOND),
            ("Edit a.py", 2 * SECOND),
            ("Read a.py", SECOND),
            ("Edit a.py", MINUTE),
            ("Edit a.py", 2 * MINUTE),
        )
    ]
    assert told == [True, False, True, False, False, True]


def test_an_activity_of_the_future_is_of_now() -> None:
    ledger = Ledger()
    seen = agent(activity="Read a.py", last_wall_ms=START.wall_ms + 10 * MINUTE)
    ledger.meet(seen)
    activity = own(ledger).activity
    assert activity is not None
    assert activity.at == START
    assert ledger.meet(seen) == ()


def test_activity_and_cost_wait_their_turn_and_cost_comes_at_the_end() -> None:
    ledger = Ledger()
    ledger.meet(agent("s1", "a1", activity="Read a.py", last_wall_ms=START.wall_ms - SECOND, tokens=10))
    held = frozenset({("activity_seen", "s1/a1"), ("cost_recorded", "s1/a1")})
    later = agent("s1", "a1", activity="Edit a.py", last_wall_ms=START.wall_ms, tokens=20)
    assert ledger.meet(later, withheld=held) == ()
    ledger.meet(agent("s1", "a1", activity="Edit a.py", tokens=30, finished=True), withheld=held)
    assert own(ledger, "s1", "a1").tokens == 30


def test_an_agent_taken_for_silent_reports_by_going_on() -> None:
    ledger = Ledger()
    ledger.meet(agent())
    slug = own(ledger).slug
    ledger.tick(10 * MINUTE)
    ledger.must(Draft("agent_asked", {"track": slug, "message": "m-1"}))
    ledger.meet(agent(last_wall_ms=START.wall_ms))
    assert ledger.track(slug).liveness is Liveness.ASKED
    ledger.tick(MINUTE)
    ledger.meet(agent(last_wall_ms=ledger.now.wall_ms))
    assert ledger.track(slug).liveness is Liveness.REPORTING


# --- whose work it does ------------------------------------------------------------------------------------


def test_a_sub_agent_that_reports_on_a_task_works_for_its_track() -> None:
    ledger = on_task()
    ledger.meet(
        agent("s1"),
        agent(
            "s1",
            "a1",
            tasks=("7",),
            last_wall_ms=START.wall_ms,
            activity="Edit cart.py",
            branch="cart",
            worktree="/w/cart",
        ),
    )
    cart = ledger.track("cart")
    assert own(ledger, "s1", "a1").part_of == "cart"
    assert cart.agent is not None
    assert address(cart.agent.session, cart.agent.id) == "s1/a1"
    assert (cart.branch, cart.worktree) == ("cart", "/w/cart")
    assert cart.activity is not None
    assert cart.activity.text == "Edit cart.py"
    assert own(ledger, "s1", "a1").activity is None


def test_what_the_file_says_of_its_branch_stands_and_what_it_does_not_say_is_not_taken_back() -> None:
    ledger = on_task(branch="by-file")
    ledger.meet(agent("s1", "a1", tasks=("7",), branch="seen", worktree="/w/cart"))
    assert (ledger.track("cart").branch, ledger.track("cart").worktree) == ("by-file", "/w/cart")
    ledger.see(fact("7", track="cart", stage=3, stageStatus="in_progress", branch="by-file"))
    assert ledger.track("cart").worktree == "/w/cart"


def test_it_joins_whichever_is_seen_first() -> None:
    ledger = Ledger()
    ledger.meet(agent("s1", "a1", tasks=("7",)))
    assert own(ledger, "s1", "a1").part_of == ""
    ledger.see(fact("7", track="cart", stage=2))
    ledger.meet(agent("s1", "a1", tasks=("7",)))
    assert own(ledger, "s1", "a1").part_of == "cart"


def test_it_moves_on_to_another_task() -> None:
    ledger = on_task()
    ledger.see(fact("8", track="sum", stage=1))
    ledger.meet(agent("s1", "a1", tasks=("7",), tokens=100, cost_usd=1.0, model="opus"))
    ledger.meet(agent("s1", "a1", tasks=("8", "7"), tokens=150, cost_usd=1.5, model="opus"))
    assert own(ledger, "s1", "a1").part_of == "sum"
    assert (ledger.track("cart").tokens, ledger.track("cart").cost_usd) == (100, 1.0)
    assert (ledger.track("sum").tokens, ledger.track("sum").cost_usd) == (50, 0.5)
    leader = ledger.track("sum").agent
    assert leader is not None
    assert leader.id == "a1"


def test_a_task_costs_what_all_that_work_for_it_have_used_before_they_joined_too() -> None:
    ledger = on_task()
    ledger.meet(agent("s1", "a1", tokens=40, cost_usd=0.4, model="haiku"))
    assert ledger.track("cart").tokens is None
    ledger.meet(
        agent("s1", "a1", tokens=50, cost_usd=0.5, model="haiku", tasks=("7",)),
        agent("s1", "a2", tokens=30, cost_usd=0.25, model="opus", tasks=("7",)),
        agent("s1", tokens=1000, cost_usd=9.0, model="opus", tasks=("7",)),
    )
    assert (ledger.track("cart").tokens, ledger.track("cart").cost_usd) == (80, 0.75)
    assert (own(ledger).tokens, own(ledger).cost_usd) == (1000, 9.0)


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), -1.0])
def test_what_is_no_sum_of_money_is_not_known(cost: float) -> None:
    ledger = Ledger()
    ledger.meet(agent(cost_usd=cost, tokens=-3, model="opus"))
    assert (own(ledger).cost_usd, own(ledger).tokens) == (None, 0)


def test_the_newest_that_reported_leads_and_another_takes_over_when_it_is_gone() -> None:
    ledger = on_task()

    def leader() -> str:
        found = ledger.track("cart").agent
        assert found is not None
        return address(found.session, found.id)

    ledger.meet(agent(tasks=("7",)))
    assert leader() == "s1"
    ledger.meet(agent("s1", "a1", tasks=("7",)))
    assert leader() == "s1/a1"
    ledger.meet(agent("s1", "a2", tasks=("7",)))
    assert leader() == "s1/a2"
    ledger.meet(agent("s1", "a1", tasks=("7",)))
    assert leader() == "s1/a2"
    ledger.meet(agent("s1", "a2", tasks=("7",), finished=True))
    assert leader() == "s1/a2"
    ledger.meet(agent(tasks=("7",), activity="TaskUpdate"))
    assert leader() == "s1"


def test_the_state_of_the_leader_is_told_on_the_task_while_it_goes_on() -> None:
    ledger = on_task()
    ledger.meet(agent("s1", "a1", tasks=("7",)))
    ledger.meet(agent("s1", "a1", tasks=("7",), status=PERMISSION))
    leader = ledger.track("cart").agent
    assert leader is not None
    assert leader.status == PERMISSION
    ledger.see(fact("7", track="cart", status="completed", stage=2, stageStatus="completed"))
    drafts = ledger.meet(agent("s1", "a1", tasks=("7",), status=BUSY))
    assert [one.payload["track"] for one in drafts if one.kind == "agent_seen"] == [own(ledger, "s1", "a1").slug]


# --- endings -----------------------------------------------------------------------------------------------


def test_a_batch_goes_on_while_its_session_lives_whatever_becomes_of_the_list() -> None:
    ledger = on_task()
    ledger.meet(agent())
    ledger.see(vanished=("task:7",))
    assert ledger.track("cart").state is TrackState.DONE
    assert observe_ending(ledger.batch) == ()
    ledger.meet(agent(finished=True))
    (ended,) = observe_ending(ledger.batch)
    assert (ended.kind, ended.payload["outcome"]) == ("batch_ended", "completed")


def test_a_batch_whose_sessions_are_gone_has_stopped_and_is_open_again_when_one_is_resumed() -> None:
    ledger = on_task()
    ledger.meet(agent(), agent("s2"))
    ledger.meet(agent(finished=True))
    assert observe_ending(ledger.batch) == ()
    ledger.meet(agent("s2", finished=True, killed=True))
    (ended,) = observe_ending(ledger.batch)
    assert ended.payload["outcome"] == "stopped"
    ledger.must(ended)
    assert observe_ending(ledger.batch) == ()
    ledger.meet(agent(status=IDLE))
    (again,) = observe_ending(ledger.batch)
    assert again.kind == "batch_reopened"


def test_what_an_attempt_of_ours_works_on_is_not_left_by_a_session() -> None:
    ledger = on_task()
    started = {"track": "cart", "attempt": "a-1", "purpose": "implement", "process": [7, "1", "boot-1"]}
    ledger.must(Draft("attempt_started", started))
    ledger.meet(agent())
    ledger.meet(agent(finished=True))
    assert observe_ending(ledger.batch) == ()


# --- any order ---------------------------------------------------------------------------------------------


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


def test_what_a_session_does_is_told_on_the_task_that_it_leads_while_that_runs() -> None:
    ledger = on_task()
    at = START.wall_ms
    ledger.meet(agent(tasks=("7",), activity="Edit cart.py", last_wall_ms=at - MINUTE))
    assert own(ledger).activity is None
    told = ledger.track("cart").activity
    assert told is not None
    assert told.text == "Edit cart.py"
    assert ledger.meet(agent(tasks=("7",), activity="Edit cart.py", last_wall_ms=at - MINUTE)) == ()
    ledger.see(fact("7", track="cart", status="completed", stage=2, stageStatus="completed"))
    ledger.meet(agent(tasks=("7",), activity="Read sum.py", last_wall_ms=at))
    told = own(ledger).activity
    assert told is not None
    assert told.text == "Read sum.py"


def test_an_agent_that_has_used_nothing_yet_has_cost_nothing_to_tell() -> None:
    ledger = Ledger()
    assert "cost_recorded" not in kinds(ledger.meet(agent(cost_usd=0.0, tokens=0)))


def test_what_was_counted_before_stands_while_an_agent_that_is_met_again_is_not_counted_yet() -> None:
    ledger = Ledger()
    ledger.meet(agent(cost_usd=2.5, tokens=700, model="opus"))
    assert "cost_recorded" not in kinds(ledger.meet(agent(cost_usd=None, tokens=0, model="opus")))
    assert (own(ledger).tokens, own(ledger).cost_usd) == (700, 2.5)


def test_gone_is_said_once_whatever_else_shows_it_later() -> None:
    ledger = Ledger()
    ledger.meet(agent())
    ledger.meet(agent(finished=True))
    assert ledger.meet(agent(finished=True, evidence=("the registry has no process of it",))) == ()
    assert ledger.meet(agent(finished=True), endings={"s1": "logout"}) == ()
