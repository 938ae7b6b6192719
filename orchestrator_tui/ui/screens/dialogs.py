"""The dialogs: each asks one thing, keeps the banner in sight, and does nothing when it is left with Esc."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from orchestrator_tui.core.model import GateState, State
from orchestrator_tui.core.queries import all_gates
from orchestrator_tui.core.refusal import MAX_REASON_BYTES, MAX_SNOOZE_MS, MIN_SNOOZE_MS
from orchestrator_tui.core.text import plural
from orchestrator_tui.ui.actions import DIALOG
from orchestrator_tui.ui.bindings import bindings
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.present.cells import clean
from orchestrator_tui.ui.screens.picture import PictureScreen
from orchestrator_tui.ui.widgets.banner import Banner

MINUTE_MS = 60_000


class Dialog(PictureScreen, ModalScreen[None], inherit_bindings=False):
    """A box over a screen, with a title, what it says, and one line on its keys."""

    CSS_PATH = "dialogs.tcss"
    KEYS: ClassVar[str] = "Enter accept   Esc back"

    fault = getters.query_one("#fault", Static)

    def __init__(self, desk: Desk, title: str, told: str = "") -> None:
        super().__init__()
        self.desk = desk
        self.heading = clean(title, 300)
        self.told = clean(told, 1_000)
        self._bindings = bindings((DIALOG,), desk.keymap)

    def compose(self) -> ComposeResult:
        yield Banner()
        with Vertical(id="box"):
            yield Static(Content(self.heading), id="heading")
            if self.told:
                yield Static(Content(self.told), id="told")
            yield from self.body()
            yield Static(Content(""), id="fault")
            yield Static(Content(self.KEYS), id="keys")

    def body(self) -> ComposeResult:
        """What stands between the words and the keys."""
        return iter(())

    def action_run(self, name: str) -> None:
        """Run an action of the dialogs' scope."""
        if name in ("accept", "accept-text"):
            self.accept()
        else:
            self.leave()

    def accept(self) -> None:
        """Do what the dialog asks about."""

    def leave(self) -> None:
        """Do nothing."""
        self.dismiss()

    def complain(self, fault: str) -> None:
        """Say why what was entered cannot be taken."""
        self.fault.update(Content(clean(fault)))


class TextDialog(Dialog):
    """Asks for a text of at most 4 KiB; ``then`` gets it, ``otherwise`` is called when it is left."""

    KEYS = "Enter send   Esc back, nothing is sent"
    AUTO_FOCUS = "Input"

    entry = getters.query_one(Input)

    def __init__(
        self,
        desk: Desk,
        *,
        title: str,
        told: str,
        then: Callable[[str], None],
        otherwise: Callable[[], None] | None = None,
        initial: str = "",
        check: Callable[[str], str | None] | None = None,
        optional: bool = False,
    ) -> None:
        """``check`` says why a text cannot be taken, or None; ``optional``: nothing need be written."""
        super().__init__(desk, title, told)
        self.then = then
        self.otherwise = otherwise
        self.initial = initial
        self.check = check
        self.optional = optional

    def body(self) -> ComposeResult:
        yield Input(self.initial, id="entry")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.accept()

    def accept(self) -> None:
        text = self.entry.value.strip()
        fault = self._fault(text)
        if fault is None:
            self.dismiss()
            self.then(text)
        else:
            self.complain(fault)

    def _fault(self, text: str) -> str | None:
        if not text and not self.optional:
            return "nothing was written yet"
        if len(text.encode("utf-8", "replace")) > MAX_REASON_BYTES:
            return f"longer than {MAX_REASON_BYTES // 1024} KiB"
        return None if self.check is None else self.check(text)

    def leave(self) -> None:
        self.dismiss()
        if self.otherwise is not None:
            self.otherwise()


class SnoozeDialog(Dialog):
    """Asks for how long a gate's warnings stay silent."""

    KEYS = "1-5 choose   Esc back"
    MINUTES: ClassVar[tuple[int, ...]] = (5, 10, 15, 30, 60)

    def __init__(self, desk: Desk, slug: str, then: Callable[[int], None]) -> None:
        super().__init__(desk, f"Silence the warnings of {slug}", "The gate stays open; nothing is decided.")
        self.then = then

    def body(self) -> ComposeResult:
        for place, minutes in enumerate(self.MINUTES, start=1):
            yield Static(Content(f"  {place}  {minutes} minutes"))

    def on_key(self, event: events.Key) -> None:
        if event.character and event.character in "12345":
            event.stop()
            milliseconds = self.MINUTES[int(event.character) - 1] * MINUTE_MS
            self.dismiss()
            self.then(min(max(milliseconds, MIN_SNOOZE_MS), MAX_SNOOZE_MS))

    def accept(self) -> None:
        self.complain("press a digit")


class QuitDialog(Dialog):
    """Asks whether to leave while something waits (reliability A-16)."""

    KEYS = "q or Enter leave   Esc stay"

    def __init__(self, desk: Desk, lines: tuple[str, ...]) -> None:
        super().__init__(desk, "Leave?", "Agents go on, and everything is here when you come back.")
        self.lines = lines

    def body(self) -> ComposeResult:
        for line in self.lines:
            yield Static(Content(line))

    def on_key(self, event: events.Key) -> None:
        if event.key in self.desk.keymap.keys["quit"]:
            event.stop()
            self.accept()

    def accept(self) -> None:
        self.app.exit()


def stays_behind(state: State) -> tuple[str, ...]:
    """What would be left waiting, line by line; nothing when leaving costs nothing."""
    return tuple(_stays_behind(state))


def _stays_behind(state: State) -> Iterator[str]:
    gates = tuple(all_gates(state))
    waiting = sum(gate.state is GateState.OPEN for gate in gates)
    travelling = sum(gate.state is GateState.DECIDED or gate.undelivered for gate in gates)
    if waiting:
        yield f"{plural(waiting, 'gate waits', 'gates wait')} for a decision."
    if travelling:
        yield f"{plural(travelling, 'answer has', 'answers have')} not arrived yet."
