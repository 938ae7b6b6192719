"""Pictures of the screens. Each test says what must be seen; a changed picture is looked at before it is accepted."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from orchestrator_tui.runtime.ports import Live
from orchestrator_tui.ui.app import Cockpit
from orchestrator_tui.ui.settings import Settings
from tests.ui import states
from tests.ui.app.driving import RESTED_MS, FixedEvidence, RecordingWarner
from tests.ui.app.session import FakeSession
from tests.ui.app.test_replaying import FakeReplay

SIZES = [(80, 24), (120, 40), (200, 60)]
Compare = Callable[..., bool]


def cockpit(session: FakeSession, **settings: Any) -> Cockpit:
    return Cockpit(
        session,
        settings=Settings(**settings),
        evidence=FixedEvidence(),
        warner=RecordingWarner(),
        zone=states.ZONE,
        environment={},
    )


def pressing(session: FakeSession, *keys: str) -> Callable[[Pilot[Any]], Any]:
    async def press(pilot: Pilot[Any]) -> None:
        session.manual.advance(RESTED_MS)
        await pilot.press(*keys)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert isinstance(pilot.app, Cockpit)
        pilot.app.tick()
        await pilot.pause()

    return press


def live() -> FakeSession:
    return FakeSession(states.checkout(), states.NOW)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_live(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Three gates wait, the stale production one first and without a recommendation; healthy tracks are quiet."""
    session = live()
    assert snap_compare(cockpit(session), terminal_size=size, run_before=pressing(session))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_replayed(snap_compare: Compare, size: tuple[int, int]) -> None:
    """The same panels with the transport bar below them; the headline says replay and read-only."""
    session = FakeReplay()
    assert snap_compare(cockpit(session), terminal_size=size, run_before=pressing(session))


@pytest.mark.parametrize("theme", ["light", "contrast", "terminal"])
def test_themes(snap_compare: Compare, theme: str) -> None:
    """Nothing is lost in another theme: waiting is warm, production is red, the rest is quiet."""
    session = live()
    assert snap_compare(cockpit(session, theme=theme), terminal_size=(120, 40), run_before=pressing(session))


def test_ascii(snap_compare: Compare) -> None:
    """Every sign has its ASCII counterpart, borders aside."""
    session = live()
    assert snap_compare(cockpit(session, ascii=True), terminal_size=(120, 40), run_before=pressing(session))


@pytest.mark.parametrize(
    "keys",
    [("e", "1"), ("v",), ("x",), ("z",), ("question_mark",), ("q",), ("slash", "a", "u")],
    ids=["gate", "track", "reason", "snooze", "help", "quit", "search"],
)
def test_other_screens(snap_compare: Compare, keys: tuple[str, ...]) -> None:
    """The banner stays in sight above whatever is opened."""
    session = live()
    assert snap_compare(cockpit(session), terminal_size=(120, 40), run_before=pressing(session, *keys))


def test_one_gate_narrow(snap_compare: Compare) -> None:
    """At eighty columns the whole question, its options and what confirms it are in sight at once."""
    session = live()
    assert snap_compare(cockpit(session), terminal_size=(80, 24), run_before=pressing(session, "w", "1"))


def test_empty(snap_compare: Compare) -> None:
    """An empty cockpit says what would fill it and what to type."""
    lines = ("No agent works in this repository.", "Start one with: claude", "Try it without one: orch-tui demo")
    session = FakeSession(states.empty(), states.NOW, Live(empty=lines))
    assert snap_compare(cockpit(session), terminal_size=(120, 40), run_before=pressing(session))
