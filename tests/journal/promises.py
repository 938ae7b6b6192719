"""What the parts of the conformance suite share: handles on one store, and outcomes that must be of one kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator_tui.core.event import Event
from orchestrator_tui.journal.port import Journal, Lease, Refused
from tests.journal.drafts import BATCH, at, opened

Open = Callable[[], Journal]


def taken(journal: Journal, batch: str = BATCH, holder: str = "cockpit 1") -> Lease:
    lease = journal.take_lease(batch, holder, at(0))
    assert not isinstance(lease, str), lease
    return lease


def written(outcome: Event | Refused) -> Event:
    assert isinstance(outcome, Event), outcome
    return outcome


def refused(outcome: Event | Refused) -> Refused:
    assert isinstance(outcome, Refused), outcome
    return outcome


class Promises:
    """One test a promise of the port.

    ``open`` gives a new handle on the same data; ``woken`` lists its wake-ups, ``told`` the sessions that got mail.
    """

    @pytest.fixture
    def woken(self) -> list[tuple[str, str | None]]:
        return []

    @pytest.fixture
    def told(self) -> list[str]:
        return []

    @pytest.fixture
    def open(self) -> Open:
        raise NotImplementedError("the store under test provides its handles")

    @pytest.fixture
    def journal(self, open: Open) -> Journal:
        journal = open()
        journal.open_batch(BATCH, opened(), at(0), "cockpit")
        return journal
