"""From a key to an answer: marks, reasons, confirmations, the half second of rest, and Esc, which never grants."""

from dataclasses import replace

from orchestrator_tui.core.commands import Cancel, Redeliver, Snooze, Undo
from orchestrator_tui.core.model import GateState, Option, Risk
from orchestrator_tui.ui.widgets.card import GateCard
from tests.ui import states
from tests.ui.app.driving import opened
from tests.ui.app.gates import EASY, last, only


async def test_a_digit_marks_and_enter_submits_what_was_shown() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("1")
        assert driver.session.commands == []
        assert "● 1  allow once" in driver.text
        await driver.press("enter")
        await driver.settle()
        decided = last(driver)
        assert (decided.options, decided.revision, decided.digest) == (("once",), EASY.revision, EASY.digest)
        assert decided.shown_wall_ms == states.NOW.wall_ms
        assert 'decided "allow once"' in driver.text
        assert driver.marked == ""


async def test_another_digit_moves_the_mark() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("1", "3", "enter")
        assert last(driver).options == ("later",)


async def test_digits_work_from_every_panel() -> None:
    async with opened(session=only(EASY)) as driver:
        for _ in range(5):
            await driver.press("tab", "3")
            assert driver.marked == "later"
            await driver.press("escape")
            assert driver.marked == ""


async def test_enter_with_nothing_marked_decides_nothing() -> None:
    async with opened(session=only(EASY)) as driver:
        for _ in range(5):
            await driver.press("tab", "enter", "escape")
        assert driver.session.commands == []


async def test_escape_grants_nothing() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("1", "escape", "enter", "escape", "escape")
        assert driver.session.commands == []


async def test_a_marks_the_option_that_approves_or_says_that_none_does() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("a", "enter")
        assert last(driver).options == ("once",)
    async with opened(session=only(states.PERMISSION)) as driver:
        await driver.press("a")
        assert "no option of this gate approves" in driver.status
        assert driver.session.commands == []


async def test_x_rejects_with_a_reason() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("x")
        assert driver.screen_name == "TextDialog"
        await driver.press("enter")
        assert "nothing was written yet" in driver.text
        await driver.type("not today")
        await driver.press("enter")
        await driver.settle()
        assert (last(driver).options, last(driver).reason) == (("no",), "not today")
        assert driver.screen_name == "MainScreen"


async def test_leaving_the_reason_rejects_nothing() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("x", "n", "o", "escape", "enter")
        assert driver.session.commands == []
        assert driver.marked == ""


async def test_a_reason_longer_than_four_kib_is_not_taken() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("x")
        driver.app.screen.query_one("Input").value = "x" * 5_000  # type: ignore[attr-defined]
        await driver.press("enter")
        assert "longer than 4 KiB" in driver.text
        assert driver.session.commands == []


async def test_going_against_the_recommendation_needs_a_reason() -> None:
    async with opened(session=only(states.COUNSEL)) as driver:
        await driver.press("1", "enter")
        assert last(driver).options == ("a",)
    async with opened(session=only(states.COUNSEL)) as driver:
        await driver.press("2", "enter")
        assert "goes against the recommendation" in driver.text
        await driver.type("TTL it is")
        await driver.press("enter")
        assert (last(driver).options, last(driver).reason) == (("b",), "TTL it is")


async def test_an_option_with_which_words_go_asks_for_them() -> None:
    again = Option("again", "one more try, with what you write as instruction", "approve")
    asked = replace(
        EASY, recommendation="again", question=replace(EASY.question, options=(again, *EASY.question.options))
    )
    async with opened(session=only(asked)) as driver:
        await driver.press("1", "enter")
        assert driver.session.commands == []
        await driver.type("keep both lines")
        await driver.press("enter")
        assert (last(driver).options, last(driver).reason) == (("again",), "keep both lines")
        assert len(driver.session.commands) == 1
    async with opened(session=only(asked)) as driver:
        await driver.press("1", "enter", "escape")
        assert driver.session.commands == []
        await driver.press("1", "enter", "enter")
        assert (last(driver).options, last(driver).reason) == (("again",), "")


async def test_an_answer_of_ones_own() -> None:
    async with opened(session=only(states.COUNSEL)) as driver:
        await driver.press("3", "enter")
        assert driver.screen_name == "TextDialog"
        await driver.type("ask B again")
        await driver.press("enter")
        assert (last(driver).options, last(driver).text) == ((), "ask B again")


async def test_a_gate_without_options_is_answered_in_words() -> None:
    asked = replace(states.COUNSEL, recommendation=None, question=replace(states.COUNSEL.question, options=()))
    async with opened(session=only(asked)) as driver:
        driver.app.screen.query_one(GateCard).focus()
        await driver.press("enter")
        await driver.type("yes, but smaller")
        await driver.press("enter")
        assert last(driver).text == "yes, but smaller"


