"""Talking with agents of a run in memory: calls that wait, answers, messages, and what is owed to those that ended."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.commands import Pause, Rescue, Resume
from orchestrator_tui.core.delivery import READER_ENDED
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import GateState, TrackState
from orchestrator_tui.core.naming import call_gate_id
from tests.runtime.run.memory_world import Agent, MemoryRunner
from tests.runtime.run.scene import WRITE, Scene, track
from tests.runtime.run.talking import SESSION, Talk, asked_by_hook, waiting

CALL = call_gate_id(SESSION, "", "Bash", {"command": "make"}, "/trees/a")


def test_a_call_that_waits_is_a_gate_and_its_answer_counts_when_the_call_goes_on() -> None:
    talk = Talk()
    talk.says(asks=[waiting()])
    gate = talk.gate(CALL)
    assert (gate.track, gate.routes, gate.asker, gate.question.kind) == ("a", ("stdin",), SESSION, "permission")
    talk.decide(CALL, "allow")
    assert talk.job.said == [b"r1: [('allow',)]"]
    assert talk.gate(CALL).state is GateState.DELIVERED
    talk.says(asks=[waiting()])
    assert len(talk.job.said) == 1
    talk.says()
    assert talk.gate(CALL).state is GateState.ACKNOWLEDGED


def test_a_call_that_its_hook_asks_for_too_is_one_gate_and_the_hook_goes_first() -> None:
    talk = Talk()
    talk.ledger.must(asked_by_hook(CALL, waiting()))
    talk.world.waiting = frozenset({"hook"})
    talk.says(asks=[waiting()])
    assert (talk.gate(CALL).routes, talk.gate(CALL).revision) == (("hook", "stdin"), 1)
    talk.decide(CALL, "allow")
    assert talk.job.said == []
    talk.ledger.tick(talk.ledger.batch.limits.claim_ms)
    talk.world.settle()
    assert talk.job.said == [b"r1: [('allow',)]"], "a hook that does not take it keeps nobody waiting"


def test_what_a_hook_has_answered_is_taken_when_its_call_waits_no_more() -> None:
    talk = Talk()
    talk.ledger.must(asked_by_hook(CALL, waiting()))
    talk.says(asks=[waiting()])
    talk.world.waiting = frozenset({"hook"})
    talk.decide(CALL, "allow")
    key = {"gate": CALL, "revision": 1, "decision": f"d-{CALL}", "route": "hook"}
    talk.ledger.must(Draft("delivery_claimed", {**key, "claimant": "7:7"}), Draft("decision_delivered", key))
    talk.says()
    assert talk.gate(CALL).state is GateState.ACKNOWLEDGED
    assert talk.job.said == []


def test_an_answer_whose_bringer_died_is_brought_again() -> None:
    talk = Talk()
    talk.world.jobs.deaf = True
    talk.says(asks=[waiting()])
    talk.ledger.must(
        Draft(
            "gate_decided",
            {
                "gate": CALL,
                "revision": 1,
                "digest": talk.gate(CALL).digest,
                "decision": "d-1",
                "options": ["allow"],
                "label": "",
                "by": "ann",
                "origin": "key",
            },
        ),
    )
    key = {"gate": CALL, "revision": 1, "decision": "d-1", "route": "stdin"}
    talk.ledger.must(
        Draft("delivery_claimed", {**key, "claimant": "9:9"}),
        Draft("delivery_failed", {**key, "why": READER_ENDED, "undelivered": False}),
    )
    talk.world.jobs.deaf = False
    talk.ledger.tick(1)
    talk.world.restart()
    talk.world.settle()
    assert talk.job.said == [b"r1: [('allow',)]"]


def test_a_call_that_goes_on_without_us_or_ends_with_its_agent_asks_nobody_any_more() -> None:
    talk = Talk()
    talk.says(asks=[waiting()])
    talk.says()
    assert talk.gate(CALL).state is GateState.ANSWERED_ELSEWHERE
    other = call_gate_id(SESSION, "", "Bash", {"command": "make all"}, "/trees/a")
    talk.says(asks=[waiting("make all", "r2")])
    talk.ends(1)
    assert (talk.gate(other).state, talk.gate(other).closed_why) == (GateState.WITHDRAWN, "its agent has ended")


def test_a_call_that_a_person_dismisses_is_told_so() -> None:
    talk = Talk()
    talk.says(asks=[waiting()])
    talk.ledger.must(Draft("gate_cancelled", {"gate": CALL, "revision": 1, "why": "not now", "by": "ann"}))
    talk.world.settle()
    assert len(talk.job.said) == 1
    assert b"No answer will come" in talk.job.said[0]


def test_the_same_call_made_again_is_asked_again() -> None:
    talk = Talk()
    talk.says(asks=[waiting()])
    talk.decide(CALL, "deny")
    talk.says()
    talk.says(asks=[waiting(request="r2")])
    assert talk.gate(CALL).revision == 1, "its hook may have answered it this very moment"
    talk.ledger.tick(2_000)
    talk.world.settle()
    assert (talk.gate(CALL).revision, talk.gate(CALL).state) == (2, GateState.OPEN)


def test_an_idle_agent_gets_its_answer_by_its_input_which_stays_open_until_then() -> None:
    talk = Talk()
    talk.says()
    talk.asks()
    talk.says(idle=True)
    assert not talk.job.closed
    talk.decide("g-1", "ship")
    assert b"decision d-g-1" in talk.job.said[0]
    talk.says(idle=True)
    assert not talk.job.closed, "it was told and has not gone on yet"
    talk.says(idle=True, answered=["d-g-1"])
    assert talk.gate("g-1").state is GateState.ACKNOWLEDGED
    assert talk.job.closed


def test_a_reader_that_waits_for_its_answer_gets_it() -> None:
    talk = Talk()
    talk.says()
    talk.asks()
    talk.world.waiting = frozenset({"mcp"})
    talk.decide("g-1", "ship")
    assert talk.job.said == []


def test_an_agent_that_ended_goes_on_with_its_answer_in_its_conversation() -> None:
    talk = Talk()
    talk.says()
    talk.asks()
    talk.ends(1)
    assert len(talk.world.jobs.started) == 1, "it waits for its answer"
    talk.decide("g-1", "ship")
    assert talk.world.jobs.started[-1] == "a-a-1-1-2"
    attempt = talk.world.attempts["a-a-1-1-2"]
    assert (attempt.purpose, attempt.resume) == ("answer", SESSION)
    assert "You had stopped: what you asked is decided" in attempt.prompt
    assert "decision d-g-1" in attempt.prompt
    assert talk.gate("g-1").state is GateState.DELIVERED
    talk.says(answered=["d-g-1"])
    assert talk.gate("g-1").state is GateState.ACKNOWLEDGED
    talk.ends(1)
    work = talk.scene.track("a").work
    assert work is not None
    assert work.run is not None
    assert (work.run.tries, work.run.granted) == (3, 1), "going on with an answer is no try"


def test_an_answer_that_is_never_taken_is_brought_three_times() -> None:
    talk = Talk()
    talk.says()
    talk.asks()
    talk.ends(1)
    talk.decide("g-1", "ship")
    for _ in range(5):
        if talk.job.status == "running":
            talk.says()
            talk.ends(1)
    assert talk.steps("g-1").count("failed") == 3
    assert talk.gate("g-1").state is GateState.DECIDED


def test_a_message_is_written_and_then_read_and_said_again_to_the_next_process() -> None:
    talk = Talk()
    talk.says()
    sent = {"track": "a", "message": "m-1", "text": "mind the commas", "by": "ann"}
    talk.ledger.must(Draft("message_sent", sent))
    talk.world.jobs.deaf = True
    talk.world.settle()
    assert talk.scene.track("a").messages[0].problem == "its input cannot be written: its shim is dead"
    talk.world.jobs.deaf = False
    talk.world.settle()
    talk.world.settle()
    assert len(talk.job.said) == 1
    message = talk.scene.track("a").messages[0]
    assert (message.routes, message.read_at, message.problem) == (("stdin",), None, "")
    talk.ledger.tick(1)
    talk.ends(1)
    talk.says()
    assert b"mind the commas" in talk.job.said[0]
    talk.says(answered=["m-1"])
    assert talk.scene.track("a").messages[0].read_at is not None


def test_a_paused_agent_goes_on_in_its_conversation_and_a_rescued_one_begins_afresh() -> None:
    talk = Talk()
    talk.says()
    assert talk.scene.carry_out(Pause("list-1", now=True)) is None
    talk.world.settle()
    assert talk.scene.carry_out(Resume("list-1")) is None
    talk.world.settle()
    again = talk.world.attempts["a-a-1-1-2"]
    assert again.resume == SESSION
    assert "You had stopped: paused" in again.prompt
    talk.asks()
    assert talk.scene.carry_out(Rescue("list-1", "a", "it is stuck")) is None
    talk.world.settle()
    assert talk.gate("g-1").state is GateState.WITHDRAWN
    talk.world.settle()
    assert talk.world.attempts["a-a-1-1-3"].resume == ""


def test_a_rate_limit_that_ends_an_agent_parks_its_track_until_it_is_over() -> None:
    talk = Talk()
    talk.says()
    talk.ends(1, parked_until_ms=talk.ledger.now.wall_ms + 60_000)
    work = talk.scene.track("a").work
    assert work is not None
    assert work.paused == "rate limit"
    assert len(talk.world.jobs.started) == 1
    talk.ledger.tick(60_000)
    talk.world.settle()
    assert talk.world.attempts["a-a-1-1-2"].resume == SESSION
    assert "You had stopped: paused: rate limit" in talk.world.attempts["a-a-1-1-2"].prompt


def test_a_limit_that_ends_while_its_agent_waits_parks_it_no_longer() -> None:
    talk = Talk()
    talk.says(parked_until_ms=talk.ledger.now.wall_ms + 60_000)
    work = talk.scene.track("a").work
    assert work is not None
    assert work.paused == "rate limit"
    talk.says()
    work = talk.scene.track("a").work
    assert work is not None
    assert work.paused == ""


def test_a_limit_does_not_take_the_place_of_a_persons_pause() -> None:
    talk = Talk()
    talk.says()
    assert talk.scene.carry_out(Pause("list-1", "a")) is None
    talk.says(parked_until_ms=talk.ledger.now.wall_ms + 60_000)
    talk.ends(1, parked_until_ms=talk.ledger.now.wall_ms + 60_000)
    talk.ledger.tick(60_000)
    talk.world.settle()
    work = talk.scene.track("a").work
    assert work is not None
    assert work.paused_until == "person"
    assert len(talk.world.jobs.started) == 1


def test_a_bound_that_ends_an_agent_is_a_persons_matter() -> None:
    talk = Talk()
    talk.says()
    talk.ends(1, bound="turns", summary="Reached maximum number of turns (3)")
    gate = talk.scene.gate("escalation")
    assert "budget: Reached maximum number of turns (3)" in gate.question.question
    assert talk.scene.track("a").state is TrackState.ESCALATED


def test_what_an_agent_may_not_do_is_told_once() -> None:
    talk = Talk()
    talk.says(denials=["Bash rm -rf build"])
    talk.says(denials=["Bash rm -rf build"])
    talk.says(denials=["Bash rm -rf build", "Write /etc/passwd"])
    signals = [one for one in talk.ledger.events if one.kind == "signal_raised"]
    assert [one.payload["evidence"] for one in signals] == [
        ["Bash rm -rf build"],
        ["Bash rm -rf build", "Write /etc/passwd"],
    ]


def _not_yet(agent: Agent) -> tuple[int, str]:
    return 1, "not yet"


class _Deaf(MemoryRunner):
    """A program that takes nothing while it works."""

    def message(self, text: str) -> bytes:
        return b""


def _scene_of_the_deaf() -> Scene:
    """One track, whose agent works and hears nothing."""
    scene = Scene(track("a"))
    scene.world.runner = _Deaf(scene.world)
    scene.world.acts[f"a/{WRITE}"] = _not_yet
    scene.world.restart()
    scene.world.settle()
    return scene


def test_who_takes_nothing_while_it_works_is_told_at_its_next_start() -> None:
    scene = _scene_of_the_deaf()
    scene.ledger.tick(1)
    scene.ledger.must(Draft("message_sent", {"track": "a", "message": "m-1", "text": "mind the commas", "by": "ann"}))
    scene.world.settle()
    message = scene.track("a").messages[0]
    assert (message.read_at, message.problem) == (None, "its agent takes nothing while it works: its next one is told")
    scene.ledger.tick(1)
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    prompt = scene.world.attempts["a-a-1-1-2"].prompt
    assert "## Messages of the person" in prompt
    assert "mind the commas" in prompt
    message = scene.track("a").messages[0]
    assert (message.routes, message.read_at, message.problem) == (("prompt",), None, "")
    scene.world.jobs.let("a-a-1-1-2")
    scene.world.settle()
    message = scene.track("a").messages[0]
    assert message.read_at is not None
    assert "mind the commas" not in scene.world.attempts["a-a-1-1-3"].prompt


@pytest.mark.parametrize("status", ["killed", "lost"])
def test_who_dies_may_have_heard_nothing_and_the_next_one_is_told_again(status: str) -> None:
    scene = _scene_of_the_deaf()
    scene.ledger.tick(1)
    scene.ledger.must(Draft("message_sent", {"track": "a", "message": "m-1", "text": "mind the commas", "by": "ann"}))
    scene.ledger.tick(1)
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    if status == "lost":
        scene.world.jobs.jobs["a-a-1-1-2"].status = "lost"
    else:
        scene.world.jobs.kill("a-a-1-1-2")
    scene.world.settle()
    assert scene.track("a").messages[0].read_at is None
    assert "mind the commas" in scene.world.attempts["a-a-1-1-3"].prompt


def test_who_is_stopped_has_not_heard_and_a_reviewer_is_not_told() -> None:
    scene = _scene_of_the_deaf()
    del scene.world.acts[f"a/{WRITE}"]
    scene.ledger.tick(1)
    scene.ledger.must(Draft("message_sent", {"track": "a", "message": "m-1", "text": "mind the commas", "by": "ann"}))
    scene.ledger.tick(1)
    scene.world.jobs.let("a-a-1-1-1")
    scene.world.settle()
    assert "mind the commas" in scene.world.attempts["a-a-1-1-2"].prompt
    scene.carry_out(Pause("list-1", "a", True))
    scene.world.settle()
    scene.carry_out(Resume("list-1", "a"))
    scene.world.settle()
    assert scene.track("a").messages[0].read_at is None
    assert "mind the commas" in scene.world.attempts["a-a-1-1-3"].prompt
    scene.play()
    told = [one.id for one in scene.world.attempts.values() if "mind the commas" in one.prompt]
    assert told == ["a-a-1-1-2", "a-a-1-1-3"]
