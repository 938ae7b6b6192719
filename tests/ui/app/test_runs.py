"""Runs in the cockpit: the plan that waits, what the keys ask of a run, and why they are grey elsewhere."""

from unittest.mock import patch

import pytest

from orchestrator_tui.core.commands import Command, Pause, Publish, Rescue, Resume, Retry, Skip, Stop
from orchestrator_tui.core.model import State
from orchestrator_tui.ui.actions import ACTIONS, RUN
from orchestrator_tui.ui.screens.running import ASKS
from tests.ui import run_states, states
from tests.ui.app.driving import NARROW, WIDE, Driver, FixedEvidence, opened

BATCH = run_states.BATCH


async def select(driver: Driver, slug: str) -> None:
    driver.app.desk.choose_track(run_states.track_key(slug))
    await driver.settle()


# --- the plan -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=str)
async def test_a_plan_that_waits_opens_by_itself_and_is_approved_there(size: tuple[int, int]) -> None:
    async with opened(run_states.waiting_plan(), size) as driver:
        assert driver.screen_name == "PlanScreen"
        assert "Start 9 tracks of 'Checkout hardening'?" in driver.text
        await driver.press("1", "enter")
        assert "press Enter once more" in driver.status
        await driver.press("enter")
        (decision,) = driver.session.decisions
        assert (decision.gate, decision.options) == ("spend-batch-9", ("approve",))
        driver.session.happen(BATCH, "batch_moved", to="approved")
        await driver.settle()
        assert driver.screen_name == "MainScreen"


async def test_the_cost_of_tracks_that_were_found_is_asked_on_the_plan_too() -> None:
    async with opened(run_states.waiting_plan()) as driver:
        await driver.press("escape")
        driver.session.happen(BATCH, "batch_moved", to="approved")
        asked = {"gate": "spend-batch-10", "revision": 1, "digest": "d" * 64, "track": "batch", "kind": "spend"}
        driver.session.happen(BATCH, "gate_opened", **asked, question="Start 10 tracks?", source="engine", risk="low")
        await driver.settle()
        assert driver.screen_name == "PlanScreen"
        assert "Start" in driver.text


async def test_a_plan_that_was_left_does_not_open_again_by_itself() -> None:
    async with opened(run_states.waiting_plan()) as driver:
        await driver.press("escape")
        assert driver.screen_name == "MainScreen"
        driver.session.happen(BATCH, "note_added", track="fix-typo", text="hello")
        await driver.settle()
        assert driver.screen_name == "MainScreen"
        await driver.press("P")
        assert driver.screen_name == "PlanScreen"


async def test_the_plan_of_a_run_under_way_is_shown_by_its_key_and_stays() -> None:
    async with opened(run_states.running()) as driver:
        assert driver.screen_name == "MainScreen"
        await driver.press("P")
        await driver.settle()
        assert driver.screen_name == "PlanScreen"
        for words in ("orch/checkout from main 4f2c1aa", "fix-auth-race", "deployed one at a time", "src/limits/**"):
            assert words in driver.text


async def test_no_gate_is_answered_on_the_plan_that_is_not_shown_there() -> None:
    async with opened(run_states.running()) as driver:
        await driver.press("P")
        assert "w next" in driver.status
        for words in ("choose", "Enter", "approve", "reject"):
            assert words not in driver.status, "no key of a gate is offered that stands elsewhere"
        await driver.press("escape")
        await driver.press("P", "1")
        assert driver.screen_name == "GateScreen"
        assert driver.session.decisions == []


async def test_a_gate_of_the_engine_is_decided_at_eighty_columns_with_w_a_digit_and_enter() -> None:
    async with opened(run_states.running(), NARROW) as driver:
        await driver.press("w", "1", "enter")
        assert [(one.gate, one.options) for one in driver.session.decisions] == [("cap-pdf-export-2-1", ("retry",))]


async def test_the_sides_of_a_conflict_can_be_read_whole() -> None:
    async with opened(run_states.running(), NARROW) as driver:
        driver.app.desk.choose_gate(run_states.gate_key("conflict-pay-webhook-4-1"))
        await driver.press("e", "d")
        await driver.settle()
        assert driver.screen_name == "EvidenceScreen"
        assert "Both sides" in driver.text
        assert "webhook.pay" in driver.text


