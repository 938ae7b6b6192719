"""A replay is a session whose time is moved by hand; it refuses every command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator_tui.core.commands import Command, Nudge, Snooze
from orchestrator_tui.core.event import Draft
from orchestrator_tui.runtime.history import History
from orchestrator_tui.runtime.ports import Outcome, Session, Snapshot
from orchestrator_tui.runtime.replay import REFUSED, ReplaySession
from orchestrator_tui.ui.transport import HasTransport, transport_of
from tests.replay import batches
from tests.replay.recorded import Listed

EVENTS = 600


class Watching:
    """A replay and everything that it reported."""

    def __init__(self, replay: ReplaySession) -> None:
        self.pictures: list[Snapshot] = []
        self.outcomes: list[Outcome] = []
        self.replay = replay
        session: Session = replay
        session.start(self.pictures.append, self.outcomes.append)


@pytest.fixture
def watching() -> Watching:
    return Watching(ReplaySession(History(Listed(batches.events(EVENTS, tracks=5)))))


@pytest.fixture
def replay(watching: Watching) -> ReplaySession:
    return watching.replay


def test_it_begins_at_its_first_event(replay: ReplaySession) -> None:
    tape = replay.transport
    assert (tape.position_ms, tape.event, tape.events, tape.playing) == (0, 1, EVENTS, False)
    assert tape.duration_ms == (EVENTS - 1) * batches.STEP_MS
    assert replay.mode == "replay"
    assert replay.snapshot().state.batches[batches.BATCH].seq == 1


def test_the_screens_find_its_transport(replay: ReplaySession) -> None:
    offered: HasTransport = replay
    assert transport_of(replay) is offered.transport


def test_every_move_reports_the_picture_of_its_place(watching: Watching) -> None:
    tape = watching.replay.transport
    tape.seek(100 * batches.STEP_MS + 1)
    tape.step(1)
    tape.step(-3)
    seqs = [picture.state.batches[batches.BATCH].seq for picture in watching.pictures]
    assert seqs == [101, 102, 99]
    assert watching.pictures[-1] == watching.replay.snapshot()


def test_seeking_outside_takes_the_nearest_end(replay: ReplaySession) -> None:
    tape = replay.transport
    tape.seek(10**12)
    assert (tape.position_ms, tape.event) == (tape.duration_ms, EVENTS)
    tape.step(5)
    assert tape.event == EVENTS
    tape.seek(-1)
    tape.step(-5)
    assert (tape.position_ms, tape.event) == (0, 1)


def test_its_clock_is_the_time_that_is_shown(replay: ReplaySession) -> None:
    replay.transport.seek(12_345)
    assert replay.clock.now() == batches.START.plus(batches.STEP_MS + 12_345)


def test_playing_lets_time_pass_at_its_speed_and_stops_at_the_end(watching: Watching) -> None:
    tape = watching.replay.transport
    tape.advance(1_000)
    assert tape.position_ms == 0, "time stands while it does not play"
    tape.play(True)
    tape.advance(1_000)
    tape.set_speed(8.0)
    tape.advance(500)
    assert tape.position_ms == 1_000 + 4_000
    tape.advance(10**9)
    assert tape.position_ms == tape.duration_ms
    assert not tape.playing
    tape.play(True)
    assert not tape.playing, "at the end there is nothing to play"


def test_slow_playing_loses_no_time(replay: ReplaySession) -> None:
    tape = replay.transport
    tape.set_speed(0.25)
    tape.play(True)
    for _ in range(1_000):
        tape.advance(1)
    assert tape.position_ms == 250


def test_every_command_is_refused(watching: Watching) -> None:
    before = watching.replay.snapshot()
    commands: list[Command] = [Nudge(batches.BATCH, "track-0"), Snooze(batches.BATCH, "gate-1", 600_000)]
    for command in commands:
        watching.replay.dispatch(command)
    assert watching.outcomes == [Outcome(command, refused=REFUSED) for command in commands]
    assert watching.replay.snapshot() == before


def test_it_says_that_finer_activity_is_not_in_it(replay: ReplaySession) -> None:
    live = replay.snapshot().live
    assert "finer activity" in live.watching
    assert not live.activity


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        ([], ""),
        ([("track-0", "done"), ("track-1", "failed")], "failed with 1 done, 1 failed"),
        ([("track-0", "done"), ("track-1", "merged")], "completed with 2 done"),
    ],
)
def test_it_tells_how_the_batch_ended(moves: list[tuple[str, str]], words: str) -> None:
    drafts = list(batches.drafts(3, tracks=2))
    drafts += [Draft("track_moved", {"track": slug, "to": to}) for slug, to in moves]
    if moves:
        drafts.append(Draft("batch_ended", {"outcome": words.split()[0]}))
    events = batches.numbered(drafts)
    assert ReplaySession(History(Listed(events))).transport.ended == words


def test_a_file_that_breaks_under_it_is_shown_as_a_problem_and_the_place_kept(
    path: Path, past: Callable[[Path], History]
) -> None:
    watching = Watching(ReplaySession(past(path)))
    tape = watching.replay.transport
    tape.seek(tape.duration_ms)
    with path.open("r+b") as file:
        file.truncate(2_000)
    tape.play(True)
    tape.seek(60_000)
    assert "damaged" in watching.pictures[-1].live.problem
    assert tape.event == tape.events
    assert not tape.playing


def test_closing_twice_is_closing_once(watching: Watching) -> None:
    watching.replay.close()
    watching.replay.close()
    watching.replay.dispatch(Nudge(batches.BATCH, "track-0"))
    assert watching.outcomes == []
