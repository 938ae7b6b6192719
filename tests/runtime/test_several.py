"""One session over several: pictures are joined, commands find their way, what comes later is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.core.commands import Command, Nudge
from orchestrator_tui.core.model import Activity, Batch, State
from orchestrator_tui.journal.port import JournalDamaged
from orchestrator_tui.runtime import several
from orchestrator_tui.runtime.ports import Clock, Live, Outcome, Session, Snapshot
from orchestrator_tui.runtime.several import SeveralSessions

CLOCK = ManualClock()


class One:
    """A session that shows what the test says."""

    mode = "live"

    def __init__(self, *batches: str, live: Live | None = None) -> None:
        shown = State({name: Batch(name, name, "watch", "open") for name in batches})
        self.picture = Snapshot(shown, live or Live())
        self.commands: list[Command] = []
        self.closed = False
        self.changed: Callable[[Snapshot], None] = lambda _: None

    @property
    def clock(self) -> Clock:
        return CLOCK

    def start(self, changed: Callable[[Snapshot], None], finished: Callable[[Outcome], None]) -> None:
        self.changed = changed

    def snapshot(self) -> Snapshot:
        return self.picture

    def dispatch(self, command: Command) -> None:
        self.commands.append(command)

    def close(self) -> None:
        self.closed = True

    def show(self, picture: Snapshot) -> None:
        self.picture = picture
        self.changed(picture)


def over(**sessions: Session) -> SeveralSessions:
    return SeveralSessions(CLOCK, lambda: {name: partial(_same, one) for name, one in sessions.items()})


def _same(session: Session) -> Session:
    return session


def test_one_picture_holds_the_batches_of_all_repositories() -> None:
    at = CLOCK.now()
    busy = Live(activity={("b", "t"): Activity("edits", at)}, held_by={"b": "another cockpit"})
    picture = over(shop=One("a"), bank=One("b", live=busy)).snapshot()
    assert list(picture.state.batches) == ["a", "b"]
    assert picture.live.activity[("b", "t")].text == "edits"
    assert picture.live.held_by == {"b": "another cockpit"}
    assert picture.live.watching == "2 repositories"


def test_the_picture_is_the_same_object_until_one_of_them_changes() -> None:
    shop = One("a")
    session = over(shop=shop, bank=One("b"))
    before = session.snapshot()
    assert session.snapshot() is before
    shop.picture = Snapshot(State({}))
    assert list(session.snapshot().state.batches) == ["b"]


def test_a_change_of_one_is_a_picture_of_all() -> None:
    shop, seen = One("a"), list[Snapshot]()
    session = over(shop=shop, bank=One("b"))
    session.start(seen.append, lambda _: None)
    shop.show(Snapshot(State({"c": Batch("c", "c", "watch", "open")})))
    assert list(seen[-1].state.batches) == ["c", "b"]
    session.close()


def test_a_command_goes_to_the_repository_of_its_batch_or_is_refused() -> None:
    shop, bank, outcomes = One("a"), One("b"), list[Outcome]()
    session = over(shop=shop, bank=bank)
    session.start(lambda _: None, outcomes.append)
    session.dispatch(Nudge("b", "t"))
    assert (shop.commands, bank.commands) == ([], [Nudge("b", "t")])
    session.dispatch(Nudge("gone", "t"))
    assert outcomes[0].refused == "its repository is not shown any more"
    session.close()
    assert shop.closed
    assert bank.closed


def test_a_problem_names_its_repository() -> None:
    picture = over(shop=One("a"), bank=One("b", live=Live(problem="the disk is full"))).snapshot()
    assert picture.live.problem == "bank: the disk is full"


def test_a_repository_that_cannot_be_opened_is_told_and_tried_again() -> None:
    bank, broken = One("b"), [True]

    def open_bank() -> Session:
        if broken[0]:
            raise JournalDamaged("its journal is damaged")
        return bank

    session = SeveralSessions(CLOCK, lambda: {"shop": lambda: One("a"), "bank": open_bank})
    assert session.snapshot().live.problem == "bank: its journal is damaged"
    assert list(session.snapshot().state.batches) == ["a"]
    broken[0] = False
    assert session._open_new()
    assert list(session.snapshot().state.batches) == ["a", "b"]
    assert session.snapshot().live.problem == ""


def test_a_repository_that_comes_later_is_opened_started_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "FIND_S", 0.001)
    found: dict[str, Callable[[], Session]] = {"shop": lambda: One("a")}
    session, seen = SeveralSessions(CLOCK, lambda: dict(found)), list[Snapshot]()
    arrived = threading.Event()

    def changed(picture: Snapshot) -> None:
        seen.append(picture)
        arrived.set()

    session.start(changed, lambda _: None)
    bank = One("b")
    found["bank"] = lambda: bank
    assert arrived.wait(20)
    session.close()
    assert list(seen[-1].state.batches) == ["a", "b"]
    bank.show(Snapshot(State({})))
    assert list(seen[-1].state.batches) == ["a"]


def test_with_nothing_to_show_it_says_why() -> None:
    assert over().snapshot().live.empty == (
        "No repository of this machine is watched yet, and no Claude Code session runs.",
    )
    taught = One(live=Live(empty=("No session works here.",)))
    assert over(shop=taught).snapshot().live.empty == ("No session works here.",)
