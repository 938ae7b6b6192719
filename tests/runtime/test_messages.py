"""Messages to agents: at once, by mail, in the task; what is in vain is shown, tried again, never called delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.model import Message
from orchestrator_tui.journal import mail
from orchestrator_tui.runtime.messages import Messages
from orchestrator_tui.runtime.recorder import Recorder
from tests.runtime.mail_scene import BATCH, LIST, SESSION, Holder, Scene

SECOND, MINUTE = 1_000, 60_000


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "state")


def message(scene: Scene, number: int = 1) -> Message:
    return scene.track().messages[number - 1]


def brought(scene: Scene) -> list[tuple[str, str]]:
    events = scene.events("message_delivered", "message_failed")
    return [(_word(event), event.payload["route"]) for event in events]


def _word(event: Event) -> str:
    return event.kind.removeprefix("message_")


def in_task(scene: Scene) -> list[str]:
    task = scene.disk.task(LIST, "task:1")
    assert task is not None
    return [one["id"] for one in task.metadata.get("messages", [])]


def lets_pass(scene: Scene, holder: Holder, seconds: int) -> None:
    for _ in range(seconds):
        scene.clock.advance(SECOND)
        holder.step()


def working(scene: Scene, **fields: Any) -> Holder:
    holder = scene.start()
    holder.sees("busy", **fields)
    return holder


def idle(scene: Scene, **fields: Any) -> Holder:
    holder = scene.start()
    holder.sees("idle", agent="", mode="interactive", **fields)
    return holder


def test_a_working_agent_is_told_by_mail(scene: Scene) -> None:
    holder = working(scene)
    holder.tell("use the cache")
    holder.step()
    assert scene.has_mail()
    assert brought(scene) == [("delivered", "mail")]
    assert message(scene).read_at is None, "written is not read"
    lets_pass(scene, holder, 59)
    assert in_task(scene) == []


def test_what_stays_unread_stands_in_the_task_after_a_minute(scene: Scene) -> None:
    holder = working(scene)
    holder.tell("use the cache")
    lets_pass(scene, holder, 62)
    assert in_task(scene) == ["m-1"]
    lets_pass(scene, holder, 120)
    assert brought(scene) == [("delivered", "mail"), ("delivered", "task_file")]
    assert message(scene).routes == ("mail", "task_file")


def test_what_was_read_is_not_written_as_well(scene: Scene) -> None:
    holder = working(scene)
    holder.tell("use the cache")
    holder.step()
    holder.record(Draft("message_delivered", {"track": "alpha", "message": "m-1", "route": "hook"}))
    lets_pass(scene, holder, 90)
    assert in_task(scene) == []
    assert message(scene).read_at is not None


def test_an_idle_agent_is_told_all_of_it_at_once(scene: Scene) -> None:
    holder = idle(scene)
    scene.nudges.refused = ""
    holder.tell("use the cache", "and hurry")
    holder.step()
    ((agent, text),) = scene.nudges.given
    assert agent.session == SESSION
    for said in ("m-1", "use the cache", "m-2", "and hurry"):
        assert said in text
    assert brought(scene) == [("delivered", "tmux"), ("delivered", "tmux")]
    lets_pass(scene, holder, 90)
    assert len(scene.nudges.given) == 1, "who was told is not told again"
    assert in_task(scene) == ["m-1", "m-2"], "but it may not have listened"


def test_an_idle_agent_that_cannot_be_told_gets_mail(scene: Scene) -> None:
    holder = idle(scene)
    holder.tell("use the cache")
    holder.step()
    assert brought(scene) == [("delivered", "mail")]
    assert message(scene).problem == ""
    scene.nudges.refused = ""
    lets_pass(scene, holder, 59)
    assert scene.nudges.given == []
    lets_pass(scene, holder, 1)
    assert len(scene.nudges.given) == 1, "it is tried again in a minute"


def test_an_agent_that_becomes_idle_with_its_message_unread_is_told(scene: Scene) -> None:
    scene.nudges.refused = ""
    holder = working(scene)
    holder.sees("busy", agent="", mode="interactive")
    holder.tell("use the cache")
    holder.step()
    holder.sees("idle", agent="", mode="interactive")
    holder.record(Draft("agent_seen", {"track": "alpha", "session": SESSION, "status": "idle", "mode": "interactive"}))
    holder.step()
    assert brought(scene) == [("delivered", "mail"), ("delivered", "tmux")]


def test_an_agent_without_our_hooks_finds_it_in_its_task(scene: Scene) -> None:
    holder = working(scene, connected=False)
    holder.tell("use the cache")
    holder.step()
    assert (in_task(scene), brought(scene), scene.has_mail()) == (["m-1"], [("delivered", "task_file")], False)


def test_what_cannot_be_written_is_shown_and_tried_again_and_never_called_delivered(scene: Scene) -> None:
    holder = working(scene, connected=False)
    scene.disk.refused = "the disk is full"
    holder.tell("use the cache")
    lets_pass(scene, holder, 60)
    assert brought(scene) == [("failed", "task_file")], "told once"
    assert (message(scene).problem, message(scene).written_at) == ("the disk is full", None)
    scene.disk.refused = "its task is locked"
    lets_pass(scene, holder, 20)
    assert [event.payload["why"] for event in scene.events("message_failed")] == [
        "the disk is full",
        "its task is locked",
    ]
    scene.disk.refused = ""
    lets_pass(scene, holder, 10)
    assert in_task(scene) == ["m-1"]
    assert (message(scene).problem, message(scene).written_at) == ("", scene.events("message_delivered")[0].at)


def test_a_message_without_any_way_waits_for_one(scene: Scene) -> None:
    holder = working(scene, connected=False)
    sent = {"track": "agent", "message": "m-9", "text": "hello", "by": "ann"}
    holder.record(Draft("message_sent", sent))
    lets_pass(scene, holder, 30)
    (failed,) = scene.events("message_failed")
    assert (failed.payload["route"], "not connected" in failed.payload["why"]) == ("none", True)
    holder.sees("busy", connected=True)
    lets_pass(scene, holder, 10)
    assert scene.has_mail()
    assert scene.track("agent").messages[0].problem == ""


def test_mail_of_an_agent_without_a_task_is_not_lost_with_its_finder(scene: Scene) -> None:
    holder = working(scene)
    holder.record(Draft("message_sent", {"track": "agent", "message": "m-9", "text": "hello", "by": "ann"}))
    holder.step()
    assert mail.take(scene.home, SESSION), "its finder dies here"
    lets_pass(scene, holder, 59)
    assert not scene.has_mail()
    lets_pass(scene, holder, 1)
    assert scene.has_mail()


def test_a_command_line_takes_all_ways_at_once(scene: Scene) -> None:
    holder = working(scene)
    holder.tell("use the cache")
    holder.die()
    lease = scene.journal.take_lease(BATCH, "cli", scene.clock.now())
    assert not isinstance(lease, str)
    messages = Messages(scene.world("cli 1"), Recorder(scene.journal, "cli"))
    assert messages.send(lease, scene.batch(), scene.track(), kept=False)
    assert not messages.send(lease, scene.batch(), scene.track(), kept=False)
    assert brought(scene) == [("delivered", "mail"), ("delivered", "task_file")]
    assert (scene.has_mail(), in_task(scene)) == (True, ["m-1"])


def test_a_message_whose_record_was_lost_is_brought_again_with_its_id(scene: Scene) -> None:
    """Killed between the write and its record: the same message in the same place, once."""
    holder = working(scene, connected=False)
    holder.tell("use the cache")
    before = scene.batch()
    holder.world.files.write_message(LIST, "task:1", {"id": "m-1", "text": "use the cache", "by": "ann", "at": 1})
    holder.step()
    assert in_task(scene) == ["m-1"]
    assert before.tracks["alpha"].messages[0].written_at is None
    assert brought(scene) == [("delivered", "task_file")]
