"""The decision comes with the next tool call of the agent that asked, once; what it does then is the receipt."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.hook import handing, owed
from orchestrator_tui.journal.mail import mail_file, post
from tests.hook.scene import CHILD, GATE, SESSION, Scene, returned, used

OTHER = "a0ba6d58e5edde467"


def steps(gate: Gate) -> list[tuple[str, str]]:
    return [(step.step, step.route) for step in gate.steps]


def test_the_decision_comes_with_the_next_tool_call(scene: Scene) -> None:
    """[002-07] The agent worked on beside its gate."""
    scene.asks()
    assert scene.answer(scene.call("PostToolUse")) is None
    decision = scene.decide(reason="all green")
    assert scene.has_mail()
    text = scene.told(scene.call("PostToolUse"))
    for words in (decision, f"gate {GATE} r1", "Decided: ship", "Reason: all green", "By ann"):
        assert words in text
    assert steps(scene.gate()) == [("claimed", "hook"), ("delivered", "hook")]
    assert scene.answer(scene.call("PostToolUse")) is None, "and only once"


def test_a_failed_tool_brings_it_as_well(scene: Scene) -> None:
    scene.asks()
    decision = scene.decide()
    assert decision in scene.told(scene.call("PostToolUseFailure"))


def test_an_update_of_a_task_brings_it_as_well(scene: Scene) -> None:
    scene.asks()
    decision = scene.decide()
    assert decision in scene.told(scene.updates(progress="on"))


def test_only_who_asked_gets_it(scene: Scene) -> None:
    scene.asks(agent=CHILD)
    decision = scene.decide()
    for agent in ("", OTHER):
        assert scene.answer(scene.call("PostToolUse", agent)) is None
        assert scene.has_mail(), "it is left for its agent"
    assert decision in scene.told(scene.call("PostToolUse", CHILD))


def test_several_answers_come_in_one_text(scene: Scene) -> None:
    scene.asks()
    scene.asks("2")
    decisions = scene.decide(), scene.decide("fix", "task-2-stage-3")
    text = scene.told(scene.call("PostToolUse"))
    assert all(decision in text for decision in decisions)
    assert {scene.gate().state, scene.gate("task-2-stage-3").state} == {GateState.DELIVERED}


def test_more_than_one_text_may_hold_is_left_for_the_next_call(scene: Scene) -> None:
    for task in ("1", "2", "3"):
        scene.asks(task)
    for task in ("1", "2", "3"):
        scene.decide("ship", f"task-{task}-stage-3", reason="x" * 3_900)
    first = scene.told(scene.call("PostToolUse"))
    assert len(first) <= handing.TEXT_CHARACTERS + 200
    assert scene.has_mail()
    second = scene.told(scene.call("PostToolUse"))
    told = [decision for decision in ("d-0001", "d-0002", "d-0003") if (decision in first) != (decision in second)]
    assert told == ["d-0001", "d-0002", "d-0003"]


def test_an_answer_leaves_when_it_cannot_be_taken_back_any_more(scene: Scene) -> None:
    scene.asks()
    decision = scene.decide(undo_ms=5_000)
    assert scene.answer(scene.call("PostToolUse")) is None
    assert scene.has_mail()
    scene.pass_time(5_000)
    assert decision in scene.told(scene.call("PostToolUse"))


def test_an_answer_that_lies_in_the_task_file_is_told_all_the_same(scene: Scene) -> None:
    """Its agent may not look there: mail stays possible after a weaker route was taken."""
    scene.asks()
    decision = scene.decide()
    scene.change("delivery_claimed", decision=decision, route="task_file", claimant="1:1")
    scene.change("decision_delivered", decision=decision, route="task_file")
    assert decision in scene.told(scene.call("PostToolUse"))
    assert scene.gate().state is GateState.DELIVERED
    assert scene.gate().steps[-1].route == "hook"


@pytest.mark.parametrize("route", ["mcp", "shell"])
def test_an_answer_that_its_agent_fetched_itself_is_not_told_again(scene: Scene, route: str) -> None:
    scene.asks()
    decision = scene.decide()
    scene.change("delivery_claimed", decision=decision, route=route, claimant="1:1")
    scene.change("decision_delivered", decision=decision, route=route)
    assert scene.answer(scene.call("PostToolUse")) is None


def test_a_person_who_has_it_sent_again_is_obeyed(scene: Scene) -> None:
    scene.asks()
    decision = scene.decide()
    for _ in range(2):
        assert decision in scene.told(scene.call("PostToolUse"))
        assert scene.answer(scene.call("PostToolUse")) is None
        failed = {"route": "hook", "why": "no sign", "undelivered": True}
        scene.change("delivery_failed", decision=decision, **failed)
        assert scene.answer(scene.call("PostToolUse")) is None
        scene.change("redelivery_asked", decision=decision, by="ann")


def test_a_reader_that_died_is_followed_by_the_next_call(scene: Scene) -> None:
    scene.asks()
    decision = scene.decide()
    scene.change("delivery_claimed", decision=decision, route="hook", claimant="999999:1")
    assert decision in scene.told(scene.call("PostToolUse"))
    assert [step for step, _ in steps(scene.gate())] == ["claimed", "failed", "claimed", "delivered"]


def test_nobody_is_told_for_ever(scene: Scene) -> None:
    scene.asks()
    decision = scene.decide()
    for _ in range(owed.MOST_CLAIMS):
        scene.change("delivery_claimed", decision=decision, route="hook", claimant="999999:1")
        scene.change("delivery_failed", decision=decision, route="hook", why="its reader ended")
    assert scene.answer(scene.call("PostToolUse")) is None


def test_a_broken_pipe_is_recorded_and_the_answer_kept(scene: Scene) -> None:
    scene.asks()
    decision = scene.decide()

    def broken(text: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(BrokenPipeError):
        scene.look(scene.call("PostToolUse"), broken)
    assert steps(scene.gate())[-1] == ("failed", "hook")
    assert scene.has_mail(), "the next call looks again"
    assert decision in scene.told(scene.call("PostToolUse"))


def test_mail_that_holds_nothing_costs_one_look(scene: Scene) -> None:
    scene.asks()
    post(scene.home, SESSION)
    assert scene.answer(scene.call("PostToolUse")) is None
    assert not scene.has_mail()


def test_an_answer_that_its_agent_never_fetches_is_not_looked_for_for_ever(scene: Scene) -> None:
    scene.asks(agent=CHILD)
    scene.decide()
    scene.pass_time(owed.KEPT_MS)
    assert scene.answer(scene.call("PostToolUse")) is None
    assert not scene.has_mail()


# --- acknowledged ------------------------------------------------------------------------------------------------


@pytest.fixture(params=["", CHILD], ids=["main", "sub-agent"])
def agent(request: pytest.FixtureRequest, scene: Scene) -> str:
    asker: str = request.param
    scene.asks(agent=asker)
    return asker


def test_the_next_call_of_a_model_that_was_asked_again_is_the_receipt(scene: Scene, agent: str) -> None:
    scene.decide()
    first, second = scene.call("PostToolUse", agent), scene.call("PostToolUse", agent)
    scene.says(used(first), agent=agent)
    scene.told(first)
    assert scene.has_mail(), "nobody watches: the next call is to look"
    scene.says(returned(first), used(second), agent=agent)
    assert scene.answer(second) is None
    gate = scene.gate()
    assert (gate.state, gate.steps[-1].route) == (GateState.ACKNOWLEDGED, "hook")
    assert not scene.has_mail()


def test_a_call_that_ran_beside_it_proves_nothing(scene: Scene, agent: str) -> None:
    """Both were asked for in one answer of the model, before any text of ours could reach it."""
    scene.decide()
    first, second = scene.call("PostToolUse", agent), scene.call("PostToolUse", agent)
    scene.says(used(first), used(second), agent=agent)
    scene.told(first)
    scene.says(returned(first), agent=agent)
    assert scene.answer(second) is None
    assert scene.gate().state is GateState.DELIVERED
    assert scene.has_mail()


def test_without_a_transcript_the_end_of_the_turn_is_the_receipt(scene: Scene, agent: str) -> None:
    scene.decide()
    scene.told(scene.call("PostToolUse", agent))
    assert scene.answer(scene.call("PostToolUse", agent)) is None
    assert scene.gate().state is GateState.DELIVERED
    assert scene.answer(scene.call("SubagentStop.subagent" if agent else "Stop", agent)) is None
    assert scene.gate().state is GateState.ACKNOWLEDGED


def test_while_somebody_watches_a_session_is_not_made_to_look_for_its_receipt(scene: Scene) -> None:
    scene.attend()
    scene.asks()
    scene.decide()
    scene.told(scene.call("PostToolUse"))
    assert not scene.has_mail()


# --- messages ----------------------------------------------------------------------------------------------------


def say(scene: Scene, *texts: str, agent: str = "") -> list[str]:
    """A person says something to the agent's track, as its holder records it; the messages' ids."""
    record = scene.hold_batch()
    record(Draft("track_added", {"track": "alpha", "title": "alpha", "kind": "task", "source": "task:1"}))
    for other in ("", CHILD) if agent else (CHILD, ""):
        record(Draft("agent_seen", {"track": "alpha", "session": SESSION, "agent": other, "status": "busy"}))
    sent = {"track": "alpha", "by": "ann", "purpose": "message"}
    for number, text in enumerate(texts, start=1):
        record(Draft("message_sent", {**sent, "message": f"m-{number}", "text": text}))
        record(Draft("message_delivered", {"track": "alpha", "message": f"m-{number}", "route": "mail"}))
    post(scene.home, SESSION)
    return [f"m-{number}" for number in range(1, len(texts) + 1)]


def test_messages_come_with_the_next_tool_call_and_only_once(scene: Scene) -> None:
    say(scene, "Mind the tests", "And the docs")
    text = scene.told(scene.call("PostToolUse"))
    assert "Message m-1 from ann" in text
    assert text.index("Mind the tests") < text.index("And the docs")
    assert scene.answer(scene.call("PostToolUse")) is None
    read = {"track": "alpha", "route": "hook"}
    assert scene.requests("message_read") == [{**read, "message": "m-1"}, {**read, "message": "m-2"}]


def test_only_the_agent_that_works_on_the_track_now_is_told(scene: Scene) -> None:
    say(scene, "Mind the tests", agent=CHILD)
    for agent in ("", OTHER):
        assert scene.answer(scene.call("PostToolUse", agent)) is None
        assert scene.has_mail(), "it is left for its agent"
    assert "Mind the tests" in scene.told(scene.call("PostToolUse", CHILD))
    assert not scene.has_mail()


def test_a_message_that_its_agent_never_fetches_is_not_looked_for_for_ever(scene: Scene) -> None:
    say(scene, "Mind the tests", agent=CHILD)
    scene.pass_time(600_000)
    assert scene.answer(scene.call("PostToolUse")) is None
    assert not scene.has_mail()


def test_nobody_looks_for_the_messages_of_an_agent_that_is_gone(scene: Scene) -> None:
    record = scene.hold_batch()
    record(Draft("track_added", {"track": "child", "title": "c", "kind": "agent", "source": f"agent:{CHILD}"}))
    record(Draft("message_sent", {"track": "child", "message": "m-1", "text": "hello", "by": "ann"}))
    record(Draft("agent_seen", {"track": "child", "session": SESSION, "agent": CHILD, "status": "gone"}))
    post(scene.home, SESSION)
    assert scene.answer(scene.call("PostToolUse")) is None
    assert not scene.has_mail()


def test_what_was_read_elsewhere_is_not_told(scene: Scene) -> None:
    record = scene.hold_batch()
    record(Draft("track_added", {"track": "main", "title": "m", "kind": "session", "source": f"session:{SESSION}"}))
    record(Draft("message_sent", {"track": "main", "message": "m-1", "text": "Mind the tests"}))
    record(Draft("message_delivered", {"track": "main", "message": "m-1", "route": "mcp"}))
    assert scene.answer(scene.call("PostToolUse")) is None


@pytest.mark.parametrize(("routes", "told"), [(["tmux"], False), (["inbox"], False), (["tmux", "task_file"], True)])
def test_what_an_idle_agent_was_given_as_a_prompt_is_not_told_beside_it(
    scene: Scene, routes: list[str], told: bool
) -> None:
    record = scene.hold_batch()
    record(Draft("track_added", {"track": "main", "title": "m", "kind": "session", "source": f"session:{SESSION}"}))
    record(Draft("message_sent", {"track": "main", "message": "m-1", "text": "Mind the tests"}))
    for route in routes:
        record(Draft("message_delivered", {"track": "main", "message": "m-1", "route": route}))
    assert ("Mind the tests" in scene.told(scene.call("UserPromptSubmit"))) == told


def test_a_sessions_own_track_is_told_to_its_main_agent(scene: Scene) -> None:
    record = scene.hold_batch()
    record(Draft("track_added", {"track": "main", "title": "m", "kind": "session", "source": f"session:{SESSION}"}))
    record(Draft("message_sent", {"track": "main", "message": "m-1", "text": "Mind the tests"}))
    assert "Mind the tests" in scene.told(scene.call("PostToolUse"))


def test_decisions_and_messages_come_in_one_text(scene: Scene) -> None:
    scene.asks()
    decision = scene.decide()
    say(scene, "Mind the tests")
    text = scene.told(scene.call("PostToolUse"))
    assert text.index(decision) < text.index("m-1")


def test_an_agent_that_would_stop_is_told_first(scene: Scene) -> None:
    say(scene, "One more thing")
    assert "One more thing" in scene.told(scene.call("Stop"))
    assert scene.answer(scene.call("Stop")) is None


def test_a_session_that_ends_leaves_no_mail(scene: Scene) -> None:
    scene.asks()
    scene.decide()
    assert scene.answer(scene.call("SessionEnd")) is None
    path = mail_file(scene.home, SESSION)
    assert path is not None
    assert not path.exists()
