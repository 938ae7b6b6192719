"""Tool calls on the screens: read whole before they are answered, changed by hand, several answers at once."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import Gate
from tests.ui import calls, states
from tests.ui.app.driving import Driver, opened
from tests.ui.app.session import FakeSession
from tests.ui.app.test_replaying import FakeReplay


def asking(*gates: Gate) -> FakeSession:
    return FakeSession(calls.waiting(*gates), states.NOW)


def answer(driver: Driver) -> tuple[tuple[str, ...], str, str]:
    decided = driver.session.decisions[-1]
    return decided.options, decided.text, decided.reason


# --- reading -----------------------------------------------------------------------------------------------


async def test_the_card_tells_every_line_of_a_command() -> None:
    async with opened(session=asking(calls.BASH)) as driver:
        for line in calls.COMMAND.splitlines():
            assert line in driver.text
        assert "Run the tests and clear the coverage" in driver.text


async def test_d_shows_the_whole_call_and_pressed_again_the_tracks_changes() -> None:
    async with opened(session=asking(calls.BASH)) as driver:
        await driver.press("d")
        await driver.settle()
        assert driver.screen_name == "EvidenceScreen"
        assert "Input  Bash" in driver.text
        assert "3 rm -rf coverage/" in driver.text
        await driver.press("d")
        await driver.settle()
        assert "Changes  profile-share" in driver.text
        assert "+new line" in driver.text
        await driver.press("d")
        await driver.settle()
        assert "Input  Bash" in driver.text
        await driver.press("escape")
        assert driver.screen_name == "MainScreen"


async def test_one_gate_has_its_input_below_its_question_and_not_twice() -> None:
    async with opened(session=asking(calls.BASH)) as driver:
        await driver.press("e")
        await driver.settle()
        assert driver.screen_name == "GateScreen"
        assert driver.text.count("rm -rf coverage/") == 1
        await driver.press("d")
        assert driver.screen_name == "EvidenceScreen"


async def test_a_low_screen_keeps_the_input_on_the_card() -> None:
    async with opened(session=asking(calls.BASH), size=(80, 24)) as driver:
        await driver.press("e")
        await driver.settle()
        assert driver.screen_name == "GateScreen"
        assert "rm -rf coverage/" in driver.text


@pytest.mark.parametrize(
    ("gate", "shown"),
    [
        (calls.EDIT, ("15 - line 15", "15 + line 15, cached", "12   line 12")),
        (calls.WRITE, ("a new file of 2 lines:", "1 + def total() -> int:")),
        (
            replace(
                calls.WRITE,
                question=replace(
                    calls.WRITE.question, subject={"tool": "Write", "input": {"file_path": "/etc/x", "content": "y"}}
                ),
            ),
            ("what the file holds now is not shown: it lies outside of this repository", "1 y"),
        ),
    ],
    ids=["edit", "new", "outside"],
)
async def test_a_change_is_shown_beside_the_file_as_it_is(gate: Gate, shown: tuple[str, ...]) -> None:
    async with opened(session=asking(gate)) as driver:
        await driver.press("d")
        await driver.settle()
        for words in shown:
            assert words in driver.text


async def test_an_answered_call_is_not_compared_with_what_it_has_made() -> None:
    async with opened(session=asking(calls.EDIT)) as driver:
        await driver.press("1", "enter", "d")
        await driver.settle()
        assert "- line 15" in driver.text
        assert "12   line 12" not in driver.text


async def test_a_replay_shows_the_call_without_looking_anything_up() -> None:
    session = FakeReplay()
    session.state = calls.waiting(calls.EDIT)
    async with opened(session=session, evidence=False) as driver:
        await driver.press("d")
        await driver.settle()
        assert "Input  Edit" in driver.text
        assert "+ line 15, cached" in driver.text


async def test_a_plan_is_read_whole_and_scrolled() -> None:
    long = calls.PLAN + "".join(f"\nStep {number} of many" for number in range(1, 41))
    async with opened(session=asking(calls.call("ExitPlanMode", {"plan": long})), size=(80, 24)) as driver:
        await driver.press("d")
        await driver.settle()
        assert "# Cache the cart totals" in driver.text
        assert "Step 40 of many" not in driver.text
        await driver.press("G")
        assert "Step 40 of many" in driver.text


async def test_without_more_to_show_d_is_about_the_track_as_ever() -> None:
    async with opened(session=asking(calls.SCOPE)) as driver:
        await driver.press("d")
        await driver.settle()
        assert "Changes  profile-share" in driver.text


async def test_what_is_copied_holds_the_command() -> None:
    async with opened(session=asking(calls.BASH)) as driver:
        await driver.press("y")
        assert calls.COMMAND in driver.app.clipboard
        assert "1  allow\n" in driver.app.clipboard


# --- answering ---------------------------------------------------------------------------------------------


async def test_dont_ask_again_is_one_digit() -> None:
    async with opened(session=asking(calls.ONE_LINE)) as driver:
        assert "2  allow, and don't ask again for" in driver.text
        await driver.press("2", "enter")
        assert answer(driver) == (("dont-ask-again",), "", "")


async def test_e_changes_the_command_that_is_allowed() -> None:
    async with opened(session=asking(calls.ONE_LINE)) as driver:
        await driver.press("e", "e")
        assert driver.screen_name == "EditDialog"
        await driver.press("end")
        await driver.type(" --run")
        await driver.press("enter")
        await driver.settle()
        assert driver.screen_name == "GateScreen"
        assert answer(driver) == (("edit",), "pnpm test --run", "")
        assert "allow, with the command changed: pnpm test --run" in driver.text


async def test_a_command_of_several_lines_stays_one_and_asks_twice() -> None:
    async with opened(session=asking(calls.BASH)) as driver:
        await driver.press("4", "enter")
        assert driver.screen_name == "LongEditDialog"
        await driver.press("enter")
        await driver.type("pwd")
        await driver.press("ctrl+s")
        assert driver.session.commands == []
        assert "press Enter once more to send it" in driver.status
        await driver.press("enter")
        await driver.settle()
        assert answer(driver) == (("edit",), f"{calls.COMMAND}\npwd", "")


async def test_a_changed_command_is_not_sent_by_leaving_or_empty() -> None:
    async with opened(session=asking(calls.ONE_LINE)) as driver:
        await driver.press("4", "enter", "end")
        await driver.press(*["backspace"] * len("pnpm test"), "enter")
        assert "nothing is left of it" in driver.text
        await driver.press("escape")
        assert driver.marked == ""
        assert driver.session.commands == []


async def test_what_cannot_be_changed_by_hand_says_so() -> None:
    async with opened(session=asking(calls.EDIT)) as driver:
        await driver.press("e", "e")
        assert "nothing of this question can be changed by hand" in driver.status


async def test_several_answers_and_one_of_ones_own_go_together() -> None:
    async with opened(session=asking(calls.SCOPE)) as driver:
        await driver.press("1", "3", "4", "enter")
        assert driver.screen_name == "TextDialog"
        await driver.type("and gifts")
        await driver.press("enter")
        await driver.settle()
        assert answer(driver) == (("Totals", "Vouchers"), "and gifts", "")
        assert driver.app.desk.gate is not None
        assert driver.app.desk.gate.decision is not None
        assert driver.app.desk.gate.decision.label == "Totals + Vouchers + and gifts"


async def test_one_answer_and_one_of_ones_own_do_not() -> None:
    async with opened(session=asking(calls.LAYOUT)) as driver:
        await driver.press("1", "3")
        assert driver.app.desk.card.marked == ("",)
        await driver.press("2", "enter")
        assert answer(driver) == (("Stacked",), "", "")


async def test_a_plan_goes_back_with_what_to_change() -> None:
    async with opened(session=asking(calls.APPROVAL)) as driver:
        await driver.press("x")
        await driver.type("measure first")
        await driver.press("enter")
        await driver.settle()
        assert answer(driver) == (("keep-planning",), "", "measure first")
