"""An answer on its way: the strongest reader first, then the task file, and a person when nothing is left."""

from __future__ import annotations

from orchestrator_tui.core.commands import Redeliver
from orchestrator_tui.core.delivery import SETTLE_MS
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.queries import gate_queue
from tests.core.builders import asking, fact
from tests.runtime.stage import BATCH, LIST, MINUTE, SECOND, Process, Stage, payloads

GATE = "task-1-stage-3"


def asked(stage: Stage) -> Process:
    """A cockpit in front of a question that has settled."""
    cockpit = stage.start()
    stage.write(asking("Ship it?", "ship", "fix", track="alpha"))
    cockpit.step()
    stage.clock.advance(SETTLE_MS)
    return cockpit


def change(cockpit: Process, kind: str, **payload: object) -> None:
    """What another process does to the gate."""
    gate = cockpit.journal.gate(BATCH, GATE)
    assert gate is not None
    key: dict[str, object] = {"gate": GATE, "revision": gate.revision}
    if gate.decision is not None:
        key["decision"] = gate.decision.id
    outcome = cockpit.journal.change_gate(BATCH, Draft(kind, {**key, **payload}), cockpit.world.clock.now(), "agent")
    assert isinstance(outcome, Event), outcome


def test_a_reader_that_waits_is_given_time_to_take_its_answer_itself(stage: Stage) -> None:
    cockpit = asked(stage)
    change(cockpit, "gate_route_added", route="shell")
    with cockpit.journal.waiter(BATCH, GATE, what="shell"):
        cockpit.decide(cockpit.gate(), "ship")
        stage.clock.advance(stage.limits.claim_ms - 1)
        cockpit.step()
        assert stage.disk.written == []
        change(cockpit, "delivery_claimed", route="shell", claimant="reader")
        change(cockpit, "decision_delivered", route="shell", evidence="printed")
        change(cockpit, "decision_acknowledged", route="shell", evidence="its reader ended well")
        cockpit.step()
    assert cockpit.gate().state is GateState.ACKNOWLEDGED
    assert stage.disk.written == []


def test_a_reader_that_dies_with_the_answer_is_followed_by_the_task_file_with_the_same_decision(stage: Stage) -> None:
    cockpit = asked(stage)
    change(cockpit, "gate_route_added", route="shell")
    with cockpit.journal.waiter(BATCH, GATE, what="shell"):
        cockpit.decide(cockpit.gate(), "ship")
        change(cockpit, "delivery_claimed", route="shell", claimant="reader")
    cockpit.step()
    assert stage.disk.written == [], "its reader is at it"
    stage.machine.ended.add("reader")
    cockpit.step()
    decision = cockpit.gate().decision
    assert decision is not None
    assert stage.disk.written == [(GATE, decision.id)]
    assert stage.task().metadata["decision"]["id"] == decision.id
    assert [(step.step, step.route) for step in cockpit.gate().steps] == [
        ("claimed", "shell"),
        ("failed", "shell"),
        ("claimed", "task_file"),
        ("delivered", "task_file"),
    ]


def test_a_reader_that_went_away_before_the_answer_holds_nothing_up(stage: Stage) -> None:
    cockpit = asked(stage)
    change(cockpit, "gate_route_added", route="shell")
    with cockpit.journal.waiter(BATCH, GATE, what="shell"):
        cockpit.step()
    cockpit.decide(cockpit.gate(), "ship")
    cockpit.step()
    assert cockpit.gate().state is GateState.DELIVERED
    assert cockpit.gate().steps[-1].route == "task_file"


def test_a_reader_that_waits_and_does_not_take_it_is_passed_over(stage: Stage) -> None:
    cockpit = asked(stage)
    change(cockpit, "gate_route_added", route="shell")
    with cockpit.journal.waiter(BATCH, GATE, what="shell"):
        cockpit.decide(cockpit.gate(), "ship")
        stage.clock.advance(stage.limits.acknowledge_shell_ms)
        cockpit.step()
    assert len(stage.disk.written) == 1


def test_what_cannot_be_written_comes_back_on_top_and_is_sent_again_with_the_same_id(stage: Stage) -> None:
    cockpit = asked(stage)
    stage.write(
        asking("Deploy it to production?", "deploy", "wait", task_id="2", track="beta", environment="production")
    )
    cockpit.step()
    cockpit.decide(cockpit.gate(), "ship")
    stage.disk.refused = "the disk is full"
    cockpit.step()
    assert [gate.id for gate in gate_queue(cockpit.state)] == [GATE, "task-2-stage-3"], "before production"
    assert cockpit.gate().undelivered
    assert [failed["why"] for failed in payloads(stage.events(), "delivery_failed")] == ["the disk is full"]
    first = cockpit.gate().decision

    stage.disk.refused = ""
    stage.clock.advance(MINUTE)
    cockpit.step()
    assert stage.disk.written == [], "nothing is repeated by itself"
    assert cockpit.carry_out(Redeliver(BATCH, GATE)).text == "trying again"
    cockpit.step()
    assert cockpit.gate().state is GateState.DELIVERED
    assert cockpit.gate().decision == first
    assert first is not None
    assert stage.disk.written == [(GATE, first.id)]


def test_an_agent_that_never_looks_is_told_of_when_its_time_is_over(stage: Stage) -> None:
    cockpit = asked(stage)
    cockpit.decide(cockpit.gate(), "ship")
    cockpit.step()
    stage.clock.advance(stage.limits.acknowledge_task_file_ms - 1)
    cockpit.step()
    assert cockpit.gate().state is GateState.DELIVERED
    stage.clock.advance(1)
    cockpit.step()
    assert cockpit.gate().undelivered
    assert "no sign within 300 s" in cockpit.gate().steps[-1].evidence
    stage.write(fact("1", stage=4, stageStatus="in_progress", track="alpha"))
    cockpit.step()
    assert cockpit.gate().state is GateState.ACKNOWLEDGED, "late evidence is evidence"


def test_a_task_that_is_gone_takes_its_question_with_it(stage: Stage) -> None:
    cockpit = asked(stage)
    cockpit.decide(cockpit.gate(), "ship")
    stage.disk.remove(LIST, "task:1")
    cockpit.step()
    assert cockpit.gate().state is GateState.WITHDRAWN
    assert stage.disk.written == []


def test_other_agents_go_on_while_one_waits(stage: Stage) -> None:
    cockpit = asked(stage)
    for number in range(1, 9):
        stage.clock.advance(SECOND)
        stage.write(fact("2", stage=number, stages=8, stageStatus="in_progress", track="beta"))
        cockpit.step()
        assert cockpit.track("beta").stage == number
    assert cockpit.gate().state is GateState.OPEN
