"""What a session hears when its person writes, or when its context was lost; and what whoever watches hears of it."""

from __future__ import annotations

import os

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.journal.waking import Waiters
from tests.hook.scene import CHILD, GATE, SESSION, Scene

FIVE_MINUTES = 300_000


def asked_now(scene: Scene, task: str = "1", agent: str = "") -> None:
    """Ask, by a file that was written now as the scene's clock has it."""
    scene.asks(task, agent)
    gate = scene.gate(f"task-{task}-stage-3")
    wall_s = scene.clock.now().wall_ms / 1000
    os.utime(scene.tasks / f"{task}.json", (wall_s, wall_s))
    opened = {**scene.events()[-1].payload, "revision": gate.revision + 1, "asked_wall_ms": scene.clock.now().wall_ms}
    del opened["gate"]
    scene.change("gate_withdrawn", gate.id, why="for this test")
    scene.change("gate_opened", gate.id, **opened)


# --- prompts -------------------------------------------------------------------------------------------------


def test_stale_questions_of_the_session_are_to_be_surfaced(scene: Scene) -> None:
    """[002-35] Whatever its person writes, the session hears it first."""
    asked_now(scene, agent=CHILD)
    prompt = scene.call("UserPromptSubmit")
    scene.pass_time(FIVE_MINUTES - 1)
    assert scene.answer(prompt) is None
    scene.pass_time(1)
    text = scene.told(prompt)
    assert "next response" in text
    assert "regardless" in text
    assert f"gate {GATE}" in text
    assert scene.told(prompt) == text, "until it is decided"
    scene.decide()
    assert scene.answer(scene.call("UserPromptSubmit")) is None


def test_a_snoozed_question_is_left_alone(scene: Scene) -> None:
    asked_now(scene)
    scene.pass_time(FIVE_MINUTES)
    scene.change("gate_snoozed", snooze_ms=60_000, by="ann")
    assert scene.answer(scene.call("UserPromptSubmit")) is None
    scene.pass_time(60_000)
    assert scene.told(scene.call("UserPromptSubmit"))


def test_when_a_question_is_stale_is_the_batchs_own_matter(scene: Scene) -> None:
    record = scene.hold_batch()
    record(Draft("limits_set", {"limits": {"gate_stale_ms": 1_000, "of_a_newer_version": 1}}))
    asked_now(scene)
    scene.pass_time(1_000)
    assert scene.told(scene.call("UserPromptSubmit"))


def test_a_prompt_brings_what_waits_for_the_session(scene: Scene) -> None:
    """It sat idle: a nudge, or its person, makes it look."""
    asked_now(scene)
    asked_now(scene, "2")
    decision = scene.decide()
    scene.pass_time(FIVE_MINUTES)
    text = scene.told(scene.call("UserPromptSubmit"))
    assert text.index(decision) < text.index("next response")
    assert decision not in scene.told(scene.call("UserPromptSubmit"))


def test_what_waits_for_a_sub_agent_is_left_for_it(scene: Scene) -> None:
    scene.asks(agent=CHILD)
    decision = scene.decide()
    assert scene.answer(scene.call("UserPromptSubmit")) is None
    assert scene.has_mail()
    assert decision in scene.told(scene.call("PostToolUse", CHILD))


# --- beginnings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "reminded"), [("compact", True), ("resume", True), ("startup", False), (None, False)]
)
def test_a_session_that_lost_its_context_is_reminded(scene: Scene, source: str | None, reminded: bool) -> None:
    scene.asks()
    output = scene.answer(scene.call("SessionStart", source=source))
    assert (output is not None) == reminded
    if output is not None:
        assert f"gate {GATE} r1: Which cache?" in output["hookSpecificOutput"]["additionalContext"]


def test_who_owes_nothing_hears_nothing(scene: Scene) -> None:
    scene.asks(agent=CHILD)
    assert scene.answer(scene.call("SessionStart", source="compact")) is None


# --- states --------------------------------------------------------------------------------------------------


EVENTS = {
    "SessionStart": {"event": "SessionStart", "reason": "startup"},
    "SessionEnd": {"event": "SessionEnd", "reason": "other"},
    "SubagentStart.subagent": {"event": "SubagentStart", "agent": CHILD, "agent_type": "general-purpose"},
    "SubagentStop.subagent": {"event": "SubagentStop", "agent": CHILD, "agent_type": "general-purpose"},
    "Notification.permission_prompt": {"event": "Notification", "notification": "permission_prompt"},
}


@pytest.mark.parametrize("name", EVENTS)
def test_what_becomes_of_an_agent_is_reported_to_who_watches(scene: Scene, name: str) -> None:
    scene.open_batch()
    scene.attend()
    agent = CHILD if "subagent" in name else ""
    assert scene.answer(scene.call(name, agent)) is None
    (said,) = scene.requests("agent_event")
    nothing = dict.fromkeys(("agent", "parent", "agent_type", "reason", "notification"), "")
    assert said == {**nothing, "session": SESSION, "transcript": str(scene.transcript(agent)), **EVENTS[name]}


def test_what_a_call_says_of_an_agent_is_made_safe(scene: Scene) -> None:
    scene.open_batch()
    scene.attend()
    scene.answer(scene.call("SubagentStart.subagent", CHILD, agent_type="a\x1b[2Jb" + "x" * 999))
    (said,) = scene.requests("agent_event")
    assert said["agent_type"].startswith("a\\x1b[2Jb")
    assert len(said["agent_type"]) <= 200


def test_with_nobody_there_nothing_is_recorded(scene: Scene) -> None:
    scene.open_batch()
    for name in EVENTS:
        scene.answer(scene.call(name, CHILD if "subagent" in name else ""))
    assert scene.requests("agent_event") == []


def test_a_session_that_nobody_knows_yet_wakes_who_watches(scene: Scene) -> None:
    scene.attend()
    with Waiters(scene.directory).wait_for(None, None, lambda: 0) as waiter:
        scene.answer(scene.call("SessionStart"))
        assert waiter.wait(0)
    assert scene.journal.batches() == ()
