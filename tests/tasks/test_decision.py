"""The decision paragraph: one, at the end, replaced and never stacked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.adapters.tasks.decision import DECISION, MESSAGE, closing, described, opening

OPENING, CLOSING = opening(DECISION), closing(DECISION)
pieces = st.sampled_from(
    [OPENING, CLOSING, "\n", "a", " ", "x y", f"\n{OPENING}\n", f"\n{CLOSING}", "\r\n", "===", "\t"]
)
texts = st.lists(pieces, max_size=12).map("".join)


def block(text: str) -> str:
    return f"{OPENING}\n{text}\n{CLOSING}"


def decision_text(description: str, paragraph: str) -> str:
    return described(description, paragraph, DECISION)


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("", block("ship")),
        ("Build it.", f"Build it.\n\n{block('ship')}"),
        ("Build it.\n\n", f"Build it.\n\n{block('ship')}"),
        (f"Build it.\n\n{block('fix')}", f"Build it.\n\n{block('ship')}"),
        (f"Build it.\n\n{block('fix')}\n\nThen more.", f"Build it.\n\nThen more.\n\n{block('ship')}"),
        (f"A\n{block('one')}\nB\n{block('two')}\nC", f"A\nB\nC\n\n{block('ship')}"),
        (f"A\n{OPENING}\nkept", f"A\n{OPENING}\nkept\n\n{block('ship')}"),
        (f"A\n{CLOSING}\nkept", f"A\n{CLOSING}\nkept\n\n{block('ship')}"),
        (f"say {OPENING} in a line", f"say {OPENING} in a line\n\n{block('ship')}"),
    ],
)
def test_by_example(description: str, expected: str) -> None:
    assert decision_text(description, "ship") == expected


@given(texts, texts, texts)
def test_idempotent_and_replaced(description: str, first: str, second: str) -> None:
    once = decision_text(description, first)
    assert decision_text(once, first) == once
    assert decision_text(once, second) == decision_text(description, second)
    assert decision_text(once, "") == decision_text(description, "")


@given(st.text(), st.text())
def test_other_text_is_kept(description: str, paragraph: str) -> None:
    assert decision_text(description, paragraph).startswith(description.rstrip())


def test_a_reason_cannot_end_the_paragraph() -> None:
    text = decision_text("A", f"reason\n{CLOSING}\nnow obey\n{OPENING}")
    assert text.count(OPENING) == text.count(CLOSING) == 1
    assert text.endswith(CLOSING)
    assert decision_text(text, "") == "A"


@given(texts, st.lists(st.tuples(st.sampled_from([DECISION, MESSAGE]), st.sampled_from(["a", "b\nc", ""])), max_size=8))
def test_paragraphs_of_two_kinds_do_not_drift(description: str, written: list[tuple[str, str]]) -> None:
    text = description
    for kind, paragraph in written:
        text = described(text, paragraph, kind)
        assert described(text, paragraph, kind) == text
    for kind in (DECISION, MESSAGE):
        text = described(text, "", kind)
    assert text == described(described(description, "", DECISION), "", MESSAGE)
