"""Nudges that take their time: begun, let go on, collected, whatever the agent does meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.model import GateState
from orchestrator_tui.runtime.nudging import KEPT_S, BackgroundNudges
from tests.runtime.mail_scene import SESSION, Holder, Scene

SECOND, MINUTE = 1_000, 60_000
PATIENCE_S = 20.0
ONE, OTHER = Agent("s-1"), Agent("s-2")


class SlowPane:
    """A pane that shows what was pasted when it is let."""

    def __init__(self) -> None:
        self.let, self.begun = threading.Event(), threading.Semaphore(0)
        self.given: list[tuple[str, str]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.fault: Exception | None = None

    def nudge(self, agent: Agent, text: str) -> tuple[str, str]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.release()
        assert self.let.wait(PATIENCE_S)
        self.at_once -= 1
        if self.fault is not None:
            raise self.fault
        self.given.append((agent.session, text))
        return "tmux", f"pasted for {agent.session}"


def eventually(act: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    """Call again until it is no longer under way."""
    pause = threading.Event()
    for _ in range(2_000):
        try:
            return act()
        except BlockingIOError:
            pause.wait(PATIENCE_S / 2_000)
    raise AssertionError("it does not end")


@pytest.fixture
def pane() -> SlowPane:
    return SlowPane()


def test_the_first_call_begins_and_a_later_one_tells_how_it_ended(pane: SlowPane) -> None:
    nudges = BackgroundNudges(pane)
    for _ in range(3):
        with pytest.raises(BlockingIOError):
            nudges.nudge(ONE, "look")
    pane.let.set()
    assert eventually(lambda: nudges.nudge(ONE, "look")) == ("tmux", "pasted for s-1")
    assert pane.given == [("s-1", "look")], "once, however often it was asked for"


def test_what_cannot_be_done_is_said_to_who_asked(pane: SlowPane) -> None:
    nudges = BackgroundNudges(pane)
    pane.let.set()
    for fault in (OSError("it shows a dialog"), ValueError("a fault of ours")):
        pane.fault = fault
        with pytest.raises(type(fault), match=str(fault)):
            eventually(lambda: nudges.nudge(ONE, "look"))


def test_only_one_is_carried_out_at_a_time(pane: SlowPane) -> None:
    nudges = BackgroundNudges(pane)
    for agent in (ONE, OTHER):
        with pytest.raises(BlockingIOError):
            nudges.nudge(agent, "look")
    assert pane.begun.acquire(timeout=PATIENCE_S)
    pane.let.set()
    for agent in (ONE, OTHER):
        eventually(partial(nudges.nudge, agent, "look"))
    assert sorted(pane.given) == [("s-1", "look"), ("s-2", "look")]
    assert pane.most_at_once == 1


def test_an_outcome_that_nobody_came_for_is_not_taken_for_a_later_one(pane: SlowPane) -> None:
    time_s = [0.0]
    nudges = BackgroundNudges(pane, lambda: time_s[0])
    with pytest.raises(BlockingIOError):
        nudges.nudge(ONE, "look")
    pane.let.set()
    eventually(lambda: nudges.nudge(OTHER, "look"))
    time_s[0] = KEPT_S + 1
    eventually(lambda: nudges.nudge(ONE, "look"))
    assert pane.given.count(("s-1", "look")) == 2


# --- what follows for answers and messages ---------------------------------------------------------------------


class Slowly:
    """Nudges that are under way until they are told to have ended."""

    def __init__(self) -> None:
        self.ended: tuple[str, str] | str | None = None
        self.asked: list[str] = []

    def nudge(self, agent: Agent, text: str) -> tuple[str, str]:
        self.asked.append(text)
        if self.ended is None:
            raise BlockingIOError("it is being told")
        if isinstance(self.ended, str):
            raise OSError(self.ended)
        return self.ended


@pytest.fixture
def slowly() -> Slowly:
    return Slowly()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "state")


def idle(scene: Scene, slowly: Slowly) -> Holder:
    holder = Holder(scene, "holder", lambda world: replace(world, nudges=slowly))
    holder.sees("idle", agent="", mode="interactive")
    return holder


def steps_for(scene: Scene, holder: Holder, seconds: int) -> None:
    for _ in range(seconds):
        scene.clock.advance(SECOND)
        holder.step()


def test_a_nudge_under_way_is_recorded_when_it_has_ended_though_its_agent_works_by_then(
    scene: Scene, slowly: Slowly
) -> None:
    holder = idle(scene, slowly)
    scene.ask(asker=SESSION)
    scene.decide()
    steps_for(scene, holder, 3)
    assert scene.events("gate_nudged") == []
    assert scene.gate().state is GateState.DELIVERED, "nothing waits for it"
    holder.sees("busy", agent="", mode="interactive")
    slowly.ended = ("tmux", "pasted")
    steps_for(scene, holder, 3)
    (nudged,) = scene.events("gate_nudged")
    assert (nudged.payload["route"], nudged.payload["evidence"]) == ("tmux", "pasted")
    asked = len(slowly.asked)
    steps_for(scene, holder, 100)
    assert len(slowly.asked) == asked


def test_messages_being_said_go_no_other_way_meanwhile(scene: Scene, slowly: Slowly) -> None:
    holder = idle(scene, slowly)
    holder.tell("use the cache")
    steps_for(scene, holder, 2)
    holder.tell("and hurry")
    steps_for(scene, holder, 2)
    assert scene.events("message_delivered", "message_failed") == []
    assert all("m-2" not in text for text in slowly.asked), "one text, until it has ended"
    holder.sees("busy", agent="", mode="interactive")
    slowly.ended = ("tmux", "pasted")
    steps_for(scene, holder, 1)
    told = [(event.payload["message"], event.payload["route"]) for event in scene.events("message_delivered")]
    assert told == [("m-1", "tmux"), ("m-2", "mail")]


def test_messages_that_could_not_be_said_go_by_mail(scene: Scene, slowly: Slowly) -> None:
    holder = idle(scene, slowly)
    holder.tell("use the cache")
    steps_for(scene, holder, 2)
    slowly.ended = "something is typed into its input line"
    steps_for(scene, holder, 2)
    told = [(event.payload["message"], event.payload["route"]) for event in scene.events("message_delivered")]
    assert told == [("m-1", "mail")]
    assert scene.track().messages[0].problem == ""
