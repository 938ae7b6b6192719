"""Adding tracks to a run by key: the plan file is asked for, and what is wrong with it is said where it was typed."""

from __future__ import annotations

import threading

import pytest

from tests.ui import run_states, states
from tests.ui.app.driving import NARROW, WIDE, Driver, opened

BATCH = run_states.BATCH


class FakeAdder:
    """Adds everything, or nothing and says why."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.asked: list[tuple[str, str]] = []
        self.threads: set[int] = set()

    def __call__(self, batch: str, path: str) -> str:
        self.asked.append((batch, path))
        self.threads.add(threading.get_ident())
        if self.fault:
            raise OSError(self.fault)
        return "added to Checkout hardening: metrics"


async def add(driver: Driver, path: str) -> str:
    await driver.press("A")
    await driver.type(path)
    await driver.press("enter")
    await driver.settle()
    return driver.text


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=str)
async def test_the_tracks_of_a_plan_file_are_added(size: tuple[int, int]) -> None:
    adder = FakeAdder()
    async with opened(run_states.running(), size, adder=adder) as driver:
        text = await add(driver, "more.yaml")
        assert adder.asked == [(BATCH, "more.yaml")]
        assert driver.screen_name == "MainScreen"
        assert "added to Checkout hardening: metrics" in text
        assert threading.get_ident() not in adder.threads


async def test_what_is_wrong_with_it_is_said_and_it_can_be_tried_again() -> None:
    adder = FakeAdder("more.yaml:4: tracks[0].owned: it is owned by cart-totals, too")
    async with opened(run_states.running(), adder=adder) as driver:
        assert "owned by cart-totals, too" in await add(driver, "more.yaml")
        assert driver.screen_name == "AddDialog"
        adder.fault = ""
        await driver.press("enter")
        await driver.settle()
        assert adder.asked == [(BATCH, "more.yaml")] * 2
        assert driver.screen_name == "MainScreen"


async def test_esc_adds_nothing_and_neither_does_an_empty_line() -> None:
    adder = FakeAdder()
    async with opened(run_states.running(), adder=adder) as driver:
        assert "nothing was written yet" in await add(driver, "")
        await driver.press("escape")
        assert (driver.screen_name, adder.asked) == ("MainScreen", [])


async def test_where_nothing_can_be_added_the_key_says_why() -> None:
    for state, words in (
        (states.checkout(), "orch-tui runs nothing here: it only watches"),
        (run_states.running(), "from here only by orch-tui add PLAN"),
    ):
        async with opened(state) as driver:
            await driver.press("A")
            assert words in driver.status
