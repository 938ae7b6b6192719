"""Replaying a batch that is over, from a cockpit in which none is under way: the newest nine, by a digit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual import events
from textual.app import App, ComposeResult, SuspendNotSupported
from textual.content import Content
from textual.widgets import Static

from orchestrator_tui.runtime.ports import Recorded
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.cells import clean, cut
from orchestrator_tui.ui.present.words import title_words
from orchestrator_tui.ui.screens.base import CockpitScreen
from orchestrator_tui.ui.screens.dialogs import Dialog

MOST = 9
"""Batches that are offered: as many as there are digits."""


class PastDialog(Dialog):
    """Asks which batch is replayed."""

    KEYS = "1-9 choose   Enter the newest   Esc back"

    def __init__(self, desk: Desk, past: Sequence[Recorded]) -> None:
        more = len(past) - MOST
        told = f"{more:,} older: orch-tui list names them, orch-tui replay BATCH shows one." if more > 0 else ""
        super().__init__(desk, "Replay which batch?", told)
        self.past = tuple(past[:MOST])

    def body(self) -> ComposeResult:
        several = len({one.repository for one in self.past}) > 1
        for place, one in enumerate(self.past, start=1):
            begun = datetime.fromtimestamp(one.opened_wall_ms / 1000, self.desk.zone)
            where = f"  {clean(one.repository.rpartition('/')[2], 20)}" if several else ""
            title = cut(title_words(one.title, one.batch), 40)
            yield Static(Content(f"  {place}  {begun:%Y-%m-%d %H:%M}  {title}{where}"))

    def on_key(self, event: events.Key) -> None:
        digit = int(event.character) if event.character and event.character in "123456789" else 0
        if digit:
            event.stop()
            self._take(digit)

    def accept(self) -> None:
        self._take(1)

    def _take(self, digit: int) -> None:
        if digit > len(self.past):
            self.complain(f"there is no batch {digit} here")
            return
        self.dismiss()
        show(self.desk, self.past[digit - 1], self.app)


def replay_past(screen: CockpitScreen) -> None:
    """Replay the only batch that is over, or ask which."""
    past = screen.desk.live.past
    if len(past) == 1:
        show(screen.desk, past[0], screen.app)
    else:
        screen.ask(PastDialog(screen.desk, past))


def show(desk: Desk, recorded: Recorded, app: App[object]) -> None:
    """Give the terminal to the replay until the person leaves it; what is watched here goes on meanwhile."""
    if desk.replays is None:
        return
    try:
        with app.suspend():
            fault = desk.replays(recorded)
    except SuspendNotSupported:
        fault = f"this terminal cannot be lent: orch-tui replay {clean(recorded.batch, 80)}"
    desk.tell(fault, refused=bool(fault))