async def test_production_wants_a_reason_and_its_slug_typed() -> None:
    async with opened(session=only(states.DEPLOY)) as driver:
        await driver.press("1", "enter")
        assert "it is a production decision" in driver.text
        await driver.type("all green")
        await driver.press("enter")
        assert driver.session.commands == []
        await driver.type("pay-webhoo")
        await driver.press("enter")
        assert "type pay-webhook to confirm" in driver.status
        assert driver.session.commands == []
        await driver.type("k")
        assert "Type pay-webhook to confirm: pay-webhook▁" in driver.text
        await driver.press("enter")
        await driver.settle()
        decided = last(driver)
        assert (decided.options, decided.confirm, decided.reason) == (("a",), "pay-webhook", "all green")
        assert "takes it back" in driver.text


async def test_typing_a_confirmation_runs_no_keys_and_can_be_corrected() -> None:
    async with opened(session=only(states.DEPLOY)) as driver:
        await driver.press("1", "enter", "o", "k", "enter")
        await driver.press("q", "x", "1", "w", "backspace", "question_mark")
        assert driver.typing == "qx1?"
        assert driver.screen_name == "MainScreen"
        await driver.press("ctrl+u")
        assert driver.typing == ""
        await driver.press("escape")
        assert driver.marked == ""
        assert driver.session.commands == []


async def test_check_wants_enter_twice() -> None:
    gate = replace(EASY, risk=Risk.CHECK, risk_why="the question says release")
    async with opened(session=only(gate)) as driver:
        await driver.press("1", "enter")
        assert driver.session.commands == []
        assert "Press Enter once more" in driver.text
        await driver.press("enter")
        assert last(driver).confirm == "twice"


async def test_a_new_mark_disarms() -> None:
    gate = replace(EASY, risk=Risk.CHECK, risk_why="the question says release")
    async with opened(session=only(gate)) as driver:
        await driver.press("1", "enter", "3", "enter")
        assert driver.session.commands == []


async def test_u_takes_back_what_can_be_taken_back() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("u")
        assert "nothing was decided" in driver.status
        await driver.press("x", "n", "o", "enter")
        await driver.settle()
        assert "u takes it back, 0:05 left" in driver.text
        await driver.press("u")
        await driver.settle()
        assert driver.session.commands[-1] == Undo(states.BATCH, EASY.id)
        assert driver.session.state.batches[states.BATCH].gates[EASY.id].state is GateState.OPEN
        assert "taken back" in driver.status


async def test_undo_is_over_after_five_seconds() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("x", "n", "o", "enter")
        driver.pass_time(5_000)
        await driver.press("u")
        assert "the time to take it back is over" in driver.status


async def test_undo_finds_the_answer_after_the_card_moved_on() -> None:
    async with opened(session=only(EASY, states.COUNSEL)) as driver:
        await driver.press("w", "x", "n", "o", "enter", "w", "u")
        assert driver.session.commands[-1] == Undo(states.BATCH, EASY.id)


async def test_ten_options_take_two_pages() -> None:
    labels = tuple(Option(f"k{number}", f"choice {number}") for number in range(1, 13))
    gate = replace(EASY, question=replace(EASY.question, options=labels))
    async with opened(session=only(gate)) as driver:
        await driver.press("less_than_sign")
        assert "these are the first options" in driver.status
        await driver.press("greater_than_sign")
        assert "1  choice 10" in driver.text
        await driver.press("4")
        assert "there is no option 4 here" in driver.status
        await driver.press("greater_than_sign")
        assert "there are no more options" in driver.status
        await driver.press("3", "enter")
        assert last(driver).options == ("k12",)


async def test_several_options_where_the_gate_allows_it() -> None:
    gate = replace(EASY, question=replace(EASY.question, multiple=True))
    async with opened(session=only(gate)) as driver:
        await driver.press("3", "1", "enter")
        assert last(driver).options == ("once", "later")


async def test_enter_sends_an_answer_again_that_did_not_arrive() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("1", "enter")
        stuck = driver.session.state.batches[states.BATCH].gates[EASY.id]
        driver.session.answers = False
        driver.session.put(replace(stuck, undelivered=True))
        await driver.settle()
        driver.app.screen.query_one(GateCard).focus()
        await driver.press("enter")
        assert driver.session.commands[-1] == Redeliver(states.BATCH, EASY.id)


async def test_a_gate_is_dismissed_with_a_reason_and_not_without() -> None:
    async with opened() as driver:
        await driver.press("X", "enter")
        assert driver.session.commands == []
        await driver.press(*"gone", "enter")
        assert driver.session.commands == [Cancel(states.BATCH, states.DEPLOY.id, "gone")]


async def test_snooze_asks_for_how_long() -> None:
    async with opened() as driver:
        await driver.press("z")
        assert "5 minutes" in driver.text
        await driver.press("enter")
        assert "press a digit" in driver.text
        await driver.press("3")
        assert driver.session.commands == [Snooze(states.BATCH, states.DEPLOY.id, 15 * 60_000)]
