"""`tell`: a message reaches its task, with a cockpit and without."""

from __future__ import annotations

import json

import pytest

from orchestrator_tui.adapters.clock import SystemClock
from tests.cli.scene import Scene


def test_without_a_cockpit_it_is_written_at_once(scene: Scene) -> None:
    scene.task(1, "fix-auth", {"stage": 3})
    scene.watch()
    ended = scene.run("tell", "fix", "use the cache TTL")
    assert (ended.code, ended.out) == (0, "said to fix-auth: written into its task\n")
    (message,) = scene.metadata(1)["messages"]
    assert list(message) == ["id", "text", "by", "at"]
    assert message["text"] == "use the cache TTL"
    assert "use the cache TTL" in json.loads((scene.tasks / "1.json").read_text())["description"]
    assert scene.kinds()[-3:] == ["message_sent", "message_delivered", "lease_released"]


def test_a_cockpit_that_holds_the_batch_brings_it(scene: Scene) -> None:
    """[002-26]"""
    scene.task(1, "fix-auth", {"stage": 3})
    with scene.holder() as engine:
        ended = scene.run("tell", f"{scene.batch_id}:fix-auth", "use the cache TTL")
        assert (ended.code, "brings it" in ended.out) == (0, True)
        engine.step(look=False)
    assert scene.metadata(1)["messages"][0]["text"] == "use the cache TTL"


def test_many_messages_keep_the_newest(scene: Scene) -> None:
    scene.task(1, "fix-auth", {"stage": 3})
    with scene.holder() as engine, scene.journal() as journal:
        for number in range(25):
            request = {"track": "fix-auth", "text": f"message {number}"}
            journal.insert_request(scene.batch_id, "tell", request, SystemClock().now(), "ann")
        engine.step(look=False)
    texts = [one["text"] for one in scene.metadata(1)["messages"]]
    assert texts == [f"message {number}" for number in range(5, 25)]
    description = json.loads((scene.tasks / "1.json").read_text())["description"]
    assert description.count("message ") >= 3
    assert "message 21" not in description


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("fix-ath", "hi"), 2, "there is no track 'fix-ath'; did you mean \"fix-auth\"?"),
        (("fix", "hi"), 2, "several tracks are meant by 'fix'"),
        (("fix-auth", " "), 3, "there is nothing to say"),
        (("fix-auth", "x" * 20_000), 3, "the message is longer than 16 KiB"),
    ],
)
def test_what_cannot_be_said_is_one_line(scene: Scene, arguments: tuple[str, ...], code: int, told: str) -> None:
    scene.task(1, "fix-auth", {"stage": 3})
    scene.task(2, "fix-tz", {"stage": 1})
    scene.watch()
    ended = scene.run("tell", *arguments)
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (code, "", 1)
    assert told in ended.err


def test_a_task_that_is_gone_is_unfinished(scene: Scene) -> None:
    scene.task(1, "fix-auth", {"stage": 3})
    scene.watch()
    (scene.tasks / "1.json").unlink()
    ended = scene.run("tell", "fix-auth", "hi")
    assert (ended.code, "no longer there" in ended.out) == (1, True)
