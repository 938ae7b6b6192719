"""Pictures of runs. A changed picture is looked at before it is accepted."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from orchestrator_tui.core.model import State
from orchestrator_tui.ui.app import Cockpit
from tests.ui import run_states, states
from tests.ui.app.driving import RESTED_MS
from tests.ui.app.session import FakeSession
from tests.ui.snapshots.test_main import SIZES, Compare, cockpit

BY_SIZE = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
SMALL = pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")


def showing(state: State) -> FakeSession:
    return FakeSession(state, states.NOW)


def on(session: FakeSession, *keys: str, track: str = "", gate: str = "") -> Callable[[Pilot[Any]], Any]:
    """Select a track or gate as a click would, half a second before the keys."""

    async def press(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, Cockpit)
        if track:
            app.desk.choose_track(run_states.track_key(track))
        if gate:
            app.desk.choose_gate(run_states.gate_key(gate))
        session.manual.advance(RESTED_MS)
        app.tick()
        await pilot.press(*keys)
        await app.workers.wait_for_complete()
        await pilot.pause()
        app.tick()
        await pilot.pause()

    return press


@BY_SIZE
def test_plan(snap_compare: Compare, size: tuple[int, int]) -> None:
    """The plan opens by itself: tracks by wave, what it costs, and its gate with the options in sight."""
    session = showing(run_states.waiting_plan())
    assert snap_compare(cockpit(session), terminal_size=size, run_before=on(session))


@BY_SIZE
def test_running(snap_compare: Compare, size: tuple[int, int]) -> None:
    """A run half way: its phase, merges, agents and cost in the headline; every row says where its track is."""
    session = showing(run_states.running())
    assert snap_compare(cockpit(session), terminal_size=size, run_before=on(session, track="cart-totals"))


@BY_SIZE
def test_track(snap_compare: Compare, size: tuple[int, int]) -> None:
    """A track that failed: tries, check, the breach of its scope in red, its rescue, why its worktree is kept."""
    session = showing(run_states.running())
    assert snap_compare(cockpit(session), terminal_size=size, run_before=on(session, "v", track="pdf-export"))


@SMALL
@pytest.mark.parametrize("gate", ["conflict-pay-webhook-4-1", "cap-pdf-export-2-1"])
def test_gate(snap_compare: Compare, size: tuple[int, int], gate: str) -> None:
    """The engine's gates: both sides of a conflict in sight, and each try of a stage that was tried too often."""
    session = showing(run_states.running())
    assert snap_compare(cockpit(session), terminal_size=size, run_before=on(session, "e", gate=gate))


@SMALL
def test_ended(snap_compare: Compare, size: tuple[int, int]) -> None:
    """All is merged that can be: the run's own row is the first, and what goes out is asked."""
    session = showing(run_states.ended())
    assert snap_compare(cockpit(session), terminal_size=size, run_before=on(session))


@BY_SIZE
def test_report(snap_compare: Compare, size: tuple[int, int]) -> None:
    """The summary of a run, to read."""
    session = showing(run_states.ended())
    assert snap_compare(cockpit(session), terminal_size=size, run_before=on(session, "R"))


@pytest.mark.parametrize("keys", [("E",), ("N",), ("r",), ("K",)], ids=["end", "now", "retry", "stop"])
def test_asking(snap_compare: Compare, keys: tuple[str, ...]) -> None:
    """What is asked before something is stopped or tried again."""
    session = showing(run_states.running())
    track = "pdf-export" if keys == ("r",) else "cart-totals"
    assert snap_compare(cockpit(session), terminal_size=(120, 40), run_before=on(session, *keys, track=track))
