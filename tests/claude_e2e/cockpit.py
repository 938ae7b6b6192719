"""The real cockpit in a tmux pane of its own, and the person at its keys."""

from __future__ import annotations

import time
from collections.abc import Callable

from orchestrator_tui.cli.itself import ORCH_TUI
from orchestrator_tui.core.model import Gate, Risk
from orchestrator_tui.core.refusal import reason_needed
from orchestrator_tui.demo.keys import RESTING, card_text
from tests.claude_rig import ClaudeRig, NotSeenError, wait_until
from tests.e2e_tmux.terminal import TmuxTerminal

SIZE = (140, 45)
"""Columns and rows: wide enough that a card shows the whole of a short question."""

REDRAW_S = 0.4
"""How long a person looks before pressing the same key again."""

NOTICE_S = 3.0
"""How long a person waits for a decision to show before pressing Enter again."""


class Cockpit:
    """One run of ``orch-tui`` on the rig's project, or with other arguments; times are seconds since the epoch."""

    def __init__(self, rig: ClaudeRig, number: int, *arguments: str) -> None:
        environment = {**rig.environment(), "TERM": "tmux-256color", "COLORTERM": "truecolor"}
        # Nothing of the test's own environment gets in, such as the size of another terminal.
        command = ["env", "-i", *(f"{name}={value}" for name, value in environment.items()), *ORCH_TUI]
        self._terminal = TmuxTerminal(
            rig.sockets / f"cockpit-{number}", [*command, *(arguments or (str(rig.project),))], SIZE, {}
        )

    @property
    def pid(self) -> int:
        """The cockpit's process."""
        return self._terminal.pid

    def screen(self) -> str:
        """What the pane shows."""
        return self._terminal.screen()

    def press(self, *keys: str) -> None:
        """Press keys by name (``Enter``, ``Esc``, ``Tab``) or as they are."""
        self._terminal.press(*keys)

    def answer(self, gate: Gate, *numbers: int, text: str = "", reason: str = "", decided: Callable[[], bool]) -> float:
        """Answer a gate by keys: the options with these numbers, or a ``text`` of one's own. When Enter was pressed."""
        self.show(gate)
        for number in numbers or (len(gate.question.options) + 1,):
            self._mark(number)
        chosen = tuple(gate.question.options[number - 1].key for number in numbers)
        wanted = text or (reason if reason_needed(gate, chosen) else "")
        if wanted or gate.risk is Risk.CHECK:
            self.press("Enter")
        if wanted:
            self._type(wanted)
        if gate.risk is Risk.PRODUCTION:
            self.press("Enter")
            self._type(gate.track)
        return self._submit(decided)

    def dismiss(self, gate: Gate, reason: str) -> None:
        """Take a gate off the queue without an answer."""
        self.show(gate)
        self._press_until("X", lambda: "Why will nobody" in self.screen(), "the dialog")
        self._type(reason)
        self._terminal.tmux("send-keys", "Enter")

    def say(self, slug: str, text: str) -> None:
        """Say something to the agent of a track, which is the only one on the screen."""
        wait_until(lambda: slug in self.screen(), f"{slug} on the screen", context=self.screen)
        self.press("m")
        self._type(text)
        self._terminal.tmux("send-keys", "Enter")

    def kill(self) -> None:
        """Kill it as nothing can stop it from being killed."""
        self._terminal.kill()

    def close(self) -> None:
        """End it whatever it does; safe to repeat."""
        self._terminal.close()

    def show(self, gate: Gate) -> None:
        """Press ``w`` until the card shows the gate."""
        wanted = _letters(gate.question.question)[:40]
        self._press_until("w", lambda: wanted in _letters(card_text(self.screen())), f"{gate.question.question!r}")

    def _mark(self, number: int) -> None:
        """Press a digit until its option is marked: keys rest for half a second when a card changed by itself."""

        def marked() -> bool:
            screen = self.screen()
            return f"● {number}" in card_text(screen) and RESTING not in screen

        self._press_until(str(number), marked, f"a mark at {number}")

    def _press_until(self, key: str, look: Callable[[], bool], what: str) -> None:
        """Press a key until the screen shows what it is pressed for, each time after the screen had time to show it."""
        pressed_at = -REDRAW_S

        def seen() -> bool:
            nonlocal pressed_at
            if look():
                return True
            if time.monotonic() - pressed_at > REDRAW_S:
                pressed_at = time.monotonic()
                self.press(key)
            return False

        wait_until(seen, what, timeout=20, every=0.05, context=self.screen)

    def _type(self, text: str) -> None:
        """Type into the dialog that has opened, and see it there."""
        self._terminal.settle()
        self._terminal.tmux("send-keys", "-l", text)
        wait_until(lambda: _letters(text) in _letters(self.screen()), f"{text!r} in the dialog", context=self.screen)

    def _submit(self, decided: Callable[[], bool]) -> float:
        for _ in range(3):
            pressed_at = time.time()
            self._terminal.tmux("send-keys", "Enter")
            try:
                wait_until(decided, "the decision", timeout=NOTICE_S, every=0.02)
            except NotSeenError:
                continue  # A card that changed by itself in that very moment took no key.
            return pressed_at
        raise NotSeenError(f"Enter decided nothing\n{self.screen()}")


def _letters(text: str) -> str:
    """The text as it is found again however it was wrapped and cut into panels."""
    return "".join(letter for letter in text if letter.isalnum())
