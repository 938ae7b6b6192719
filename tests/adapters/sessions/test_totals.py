"""What an agent has cost itself, where Claude Code states the cost of its whole session."""

from __future__ import annotations

import pytest

from orchestrator_tui.adapters.sessions.totals import MOST_TASKS, SAME_ANSWER, Totals, own_cost


def totals(paid: float | None, stated: float | None = None, *, settled: bool = False) -> Totals:
    found = Totals()
    found.paid, found.stated, found.settled = paid, stated, settled
    return found


@pytest.mark.parametrize(
    ("known", "others", "own"),
    [
        (totals(0.03), 0.0, 0.03),
        (totals(0.03, 0.05, settled=True), 0.01, 0.04),
        (totals(0.03, 0.05, settled=True), 0.09, 0.0),
        (totals(0.03, 0.05, settled=True), None, 0.03),
        (totals(0.09, 0.05), 0.01, 0.09),
        (totals(None, 0.05), 0.01, 0.04),
        (totals(None, 0.05), None, None),
        (totals(None), 0.0, None),
    ],
    ids=["no word", "stated", "never negative", "others unknown", "went on since", "no price", "nothing", "unknown"],
)
def test_what_is_stated_holds_the_sub_agents_too(known: Totals, others: float | None, own: float | None) -> None:
    assert own_cost(known, others) == own


def test_a_stated_cost_with_models_of_unknown_price_is_not_taken() -> None:
    known = Totals()
    known.state({"totalCostUSD": 1.5, "hasUnknownModelCost": True})
    known.state({"totalCostUSD": True})
    known.state({"totalCostUSD": -1})
    assert own_cost(known, 0.0) == 0.0, "nothing was paid, nothing is stated"
    known.state({"totalCostUSD": 1.5})
    assert known.stated == pytest.approx(1.5)
    assert known.settled


def test_a_persons_title_goes_before_a_made_one() -> None:
    known = Totals()
    assert known.title == ""
    known.name({"type": "summary", "summary": "Sums of carts"})
    known.name({"type": "ai-title", "aiTitle": "Add up carts"})
    assert known.title == "Add up carts"
    known.name({"type": "custom-title", "customTitle": "carts"})
    known.name({"type": "ai-title", "aiTitle": "Carts again"})
    assert known.title == "carts"


def test_the_first_words_of_a_person_tell_what_it_is_about() -> None:
    known = Totals()
    for said in (
        "<command-name>/clear</command-name>",
        "[Request interrupted by user]",
        "Add up\nthe cart",
        "And then",
    ):
        known.said(said)
    assert known.prompt == "Add up the cart"


def test_what_is_remembered_has_an_end() -> None:
    known = Totals()
    for number in range(3 * SAME_ANSWER):
        known.answer({"id": f"msg_{number}", "model": "claude-opus-5-5", "usage": {"input_tokens": 1}})
        known.report(str(number))
    assert known.tokens == 3 * SAME_ANSWER
    assert len(known.first_ids) == len(known._counted) == SAME_ANSWER
    assert len(known.tasks) == MOST_TASKS
    assert known.tasks[0] == str(3 * SAME_ANSWER - 1)
