"""Connecting Claude Code from the cockpit by key."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from orchestrator_tui.runtime.ports import Offer
from orchestrator_tui.ui.present.connecting import IN_PLACE, MOST_WORDS, offer_lines
from tests.hostile_text import PAYLOADS
from tests.ui.app.driving import NARROW, Driver, opened

OFFERS = {
    "user": Offer(
        (("/home/p/.claude/settings.json", ("13 hooks", "permission x")), ("/home/p/.claude.json", ("mcp",)))
    ),
    "project": Offer((("/repo/.claude/settings.local.json", ("13 hooks",)),), ("older sessions do not read it",)),
}


class FakeConnector:
    """Offers what it is told to, and remembers what was connected; ``gate`` holds it until it is set."""

    def __init__(self, offers: Mapping[str, Offer] | None = None, fault: str = "", late_fault: str = "") -> None:
        self.offers, self.fault, self.late_fault = offers or OFFERS, fault, late_fault
        self.connected: list[str] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    @property
    def scopes(self) -> Mapping[str, str]:
        return {name: f"the {name}" for name in self.offers}

    def offer(self, scope: str) -> Offer:
        self.threads.add(threading.get_ident())
        if self.fault:
            raise OSError(self.fault)
        return self.offers[scope]

    def connect(self, scope: str) -> str:
        self.threads.add(threading.get_ident())
        assert self.gate.wait(30)
        if self.late_fault == "bug":
            raise KeyError(self.late_fault)
        if self.late_fault:
            raise OSError(self.late_fault)
        self.connected.append(scope)
        return "Claude Code is connected.\n2 sessions run now"


async def asked(driver: Driver, *keys: str) -> str:
    await driver.press(*keys)
    await driver.settle()
    return driver.text


async def test_it_shows_what_changes_and_enter_connects() -> None:
    connector = FakeConnector()
    async with opened(connector=connector) as driver:
        text = await asked(driver, "C")
        assert "Connect Claude Code?" in text
        assert "For the user." in text
        assert "/home/p/.claude/settings.json" in text
        assert "+ 13 hooks" in text
        assert connector.connected == []
        text = await asked(driver, "enter")
        assert connector.connected == ["user"]
        assert driver.screen_name == "MainScreen"
        assert "Claude Code is connected." in text
        assert "2 sessions run now" in text
        assert threading.get_ident() not in connector.threads


async def test_p_turns_to_the_repository_and_back() -> None:
    connector = FakeConnector()
    async with opened(connector=connector, size=NARROW) as driver:
        text = await asked(driver, "C", "p")
        assert "For the project." in text
        assert "! older sessions do not read it" in text
        assert "p user settings" in text
        await asked(driver, "p", "p", "enter")
        assert connector.connected == ["project"]


async def test_esc_changes_nothing() -> None:
    connector = FakeConnector()
    async with opened(connector=connector) as driver:
        await asked(driver, "C", "escape")
        assert (driver.screen_name, connector.connected) == ("MainScreen", [])


async def test_why_it_cannot_be_connected_is_told() -> None:
    connector = FakeConnector(fault='settings.json, line 2: "hooks" is a list; nothing was changed')
    async with opened(connector=connector) as driver:
        assert '"hooks" is a list; nothing was changed' in await asked(driver, "C")
        assert "nothing that can be connected now" in await asked(driver, "enter")
        assert connector.connected == []


async def test_what_fails_while_it_connects_is_told_and_may_be_tried_again() -> None:
    connector = FakeConnector(late_fault="it was changed by somebody else just now")
    async with opened(connector=connector) as driver:
        assert "changed by somebody else just now" in await asked(driver, "C", "enter")
        connector.late_fault = ""
        await asked(driver, "enter")
        assert connector.connected == ["user"]


async def test_the_screen_goes_on_and_enter_counts_once_while_it_connects() -> None:
    connector = FakeConnector()
    connector.gate.clear()
    async with opened(connector=connector) as driver:
        await asked(driver, "C")
        await driver.press("enter", "enter", "p", "escape")
        assert "connecting …" in driver.text
        driver.pass_time(61_000)
        await driver.pilot.pause()
        connector.gate.set()
        await driver.settle()
        assert connector.connected == ["user"]


async def test_what_is_in_place_needs_nothing() -> None:
    connector = FakeConnector({"user": Offer()})
    async with opened(connector=connector) as driver:
        text = await asked(driver, "C")
        assert IN_PLACE in text
        assert "settings   Esc" not in text
        await asked(driver, "enter")
        assert (driver.screen_name, connector.connected) == ("MainScreen", [])


async def test_where_nothing_can_be_connected_the_key_says_so() -> None:
    async with opened() as driver:
        assert "nothing can be connected from here" in await asked(driver, "C")


@pytest.mark.parametrize("payload", [texts[0] for texts in PAYLOADS.values()])
async def test_hostile_paths_stay_inert(payload: str) -> None:
    offer = Offer(((payload, (payload,)),), (payload,))
    async with opened(connector=FakeConnector({"user": offer})) as driver:
        assert "\x1b" not in await asked(driver, "C")


def test_a_long_list_is_cut() -> None:
    lines = list(offer_lines((("f", tuple(f"word {n}" for n in range(20))),)))
    assert len(lines) == MOST_WORDS + 2
    assert lines[-1] == f"  + {20 - MOST_WORDS} more"


async def test_after_an_error_of_our_own_the_dialog_says_so_and_can_be_left() -> None:
    async with opened(connector=FakeConnector(late_fault="bug")) as driver:
        assert "Connect Claude Code?" in await asked(driver, "C")
        assert "an error of orch-tui itself: KeyError('bug')" in await asked(driver, "enter")
        assert "Connect Claude Code?" not in await asked(driver, "escape")
