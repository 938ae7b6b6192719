"""A replay on the same screens: its keys move it, its card refuses, and nothing else differs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator_tui.core.commands import Command
from orchestrator_tui.ui.snapshot import frame
from orchestrator_tui.ui.transport import SPEEDS, gate_beside, parse_time, speed_beside, transport_of
from orchestrator_tui.ui.widgets.transport import TransportBar
from tests.ui import states
from tests.ui.app.driving import NARROW, WIDE, opened
from tests.ui.app.session import FakeSession


@dataclass(frozen=True)
class FakeMark:
    position_ms: int
    kind: str


class FakeTransport:
    """A place in time that remembers what was asked of it."""

    duration_ms = 9_064_000
    events = 9_730
    marks: Sequence[FakeMark] = (
        FakeMark(1_000_000, "gate"),
        FakeMark(2_000_000, "gate"),
        FakeMark(4_000_000, "failed"),
        FakeMark(8_000_000, "gate"),
    )
    ended = "ended 15:40 with 9 merged, 1 abandoned"

    def __init__(self) -> None:
        self.position_ms = 3_738_000
        self.event = 4_118
        self.playing = False
        self.speed = 8.0
        self.advanced = 0

    def play(self, playing: bool) -> None:
        self.playing = playing

    def set_speed(self, speed: float) -> None:
        self.speed = speed

    def seek(self, position_ms: int) -> None:
        self.position_ms = min(max(position_ms, 0), self.duration_ms)

    def step(self, events: int) -> None:
        self.event += events

    def advance(self, real_ms: int) -> None:
        self.advanced += real_ms


class FakeReplay(FakeSession):
    """A finished batch; every command is refused."""

    mode = "replay"

    def __init__(self) -> None:
        super().__init__(states.checkout(), states.NOW)
        self.transport = FakeTransport()

    def dispatch(self, command: Command) -> None:
        raise AssertionError(f"a replay was asked for {command}")


def test_only_a_replay_has_a_transport() -> None:
    replay = FakeReplay()
    assert transport_of(replay) is replay.transport
    assert transport_of(FakeSession(states.empty(), states.NOW)) is None


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_bar_stands_below_the_same_panels(size: tuple[int, int]) -> None:
    async with opened(session=FakeReplay(), size=size) as driver:
        assert "event 4,118 of 9,730" in driver.text
        assert "2:31:04" in driver.text
        assert "1:02:18" in driver.text
        assert "pay-webhook" in driver.text
        first = driver.text.splitlines()[0]
        assert first.startswith(" replay  Checkout hardening   ended 15:40")
        assert ("read-only" in first) is (size == WIDE)


async def test_without_a_transport_there_is_no_bar_and_its_keys_keep_their_meaning() -> None:
    async with opened() as driver:
        assert len(driver.app.screen.query(TransportBar)) == 0
        await driver.press("s")
        assert "tracks are sorted by name" in driver.status
        await driver.press("space", "left", "right", "comma", "t", "left_square_bracket")
        assert driver.screen_name == "MainScreen"


async def test_keys_move_the_replay(tmp_path: Path) -> None:
    replay = FakeReplay()
    transport = replay.transport
    async with opened(session=replay, snapshots=tmp_path) as driver:
        await driver.press("right")
        assert transport.position_ms == 3_748_000
        await driver.press("left", "left")
        assert transport.position_ms == 3_728_000
        await driver.press("full_stop", "full_stop", "comma")
        assert transport.event == 4_119
        await driver.press("right_square_bracket")
        assert transport.position_ms == 8_000_000
        await driver.press("right_square_bracket")
        assert "there is no gate after this" in driver.status
        await driver.press("left_square_bracket")
        assert transport.position_ms == 2_000_000
        await driver.press("greater_than_sign", "greater_than_sign", "less_than_sign")
        assert transport.speed == 16.0
        await driver.press("s")
        assert (tmp_path / "orch-tui-1.svg").is_file()
        await driver.press("t")
        await driver.type("soon")
        await driver.press("enter")
        assert "write a time such as 1:02:18" in driver.text
        await driver.press("ctrl+u")
        await driver.type("1:02")
        await driver.press("enter")
        assert transport.position_ms == 62_000


@pytest.mark.parametrize(("keys", "screen"), [("e", "GateScreen"), ("v", "TrackScreen"), ("d", "EvidenceScreen")])
async def test_the_same_keys_move_it_on_every_screen(keys: str, screen: str, tmp_path: Path) -> None:
    replay = FakeReplay()
    transport = replay.transport
    async with opened(session=replay, snapshots=tmp_path) as driver:
        await driver.press("w", keys)
        assert driver.screen_name == screen
        await driver.press("space", "space", "right", "left", "left")
        assert transport.position_ms == 3_728_000
        await driver.press("full_stop", "full_stop", "comma", "greater_than_sign", "less_than_sign")
        assert (transport.event, transport.speed) == (4_119, 8.0)
        await driver.press("right_square_bracket", "left_square_bracket", "s", "t")
        assert transport.position_ms == 2_000_000
        assert driver.screen_name == "TextDialog"


async def test_time_passes_only_while_it_plays() -> None:
    replay = FakeReplay()
    async with opened(session=replay) as driver:
        await driver.press("space")
        assert replay.transport.playing is True
        while not replay.transport.advanced:
            await driver.pilot.pause(0.02)
        await driver.press("space")
        stopped = replay.transport.advanced
        await driver.pilot.pause(0.3)
        assert replay.transport.advanced == stopped


async def test_playing_at_the_end_begins_anew() -> None:
    replay = FakeReplay()
    replay.transport.seek(replay.transport.duration_ms)
    async with opened(session=replay) as driver:
        await driver.press("space")
        assert replay.transport.position_ms == 0


async def test_a_click_on_the_bar_seeks() -> None:
    replay = FakeReplay()
    async with opened(session=replay) as driver:
        await driver.pilot.click(TransportBar, offset=(119, 0))
        await driver.pilot.pause()
        assert replay.transport.position_ms == replay.transport.duration_ms


async def test_nothing_can_be_decided_and_the_key_says_so() -> None:
    async with opened(session=FakeReplay()) as driver:
        for key in ("1", "a", "x", "u", "z", "m", "n"):
            await driver.press(key)
            assert "a replay can be looked at, not changed" in driver.status, key
        assert driver.marked == ""
        await driver.press("q")
        assert driver.app._exit


async def test_a_replay_never_rings() -> None:
    replay = FakeReplay()
    async with opened(session=replay) as driver:
        replay.happen(states.BATCH, "gate_stale", gate=states.COUNSEL.id, revision=1, count=1, level=1, age_ms=1)
        await driver.settle()
        assert (driver.warner.bells, driver.warner.notices) == (0, [])


def test_a_frame_is_the_same_twice_and_needs_no_terminal() -> None:
    first, second = (frame(FakeReplay(), (120, 40), 62_000) for _ in range(2))
    assert first == second
    text, svg = first
    assert "event 4,118 of 9,730" in text
    assert "1:02" in text
    assert svg.startswith("<svg")


def test_a_frame_can_be_ascii() -> None:
    text, _ = frame(FakeReplay(), (80, 24), ascii_only=True)
    assert "!" in text
    assert "⚠" not in text


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1:02:18", 3_738_000),
        ("2:18", 138_000),
        ("138", 138_000),
        ("138s", 138_000),
        ("", None),
        ("1:b", None),
        ("1:2:3:4", None),
        ("٣", None),
    ],
)
def test_times_are_read(text: str, milliseconds: int | None) -> None:
    assert parse_time(text) == milliseconds


def test_speeds_have_ends() -> None:
    assert speed_beside(SPEEDS[-1], 1) == SPEEDS[-1]
    assert speed_beside(SPEEDS[0], -1) == SPEEDS[0]
    assert speed_beside(1.0, 1) == 2.0


def test_gates_are_found_on_either_side() -> None:
    transport = FakeTransport()
    assert gate_beside(transport, 1) == 8_000_000
    transport.seek(500_000)
    assert gate_beside(transport, -1) is None
