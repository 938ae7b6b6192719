"""The guards of the card: half a second of rest, no answer to what changed, nothing answered unseen (A-10)."""

from dataclasses import replace

from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.queries import GateKey
from orchestrator_tui.ui.widgets.card import GateCard
from tests.ui import states
from tests.ui.app.driving import NARROW, opened
from tests.ui.app.gates import EASY, last, only


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
        await driver.press("w", "2", "shift+tab")
        await driver.type("1 TTL")
        assert driver.app.desk.card.reason == "1 TTL"
        await driver.press("enter")
        assert (last(driver).options, last(driver).reason) == (("b",), "1 TTL")
