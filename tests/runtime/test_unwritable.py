"""A journal that cannot record: nothing is accepted, nothing is lost, and it goes on by itself (reliability J-5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.commands import Tell
from orchestrator_tui.core.delivery import SETTLE_MS
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.journal.lease import HeldLease
from orchestrator_tui.journal.port import JournalUnwritable, Lease, Refused
from orchestrator_tui.runtime.ports import Snapshot
from tests.core.builders import answer, asking, fact
from tests.runtime.stage import BATCH, MINUTE, Process, Stage, UnsyncedJournal
from tests.runtime.test_live import Screen

FULL = "the journal cannot be used now: database or disk is full"


class FullJournal(UnsyncedJournal):
    """A journal whose disk is full while ``full`` is set."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.full = False

    def _room(self) -> None:
        if self.full:
            raise JournalUnwritable(FULL)

    def open_batch(self, batch: str, opened: Draft, now: Instant, origin: str) -> bool:
        self._room()
        return super().open_batch(batch, opened, now, origin)

    def take_lease(self, batch: str, holder: str, now: Instant) -> HeldLease | str:
        self._room()
        return super().take_lease(batch, holder, now)

    def append(self, lease: Lease, drafts: Sequence[Draft], now: Instant, origin: str) -> tuple[Event, ...]:
        self._room()
        return super().append(lease, drafts, now, origin)

    def change_gate(self, batch: str, draft: Draft, now: Instant, origin: str) -> Event | Refused:
        self._room()
        return super().change_gate(batch, draft, now, origin)

    def insert_request(self, batch: str, kind: str, payload: dict[str, Any], now: Instant, origin: str) -> int:
        self._room()
        return super().insert_request(batch, kind, payload, now, origin)


class Full:
    """A cockpit whose disk can be full."""

    def __init__(self, stage: Stage) -> None:
        self.journal = FullJournal(stage.directory)
        self.cockpit: Process = stage.start("full", self.journal)


@pytest.fixture
def disk(stage: Stage) -> Full:
    return Full(stage)


def test_no_answer_is_accepted_that_cannot_be_recorded(stage: Stage, disk: Full) -> None:
    cockpit = disk.cockpit
    stage.write(asking("Ship it?", "ship", "fix", track="alpha"))
    cockpit.step()
    stage.clock.advance(SETTLE_MS)
    disk.journal.full = True
    with pytest.raises(JournalUnwritable, match="disk is full"):
        cockpit.decide(cockpit.gate(), "ship")
    with pytest.raises(JournalUnwritable, match="disk is full"):
        cockpit.carry_out(Tell(BATCH, "alpha", "hello"))
    assert cockpit.gate().state is GateState.OPEN
    assert stage.disk.written == []
    disk.journal.full = False
    assert cockpit.decide(cockpit.gate(), "ship").text == "decided"
    cockpit.step()
    assert len(stage.disk.written) == 1
    assert cockpit.batch == stage.folded()


def test_what_was_seen_meanwhile_is_recorded_when_there_is_room(stage: Stage, disk: Full) -> None:
    cockpit = disk.cockpit
    stage.write(fact("1", stage=1, stageStatus="in_progress", track="alpha"))
    cockpit.step()
    disk.journal.full = True
    stage.write(fact("1", stage=2, stageStatus="in_progress", track="alpha"))
    stage.write(asking("Which way?", "left", "right", task_id="2", track="beta"))
    for _ in range(3):
        stage.clock.advance(MINUTE)
        with pytest.raises(JournalUnwritable):
            cockpit.step()
    disk.journal.full = False
    cockpit.step()
    assert cockpit.track("alpha").stage == 2
    assert cockpit.gate("2").state is GateState.OPEN
    assert cockpit.batch == stage.folded()


def test_an_answer_that_was_written_and_not_recorded_is_not_written_again(
    stage: Stage, disk: Full, monkeypatch: pytest.MonkeyPatch
) -> None:
    cockpit = disk.cockpit
    stage.write(asking("Ship it?", "ship", "fix", track="alpha"))
    cockpit.step()
    stage.clock.advance(SETTLE_MS)
    cockpit.decide(cockpit.gate(), "ship")
    write = cockpit.world.files.write_decision

    def write_and_fill(directory: str, gate: Gate) -> str:
        refused = write(directory, gate)
        disk.journal.full = True
        return refused

    monkeypatch.setattr(cockpit.world.files, "write_decision", write_and_fill)
    with pytest.raises(JournalUnwritable):
        cockpit.step()
    disk.journal.full = False
    cockpit.step()
    assert cockpit.gate().state is GateState.DELIVERED
    assert len(stage.disk.written) == 1


@pytest.fixture
def screen(stage: Stage) -> Iterator[Screen]:
    stage.write(asking("Ship it?", "ship", "fix", track="alpha"))
    one = Screen(stage, FullJournal(stage.directory))
    yield one
    one.session.close()


def states(picture: Snapshot) -> list[GateState]:
    batch = picture.state.batches.get(BATCH)
    return [] if batch is None else [gate.state for gate in batch.gates.values()]


def test_the_screen_says_so_refuses_and_goes_on_without_a_restart(stage: Stage, screen: Screen) -> None:
    journal = screen.process.journal
    assert isinstance(journal, FullJournal)
    screen.start()
    batch = screen.wait_for(lambda picture: bool(states(picture))).state.batches[BATCH]
    decide = answer(next(iter(batch.gates.values())), "ship", reason="as agreed")
    stage.clock.advance(SETTLE_MS)
    journal.full = True
    screen.session.dispatch(decide)
    picture = screen.wait_for(lambda picture: bool(picture.live.problem and screen.outcomes))
    assert picture.live.problem == FULL
    assert [outcome.refused for outcome in screen.outcomes] == [FULL]
    assert states(picture) == [GateState.OPEN]
    journal.full = False
    screen.session.dispatch(decide)
    picture = screen.wait_for(lambda picture: states(picture) == [GateState.DELIVERED])
    assert not picture.live.problem


def test_a_full_disk_is_shown_by_who_only_looks(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is kept by another process: nothing of what is written fails here, and that one cannot say it."""
    screen.start()
    screen.wait_for(lambda now: BATCH in now.state.batches)
    with monkeypatch.context() as full:
        full.setattr("orchestrator_tui.journal.room.LEAST", 1 << 62)
        screen.hints.changed()
        picture = screen.wait_for(lambda now: bool(now.live.problem))
    assert picture.live.problem.startswith("the disk is full: nothing can be recorded, decided or begun")
    screen.hints.changed()
    screen.wait_for(lambda now: not now.live.problem)
