"""Gates for the tests of answering, and sessions that hold only them."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.commands import Decide
from orchestrator_tui.core.model import Gate, Option, Risk
from tests.ui import states
from tests.ui.app.driving import Driver
from tests.ui.app.session import FakeSession

EASY = replace(
    states.PERMISSION,
    risk=Risk.LOW,
    question=replace(
        states.PERMISSION.question,
        options=(Option("once", "allow once", "approve"), Option("no", "deny", "reject"), Option("later", "later")),
    ),
)


def only(*gates: Gate) -> FakeSession:
    """The batch with these gates and no others."""
    state = states.checkout()
    batch = replace(state.batches[states.BATCH], gates={gate.id: gate for gate in gates})
    return FakeSession(replace(state, batches={batch.id: batch}), states.NOW)


def last(driver: Driver) -> Decide:
    return driver.session.decisions[-1]
