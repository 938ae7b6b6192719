"""What is said to agents: complete, safe, and with the ids that prove its arrival."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core import words
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate, Message
from orchestrator_tui.core.text import is_clean
from tests.core.builders import MINUTE, START, Ledger, answer, on_gate, opened
from tests.hostile_text import PAYLOADS


def gate(**more: Any) -> Gate:
    ledger = Ledger()
    ledger.must(opened(**more))
    return ledger.only_gate()


def decided(*options: str, opening: dict[str, Any] | None = None, **more: Any) -> Gate:
    ledger = Ledger()
    ledger.must(opened(**(opening or {})))
    assert ledger.carry_out(answer(ledger.only_gate(), *options, **more), "d-4711") is None
    return ledger.only_gate()


def test_a_decision_names_everything_that_its_agent_needs() -> None:
    assert words.decision_words(decided("ship", reason="all green")).splitlines() == [
        "Decided: ship",
        "Reason: all green",
        "Question: Ship it or fix it?",
        "By ann at 2026-09-21T14:13:20.000Z: decision d-4711 on gate g r1.",
        "Go on by it. Then set needsDecision to false in the task's metadata to show that you have read it.",
    ]


def test_a_label_that_says_more_than_its_key_is_said_too() -> None:
    options = [{"key": "lru", "label": "lru: keep it", "role": ""}, {"key": "ttl", "label": "switch", "role": ""}]
    one = decided("lru", opening={"options": options})
    assert words.decision_words(one).startswith("Decided: lru (keep it)\nQuestion")
    several = decided("lru", "ttl", opening={"options": options, "multiple": True})
    assert words.decision_words(several).startswith("Decided: lru (keep it); ttl (switch)\n")


def test_an_answer_of_ones_own_is_told_as_it_is() -> None:
    one = decided(text="Ask the owner\nfirst", opening={"free_text": True})
    assert words.decision_words(one).startswith("Decided: Ask the owner\nfirst\nQuestion")


def test_only_a_question_of_a_task_is_taken_down() -> None:
    assert words.decision_words(decided("ship", opening={"kind": "question"})).endswith("\nGo on by it.")


def test_messages_hold_their_ids() -> None:
    first = Message("m-1", "Mind the tests", "ann", "message", START)
    second = Message("m-2", "And the docs", "", "message", START.plus(1500))
    assert words.messages_words((first, second)).splitlines() == [
        "Message m-1 from ann at 2026-09-21T14:13:20.000Z: Mind the tests",
        "Message m-2 from the person at 2026-09-21T14:13:21.500Z: And the docs",
    ]


def test_a_refusal_names_the_gate_its_stage_and_the_way_on() -> None:
    text = words.refusal_words(gate(stage=3))
    assert text.startswith("Gate g r1 of stage 3 is open: Ship it or fix it?\n")
    assert "needsDecision: false" in text
    undoable = decided("no", reason="it leaks", opening={"stage": 3})
    assert "can still be taken back" in words.refusal_words(undoable)


def test_stale_questions_are_to_be_surfaced_whatever_was_asked() -> None:
    """[002-92]"""
    one, two = gate(stage=3, risk="production"), gate(gate="h", question="Which name?", options=[])
    text = words.stale_words((one, two), START.plus(7 * MINUTE))
    assert "next response" in text
    assert "regardless" in text
    assert "- gate g r1: Ship it or fix it? (track alpha, 7 min, risk production). Options: ship, fix, no." in text
    assert "- gate h r1: Which name? (track alpha, 7 min)." in text
    many = words.stale_words((one,) * 12, START)
    assert many.count("- gate g") == 10
    assert "- and 2 more: orch-tui gates" in many


def test_what_is_undecided_is_named_and_left_undecided() -> None:
    both = (gate(), gate(gate="h"))
    for text in (words.undecided_words(both), words.owed_words(both)):
        assert "gate g r1" in text
        assert "gate h r1" in text
    assert words.undecided_words(both).startswith("Undecided, stop here")


def test_a_nudge_holds_no_decision() -> None:
    assert "pending_decisions" in words.nudge_words()
    assert "d-" not in words.nudge_words().replace("pending_decisions", "")


@pytest.mark.parametrize("hostile", [" ".join(texts) for texts in PAYLOADS.values()], ids=list(PAYLOADS))
def test_whatever_an_agent_or_person_wrote_is_made_safe(hostile: str) -> None:
    options = [{"key": "ship", "label": hostile, "role": ""}, {"key": "b", "label": "ship", "role": ""}]
    one = decided("ship", "b", reason=hostile, opening={"question": hostile, "options": options, "multiple": True})
    said = [
        words.decision_words(one),
        words.refusal_words(one),
        words.stale_words((one,), START),
        words.owed_words((one,)),
        words.messages_words((Message(hostile, hostile, hostile, "message", START),)),
    ]
    assert all(is_clean(text) for text in said)


def test_a_time_beyond_all_calendars_is_no_fault() -> None:
    assert words.moment(10**18) == words.moment(0) == "1970-01-01T00:00:00.000Z"
    assert words.stale_words((gate(),), Instant(0, 0, "another boot"))


def test_what_was_dismissed_is_no_approval() -> None:
    ledger = Ledger()
    ledger.must(opened(), on_gate("gate_cancelled", why="not\nneeded"))
    text = words.dismissed_words((ledger.only_gate(),))
    assert "none is an approval" in text
    assert "- gate g r1: Ship it or fix it? (cancelled: not needed)" in text


def test_everything_that_one_look_brings_is_one_text() -> None:
    message = Message("m-1", "Mind the tests", "ann", "message", START)
    one = decided("ship")
    assert words.brought_words((one,)).startswith("The answer to your question, by orch-tui:\n\nDecided: ship\n")
    both = words.brought_words((one, one), (message,))
    assert both.startswith("The answers to 2 of your questions")
    assert both.index("d-4711") < both.index("Message m-1 from ann")
    assert words.brought_words((), (message,)).startswith("From the person")
