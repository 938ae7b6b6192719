"""Sessions and sub-agents as they are seen: tracks of their own, whose work they do, what they cost, how they end."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from orchestrator_tui.core.agents import BUSY, GONE, IDLE, PERMISSION, TEAMMATE, address
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import AgentFact
from orchestrator_tui.core.model import Liveness, Track, TrackState
from orchestrator_tui.core.observe import observe_ending
from orchestrator_tui.core.tracks_shown import own_track
from tests.core.builders import MINUTE, SECOND, START, Ledger, agent, fact, kinds, opened, track_added

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
        (agent(), agent(finished=True, killed=True), TrackState.FAILED),
        (agent(status=PERMISSION), agent(finished=True, killed=True), TrackState.FAILED),
        (agent(status=IDLE), agent(finished=True, killed=True), TrackState.ABANDONED),
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
    assert own(ledger).state is TrackState.FAILED
    assert own(ledger, "s1", "a1").state is TrackState.FAILED
    assert own(ledger, "s1", "a2").state is TrackState.DONE
    assert own(ledger, "s2", "b1").state is TrackState.RUNNING
    helper = own(ledger, "s1", "a1").agent
    assert helper is not None
    assert (helper.status, helper.evidence) == (GONE, ("its session has ended",))
    # Its own files know nothing of that: they say what they said before.
    assert ledger.meet(agent("s1", "a1")) == ()


def gone(session: str = "s1") -> AgentFact:
    return agent(session, finished=True, killed=True)


@pytest.mark.parametrize(
    ("helper", "state"), [(BUSY, TrackState.FAILED), (PERMISSION, TrackState.FAILED), (IDLE, TrackState.ABANDONED)]
)
def test_what_is_killed_at_its_work_is_lost_and_the_batch_has_stopped(helper: str, state: TrackState) -> None:
    ledger = Ledger()
    ledger.meet(agent(status=IDLE), agent("s1", "a1", status=helper), agent("s1", "a2", finished=True))
    told = ledger.meet(gone(), agent("s1", "a1", status=GONE), whole=True)
    assert own(ledger, "s1", "a1").state is own(ledger).state is state
    why = {draft.payload["why"] for draft in told if draft.kind == "track_moved"}
    assert ("its process was killed" in why) == (state is TrackState.FAILED)
    (ended,) = observe_ending(ledger.batch)
    assert ended.payload["outcome"] == ("stopped" if state is TrackState.FAILED else "completed")
    assert ledger.meet(gone(), agent("s1", "a1", status=GONE)) == ()
    # Its entry in the registry is tidied away by the next session to start.
    ledger.meet(agent(finished=True))
    assert own(ledger).state in (state, TrackState.DONE)


def test_a_question_or_a_task_that_goes_on_is_work_that_a_kill_cuts_off() -> None:
    asked = Ledger()
    asked.meet(agent(status=IDLE))
    asked.must(opened(track="session-s1", asker="s1"))
    asked.meet(gone())
    led = on_task(status="in_progress")
    led.meet(agent(status=IDLE, tasks=("7",)), agent("s1", "a1", tasks=("7",)))
    led.meet(agent("s1", "a1", tasks=("7",), finished=True))
    led.meet(gone())
    assert own(asked).state is own(led).state is TrackState.FAILED


def test_a_session_that_said_that_it_ends_was_not_killed() -> None:
    ledger = Ledger()
    ledger.meet(agent())
    ledger.meet(gone(), endings={"s1": "prompt_input_exit"})
    assert own(ledger).state is TrackState.ABANDONED


def test_a_killed_session_that_is_resumed_goes_on_and_ends_well() -> None:
    ledger = Ledger()
    ledger.meet(agent())
    ledger.meet(gone())
    ledger.must(*observe_ending(ledger.batch))
    ledger.meet(agent())
    assert own(ledger).state is TrackState.RUNNING
    assert [draft.kind for draft in observe_ending(ledger.batch)] == ["batch_reopened"]
    ledger.meet(agent(finished=True))
    assert own(ledger).state is TrackState.DONE


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
