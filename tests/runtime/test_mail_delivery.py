"""Answers by mail: fetched by the next tool call, repaired, fallen back from; nudges for who is idle (DESIGN §4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.model import GateState
from orchestrator_tui.journal import mail
from orchestrator_tui.runtime.world import Mail, World
from tests.runtime.mail_scene import GATE, SESSION, Holder, Scene, by_command_line

SECOND, MINUTE = 1_000, 60_000
OTHER = "task-2-stage-1"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "state")


def working(scene: Scene, status: str = "busy") -> Holder:
    """A holder that sees a working sub-agent, which has asked by its hook."""
    holder = scene.start()
    holder.sees("busy", agent="", mode="interactive")
    holder.sees(status)
    scene.ask()
    return holder


def idle(scene: Scene, world: Callable[[World], World] = lambda world: world) -> Holder:
    """A holder that sees a session at a terminal which has asked and now waits for its person."""
    holder = Holder(scene, "holder", world)
    holder.sees("idle", agent="", mode="interactive", pane="0:@1.%1")
    scene.ask(asker=SESSION)
    return holder


# --- by mail -----------------------------------------------------------------------------------------------


def test_a_decision_arrives_with_the_next_tool_call_and_is_acknowledged_by_the_one_after(scene: Scene) -> None:
    holder = working(scene)
    name = scene.decide()
    assert scene.has_mail()
    holder.step()
    scene.tool_call()
    assert scene.told.printed == [name]
    assert scene.gate().state is GateState.DELIVERED
    assert scene.has_mail(), "its next call shows that it went on"
    scene.tool_call()
    assert scene.gate().state is GateState.ACKNOWLEDGED
    holder.step()
    assert scene.disk.written == []
    scene.tool_call()
    assert not scene.has_mail()


def test_without_a_holder_mail_is_enough(scene: Scene) -> None:
    scene.ask()
    name = scene.decide()
    scene.tool_call()
    scene.tool_call()
    assert (scene.told.printed, scene.gate().state) == ([name], GateState.ACKNOWLEDGED)


def test_mail_for_another_agent_of_the_session_is_left_for_it(scene: Scene) -> None:
    scene.ask()
    name = scene.decide()
    scene.tool_call(asker=SESSION)
    assert (scene.told.printed, scene.has_mail()) == ([], True)
    scene.tool_call()
    assert scene.told.printed == [name]


def test_what_can_still_be_taken_back_is_not_fetched(scene: Scene) -> None:
    holder = working(scene)
    scene.decide("reject", undo_ms=5_000)
    scene.tool_call()
    assert (scene.told.printed, scene.has_mail()) == ([], True)
    assert scene.change("decision_undone", by="ann") == ""
    scene.tool_call()
    scene.clock.advance(10 * MINUTE)
    holder.step()
    assert scene.told.printed == []
    assert scene.disk.written == []
    assert scene.gate().state is GateState.OPEN


def test_mail_that_its_decision_could_not_post_is_posted_by_the_holder(scene: Scene) -> None:
    """Killed between commit and post, or a full disk."""
    holder = working(scene)
    scene.decide()
    assert mail.take(scene.home, SESSION)
    scene.clock.advance(9 * SECOND)
    holder.step()
    assert not scene.has_mail(), "who found it is given time to claim its answer"
    scene.clock.advance(SECOND)
    holder.step()
    assert scene.has_mail()


def test_mail_that_cannot_be_posted_holds_nothing_up(scene: Scene) -> None:
    class FullDisk(Mail):
        def post(self, session: str) -> None:
            raise OSError(28, "no space left on device")

    def full(world: World) -> World:
        return replace(world, mail=FullDisk())

    holder = Holder(scene, "holder full", full)
    holder.sees("busy")
    scene.ask()
    scene.decide()
    mail.take(scene.home, SESSION)
    for _ in range(4):
        scene.clock.advance(20 * SECOND)
        holder.step()
    assert scene.steps() == [("failed", "hook"), ("claimed", "task_file"), ("delivered", "task_file")]


def test_a_hook_that_dies_with_the_answer_is_followed_by_the_same_answer(scene: Scene) -> None:
    for fate in ("before looking", "before printing", "after printing"):
        one = Scene(scene.home / fate.replace(" ", "-"))
        holder = working(one)
        name = one.decide()
        one.tool_call(fate=fate)
        for _ in range(40):
            one.clock.advance(2 * SECOND)
            holder.step()
        one.tool_call()
        one.tool_call()
        assert set(one.told.printed) | {decision for _, decision in one.disk.written} == {name}, fate
        assert {step.evidence for step in one.gate().steps if step.step == "failed"} != set(), fate
        holder.die()


def test_an_agent_in_a_long_call_finds_the_answer_in_its_task_and_is_still_told(scene: Scene) -> None:
    holder = working(scene)
    name = scene.decide()
    scene.clock.advance(MINUTE)
    holder.step()
    assert scene.disk.written == [(GATE, name)]
    assert scene.steps()[0] == ("failed", "hook")
    scene.clock.advance(MINUTE)
    scene.tool_call()
    scene.tool_call()
    assert (scene.told.printed, scene.gate().state) == ([name], GateState.ACKNOWLEDGED)


def test_an_agent_that_has_gone_leaves_the_answer_to_its_task(scene: Scene) -> None:
    holder = working(scene)
    holder.sees("gone")
    name = scene.decide()
    holder.step()
    assert scene.disk.written == [(GATE, name)]


def test_an_agent_without_a_task_that_has_gone_is_said_to_have(scene: Scene) -> None:
    holder = working(scene)
    scene.ask("hook", question="And now?")
    holder.sees("gone")
    scene.decide()
    scene.clock.advance(5 * SECOND)
    holder.step()
    assert scene.gate().undelivered
    assert [step.evidence for step in scene.gate().steps] == ["its agent has ended"]


def test_a_command_line_without_a_holder_writes_into_the_task_too(scene: Scene) -> None:
    """Nobody would be there to do it later; the agent's next tool call says the same answer with the same id."""
    scene.ask()
    name = scene.decide()
    by_command_line(scene)
    assert scene.disk.written == [(GATE, name)]
    scene.tool_call()
    assert scene.told.printed == [name]


