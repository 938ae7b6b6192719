"""The main screen: what it shows at every size, how selections move together, and what is found."""

import asyncio
from dataclasses import replace

import pytest

from orchestrator_tui.core.model import GateState, State
from orchestrator_tui.core.queries import GateKey, TrackKey
from orchestrator_tui.runtime.ports import Live
from orchestrator_tui.ui.actions import RUN, in_scope
from orchestrator_tui.ui.present.tracks import FILTERS, ORDERS
from orchestrator_tui.ui.screens.base import CockpitScreen
from orchestrator_tui.ui.screens.gate import GateScreen
from orchestrator_tui.ui.screens.main import MainScreen
from orchestrator_tui.ui.screens.plan import PlanScreen
from orchestrator_tui.ui.screens.report import ReportScreen
from orchestrator_tui.ui.screens.track import TrackScreen
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.card import GateCard
from orchestrator_tui.ui.widgets.queue import GateQueue
from orchestrator_tui.ui.widgets.stages import StageProgress, StageStrip
from orchestrator_tui.ui.widgets.status_line import StatusLine
from orchestrator_tui.ui.widgets.timeline import Timeline
from orchestrator_tui.ui.widgets.tracks import TracksList
from tests.ui import states
from tests.ui.app.driving import NARROW, WIDE, Driver, opened

DEPLOY = GateKey(states.BATCH, states.DEPLOY.id)
COUNSEL = GateKey(states.BATCH, states.COUNSEL.id)


@pytest.mark.parametrize("screen", [MainScreen, GateScreen, TrackScreen, PlanScreen, ReportScreen])
def test_every_key_of_a_screen_has_its_method(screen: type[CockpitScreen]) -> None:
    own = [action for action in in_scope(screen.SCOPE) if action.group != RUN]
    missing = [action.id for action in own if not hasattr(screen, f"do_{action.method}")]
    assert [name for name in missing if name != "palette"] == []


def test_the_replays_keys_have_their_methods() -> None:
    assert [action.id for action in in_scope("replay") if not hasattr(MainScreen, f"do_{action.method}")] == []


# --- what is shown ------------------------------------------------------------------------------------------


async def test_the_first_frame_comes_from_the_session_at_hand() -> None:
    async with opened(rested=False) as driver:
        assert "Deploy 9d1e0b4 to production?" in driver.text
        assert "pay-webhook has waited 6:40" in driver.text


@pytest.mark.parametrize(
    "size", [(200, 60), (120, 40), (100, 30), (99, 30), (80, 24), (60, 20), (59, 20), (20, 8), (8, 3)]
)
async def test_every_size_shows_something_and_takes_keys(size: tuple[int, int]) -> None:
    async with opened(size=size) as driver:
        await driver.press("j", "tab", "w", "escape", "question_mark", "escape")
        assert len(driver.text.splitlines()) == size[1]


async def test_panels_stand_side_by_side_from_a_hundred_columns() -> None:
    async with opened(size=WIDE) as driver:
        screen = driver.app.screen
        assert all(
            screen.query_one(kind).display for kind in (TracksList, GateQueue, GateCard, StageProgress, Timeline)
        )
        assert not screen.query_one(StageStrip).display
        await driver.pilot.resize_terminal(80, 24)
        await driver.settle()
        assert not any(screen.query_one(kind).display for kind in (GateCard, StageProgress, Timeline))
        assert screen.query_one(StageStrip).display
        assert screen.query_one(GateQueue).region.y < screen.query_one(TracksList).region.y
        await driver.pilot.resize_terminal(59, 24)
        await driver.settle()
        assert not screen.query_one(StageStrip).display
        await driver.pilot.resize_terminal(120, 40)
        await driver.settle()
        assert "No recommendation: production is yours." in driver.text


