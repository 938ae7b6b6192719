"""The cockpit as a whole: every key does what the registry says, on every size, and says why when it does not."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.core.commands import Nudge, Tell
from orchestrator_tui.core.model import GateState, State, TrackState
from orchestrator_tui.core.queries import GateKey, TrackKey
from orchestrator_tui.runtime.ports import Live
from orchestrator_tui.ui.actions import ACTIONS, in_scope
from orchestrator_tui.ui.present.tracks import FILTERS, ORDERS
from orchestrator_tui.ui.screens.base import CockpitScreen
from orchestrator_tui.ui.screens.gate import GateScreen
from orchestrator_tui.ui.screens.main import MainScreen
from orchestrator_tui.ui.screens.track import TrackScreen
from orchestrator_tui.ui.settings import Settings
from orchestrator_tui.ui.widgets.banner import Banner
from orchestrator_tui.ui.widgets.card import GateCard
from orchestrator_tui.ui.widgets.queue import GateQueue
from orchestrator_tui.ui.widgets.stages import StageProgress, StageStrip
from orchestrator_tui.ui.widgets.status_line import StatusLine
from orchestrator_tui.ui.widgets.timeline import Timeline
from orchestrator_tui.ui.widgets.tracks import TracksList
from tests.hostile_text import MARKUP, PAYLOADS
from tests.ui import states
from tests.ui.app.driving import NARROW, WIDE, opened

DEPLOY = GateKey(states.BATCH, states.DEPLOY.id)
COUNSEL = GateKey(states.BATCH, states.COUNSEL.id)


@pytest.mark.parametrize("screen", [MainScreen, GateScreen, TrackScreen])
def test_every_key_of_a_screen_has_its_method(screen: type[CockpitScreen]) -> None:
    missing = [action.id for action in in_scope(screen.SCOPE) if not hasattr(screen, f"do_{action.method}")]
    assert [name for name in missing if name != "palette"] == []


def test_the_replays_keys_have_their_methods() -> None:
    assert [action.id for action in in_scope("replay") if not hasattr(MainScreen, f"do_{action.method}")] == []


# --- what is shown -----------------------------------------------------------------------------------------


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


# --- selecting and moving ----------------------------------------------------------------------------------


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


# --- finding -----------------------------------------------------------------------------------------------


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


# --- other screens -----------------------------------------------------------------------------------------


async def test_enter_opens_what_is_selected() -> None:
    async with opened() as driver:
        driver.app.screen.query_one(TracksList).focus()
        await driver.press("enter")
        assert driver.screen_name == "TrackScreen"
        await driver.press("escape")
        driver.app.screen.query_one(GateQueue).focus()
        await driver.press("enter")
        assert driver.screen_name == "GateScreen"
        await driver.press("escape")
        driver.app.screen.query_one(Timeline).focus()
        await driver.press("enter")
        assert driver.screen_name == "TrackScreen"
        assert "profile-share" in driver.text.splitlines()[0]
        await driver.press("w")
        assert driver.screen_name == "GateScreen"
        await driver.press("escape")
        assert driver.screen_name == "MainScreen"


async def test_the_track_screen_tells_everything() -> None:
    async with opened() as driver:
        await driver.press("v")
        await driver.settle()
        for words in ("Work", "Attempts", "Checks", "Stages  pay-webhook", "#41"):
            assert words in driver.text


async def test_changes_are_looked_up_aside() -> None:
    async with opened() as driver:
        await driver.press("d")
        await driver.settle()
        assert driver.screen_name == "EvidenceScreen"
        assert "+new line" in driver.text
        await driver.press("o")
        await driver.settle()
        assert "output cannot be read: its log is gone" in driver.text


async def test_the_gate_screen_shows_the_changes_beside_the_question() -> None:
    async with opened() as driver:
        await driver.press("e")
        await driver.settle()
        assert "+++ b/pay-webhook" in driver.text
        assert "1 of 3" in driver.text
        await driver.press("w")
        await driver.settle()
        assert "+++ b/fix-auth-race" in driver.text


async def test_without_evidence_the_keys_say_so() -> None:
    async with opened(evidence=False) as driver:
        await driver.press("d")
        assert "there is no diff to look at here" in driver.status
        await driver.press("e")
        assert driver.screen_name == "GateScreen"


async def test_help_lists_every_key_and_the_reason_of_those_that_cannot_run() -> None:
    async with opened(size=(120, 90)) as driver:
        await driver.press("question_mark")
        await driver.settle()
        for action in ACTIONS:
            if action.scopes & {"main", "gate", "track", "dialog"} and not action.id.startswith("mark-"):
                assert action.tooltip[:40] in driver.text, action.id
        assert "(now: " in driver.text
        await driver.press("q")
        assert driver.screen_name == "MainScreen"


# --- telling -----------------------------------------------------------------------------------------------


async def test_m_sends_a_message_to_the_selected_track() -> None:
    async with opened() as driver:
        await driver.press("m")
        assert "pay-webhook has no task file" in driver.status
        track = driver.session.state.batches[states.BATCH].tracks["pay-webhook"]
        driver.session.put(replace(track, source="tasks/1.json"))
        await driver.settle()
        await driver.press("m")
        await driver.type("use q")
        await driver.press("enter")
        assert driver.session.commands == [Tell(states.BATCH, "pay-webhook", "use q")]
        await driver.press("n")
        assert driver.session.commands[-1] == Nudge(states.BATCH, "pay-webhook")


async def test_nobody_is_told_anything_after_the_end() -> None:
    async with opened() as driver:
        track = driver.session.state.batches[states.BATCH].tracks["pay-webhook"]
        driver.session.put(replace(track, source="x", state=TrackState.DONE))
        await driver.settle()
        await driver.press("n")
        assert driver.session.commands == []
        assert "nobody is there to read it" in driver.status


async def test_y_copies_only_what_is_safe_to_paste() -> None:
    hostile = replace(states.DEPLOY, question=replace(states.DEPLOY.question, question="Deploy?\x1b]52;c;eA==\x07"))
    async with opened(states.with_gate(states.checkout(), hostile)) as driver:
        await driver.press("y")
        assert driver.app.clipboard.startswith("pay-webhook: Deploy?\\x1b]52")
        assert "\x1b" not in driver.app.clipboard
        assert "1  deploy now" in driver.app.clipboard


async def test_s_saves_the_screen_as_picture_and_text(tmp_path: Path) -> None:
    async with opened(snapshots=tmp_path / "pictures") as driver:
        shown = driver.text
        await driver.press("S", "S")
        saved = sorted(path.name for path in (tmp_path / "pictures").iterdir())
        assert saved == ["orch-tui-1.svg", "orch-tui-1.txt", "orch-tui-2.svg", "orch-tui-2.txt"]
        assert (tmp_path / "pictures" / "orch-tui-1.txt").read_text(encoding="utf-8") == shown
        assert "saved" in driver.status


async def test_a_picture_that_cannot_be_saved_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    async with opened(snapshots=tmp_path / "file") as driver:
        await driver.press("S")
        assert "the picture was not saved" in driver.status


# --- leaving -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("confirm", ["q", "enter", "ctrl+c"])
async def test_leaving_while_something_waits_asks(confirm: str) -> None:
    async with opened() as driver:
        await driver.press("q")
        assert "3 gates wait for a decision" in driver.text
        await driver.press("escape")
        assert driver.screen_name == "MainScreen"
        await driver.press("q", confirm)
        assert driver.app._exit
    assert driver.session.closed == 1


async def test_leaving_with_an_answer_under_way_asks() -> None:
    state = states.checkout()
    batch = state.batches[states.BATCH]
    gates = {key: replace(gate, state=GateState.DECIDED) for key, gate in batch.gates.items()}
    async with opened(State({batch.id: replace(batch, gates=gates)})) as driver:
        await driver.press("q")
        assert "answers have not arrived yet" in driver.text


async def test_leaving_is_instant_when_nothing_waits() -> None:
    async with opened(states.many(3)) as driver:
        await driver.press("q")
        assert driver.app._exit


# --- warnings ----------------------------------------------------------------------------------------------


async def test_a_gate_that_turns_stale_rings_once() -> None:
    async with opened() as driver:
        assert (driver.warner.bells, driver.warner.notices) == (0, [])
        key = {"gate": states.COUNSEL.id, "revision": 1}
        driver.session.happen(states.BATCH, "gate_stale", **key, count=1, level=1, age_ms=300_000)
        await driver.settle()
        driver.session.report()
        await driver.settle()
        assert driver.warner.bells == 1
        assert [title for title, _, _ in driver.warner.notices] == ["orch-tui: fix-auth-race has waited 1:50"]
        assert driver.warner.titles[-1] == "⚠ 3 waiting 6:40 — orch-tui"


async def test_settings_reach_the_screen() -> None:
    settings = Settings(theme="light", ascii=True, keymap={"next-waiting": "W", "nonsense": "x"}, terminal_title=False)
    async with opened(settings=settings) as driver:
        assert driver.app.theme == "light"
        assert "●" not in driver.text
        assert "W next" in driver.status
        assert 'there is no action "nonsense"' in driver.text
        await driver.press("w")
        assert driver.app.desk.card.key == DEPLOY
        await driver.press("W")
        assert driver.app.desk.card.key == COUNSEL
        assert driver.warner.titles == []


async def test_an_unknown_theme_falls_back_and_says_so() -> None:
    async with opened(settings=Settings(theme="drak")) as driver:
        assert driver.app.theme == "dark"
        assert 'did you mean "dark"?' in driver.text


# --- hostile text ------------------------------------------------------------------------------------------


def poisoned(payload: str) -> State:
    """The batch with ``payload`` wherever an agent has words."""
    question = replace(
        states.COUNSEL.question,
        question=payload,
        context=payload,
        options=tuple(replace(option, label=payload) for option in states.COUNSEL.question.options),
    )
    gate = replace(states.COUNSEL, question=question, recommendation_why=payload, risk_why=payload)
    state = states.with_gate(states.checkout(), gate)
    track = state.batches[states.BATCH].tracks["fix-auth-race"]
    return states.with_track(state, replace(track, title=payload, progress=payload, branch=payload))


def forbidden(text: str) -> list[str]:
    return [character for character in text.replace("\n", "") if not character.isprintable()]


async def test_hostile_text_is_inert_on_the_main_screen() -> None:
    async with opened() as driver:
        await driver.press("w")
        for payload in (*(" ".join(group) for group in PAYLOADS.values()), " ".join(MARKUP)):
            driver.session.state = poisoned(payload)
            driver.session.report()
            await driver.settle()
            assert forbidden(driver.text) == []


@pytest.mark.parametrize("keys", [("e", "2"), ("v",), ("x",), ("m",), ("ctrl+p",)])
async def test_hostile_text_is_inert_on_every_screen(keys: tuple[str, ...]) -> None:
    payload = " ".join(one for group in (*PAYLOADS.values(), MARKUP) for one in group)
    async with opened(poisoned(payload), live=Live(problem=payload)) as driver:
        await driver.press("w", *keys)
        await driver.settle()
        assert forbidden(driver.text) == []