def test_a_task_that_cannot_be_written_leaves_the_answer_to_the_mail(scene: Scene) -> None:
    scene.ask()
    scene.decide()
    scene.disk.refused = "its task is locked"
    by_command_line(scene)
    assert (scene.steps()[-1], scene.gate().undelivered) == (("failed", "task_file"), False)
    scene.tool_call()
    assert scene.gate().state is GateState.DELIVERED


# --- nudges --------------------------------------------------------------------------------------------------


def test_an_idle_agent_is_nudged_once_a_minute_and_the_answer_stands_in_its_task(scene: Scene) -> None:
    holder = idle(scene)
    scene.nudges.refused = ""
    name = scene.decide()
    holder.step()
    assert scene.disk.written == [(GATE, name)]
    ((agent, text),) = scene.nudges.given
    assert (agent.session, agent.pane) == (SESSION, "0:@1.%1")
    assert name not in text, "nothing depends on a nudge"
    for _ in range(59):
        scene.clock.advance(SECOND)
        holder.step()
    assert len(scene.nudges.given) == 1
    scene.clock.advance(SECOND)
    holder.step()
    assert len(scene.nudges.given) == 2
    assert scene.gate().state is GateState.DELIVERED, "a nudge acknowledges nothing"
    scene.tool_call(asker=SESSION)
    for _ in range(5):
        scene.clock.advance(MINUTE)
        holder.step()
    assert len(scene.nudges.given) == 2, "it has the answer"


def test_one_nudge_makes_an_agent_look_at_all_its_answers(scene: Scene) -> None:
    holder = idle(scene)
    scene.nudges.refused = ""
    scene.ask(asker=SESSION, gate=OTHER)
    scene.decide()
    scene.decide(gate=OTHER)
    for _ in range(10):
        holder.step()
    assert len(scene.nudges.given) == 1
    assert len(scene.events("gate_nudged")) == 1


def test_a_nudge_that_is_refused_is_told_once_and_tried_again_in_a_minute(scene: Scene) -> None:
    tried: list[Agent] = []

    class Dialog:
        why = "it shows a dialog"

        def nudge(self, agent: Agent, text: str) -> tuple[str, str]:
            tried.append(agent)
            if self.why:
                raise OSError(self.why)
            return "inbox", "written into its inbox"

    dialog = Dialog()
    holder = idle(scene, world=lambda world: replace(world, nudges=dialog))
    scene.decide()
    for _ in range(10):
        holder.step()
        scene.clock.advance(SECOND)
    assert len(tried) == 1
    for _ in range(170):
        holder.step()
        scene.clock.advance(SECOND)
    assert len(tried) == 3
    assert [event.payload["evidence"] for event in scene.events("gate_nudged")] == ["it shows a dialog"]
    dialog.why = "it is busy"
    scene.clock.advance(MINUTE)
    holder.step()
    dialog.why = ""
    scene.clock.advance(MINUTE)
    holder.step()
    assert [(event.payload["route"], event.payload["evidence"]) for event in scene.events("gate_nudged")] == [
        ("none", "it shows a dialog"),
        ("none", "it is busy"),
        ("inbox", "written into its inbox"),
    ]


def test_who_works_or_waits_for_us_is_never_nudged(scene: Scene) -> None:
    scene.nudges.refused = ""
    holder = working(scene)
    scene.decide()
    for _ in range(20):
        holder.step()
        scene.clock.advance(30 * SECOND)
    assert scene.nudges.given == []


# --- two holders ---------------------------------------------------------------------------------------------


def test_of_two_holders_one_acts_and_the_other_takes_over(scene: Scene) -> None:
    first = idle(scene)
    second = scene.start()
    scene.nudges.refused = ""
    name = scene.decide()
    for _ in range(3):
        second.step()
        first.step()
    assert (len(scene.nudges.given), scene.disk.written) == (1, [(GATE, name)])
    first.die()
    second.step()
    assert second.holds
    assert len(scene.nudges.given) == 1, "what the first did is known from the journal"
    scene.clock.advance(MINUTE)
    second.step()
    assert len(scene.nudges.given) == 2
    assert scene.disk.written == [(GATE, name)]
