"""An engine beside sessions and sub-agents: batches without a list, what is kept, what is journalled and how often."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.adapters.memory import MemoryAgents
from orchestrator_tui.core.agents import GONE, IDLE, address
from orchestrator_tui.core.facts import AgentsSeen, CallEnded
from orchestrator_tui.core.model import GateState, Liveness, TrackState
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.core.tracks_shown import own_track, shown_tracks
from orchestrator_tui.journal.port import JournalError, Request
from orchestrator_tui.runtime.engine import RESTS_MS
from orchestrator_tui.runtime.sights import joined_agents
from orchestrator_tui.runtime.world import AgentsSight
from tests.core.builders import agent, asking, fact, on_gate, opened
from tests.runtime.stage import BATCH, LIST, MINUTE, SECOND, Process, Stage, payloads

UUID = "0f9d2c11-aaaa-4bbb-8ccc-123456789abc"
SESSION_LIST = f"/tasks/{UUID}"
SESSION_BATCH = list_batch_id(SESSION_LIST)


def passes(stage: Stage, cockpit: Process, milliseconds: int) -> None:
    stage.clock.advance(milliseconds)
    cockpit.step()


def test_a_session_that_lives_has_a_batch_before_it_has_a_list(stage: Stage) -> None:
    stage.sessions.titles[SESSION_LIST] = "Fix the cart"
    stage.work(agent(UUID, title="Fix the cart"), directory=SESSION_LIST)
    cockpit = stage.start()
    cockpit.step()
    batch = cockpit.state.batches[SESSION_BATCH]
    assert (batch.title, batch.kind, batch.source) == ("Fix the cart", "watch", SESSION_LIST)
    assert [track.title for track in shown_tracks(batch)] == ["Fix the cart"]
    stage.write(fact("1", track="cart", stage=1), directory=SESSION_LIST)
    cockpit.step()
    assert [track.slug for track in shown_tracks(cockpit.state.batches[SESSION_BATCH])] == ["cart"]
    assert cockpit.state.batches[SESSION_BATCH] == stage.folded(SESSION_BATCH) == stage.replayed(SESSION_BATCH)


def test_a_list_that_a_person_has_named_keeps_its_name(stage: Stage) -> None:
    stage.sessions.titles[LIST] = "Fix the cart"
    stage.work(agent())
    cockpit = stage.start()
    cockpit.step()
    assert cockpit.batch.title == "alpha"


def test_sessions_that_are_only_history_open_no_batch(stage: Stage) -> None:
    stage.work(agent(finished=True), agent("s1", "a1", finished=True))
    cockpit = stage.start()
    cockpit.step()
    assert cockpit.state.batches == {}
    stage.work(agent(status=IDLE))
    cockpit.step()
    assert {track.source for track in cockpit.batch.tracks.values()} == {"session:s1", "agent:a1"}


def test_history_is_told_where_the_list_is_still_there(stage: Stage) -> None:
    stage.work(agent(finished=True, killed=True))
    stage.write(asking(track="cart"))
    cockpit = stage.start()
    cockpit.step()
    assert cockpit.batch.gates == {}, "nobody lives who would hear the answer"
    assert cockpit.batch.state == "stopped"
    events = len(stage.events())
    cockpit.leave()
    later = stage.start()
    later.step()
    assert later.batch.state == "stopped"
    assert len(stage.events()) <= events + 3, "a lease is taken and let go of, and nothing more"


def test_an_ended_batch_of_an_ended_session_is_left_alone(stage: Stage) -> None:
    first = stage.start()
    stage.work(agent())
    first.step()
    stage.work(agent(finished=True))
    first.step()
    assert first.batch.state == "completed"
    first.leave()
    before = stage.kinds()
    second = stage.start()
    second.step()
    assert second.state.batches == {}
    assert stage.kinds() == before


def test_a_batch_of_a_session_that_died_while_nobody_watched_is_ended(stage: Stage) -> None:
    first = stage.start()
    stage.work(agent(), agent("s1", "a1"))
    first.step()
    first.die()
    stage.work(agent(finished=True, killed=True), agent("s1", "a1"))
    second = stage.start()
    second.step()
    assert second.batch.state == "stopped"
    assert {track.state for track in second.batch.tracks.values()} == {TrackState.FAILED}


def test_nothing_is_lost_when_the_journal_cannot_be_written(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    cockpit = stage.start()
    stage.work(agent())
    cockpit.step()
    stage.write(asking(track="cart"))
    cockpit.step()
    gate = cockpit.gate()

    def refused(*_: Any) -> Any:
        raise JournalError("the disk is full")

    monkeypatch.setattr(cockpit.journal, "append", refused)
    monkeypatch.setattr(cockpit.journal, "change_gate", refused)
    stage.work(agent("s1", "a1", tasks=("1",), tokens=10))
    call = CallEnded("s1", gate.id, "Bash", "person", False, stage.clock.now().wall_ms)
    stage.sessions.end_call(LIST, call)
    with pytest.raises(JournalError):
        cockpit.step()
    stage.clock.advance(SECOND)
    stage.work(agent("s1", "a1", tasks=("1",), tokens=20))
    with pytest.raises(JournalError):
        cockpit.step()
    monkeypatch.undo()
    cockpit.step()
    assert cockpit.gate().state is GateState.ANSWERED_ELSEWHERE
    own = own_track(cockpit.batch, "s1/a1")
    assert own is not None
    assert (own.part_of, own.tokens, cockpit.track("cart").tokens) == ("cart", 20, 20)


def test_a_sub_agent_that_is_seen_before_its_task_joins_it_when_that_is_there(stage: Stage) -> None:
    cockpit = stage.start()
    stage.work(agent(), agent("s1", "a1", tasks=("1",)))
    cockpit.step()
    stage.write(fact("1", track="cart", stage=2))
    cockpit.step()
    own = own_track(cockpit.batch, "s1/a1")
    assert own is not None
    assert own.part_of == "cart"


def test_two_looks_that_nobody_recorded_are_one(stage: Stage) -> None:
    def sight(*facts: Any, whole: bool = False) -> AgentsSight:
        return AgentsSight(LIST, "", True, AgentsSeen(facts, whole=whole))

    first = sight(agent(), agent("s1", "a1"), whole=True)
    assert joined_agents(None, first) is first
    later = joined_agents(first, sight(agent(status=IDLE)))
    assert later.seen.whole
    assert {one.agent.id: one.agent.status for one in later.seen.facts} == {"": IDLE, "a1": "busy"}
    assert [one.agent.id for one in joined_agents(first, sight(agent(), whole=True)).seen.facts] == [""]


# --- how often ---------------------------------------------------------------------------------------------


def at_work(stage: Stage) -> Process:
    cockpit = stage.start()
    stage.write(fact("1", track="cart", stage=2))
    stage.work(agent(), agent("s1", "a1", tasks=("1",), activity="begins", tokens=1, model="opus"))
    cockpit.step()
    return cockpit


def test_what_an_agent_does_is_shown_at_once_and_journalled_once_in_ten_seconds(stage: Stage) -> None:
    cockpit = at_work(stage)
    before = len(stage.events())
    for number in range(100):
        stage.clock.advance(100)
        stage.work(agent("s1", "a1", tasks=("1",), activity=f"Edit {number}", tokens=1, model="opus"))
        cockpit.step()
        live = cockpit.engine.activity.get((BATCH, "cart"), cockpit.track("cart").activity)
        assert live is not None
        assert live.text == f"Edit {number}"
    assert len(stage.events()) == before + 1
    assert cockpit.batch == stage.folded()


def test_the_last_of_it_is_journalled_in_its_time_without_another_look(stage: Stage) -> None:
    cockpit = at_work(stage)
    stage.clock.advance(SECOND)
    stage.work(agent("s1", "a1", tasks=("1",), activity="the last", tokens=50, model="opus"))
    cockpit.step()
    assert cockpit.track("cart").tokens == 1
    stage.clock.advance(10 * SECOND)
    cockpit.step(look=False)
    activity = cockpit.track("cart").activity
    assert activity is not None
    assert activity.text == "the last"
    assert (BATCH, "cart") not in cockpit.engine.activity
    stage.clock.advance(20 * SECOND)
    cockpit.step(look=False)
    assert cockpit.track("cart").tokens == 50
    before = len(stage.events())
    for _ in range(100):
        stage.clock.advance(SECOND)
        cockpit.step(look=False)
    assert len(stage.events()) == before


def test_what_it_has_cost_is_told_at_its_end_whenever_that_is(stage: Stage) -> None:
    cockpit = at_work(stage)
    stage.clock.advance(SECOND)
    stage.work(agent("s1", "a1", tasks=("1",), finished=True, tokens=77, cost_usd=0.5, model="opus"))
    cockpit.step()
    assert (cockpit.track("cart").tokens, cockpit.track("cart").cost_usd) == (77, 0.5)


def test_agents_alone_can_be_looked_at(stage: Stage) -> None:
    cockpit = at_work(stage)
    stage.write(fact("2", track="sum", stage=1))
    stage.work(agent(status=IDLE))
    cockpit.engine.step(look=False, agents=True)
    assert "sum" not in cockpit.batch.tracks
    main = own_track(cockpit.batch, "s1")
    assert main is not None
    assert main.agent is not None
    assert main.agent.status == IDLE


# --- questions ---------------------------------------------------------------------------------------------


def permission(stage: Stage, cockpit: Process) -> None:
    """A hook of sub-agent a1 asks; it opens the gate itself."""
    asked = opened("call-1", kind="permission", source="call", routes=["hook"], asker="s1/a1", track="agent-a1")
    cockpit.journal.change_gate(BATCH, asked, stage.clock.now(), "hook")
    cockpit.step()


def test_an_answer_at_the_terminal_ends_the_question_here(stage: Stage) -> None:
    cockpit = at_work(stage)
    permission(stage, cockpit)
    stage.clock.advance(SECOND)
    call = CallEnded("s1/a1", "call-1", "Bash", "person", False, stage.clock.now().wall_ms)
    stage.sessions.end_call(LIST, call)
    cockpit.step()
    assert cockpit.batch.gates["call-1"].state is GateState.ANSWERED_ELSEWHERE


def test_a_printed_answer_is_acknowledged_by_the_transcript(stage: Stage) -> None:
    cockpit = at_work(stage)
    permission(stage, cockpit)
    cockpit.decide(cockpit.batch.gates["call-1"], "ship")
    decision = cockpit.batch.gates["call-1"].decision
    assert decision is not None
    for kind in ("delivery_claimed", "decision_delivered"):
        step = on_gate(kind, "call-1", decision=decision.id, route="hook")
        cockpit.journal.change_gate(BATCH, step, stage.clock.now(), "hook")
    stage.sessions.give(LIST, "s1/a1", f"… {decision.id} …", "went on with Edit cart.py")
    cockpit.step()
    gate = cockpit.batch.gates["call-1"]
    assert (gate.state, gate.steps[-1].evidence) == (GateState.ACKNOWLEDGED, "went on with Edit cart.py")
    assert cockpit.world.agents.scan(frozenset())[0].seen.arrived == ()


def test_a_question_of_a_killed_sub_agent_is_withdrawn_and_one_of_its_task_is_not(stage: Stage) -> None:
    cockpit = at_work(stage)
    permission(stage, cockpit)
    stage.write(asking(track="cart", stage=2))
    cockpit.step()
    passes(stage, cockpit, SECOND)
    stage.work(agent("s1", "a1", tasks=("1",), status=GONE))
    cockpit.step()
    assert cockpit.batch.gates["call-1"].state is GateState.WITHDRAWN
    assert cockpit.gate(stage=2).state is GateState.OPEN


def test_a_resumed_session_asks_again_what_its_tasks_ask(stage: Stage) -> None:
    cockpit = at_work(stage)
    stage.write(asking(track="cart", stage=2))
    passes(stage, cockpit, SECOND)
    stage.clock.advance(SECOND)
    stage.work(agent(finished=True, killed=True))
    cockpit.step()
    assert cockpit.gate(stage=2).state is GateState.WITHDRAWN
    assert (cockpit.batch.state, cockpit.track("cart").liveness) == ("stopped", Liveness.GONE)
    passes(stage, cockpit, MINUTE)
    stage.work(agent())
    cockpit.step()
    cockpit.step()
    assert (cockpit.gate(stage=2).state, cockpit.gate(stage=2).revision) == (GateState.OPEN, 2)
    assert cockpit.batch.state == "running"


def test_a_list_that_vanishes_does_not_end_the_batch_of_a_session_that_lives(stage: Stage) -> None:
    cockpit = at_work(stage)
    stage.write(fact("1", track="cart", stage=2, status="completed"))
    cockpit.step()
    stage.disk.remove(LIST, "task:1")
    passes(stage, cockpit, SECOND)
    assert cockpit.track("cart").state is TrackState.DONE
    assert cockpit.batch.ended_at is None
    stage.work(agent(finished=True))
    passes(stage, cockpit, SECOND)
    assert cockpit.batch.state == "completed"


# --- two engines -------------------------------------------------------------------------------------------


def test_another_cockpit_takes_over_with_all_that_it_has_seen_meanwhile(stage: Stage) -> None:
    first, second = stage.start(), stage.start()
    stage.work(agent())
    first.step()
    second.step()
    assert second.engine.held_by[BATCH] == "cockpit p1"
    stage.work(agent("s1", "a1", tasks=("1",)))
    second.step()
    first.leave()
    second.step()
    assert own_track(second.batch, "s1/a1") is not None
    assert second.batch == stage.folded()


def test_the_engine_awaits_what_is_on_its_way_and_nothing_else(stage: Stage) -> None:
    cockpit = at_work(stage)
    permission(stage, cockpit)
    agents = cockpit.world.agents
    assert isinstance(agents, MemoryAgents)
    cockpit.step()
    assert agents.awaited == frozenset()
    cockpit.decide(cockpit.batch.gates["call-1"], "ship")
    cockpit.step()
    decision = cockpit.batch.gates["call-1"].decision
    assert decision is not None
    assert agents.awaited == {decision.id}


def test_how_agents_are_addressed_in_events(stage: Stage) -> None:
    at_work(stage)
    (main, *_) = payloads(stage.events(), "agent_seen")
    assert (main["session"], main["agent"]) == ("s1", "")
    told = list(payloads(stage.events(), "agent_seen"))
    assert [address(str(one["session"]), str(one["agent"])) for one in told if one["track"] == "cart"] == ["s1/a1"]


def test_an_ended_batch_is_left_to_rest_and_wakes_with_its_session(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    cockpit = at_work(stage)
    stage.work(agent(finished=True))
    passes(stage, cockpit, SECOND)
    passes(stage, cockpit, MINUTE)
    assert cockpit.batch.state == "stopped"
    looked: list[str] = []
    asked = cockpit.journal.requests

    def requests(batch: str) -> tuple[Request, ...]:
        looked.append(batch)
        return asked(batch)

    monkeypatch.setattr(cockpit.journal, "requests", requests)
    passes(stage, cockpit, RESTS_MS - SECOND)
    assert BATCH in looked
    passes(stage, cockpit, SECOND)
    looked.clear()
    passes(stage, cockpit, SECOND)
    assert looked == []
    stage.work(agent(status=IDLE))
    passes(stage, cockpit, SECOND)
    assert cockpit.batch.state == "running"
    cockpit.journal.insert_request(BATCH, "note", {"track": "cart", "text": "x"}, stage.clock.now(), "mcp")
    cockpit.step(look=False)
    assert asked(BATCH) == ()
