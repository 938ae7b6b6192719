"""The thread behind the screens: whatever fails is shown, and the next turn tries again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator_tui.core.agents import IDLE
from orchestrator_tui.core.event import Draft
from orchestrator_tui.journal.filelock import HeldFile, hold_new
from orchestrator_tui.journal.port import JournalUnwritable
from orchestrator_tui.journal.presence import present
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.live import AGENTS_MS, LiveSession
from orchestrator_tui.runtime.ports import Outcome, Snapshot
from tests.core.builders import agent, answer, asking
from tests.runtime.stage import BATCH, Process, Stage, UnsyncedJournal

PATIENCE_S = 20.0


class Hints:
    """Files change when the test says so."""

    mode = "by hand"

    def start(self, changed: Callable[[], None]) -> None:
        self.changed = changed

    def close(self) -> None:
        """Nothing to stop."""


class Screen:
    """What a screen gets of its session."""

    def __init__(self, stage: Stage, journal: SqliteJournal | None = None) -> None:
        self.process: Process = stage.start(journal=journal)
        self.hints = Hints()
        self.session = LiveSession(self.process.journal, self.process.world, self.hints, stage.rules, stage.limits)
        self.outcomes: list[Outcome] = []
        self._news = threading.Condition()

    def start(self) -> None:
        self.session.start(lambda picture: self._tell(), self._finished)

    def wait_for(self, holds: Callable[[Snapshot], bool]) -> Snapshot:
        """The first picture for which ``holds``; looked for at every change and every so often without."""
        with self._news:
            assert self._news.wait_for(lambda: holds(self.session.snapshot()), PATIENCE_S), self.session.snapshot()
        return self.session.snapshot()

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()

    def _finished(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._tell()


@pytest.fixture
def screen(stage: Stage) -> Iterator[Screen]:
    one = Screen(stage)
    yield one
    one.session.close()


def test_a_full_disk_at_the_start_is_shown_and_the_work_begins_without_presence(
    stage: Stage, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True

    def on_this_disk(directory: Path, prefix: str) -> HeldFile:
        if full:
            raise JournalUnwritable("no space left")
        return hold_new(directory, prefix)

    monkeypatch.setattr("orchestrator_tui.journal.presence.hold_new", on_this_disk)
    stage.write(asking())
    screen.start()
    picture = screen.wait_for(lambda now: BATCH in now.state.batches and bool(now.live.problem))
    assert picture.live.problem == "no space left"
    full = False
    screen.hints.changed()
    screen.wait_for(lambda now: not now.live.problem)
    assert [one.role for one in present(stage.directory)] == ["cockpit"]


def test_an_error_of_the_program_is_shown_and_the_next_turn_works(
    stage: Stage, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object) -> object:
        raise ZeroDivisionError("a bug")

    stage.write(asking("Ship it?", "ship: send it"))
    with monkeypatch.context() as broken_world:
        broken_world.setattr(type(screen.process.world.files), "scan", broken)
        screen.start()
        screen.wait_for(lambda now: "a bug" in now.live.problem)
    screen.hints.changed()
    picture = screen.wait_for(lambda now: not now.live.problem and BATCH in now.state.batches)
    (gate,) = picture.state.batches[BATCH].gates.values()
    screen.session.dispatch(answer(gate, "ship"))
    screen.wait_for(lambda now: bool(screen.outcomes))
    assert [outcome.text for outcome in screen.outcomes] == ["decided"]


def test_agents_are_looked_at_without_any_hint(stage: Stage, screen: Screen) -> None:
    stage.work(agent())
    screen.start()
    screen.wait_for(lambda picture: BATCH in picture.state.batches)
    stage.clock.advance(AGENTS_MS)
    stage.work(agent(status=IDLE))
    found = screen.wait_for(lambda picture: "idle" in str(picture.state.batches[BATCH].tracks))
    assert [track.kind for track in found.state.batches[BATCH].tracks.values()] == ["session"]


def test_where_nothing_is_shown_the_batches_of_the_journal_are_told_newest_first(stage: Stage) -> None:
    journal = UnsyncedJournal(stage.directory)
    for number in (1, 2):
        opened = Draft("batch_opened", {"title": f"Batch {number}", "kind": "watch"})
        journal.open_batch(f"b{number}", opened, stage.clock.now(), "host")
        stage.clock.advance(60_000)
    screen = Screen(stage, journal)
    try:
        past = screen.session.snapshot().live.past
    finally:
        screen.session.close()
    assert [(one.batch, one.title) for one in past] == [("b2", "Batch 2"), ("b1", "Batch 1")]
    assert {one.repository for one in past} == {screen.process.world.repository}
