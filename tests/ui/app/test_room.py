"""What gets the room of a screen: a question and its options before what is told beside them."""

from dataclasses import replace

from orchestrator_tui.core.model import Gate, State
from orchestrator_tui.core.queries import GateKey
from orchestrator_tui.ui.screens.looking import EvidencePanel
from orchestrator_tui.ui.widgets.card import GateCard
from tests.ui import states
from tests.ui.app.driving import NARROW, WIDE, Driver, opened

HINT = "A plan for three agents waits for your approval. Press w for the question that needs you most."


def asking(context: str) -> tuple[State, Gate]:
    """One gate with this context, alone in its batch."""
    gate = replace(states.COUNSEL, question=replace(states.COUNSEL.question, context=context))
    return State({states.BATCH: replace(states.checkout().batches[states.BATCH], gates={gate.id: gate})}), gate


async def on_the_gate(driver: Driver, gate: Gate) -> None:
    driver.app.desk.choose_gate(GateKey(states.BATCH, gate.id))
    await driver.press("w")
    await driver.settle()
    if driver.screen_name == "MainScreen":
        await driver.press("enter")
        await driver.settle()
    assert driver.screen_name == "GateScreen"


async def test_a_hint_covers_neither_options_nor_keys() -> None:
    state, gate = asking("")
    async with opened(state, size=NARROW) as driver:
        await on_the_gate(driver, gate)
        before = driver.text.splitlines()
        for _ in range(2):
            driver.app.notify(HINT, timeout=30, markup=False)
            driver.app.notify("keymap.toml: there is no action 'zzz'", title="Settings", timeout=30, markup=False)
        await driver.settle()
        shown = driver.text
        assert "needs you most" in shown
        for option in gate.question.options:
            assert option.label in shown
        assert before[-1] in shown.splitlines()
        assert gate.question.question.split()[0] in shown


async def test_a_question_takes_the_room_that_its_changes_leave() -> None:
    state, gate = asking("\n".join(f"reason {number}." for number in range(1, 17)))
    async with opened(state, size=WIDE) as driver:
        await on_the_gate(driver, gate)
        assert "more lines" not in driver.text
        assert "reason 16." in driver.text
        assert "+new line" in driver.text
        screen = driver.app.screen
        screen.query_one(EvidencePanel).show("Changes", "", lambda width: ((),) * 300)
        await driver.settle()
        assert screen.query_one(GateCard).size.height >= 17
