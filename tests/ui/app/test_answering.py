"""From a key to an answer: marks, reasons, confirmations, the half second of rest, and Esc, which never grants."""

from dataclasses import replace

from orchestrator_tui.core.commands import Decide, Redeliver, Snooze, Undo
from orchestrator_tui.core.model import Gate, GateState, Option, Risk
from orchestrator_tui.core.queries import GateKey
from orchestrator_tui.ui.widgets.card import GateCard
from tests.ui import states
from tests.ui.app.driving import NARROW, Driver, opened
from tests.ui.app.session import FakeSession

EASY = replace(
    states.PERMISSION,
    risk=Risk.LOW,
    question=replace(
        states.PERMISSION.question,
        options=(Option("once", "allow once", "approve"), Option("no", "deny", "reject"), Option("later", "later")),
    ),
)


def only(*gates: Gate) -> FakeSession:
    """The batch with these gates and no others."""
    state = states.checkout()
    batch = replace(state.batches[states.BATCH], gates={gate.id: gate for gate in gates})
    return FakeSession(replace(state, batches={batch.id: batch}), states.NOW)


def last(driver: Driver) -> Decide:
    return driver.session.decisions[-1]


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


async def test_what_is_typed_on_after_the_gate_changed_is_nobodys_command() -> None:
    async with opened(session=only(states.DEPLOY)) as driver:
        await driver.press("1", "enter", "o", "k", "enter", "p", "a")
        driver.session.put(replace(states.DEPLOY, revision=3, digest="e" * 64))
        await driver.settle()
        driver.pass_time(5_000)
        await driver.type("yx1q")
        assert "the question changed while you typed" in driver.status
        assert driver.screen_name == "MainScreen"
        assert driver.marked == ""
        await driver.press("enter", "1")
        assert driver.marked == "a"
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


async def test_keys_rest_for_half_a_second_at_first() -> None:
    async with opened(session=only(EASY), rested=False) as driver:
        assert "keys rest 0.5 s" in driver.status
        driver.session.manual.advance(499)
        await driver.press("1", "a", "x")
        assert "keys rest for half a second" in driver.status
        assert driver.marked == ""
        assert driver.screen_name == "MainScreen"
        driver.session.manual.advance(1)
        await driver.press("1")
        assert driver.marked == "once"


async def test_keys_rest_after_the_question_changed_by_itself() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("1")
        driver.session.put(replace(EASY, revision=2, digest="e" * 64))
        await driver.settle()
        assert driver.marked == ""
        await driver.press("1", "enter")
        assert driver.session.commands == []
        assert "keys rest" in driver.status
        driver.pass_time(500)
        await driver.press("1", "enter")
        assert (last(driver).revision, last(driver).digest) == (2, "e" * 64)


async def test_keys_rest_when_a_gate_opens_on_an_empty_card() -> None:
    async with opened(session=only()) as driver:
        driver.session.put(EASY)
        await driver.settle()
        await driver.press("1")
        assert driver.marked == ""
        driver.pass_time(500)
        await driver.press("1")
        assert driver.marked == "once"


async def test_a_gate_that_a_key_brought_can_be_answered_at_once() -> None:
    async with opened() as driver:
        await driver.press("w", "1", "enter")
        assert (last(driver).gate, last(driver).options) == (states.COUNSEL.id, ("a",))


async def test_a_more_dangerous_gate_does_not_push_itself_under_the_keys() -> None:
    async with opened(session=only(EASY)) as driver:
        driver.session.put(states.DEPLOY)
        await driver.settle()
        driver.pass_time(60_000)
        await driver.press("1", "enter")
        assert last(driver).gate == EASY.id


async def test_the_reason_of_a_changed_question_is_not_sent() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("x")
        driver.session.put(replace(EASY, revision=2, digest="e" * 64))
        await driver.settle()
        driver.pass_time(1_000)
        await driver.press("n", "o", "enter")
        assert driver.session.commands == []
        assert "the question changed while you wrote" in driver.status


async def test_a_refused_answer_says_why() -> None:
    async with opened(session=only(EASY)) as driver:
        driver.session.answers = False
        await driver.press("1", "enter")
        session = driver.session
        session.answers = True
        session.put(replace(EASY, state=GateState.WITHDRAWN, closed_at=session.manual.now(), closed_why="done"))
        session.dispatch(last(driver))
        await driver.settle()
        assert "the gate is withdrawn" in driver.status


async def test_a_decided_gate_takes_no_second_answer() -> None:
    async with opened(session=only(EASY)) as driver:
        await driver.press("1", "enter", "3")
        assert len(driver.session.decisions) == 1
        assert "ada already decided 'allow once'" in driver.status


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


async def test_snooze_asks_for_how_long() -> None:
    async with opened() as driver:
        await driver.press("z")
        assert "5 minutes" in driver.text
        await driver.press("enter")
        assert "press a digit" in driver.text
        await driver.press("3")
        assert driver.session.commands == [Snooze(states.BATCH, states.DEPLOY.id, 15 * 60_000)]


async def test_a_click_marks_but_not_on_a_card_that_changed() -> None:
    async with opened(session=only(EASY)) as driver:
        key = GateKey(EASY.batch, EASY.id)
        driver.app.screen.post_message(GateCard.OptionMarked(key, 1, "once"))
        await driver.settle()
        assert driver.marked == "once"
        driver.session.put(replace(EASY, revision=2, digest="e" * 64))
        await driver.settle()
        driver.pass_time(1_000)
        driver.app.screen.post_message(GateCard.OptionMarked(key, 1, "once"))
        await driver.settle()
        assert driver.marked == ""
        assert "the gate changed since it was drawn" in driver.status


async def test_narrow_w_a_digit_and_enter_decide() -> None:
    async with opened(session=only(EASY), size=NARROW) as driver:
        await driver.press("w", "1", "enter")
        assert driver.screen_name == "GateScreen"
        await driver.settle()
        assert last(driver).options == ("once",)
        assert 'decided "allow once"' in driver.text


async def test_narrow_a_digit_first_shows_what_it_would_answer() -> None:
    async with opened(session=only(EASY), size=NARROW) as driver:
        await driver.press("1")
        assert driver.screen_name == "GateScreen"
        assert "Allow Bash: pnpm db:migrate --dev" in driver.text
        assert driver.session.commands == []
        await driver.press("enter")
        assert last(driver).options == ("once",)


async def test_narrow_keys_rest_when_the_row_moved_on_by_itself() -> None:
    async with opened(session=only(EASY, states.COUNSEL), size=NARROW) as driver:
        gone = replace(states.COUNSEL, state=GateState.WITHDRAWN, closed_at=states.NOW, closed_why="answered")
        driver.session.put(gone)
        await driver.settle()
        await driver.press("1", "enter")
        assert driver.session.commands == []
        driver.pass_time(500)
        await driver.press("1", "enter")
        assert last(driver).gate == EASY.id


async def test_the_gate_screen_takes_a_reason_of_its_own() -> None:
    async with opened(session=only(states.COUNSEL), size=NARROW) as driver:
        await driver.press("w", "2", "tab", "tab")
        await driver.type("1 TTL")
        assert driver.app.desk.card.reason == "1 TTL"
        await driver.press("enter")
        assert (last(driver).options, last(driver).reason) == (("b",), "1 TTL")