async def test_the_report_is_read_and_made_anew_when_something_happens() -> None:
    async with opened(run_states.ended()) as driver:
        await driver.press("R")
        await driver.settle()
        assert driver.screen_name == "ReportScreen"
        assert "Batch summary: Checkout hardening" in driver.text
        assert "awaiting user" in driver.text
        driver.session.happen(BATCH, "batch_moved", to="completed")
        await driver.settle()
        assert "completed" in driver.text.splitlines()[0]
        await driver.press("escape")
        assert driver.screen_name == "MainScreen"


# --- what is asked of a run ---------------------------------------------------------------------------------


def test_every_key_of_runs_does_something() -> None:
    assert set(ASKS) <= {action.id for action in ACTIONS if action.group == RUN}


@pytest.mark.parametrize(
    ("slug", "keys", "command"),
    [
        ("cart-totals", "p", Pause(BATCH, "cart-totals")),
        ("audit-log", "p", Resume(BATCH, "audit-log")),
        ("cart-totals", "B", Pause(BATCH)),
        ("cart-totals", "O", Skip(BATCH, "cart-totals", 2)),
        ("cart-totals", ("F", "s", "t", "uck"), Rescue(BATCH, "cart-totals", "stuck")),
        ("pdf-export", ("r", "enter"), Retry(BATCH, "pdf-export")),
        ("pdf-export", ("r", "use fonts"), Retry(BATCH, "pdf-export", "use fonts")),
        ("cart-totals", ("K", "not needed"), Stop(BATCH, "cart-totals", "not needed")),
        ("cart-totals", ("N", "enter"), Pause(BATCH, now=True)),
        ("cart-totals", ("E", "wrong plan", run_states.TITLE), Stop(BATCH, reason="wrong plan")),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_key_asks_it_of_the_run(slug: str, keys: tuple[str, ...] | str, command: Command) -> None:
    async with opened(run_states.running()) as driver:
        driver.session.answers = False
        await select(driver, slug)
        for place, key in enumerate(keys):
            if place and len(key) > 1 and key != "enter":
                await driver.type(key.replace(" ", "\0").replace("\0", " "))
                await driver.press("enter")
            else:
                await driver.press(key)
        assert driver.session.commands == [command]


async def test_the_end_of_a_batch_wants_its_title() -> None:
    async with opened(run_states.running()) as driver:
        await driver.press("E")
        await driver.press("n", "o", "enter", "x", "enter")
        assert f"type {run_states.TITLE}" in driver.text
        assert driver.session.commands == []
        await driver.press("escape")
        assert driver.session.commands == []


async def test_publishing_is_asked_for_when_all_is_merged() -> None:
    async with opened(run_states.ended()) as driver:
        driver.session.answers = False
        await driver.press("M")
        assert driver.session.commands == [Publish(BATCH)]


@pytest.mark.parametrize(
    ("state", "key", "reason"),
    [
        (states.checkout(), "p", "orch-tui runs nothing here: it only watches"),
        (states.checkout(), "P", "orch-tui runs nothing here: it only watches"),
        (run_states.running(), "M", "there is nothing to publish yet"),
        (run_states.running(), "F", "no agent of pdf-export is at work"),
    ],
)
async def test_a_key_that_is_refused_says_why(state: State, key: str, reason: str) -> None:
    async with opened(state) as driver:
        await driver.press(key)
        assert reason in driver.status
        assert driver.session.commands == []


async def test_the_output_of_an_agent_that_never_started_is_not_called_unknown() -> None:
    async with opened(run_states.running()) as driver:
        evidence = driver.app.desk.evidence
        assert isinstance(evidence, FixedEvidence)
        with patch.object(evidence, "output", return_value=""):
            await select(driver, "pdf-mail")
            await driver.press("o")
            await driver.settle()
        assert "has not started yet. Next: starts when pdf-export is merged" in driver.text
        assert "no output is known" not in driver.text