async def test_an_empty_cockpit_teaches() -> None:
    live = Live(empty=("No agent works here.", "Start claude with CLAUDE_CODE_ENABLE_TASKS=1"))
    async with opened(states.empty(), live=live) as driver:
        assert "Start claude with CLAUDE_CODE_ENABLE_TASKS=1" in driver.text
        await driver.press("w")
        assert "no gate waits" in driver.status
        await driver.press("q")
        assert not driver.app.is_running or driver.app._exit


@pytest.mark.parametrize(
    "keys", [(), ("w",), ("e",), ("v",), ("d",), ("m",), ("z",), ("x",), ("question_mark",), ("ctrl+p",), ("q",)]
)
@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_stale_line_is_on_every_screen_and_dialog(keys: tuple[str, ...], size: tuple[int, int]) -> None:
    async with opened(size=size) as driver:
        await driver.press(*keys)
        await driver.settle()
        assert driver.app.screen.query_one(Banner).display
        assert "pay-webhook has waited 6:40" in driver.text


async def test_ages_tick_and_nothing_else_moves() -> None:
    async with opened() as driver:
        before = driver.text
        driver.pass_time(1_000)
        await driver.settle()
        changed = [
            (old, new) for old, new in zip(before.splitlines(), driver.text.splitlines(), strict=True) if old != new
        ]
        assert changed
        for old, new in changed:
            assert len(old) == len(new)
            assert sum(a != b for a, b in zip(old, new, strict=True)) <= 8


async def test_many_changes_are_shown_once() -> None:
    async with opened() as driver:
        shown: list[State] = []
        take = driver.app.desk.take

        def count(picture: object) -> None:
            shown.append(driver.session.state)
            take(picture)  # type: ignore[arg-type]

        driver.app.desk.take = count  # type: ignore[method-assign]
        for second in range(200):
            driver.session.put(replace(states.COUNSEL, refusals=second))
        await driver.settle()
        await asyncio.sleep(0.3)
        await driver.settle()
        assert 1 <= len(shown) <= 10
        gate = driver.app.desk.state.batches[states.BATCH].gates[states.COUNSEL.id]
        assert gate.refusals == 199


async def test_a_lost_journal_is_told_above_everything() -> None:
    async with opened(live=Live(problem="the disk is full: decisions are not recorded")) as driver:
        assert "the disk is full" in driver.text.splitlines()[1]


# --- selecting and moving -----------------------------------------------------------------------------------


async def test_selecting_a_waiting_track_shows_its_gate_and_stages() -> None:
    async with opened() as driver:
        driver.app.screen.query_one(TracksList).focus()
        await driver.press("j")
        assert driver.app.desk.card.key == COUNSEL
        assert "Stages  fix-auth-race" in driver.text
        assert driver.app.screen.query_one(GateQueue).selected == COUNSEL


async def test_selecting_a_gate_selects_its_track() -> None:
    async with opened() as driver:
        driver.app.screen.query_one(GateQueue).focus()
        await driver.press("G")
        assert driver.app.desk.track_key == TrackKey(states.BATCH, "profile-share")
        await driver.press("g")
        assert driver.app.desk.card.key == DEPLOY


async def test_a_track_without_a_gate_leaves_the_card_alone() -> None:
    async with opened() as driver:
        driver.app.screen.query_one(TracksList).focus()
        await driver.press("G")
        assert driver.app.desk.track_key == TrackKey(states.BATCH, "fix-tz")
        assert driver.app.desk.card.key == DEPLOY


async def test_moving_without_a_focused_panel_begins_where_most_is_to_do() -> None:
    async with opened() as driver:
        assert len(driver.app.screen.query("*:focus")) == 0
        await driver.press("j")
        assert driver.app.screen.query_one(GateQueue).has_focus
        assert driver.app.desk.card.key == COUNSEL


async def test_tab_goes_through_the_panels_and_back() -> None:
    async with opened() as driver:
        seen = []
        for _ in range(5):
            await driver.press("tab")
            seen.append(type(driver.app.screen.focused).__name__)
        assert set(seen) == {"TracksList", "GateQueue", "GateCard", "StageProgress", "Timeline"}
        await driver.press("shift+tab")
        assert type(driver.app.screen.focused).__name__ == seen[-2]


