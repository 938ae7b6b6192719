"""The ways of a message: at once to who is idle, by mail to who works, into the task for all others."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.message_routes import message_ways, no_way
from orchestrator_tui.core.model import Message
from tests.core.builders import MINUTE, START, Ledger, track_added

BUSY = Agent("s-1", "a-1", mode="foreground", status="busy", connected=True)
IDLE = Agent("s-1", mode="interactive", status="idle", connected=True)
DEAF = Agent("s-1", mode="interactive", status="busy")
DEAF_IDLE = Agent("s-1", mode="interactive", status="idle")
GONE = Agent("s-1", "a-1", status="gone", connected=True)
UNSENT = Message("m-1", "hurry", "ann", "message", START)


def written(*routes: str) -> Message:
    return Message("m-1", "hurry", "ann", "message", START, written_at=START, routes=routes)


def ways(message: Message, agent: Agent | None, later_ms: int = 0, **more: Any) -> tuple[str, ...]:
    return message_ways(message, agent, **{"has_task": True, "limits": Limits(), "now": START.plus(later_ms), **more})


@pytest.mark.parametrize(
    ("agent", "task", "none"),
    [
        (BUSY, ("mail", "task_file"), ("mail",)),
        (IDLE, ("nudge", "mail", "task_file"), ("nudge", "mail")),
        (DEAF, ("task_file",), ()),
        (DEAF_IDLE, ("nudge", "task_file"), ("nudge",)),
        (GONE, ("task_file",), ()),
        (None, ("task_file",), ()),
    ],
)
def test_the_best_way_comes_first_and_what_follows_is_for_when_it_fails(
    agent: Agent | None, task: tuple[str, ...], none: tuple[str, ...]
) -> None:
    assert ways(UNSENT, agent) == task
    assert ways(UNSENT, agent, has_task=False) == none
    assert ways(UNSENT, agent, kept=False) == task


def test_mail_that_stays_unread_stands_in_the_task_after_a_minute() -> None:
    assert ways(written("mail"), BUSY, MINUTE - 1) == ()
    assert ways(written("mail"), BUSY, MINUTE) == ("task_file",)
    assert ways(written("mail", "task_file"), BUSY, 9 * MINUTE) == ()


def test_mail_of_an_agent_without_a_task_is_posted_again() -> None:
    """Its finder may have died: nobody else would ever tell it."""
    assert ways(written("mail"), BUSY, MINUTE - 1, has_task=False) == ()
    assert ways(written("mail"), BUSY, MINUTE, has_task=False) == ("mail",)


def test_who_becomes_idle_with_its_message_unread_is_told_once() -> None:
    assert ways(written("mail"), IDLE) == ("nudge",)
    assert ways(written("task_file"), IDLE) == ("nudge",)
    assert ways(written("mail", "tmux"), IDLE) == ()
    assert ways(written("inbox"), IDLE, MINUTE) == ("mail", "task_file")


def test_who_ends_with_its_message_unread_leaves_it_to_who_takes_the_task_up() -> None:
    assert ways(written("mail"), GONE) == ("task_file",)
    assert ways(written("mail"), GONE, has_task=False) == ()


def test_what_was_read_goes_nowhere() -> None:
    read = Message("m-1", "hurry", "ann", "message", START, read_at=START)
    assert ways(read, IDLE, 9 * MINUTE) == ways(read, IDLE, kept=False) == ()


def test_who_does_not_stay_writes_into_the_task_at_once() -> None:
    assert ways(written("mail"), BUSY, kept=False) == ("task_file",)


def test_a_message_without_any_way_says_why() -> None:
    assert no_way(None) == "no way to it is known"
    assert no_way(GONE) == "its agent has ended"
    assert "not connected" in no_way(DEAF)


def test_the_state_of_a_message_tells_its_routes_and_its_last_failure() -> None:
    ledger = Ledger()
    told = {"track": "alpha", "message": "m-1"}
    ledger.must(track_added(), Draft("message_sent", {**told, "text": "hurry"}))

    def message() -> Message:
        return ledger.track("alpha").messages[0]

    ledger.must(Draft("message_failed", {**told, "route": "task_file", "why": "the disk is full"}))
    assert (message().problem, message().written_at, message().routes) == ("the disk is full", None, ())
    first = ledger.now
    ledger.must(Draft("message_delivered", {**told, "route": "mail"}))
    ledger.tick(MINUTE)
    ledger.must(Draft("message_delivered", {**told, "route": "task_file"}))
    assert (message().problem, message().written_at, message().routes) == ("", first, ("mail", "task_file"))
    assert message().read_at is None
    ledger.must(Draft("message_delivered", {**told, "route": "hook"}))
    assert (message().read_at, message().routes) == (ledger.now, ("mail", "task_file", "hook"))
