"""The other screens and the ways to tell, copy, save and leave."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.core.commands import Nudge, Tell
from orchestrator_tui.core.model import GateState, State, TrackState
from orchestrator_tui.core.queries import GateKey
from orchestrator_tui.ui.actions import ACTIONS
from orchestrator_tui.ui.widgets.queue import GateQueue
from orchestrator_tui.ui.widgets.timeline import Timeline
from orchestrator_tui.ui.widgets.tracks import TracksList
from tests.ui import states
from tests.ui.app.driving import opened

DEPLOY = GateKey(states.BATCH, states.DEPLOY.id)
COUNSEL = GateKey(states.BATCH, states.COUNSEL.id)


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


async def test_on_a_short_screen_another_question_has_its_options_back() -> None:
    async with opened(size=(80, 24)) as driver:
        await driver.press("e", "d")
        await driver.settle()
        assert "+++ b/pay-webhook" in driver.text
        await driver.press("w")
        await driver.settle()
        assert "+++ b/" not in driver.text
        assert "1  " in driver.text


async def test_without_evidence_the_keys_say_so() -> None:
    async with opened(evidence=False) as driver:
        await driver.press("d")
        assert "there is no diff to look at here" in driver.status
        await driver.press("e")
        assert driver.screen_name == "GateScreen"


async def test_help_lists_every_key_and_the_reason_of_those_that_cannot_run() -> None:
    async with opened(size=(120, 120)) as driver:
        await driver.press("question_mark")
        await driver.settle()
        for action in ACTIONS:
            if action.scopes & {"main", "gate", "track", "dialog"} and not action.id.startswith("mark-"):
                assert action.tooltip[:40] in driver.text, action.id
        assert "(now: " in driver.text
        await driver.press("q")
        assert driver.screen_name == "MainScreen"


# --- telling ------------------------------------------------------------------------------------------------


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


# --- leaving ------------------------------------------------------------------------------------------------


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


async def test_a_second_that_passes_while_it_ends_shows_nothing_more() -> None:
    async with opened() as driver:
        ending = asyncio.create_task(driver.app._shutdown())
        while not ending.done():
            driver.app.tick()
            await asyncio.sleep(0)
        await ending
        assert driver.session.closed == 1
