"""Opens the real cockpit on a fake session and lets a test press keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from orchestrator_tui.core.model import State, Track
from orchestrator_tui.runtime.ports import Adder, Connector, Live, Panes
from orchestrator_tui.ui.app import Cockpit
from orchestrator_tui.ui.settings import Settings
from orchestrator_tui.ui.snapshot import render_text
from tests.ui import states
from tests.ui.app.session import FakeSession

WIDE = (120, 40)
NARROW = (80, 24)
RESTED_MS = 600


@dataclass
class RecordingWarner:
    """What a person was told beside the screen."""

    bells: int = 0
    notices: list[tuple[str, str, bool]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)

    def bell(self) -> None:
        self.bells += 1

    def desktop(self, title: str, body: str, urgent: bool) -> None:
        self.notices.append((title, body, urgent))

    def title(self, text: str) -> None:
        self.titles.append(text)


class FixedEvidence:
    """The same changes and output for every track, and one content for every file of the shop."""

    def diff(self, track: Track) -> str:
        return f"--- a/{track.slug}\n+++ b/{track.slug}\n@@ -1 +1 @@\n-old line\n+new line\n"

    def output(self, track: Track) -> str:
        raise OSError("its log is gone")

    def content(self, batch: str, path: str) -> str:
        if path.endswith("new.py"):
            raise FileNotFoundError(path)
        if not path.startswith("/shop/"):
            raise OSError("it lies outside of this repository")
        return "".join(f"line {number}\n" for number in range(1, 31))


@dataclass
class Driver:
    """A running cockpit: keys in, text out."""

    app: Cockpit
    pilot: Pilot[Any]
    session: FakeSession
    warner: RecordingWarner

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        await self.press(*text)

    async def settle(self) -> None:
        """Let every message be handled, the throttle of pictures included."""
        for worker in tuple(self.app.workers):
            # One that a newer one of its group took the place of is cancelled, as it should be.
            with suppress(WorkerCancelled):
                await worker.wait()
        while self.app.intake.is_behind:
            await self.pilot.pause(0.01)
        await self.pilot.pause()

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass in the session and show it, as the timer of the ages does."""
        self.session.manual.advance(milliseconds)
        self.app.tick()

    @property
    def text(self) -> str:
        return render_text(self.app)

    @property
    def status(self) -> str:
        return self.text.splitlines()[-1]

    @property
    def marked(self) -> str:
        """The keys of the marked options, parted by blanks."""
        return " ".join(self.app.desk.card.marked)

    @property
    def typing(self) -> str | None:
        return self.app.desk.card.typing

    @property
    def screen_name(self) -> str:
        return type(self.app.screen).__name__


@asynccontextmanager
async def opened(
    state: State | None = None,
    size: tuple[int, int] = WIDE,
    *,
    settings: Settings | None = None,
    live: Live | None = None,
    snapshots: Path | None = None,
    evidence: bool = True,
    panes: Panes | None = None,
    connector: Connector | None = None,
    adder: Adder | None = None,
    rested: bool = True,
    session: FakeSession | None = None,
) -> AsyncIterator[Driver]:
    """A cockpit on ``state`` ("Checkout hardening" by default), half a second after it opened."""
    session = session or FakeSession(states.checkout() if state is None else state, states.NOW, live)
    warner = RecordingWarner()
    app = Cockpit(
        session,
        settings=settings,
        evidence=FixedEvidence() if evidence else None,
        panes=panes,
        connector=connector,
        adder=adder,
        warner=warner,
        snapshots=snapshots,
        zone=states.ZONE,
        environment={},
    )
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = Driver(app, pilot, session, warner)
        await pilot.pause()
        if rested:
            driver.pass_time(RESTED_MS)
            await pilot.pause()
        yield driver
