"""The gate card: golden pictures, options and pages, what is recommended, confirmed and noticed."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator_tui.core.model import Decision, DeliveryStep, Gate, GateState, Option, Risk, Signal, State
from orchestrator_tui.ui.present.card import CardInput, CardView, option_at, page_count, present_card
from orchestrator_tui.ui.present.card_lines import OWN, card_lines
from orchestrator_tui.ui.present.glyphs import ASCII, UNICODE
from tests.ui.drawing import drawn, expected, text_of, widths
from tests.ui.states import (
    BATCH,
    COUNSEL,
    DEPLOY,
    NOW,
    PERMISSION,
    ZONE,
    ago,
    checkout,
    gate,
    gate_key,
    options,
    with_gate,
)

PRODUCTION = """
| pay-webhook · 8/8 Self-Healing Deploy · r2|
| waited 6:40 · held by hook                |
|                                           |
| Deploy 9d1e0b4 to production?             |
| Staging has been healthy for 14 min.      |
| Migration 0042 adds a column; it cannot be|
| rolled back once rows are written.        |
|                                           |
|   1  deploy now                           |
|   2  deploy without the migration         |
|   3  stop here and keep staging           |
|                                           |
| No recommendation: production is yours.   |
|                                           |
| Evidence  CI ✓ 214 checks  diff +312 −40  |
|           staging ✓ 14 min  counsel ✓ high|
|                                           |
| Type pay-webhook to confirm: ▁            |
"""
FAILURE = """
| fix-auth-race · stage 3/8 Fix Plan Counsel · revision 1                                                              |
| opened 14:01:12 · waited 1:50 · stale in 3:10 · held by hook                                                         |
|                                                                                                                      |
| Reviewer B rejects the root cause: the lock is a symptom, the cache TTL is the cause.                                |
| Reviewers A and C agree with B after round 2. Changing the plan drops requirement R3.                                |
|                                                                                                                      |
| ● 1  redo the root-cause analysis on the cache TTL  ◂ recommended (low confidence: it changes a requirement)         |
|   2  keep the plan, add a TTL regression test                                                                        |
|   3  type an answer of your own                                                                                      |
"""
NARROW_PERMISSION = """
| profile-share · r1                                       |
| waited 0:31 · stale in 4:29 · held by hook               |
|                                                          |
| Allow Bash: pnpm db:migrate --dev                        |
|                                                          |
| description: Apply the new column to the dev database    |
|                                                          |
|   1  allow once                                          |
|   2  allow for this session                              |
|   3  deny                                                |
"""
ANSWERED = """
| cart-totals · revision 1 · opened 14:00:58 · waited 0:00 · acknowledged                                              |
|                                                                                                                      |
| The build fails on a missing import.                                                                                 |
|                                                                                                                      |
| ● 1  apply the import fix                                                                                            |
|   2  stop                                                                                                            |
|                                                                                                                      |
| 14:00:58  ✓ decided "apply the import fix"  by rules                                                                 |
| 14:00:58  → on its way by hook                                                                                       |
| 14:00:58  ✓ delivered by hook  printed                                                                               |
| 14:00:58  ✓ acknowledged by hook  after 0.2 s, tool result taken                                                     |
"""


def card(one: Gate, given: CardInput | None = None, **changes: Any) -> CardView:
    one = replace(one, **changes)
    return present_card(with_gate(checkout(), one), gate_key(one), NOW, UNICODE, ZONE, given=given)


def picture(view: CardView, width: int) -> str:
    lines = card_lines(view, width)
    assert max(widths(lines)) <= width
    return drawn(lines)


def test_production_as_drawn() -> None:
    """[002-12]"""
    assert picture(card(DEPLOY), 43) == expected(PRODUCTION)


def test_a_failure_with_a_recommendation_as_drawn() -> None:
    """[002-13]"""
    assert picture(card(COUNSEL, CardInput(marks=("a",))), 118) == expected(FAILURE)


def test_a_permission_shows_the_tools_input() -> None:
    assert picture(card(PERMISSION), 58) == expected(NARROW_PERMISSION)


def test_the_life_of_an_answer() -> None:
    assert picture(card(checkout().batches[BATCH].gates["cart-totals/gate"]), 118) == expected(ANSWERED)


def test_no_gate_says_what_would_come_here() -> None:
    view = present_card(checkout(), None, NOW, UNICODE, ZONE)
    assert view.key is None
    assert picture(view, 43).splitlines()[1] == "  No gate is selected."


def test_the_revision_and_digest_shown_are_those_to_decide() -> None:
    view = card(DEPLOY)
    assert (view.revision, view.digest) == (DEPLOY.revision, DEPLOY.digest)


# --- options -----------------------------------------------------------------------------------------------


def many_options(count: int) -> Gate:
    return gate(
        "one", "Which?", asked=ago(1), options=tuple(Option(f"k{n}", f"choice {n}") for n in range(1, count + 1))
    )


def test_more_than_nine_options_page() -> None:
    long = many_options(20)
    first, last = card(long), card(long, CardInput(page=2))
    assert [option.digit for option in first.options] == list(range(1, 10))
    assert [option.label for option in last.options] == ["choice 19", "choice 20"]
    assert "< > page 3/3 of the options" in picture(last, 60)
    assert page_count(long) == 3
    assert page_count(many_options(9)) == 1


def test_a_recommendation_on_another_page_is_told() -> None:
    many = replace(COUNSEL.question, options=tuple(Option(f"o{n}", f"choice {n}") for n in range(1, 15)))
    told = "◂ recommended on page 2: choice 12"
    assert card(COUNSEL, question=many, recommendation="o12").advice.text == told
    assert card(COUNSEL, CardInput(page=1), question=many, recommendation="o12").advice.text == ""


def test_a_digit_means_the_option_on_its_page_raw() -> None:
    long = many_options(20)
    found = option_at(long, 1, 1)
    assert found is not None
    assert found.key == "k10"
    assert option_at(long, 2, 3) is None
    assert option_at(long, 0, 0) is None
    raw = gate("one", "Which?", asked=ago(1), options=(Option("a", "\x1b[31mdelete"),))
    assert option_at(raw, 0, 1) == Option("a", "\x1b[31mdelete")


def test_an_answer_of_ones_own_is_the_last_choice() -> None:
    found = option_at(COUNSEL, 0, 3)
    assert found is not None
    assert (found.key, found.role) == ("", "text")
    assert option_at(gate("one", "Why?", asked=ago(1)), 0, 1) is not None
    named = replace(COUNSEL, question=replace(COUNSEL.question, options=(Option("t", "tell us", "text"),)))
    assert option_at(named, 0, 2) is None


def test_each_option_is_a_place_to_click() -> None:
    lines = card_lines(card(COUNSEL), 60)
    keys = [[part.key for part in line if part.key] for line in lines]
    assert [found[0] for found in keys if found] == ["a", "b", OWN]


def test_marks_are_told_by_a_sign_as_well_as_a_colour() -> None:
    marked = card(COUNSEL, CardInput(marks=("b",)))
    assert "● 2  keep the plan" in picture(marked, 60)
    assert "  1  redo" in picture(marked, 60)


def test_an_answer_of_ones_own_is_shown_as_it_was_typed() -> None:
    written = card(COUNSEL, CardInput(text="do both"))
    assert '● 3  your answer: "do both"' in picture(written, 60)
    answer = Decision("d", (), "do both", "", "do both", "mia", "key", NOW)
    decided = card(COUNSEL, state=GateState.DECIDED, decision=answer)
    assert '● 3  your answer: "do both"' in picture(decided, 60)


def test_several_options_may_be_marked_where_the_gate_allows_it() -> None:
    multiple = replace(COUNSEL.question, multiple=True)
    view = card(COUNSEL, CardInput(marks=("a", "b")), question=multiple)
    assert [option.marked for option in view.options] == [True, True, False]
    assert "several may be marked" in picture(view, 60)


# --- recommendation and confirmation -----------------------------------------------------------------------


def test_production_never_shows_a_recommendation() -> None:
    """[002-12]"""
    text = picture(card(DEPLOY, recommendation="a", recommendation_why="all green"), 60)
    assert "◂" not in text
    assert "all green" not in text
    assert "No recommendation: production is yours." in text


def test_no_recommendation_is_said() -> None:
    assert card(COUNSEL, recommendation=None, recommendation_why="").advice.text == "No recommendation was given."
    silent = card(COUNSEL, recommendation=None, recommendation_why="its agent recommends nothing")
    assert silent.advice.text == "No recommendation: its agent recommends nothing."
    assert card(COUNSEL).advice.text == ""


@pytest.mark.parametrize(
    ("why", "confidence", "words"),
    [
        ("", "", "recommended"),
        ("its agent recommends it (low confidence)", "low", "recommended: its agent recommends it (low confidence)"),
        ("a rule says so", "high", "recommended (high confidence: a rule says so)"),
        ("", "medium", "recommended (medium confidence)"),
    ],
)
def test_why_an_option_is_recommended(why: str, confidence: str, words: str) -> None:
    """[002-13]"""
    question = replace(COUNSEL.question, confidence=confidence)
    assert card(COUNSEL, recommendation_why=why, question=question).options[0].recommended == words


@pytest.mark.parametrize(
    ("risk", "given", "asked"),
    [
        (Risk.PRODUCTION, CardInput(confirm="pay-w"), "Type pay-webhook to confirm: pay-w▁"),
        (Risk.DESTRUCTIVE, CardInput(), "Type pay-webhook to confirm: ▁"),
        (Risk.CHECK, CardInput(), ""),
        (Risk.CHECK, CardInput(armed=True), "Press Enter once more to send it."),
        (Risk.LOW, CardInput(armed=True), ""),
    ],
)
def test_what_is_asked_before_enter_counts(risk: Risk, given: CardInput, asked: str) -> None:
    assert text_of(card(DEPLOY, given, risk=risk).confirm) == asked


def test_the_typed_slug_turns_green_when_it_is_right() -> None:
    assert card(DEPLOY, CardInput(confirm="pay-webhook")).confirm[1].token == "track-done"
    assert card(DEPLOY, CardInput(confirm="pay-webhoo")).confirm[1].token == "strong"


# --- notes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("routes", "corner", "note"),
    [
        (("hook",), "via hook", ""),
        (("task_file",), "via task file", "The answer is written to its task file; its agent may not look."),
        (("shell", "task_file"), "via shell", ""),
        (("task_file", "shell"), "via shell", ""),
        ((), "no route", "Its agent cannot hear us now; the answer is kept until it can."),
        (("carrier_pigeon",), "no route", "Its agent cannot hear us now; the answer is kept until it can."),
    ],
)
def test_how_the_answer_will_travel(routes: tuple[str, ...], corner: str, note: str) -> None:
    view = card(COUNSEL, routes=routes)
    assert view.corner == corner
    assert [part.text for part in view.notes] == ([note] if note else [])


def test_an_undelivered_answer_and_a_forged_one_are_told_first() -> None:
    signal = Signal("s", "spoof_suspected", COUNSEL.track, COUNSEL.id, "its file says approved; nobody did", (), NOW)
    lost = replace(COUNSEL, undelivered=True)
    batch = replace(with_gate(checkout(), lost).batches[BATCH], signals={"s": signal})
    view = present_card(State({BATCH: batch}), gate_key(lost), NOW, UNICODE, ZONE)
    assert [part.text for part in view.notes] == [
        "The answer did not reach its agent. Enter tries again.",
        "its file says approved; nobody did",
    ]
    assert "did not reach" in picture(view, 60).splitlines()[3]


def test_other_signals_of_the_track_are_evidence() -> None:
    signal = Signal("s", "stage_jumped", COUNSEL.track, "", "went from stage 2 to 5", (), ago(2))
    batch = replace(checkout().batches[BATCH], signals={"s": signal})
    view = present_card(State({BATCH: batch}), gate_key(COUNSEL), NOW, UNICODE, ZONE)
    assert "Noticed  ⚠ went from stage 2 to 5  2:00 ago" in picture(view, 80)


def test_why_the_risk_is_what_it_is() -> None:
    declared = replace(COUNSEL.question, declared_risk="low")
    text = picture(card(COUNSEL, risk_why="three builds failed", question=declared), 80)
    assert "Risk        failure: three builds failed" in text
    assert "Agent says  low" in text
    assert "Agent says" not in picture(card(COUNSEL, risk_why="declared low", question=declared), 80)
    assert "Agent says" not in picture(card(COUNSEL, source="engine", risk_why="stage 3", question=declared), 80)


def test_snoozed_and_refused_are_told() -> None:
    assert "snoozed" in picture(card(DEPLOY, snoozed_at=ago(1), snooze_ms=600_000), 80)
    assert "2 answers refused" in picture(card(COUNSEL, refusals=2), 80)


def test_in_ascii_the_signs_are_ascii() -> None:
    view = present_card(checkout(), gate_key(DEPLOY), NOW, ASCII, ZONE)
    signs = [text_of(line) for line in card_lines(view, 43)]
    assert signs[0] == " pay-webhook - 8/8 Self-Healing Deploy - r2"
    assert all(text.isascii() for text in signs)


# --- height ------------------------------------------------------------------------------------------------


def test_options_and_confirmation_stay_in_sight_on_a_low_screen() -> None:
    context = "\n".join(f"line {number}" for number in range(60))
    view = card(DEPLOY, question=replace(DEPLOY.question, context=context))
    for height in (30, 24, 18):
        lines = card_lines(view, 43, height)
        assert len(lines) <= height
        text = drawn(lines)
        assert "   3  stop here" in text
        assert "Type pay-webhook" in text
        assert "more lines" in text
    assert len(card_lines(view, 43)) > 60


def test_a_long_question_leaves_the_options_in_sight_and_is_whole_where_there_is_room() -> None:
    """[002-79]"""
    asked = "Should we do this? " * 500 + "Or-not?"
    view = card(DEPLOY, question=replace(DEPLOY.question, question=asked))
    for height in (30, 24):
        text = drawn(card_lines(view, 43, height))
        assert "Should we do this?" in text
        assert "   3  stop here" in text
        assert "Type pay-webhook" in text
    assert "Or-not?" in drawn(card_lines(view, 43))


@pytest.mark.parametrize("height", range(13, 24))
def test_the_confirmation_is_in_sight_as_long_as_it_can_be(height: int) -> None:
    lines = card_lines(card(DEPLOY), 78, height)
    assert len(lines) <= height
    assert "Type pay-webhook to confirm" in drawn(lines)


@pytest.mark.parametrize("height", range(12, 70))
def test_the_lines_left_out_are_counted_right(height: int) -> None:
    context = "\n".join(f"line {number}." for number in range(60))
    text = drawn(card_lines(card(COUNSEL, question=replace(COUNSEL.question, context=context)), 60, height))
    left_out = sum(f"line {number}." not in text for number in range(60))
    assert (f"… {left_out} more lines" in text) is (left_out > 0)


def test_of_a_long_life_the_end_stays_in_sight() -> None:
    steps = tuple(DeliveryStep("failed", "hook", ago(0, 20 - n), f"reader {n} ended") for n in range(12))
    answer = Decision("d", ("a",), "redo", "", "", "mia", "key", ago(1))
    view = card(COUNSEL, state=GateState.DECIDED, decision=answer, steps=steps, undelivered=True)
    text = drawn(card_lines(view, 60, 20))
    assert 'decided "redo"' in text
    assert "reader 11 ended" in text
    assert "reader 3 ended" not in text


@pytest.mark.parametrize("width", range(12, 140, 9))
def test_every_width_is_kept(width: int) -> None:
    for one in (DEPLOY, COUNSEL, PERMISSION, checkout().batches[BATCH].gates["cart-totals/gate"]):
        assert max(widths(card_lines(card(one), width))) <= width


@pytest.mark.parametrize("state", GateState)
def test_every_state_of_a_gate_can_be_shown(state: GateState) -> None:
    view = card(DEPLOY, state=state, closed_at=NOW, closed_why="because")
    assert "Deploy 9d1e0b4 to production?" in picture(view, 80)
    assert bool(view.confirm) is (state is GateState.OPEN)


def test_labels_that_say_the_same_stay_apart() -> None:
    twins = replace(COUNSEL.question, options=options("ok", "ok"))
    assert [option.key for option in card(COUNSEL, question=twins).options] == ["a", "b", ""]


def test_blank_lines_go_before_a_line_of_the_context_does() -> None:
    view = card(COUNSEL, question=replace(COUNSEL.question, context="\n".join(f"reason {n}." for n in range(1, 9))))
    whole = card_lines(view, 60)
    blank = sum(not text_of(line).strip() for line in whole)
    assert blank == 2
    closed = [text_of(line) for line in card_lines(view, 60, len(whole) - blank)]
    assert len(closed) == len(whole) - blank
    assert [line for line in closed if line.strip()] == [text_of(line) for line in whole if text_of(line).strip()]
    assert "more lines" in "\n".join(text_of(line) for line in card_lines(view, 60, len(whole) - blank - 1))