async def test_w_goes_round_the_queue() -> None:
    async with opened() as driver:
        seen = []
        for _ in range(4):
            await driver.press("w")
            seen.append(driver.app.desk.card.key)
        assert seen[:2] == [COUNSEL, GateKey(states.BATCH, states.PERMISSION.id)]
        assert seen[2:] == [DEPLOY, COUNSEL]


async def test_the_selection_follows_its_gate_not_its_row() -> None:
    async with opened() as driver:
        await driver.press("w")
        driver.session.put(replace(states.PERMISSION, risk=states.DEPLOY.risk))
        await driver.settle()
        assert driver.app.desk.card.key == COUNSEL
        assert driver.app.screen.query_one(GateQueue).selected == COUNSEL


async def test_a_gate_that_ended_stays_in_sight_for_a_while() -> None:
    async with opened() as driver:
        at = driver.session.manual.now()
        driver.session.put(replace(states.DEPLOY, state=GateState.WITHDRAWN, closed_at=at, closed_why="staging broke"))
        await driver.settle()
        driver.pass_time(9_000)
        assert "staging broke" in driver.text
        driver.pass_time(1_000)
        assert driver.app.desk.card.key == COUNSEL
        await driver.press("1")
        assert driver.marked == ""


async def test_a_card_that_moves_on_leaves_the_selected_track_alone() -> None:
    async with opened() as driver:
        driver.app.screen.query_one(TracksList).focus()
        await driver.press("G")
        at = driver.session.manual.now()
        driver.session.put(replace(states.DEPLOY, state=GateState.WITHDRAWN, closed_at=at, closed_why="staging broke"))
        await driver.settle()
        driver.pass_time(10_000)
        assert driver.app.desk.card.key == COUNSEL
        assert driver.app.desk.track_key == TrackKey(states.BATCH, "fix-tz")


def marks(driver: Driver) -> tuple[GateKey | None, str]:
    """The gate and the track that are marked."""
    screen = driver.app.screen
    track = screen.query_one(TracksList).selected
    return screen.query_one(GateQueue).selected, "" if track is None else track.track


@pytest.mark.parametrize("focused", [False, True])
async def test_the_mark_comes_back_with_the_gate_that_is_still_on_the_card(focused: bool) -> None:
    async with opened() as driver:
        if focused:
            driver.app.screen.query_one(GateQueue).focus()
        at = driver.session.manual.now()
        driver.session.put(replace(states.DEPLOY, state=GateState.WITHDRAWN, closed_at=at, closed_why="broke"))
        await driver.settle()
        assert DEPLOY not in driver.app.screen.query_one(GateQueue).order
        driver.session.put(replace(states.DEPLOY, revision=3))
        await driver.settle()
        assert driver.app.desk.card.key == DEPLOY
        assert marks(driver) == (DEPLOY, "pay-webhook")
        # While the list has the focus a gate that comes back stands at its end.
        await driver.press("k" if focused else "j")
        assert driver.app.desk.card.key == marks(driver)[0] != DEPLOY


async def test_the_mark_comes_back_when_a_search_that_hid_its_gate_is_over() -> None:
    async with opened() as driver:
        await driver.press("slash")
        await driver.type("zzz")
        assert driver.app.desk.card.key == DEPLOY
        assert marks(driver) == (None, "")
        await driver.press("enter", "escape")
        assert (driver.app.desk.card.key, marks(driver)) == (DEPLOY, (DEPLOY, "pay-webhook"))


async def test_a_search_that_hides_the_card_s_gate_puts_one_that_it_lists_there() -> None:
    async with opened() as driver:
        await driver.press("slash")
        await driver.type("auth")
        assert (driver.app.desk.card.key, marks(driver)) == (COUNSEL, (COUNSEL, "fix-auth-race"))
        await driver.press("enter", "escape")
        assert (driver.app.desk.card.key, marks(driver)) == (COUNSEL, (COUNSEL, "fix-auth-race"))


