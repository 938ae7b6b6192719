"""What is said while there is no answer: clean, with the gate's name, and never to be taken for an approval."""

from __future__ import annotations

import pytest

from orchestrator_tui.core import words_pending as words
from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.text import is_clean
from tests.core.builders import Ledger, opened
from tests.hostile_text import ALL_PAYLOADS


def gate(question: str = "Ship it or fix it?") -> Gate:
    ledger = Ledger()
    ledger.must(opened(question=question))
    return ledger.only_gate()


def every(one: Gate, why: str) -> list[str]:
    return [
        words.pending_words(one, why, True),
        words.pending_words(one, why, False),
        words.waiting_words([one], True),
        words.over_words(one, why),
        words.void_words(one, why),
    ]


def test_each_names_its_gate_and_is_no_approval() -> None:
    for text in every(gate(), "nobody has decided yet"):
        assert "gate g r1: Ship it or fix it?" in text
        assert any(phrase in text for phrase in ("not approved", "none is an approval", "Do not go on by it"))


def test_that_nobody_is_there_is_said_where_it_is_so() -> None:
    assert words.ALONE in words.pending_words(gate(), "x", False)
    assert words.ALONE not in words.pending_words(gate(), "x", True)
    assert words.waiting_words([gate()], False).endswith(words.ALONE)


def test_a_long_list_is_counted() -> None:
    text = words.waiting_words([gate()] * 25, True)
    assert text.endswith("\n- and 5 more")
    assert text.count("gate g r1") == 20


@pytest.mark.parametrize("payload", ALL_PAYLOADS)
def test_hostile_text_is_made_safe(payload: str) -> None:
    assert all(is_clean(text) for text in every(gate(payload), payload))
