"""Where nothing is under way, what is over is offered for replay."""

from contextlib import nullcontext
from unittest.mock import patch

from orchestrator_tui.core.model import State
from orchestrator_tui.runtime.ports import Live, Recorded
from orchestrator_tui.ui.app import Cockpit
from tests.ui import states
from tests.ui.app.driving import NARROW, opened

PAST = (
    Recorded("a-safer-shop-1", "A safer shop", 1_763_740_000_000, "/shop"),
    Recorded("checkout-2", "Checkout hardening", 1_763_640_000_000, "/shop"),
)


async def test_a_batch_that_is_over_is_offered_and_replayed() -> None:
    shown: list[Recorded] = []

    def replay(recorded: Recorded) -> str:
        shown.append(recorded)
        return "the replay could not be shown: its journal is gone"

    live = Live(empty=("No agent works in this repository.",), past=PAST)
    with patch.object(Cockpit, "suspend", nullcontext):
        async with opened(State(), NARROW, live=live) as driver:
            await driver.press("H")
            assert driver.status.startswith(" no batch is kept here")
            assert "to replay" not in driver.text
            driver.app.desk.replays = replay
            driver.app.show_picture()
            await driver.settle()
            assert "Over and kept: A safer shop and 1 more." in driver.text
            assert "Press H to replay one." in driver.text
            await driver.press("H")
            assert "2  2025-11-20 12:00  Checkout hardening" in driver.text
            await driver.press("3")
            assert "there is no batch 3 here" in driver.text
            await driver.press("2")
            await driver.settle()
            assert shown == [PAST[1]]
            assert "its journal is gone" in driver.status
            driver.session.state = states.checkout()
            driver.session.live = Live()
            driver.session.report()
            await driver.settle()
            await driver.press("H")
            assert "orch-tui replay BATCH" in driver.status
            assert "Over and kept" not in driver.text