async def test_a_card_that_moves_on_takes_both_marks_along_where_gates_were_chosen() -> None:
    async with opened() as driver:
        driver.app.screen.query_one(GateQueue).focus()
        await driver.press("j")
        at = driver.session.manual.now()
        driver.session.put(replace(states.COUNSEL, state=GateState.WITHDRAWN, closed_at=at, closed_why="broke"))
        await driver.settle()
        driver.pass_time(10_000)
        await driver.settle()
        assert driver.app.desk.card.key == DEPLOY
        assert marks(driver) == (DEPLOY, "pay-webhook")


async def test_a_row_that_leaves_the_tracks_changes_no_card() -> None:
    async with opened() as driver:
        await driver.press(*"ffff")
        assert "only failed tracks" in driver.status
        assert driver.app.desk.card.key == DEPLOY
        driver.session.put(replace(states.DEPLOY, revision=3))
        await driver.settle()
        assert marks(driver)[0] == driver.app.desk.card.key == DEPLOY


async def test_clicks_select_and_open() -> None:
    async with opened() as driver:
        tracks = driver.app.screen.query_one(TracksList)
        await driver.pilot.click(TracksList, offset=(8, 3))
        await driver.pilot.pause()
        assert driver.app.desk.track_key == tracks.order[1]
        await driver.pilot.click(TracksList, offset=(8, 3), times=2)
        await driver.settle()
        assert driver.screen_name == "TrackScreen"


async def test_a_click_on_the_banner_goes_to_what_it_speaks_of() -> None:
    async with opened() as driver:
        await driver.press("w")
        await driver.pilot.click(Banner, offset=(5, 0))
        await driver.settle()
        assert driver.app.desk.card.key == DEPLOY


async def test_a_click_on_a_hint_runs_it() -> None:
    async with opened() as driver:
        await driver.pilot.click(StatusLine, offset=(driver.status.index("? help"), 0))
        await driver.settle()
        assert driver.screen_name == "HelpScreen"


# --- finding ------------------------------------------------------------------------------------------------


async def test_search_narrows_while_typing_and_escape_clears_it() -> None:
    async with opened() as driver:
        await driver.press("slash")
        await driver.type("auth")
        screen = driver.app.screen
        assert screen.query_one(TracksList).order == (TrackKey(states.BATCH, "fix-auth-race"),)
        assert screen.query_one(GateQueue).order == (COUNSEL,)
        await driver.press("enter")
        assert screen.query_one(TracksList).order == (TrackKey(states.BATCH, "fix-auth-race"),)
        await driver.press("escape")
        assert len(screen.query_one(TracksList).order) == 11
        await driver.press("slash", "x", "escape")
        assert len(screen.query_one(TracksList).order) == 11


async def test_sort_and_filter_walk_through_their_words() -> None:
    async with opened() as driver:
        for order in [*tuple(ORDERS)[1:], "need"]:
            await driver.press("s")
            assert f"tracks are sorted by {order}" in driver.status
        for only in FILTERS[1:]:
            await driver.press("f")
            assert f"only {only} tracks are listed" in driver.status
        await driver.press("f")
        assert "all tracks are listed" in driver.status


async def test_the_palette_finds_actions_gates_tracks_and_themes() -> None:
    async with opened() as driver:
        await driver.press("ctrl+p")
        await driver.settle()
        assert "Gate pay-webhook: Deploy 9d1e0b4 to production?" in driver.text
        await driver.type("rate-limit")
        await driver.settle()
        await driver.press("enter")
        await driver.settle()
        assert driver.screen_name == "TrackScreen"
        assert "rate-limit" in driver.text.splitlines()[0]
    async with opened() as driver:
        await driver.press("ctrl+p")
        await driver.type("theme light")
        await driver.settle()
        await driver.press("enter")
        await driver.settle()
        assert driver.app.theme == "light"
