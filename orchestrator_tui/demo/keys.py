"""The scripted person: a newcomer's keys, one gate after the other, on the real cockpit (DESIGN §5)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from orchestrator_tui.adapters.process import ProcessIdentity, alive
from orchestrator_tui.core.model import Gate, GateState, Risk
from orchestrator_tui.core.queries import wants_confirmation
from orchestrator_tui.core.refusal import reason_needed
from orchestrator_tui.demo.eye import Eye
from orchestrator_tui.demo.repository import DemoError
from orchestrator_tui.demo.terminal import Frame, wait_for

CHANGING = "fix-auth-race"
OWN_ANSWER = "Fix the flake first, then ship."
STEP_S = 20.0
NOTICE_S = 3.0
"""How long a person looks at a mark that was not taken before pressing Enter again."""

RESTING = "keys rest"
LIVE, STARTING = "● live", "not watching yet"
EXPECTED = frozenset({"spend", "task", "deploy_dev", "deploy_staging", "deploy_production", "publish"})
"""The kinds of gates of this story; any other says that something has gone wrong."""

PATIENCE_S = 60.0
SEEN = 26
"""So many characters of a question tell it from others; they stand on every card."""


class Terminal(Protocol):
    """A terminal with a cockpit in it."""

    @property
    def pid(self) -> int: ...

    @property
    def ended(self) -> bool: ...

    def press(self, *keys: str) -> None: ...

    def type(self, text: str) -> None: ...

    def settle(self) -> None: ...

    def frame(self) -> Frame: ...

    def kill(self) -> None: ...

    def close(self) -> None: ...


def card_text(frame: str) -> str:
    """The words on the card of a frame, in one line and without the marks between them; "" when there is no card.

    The card is the panel beside the tracks, or, where that has no room, the gate's own screen.
    """
    rows = frame.splitlines()
    for place, row in enumerate(rows):
        left = max(row.find("╭─ Decide"), row.find("╭─ Question"))
        if left >= 0:
            words = " ".join(line[left:].split("│")[1] for line in rows[place + 1 :] if line[left:].count("│") >= 2)
            return _plain(words)
    return ""


def _plain(words: str) -> str:
    return " ".join(words.replace("·", " ").replace(" stage ", " ").split())


@dataclass(slots=True)
class Told:
    """What the scripted person saw: frames by title, and the claims that were checked on the way."""

    frames: list[tuple[str, Frame]] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)


class Person:
    """Decides every gate of the demo by keys, and proves on the way what the cockpit promises."""

    def __init__(self, eye: Eye, open_terminal: Callable[[], Terminal], progress: Callable[[str], None]) -> None:
        self._eye, self._open_terminal, self._progress = eye, open_terminal, progress
        self.told = Told()
        self._terminal = self._open()

    def play(self) -> Told:
        """Play everything. Raises :class:`DemoError` when something is not as promised."""
        try:
            self._approve_the_plan()
            self._meet_the_queue()
            self._press_a_stale_key()
            self._answer_captured()
            self._lose_the_host()
            self._die_and_come_back()
            self._answer_the_rest()
            self._leave()
        finally:
            self._terminal.close()
        return self.told

    # --- scenes --------------------------------------------------------------------------------------------

    def _approve_the_plan(self) -> None:
        """Nothing starts before the plan is approved."""
        wait_for(lambda: bool(self._of_the_run()) and self._captured() is not None, "the plan's gate", STEP_S)
        wait_for(lambda: any(gate.stale_count for gate in self._eye.queue()), "the stale warning", STEP_S)
        (gate,) = self._of_the_run()
        self._focus(gate)
        self._frame("the plan waits for its approval; a question that Claude Code asked six minutes ago is stale")
        self._answer(gate)

    def _meet_the_queue(self) -> None:
        wait_for(lambda: self._eye.gate(CHANGING) is not None, f"the question of {CHANGING}", STEP_S)
        self._frame("three agents at work in their own worktrees")

    def _press_a_stale_key(self) -> None:
        """Keys that arrive just after the question changed must decide nothing (reliability A-10)."""
        self._focus(self._waiting(CHANGING))
        wait_for(lambda: self._waiting(CHANGING).revision == 2, "the changed question", STEP_S, every=0.005)
        self._terminal.press("1", "Enter")
        gate = self._waiting(CHANGING)
        if gate.state is not GateState.OPEN or gate.decision is not None:
            raise DemoError("a key decided a question that had changed under it")
        self._check(f"{CHANGING}: 1 and Enter right after its question changed decided nothing")
        self._frame(
            "the question changed while it was open: the digit marked nothing, Enter opened the gate to read it"
        )
        self._terminal.press("Esc")

    def _answer_captured(self) -> None:
        gate = self._captured()
        assert gate is not None
        self._focus(gate)
        self._mark(1)
        self._terminal.press("Enter")
        self._terminal.settle()
        self._terminal.type(OWN_ANSWER)
        self._terminal.press("Enter")
        self._decided(gate)

    def _lose_the_host(self) -> None:
        """What keeps the run dies; a question that is open then is answered all the same."""
        gate = self._waiting(CHANGING)
        (asking,) = [one for one in self._eye.running() if one.id.startswith(f"a-{CHANGING}-")]
        os.kill(self._eye.host(), signal.SIGKILL)
        wait_for(lambda: not self._eye.host(), "the end of the host", STEP_S)
        if asking.process is None or not alive(ProcessIdentity(*asking.process)):
            raise DemoError("an agent has died with the host")
        self._check("kill -9 of the run's host; its agents went on")
        self._answer(gate)
        wait_for(lambda: self._now(gate).state is GateState.ACKNOWLEDGED, "the answer's way to its agent", STEP_S)
        self._check(f"{CHANGING}: answered while no host lived, and acknowledged by its agent")

    def _die_and_come_back(self) -> None:
        wait_for(lambda: bool(self._eye.queue()), "another gate", STEP_S)
        before = [(gate.id, gate.revision) for gate in self._eye.queue()]
        self._terminal.kill()
        self._check(f"kill -9 of the cockpit, open gates: {len(before)}")
        self._terminal.close()
        self._terminal = self._open()
        wait_for(lambda: bool(self._eye.host()), "a new host", STEP_S)
        wait_for(self._watches, "the cockpit", STEP_S, every=0.2)
        self._frame("the same queue after kill -9 of both and a new start")
        after = [(gate.id, gate.revision) for gate in self._eye.queue()]
        if after[: len(before)] != before and not set(before) <= set(after):
            raise DemoError(f"the queue was {before} before the kill and is {after} after it")
        self._check("attached again: a new host, and the same gates in the same order")

    def _answer_the_rest(self) -> None:
        while not self._eye.finished():
            wait_for(lambda: bool(self._of_the_run()) or self._eye.finished(), "the agents", PATIENCE_S)
            # Whoever reads a question gives a rule the time to answer it.
            self._terminal.settle()
            for gate in self._of_the_run()[:1]:
                self._answer_unless_a_rule_does(gate)

    def _answer_unless_a_rule_does(self, gate: Gate) -> None:
        if gate.question.kind not in EXPECTED:
            raise DemoError(f"{gate.question.question} {' '.join(gate.question.context.split())}")
        try:
            self._answer(gate)
        except DemoError:
            if self._now(gate).decision is None:
                raise

    def _leave(self) -> None:
        self._frame("the run is completed")
        self._terminal.press("q")
        try:
            wait_for(lambda: self._terminal.ended, "the cockpit's end", 1)
        except DemoError:
            # It asks once more while an answer has not been acknowledged (reliability A-16).
            self._terminal.press("q")
        wait_for(lambda: self._terminal.ended, "the cockpit's end", STEP_S)

    # --- one gate ------------------------------------------------------------------------------------------

    def _answer(self, gate: Gate) -> None:
        """Mark what is recommended, else the first option; say why and confirm where the gate wants that."""
        confirms = wants_confirmation(gate)
        keys = [option.key for option in gate.question.options]
        wanted = gate.recommendation or keys[0]
        self._focus(gate)
        self._mark(keys.index(wanted) + 1)
        self._terminal.press("Enter")
        if confirms == "twice":
            self._terminal.press("Enter")
        if reason_needed(gate, (wanted,)):
            self._terminal.settle()
            self._terminal.type("checked on staging" if gate.risk is Risk.PRODUCTION else "the fix stays narrow")
            self._terminal.press("Enter")
        if confirms == "slug":
            self._terminal.settle()
            self._terminal.type(gate.track)
            self._terminal.press("Enter")
        self._decided(gate)

    def _mark(self, number: int) -> None:
        """Press a digit until the option is marked: keys rest for half a second when a card changed by itself."""
        for _ in range(8):
            self._terminal.press(str(number))
            seen = self._terminal.frame().text
            if f"● {number}" in seen and RESTING not in seen:
                return
            self._terminal.settle()
        raise DemoError(f"pressing {number} marked nothing")

    def _decided(self, gate: Gate) -> None:
        def look() -> bool:
            now = self._now(gate)
            return now.revision != gate.revision or now.decision is not None

        try:
            wait_for(look, f"the decision on {gate.track}", NOTICE_S)
        except DemoError:
            # A card that changed by itself in that very moment took no key: a person sees the mark and presses again.
            self._terminal.press("Enter")
            wait_for(look, f"the decision on {gate.track}", STEP_S)
        self._progress(f"decided {gate.track}: {gate.question.question}")

    def _focus(self, gate: Gate) -> None:
        """Press ``w`` until the card shows the gate."""
        place = f"{gate.track} r" if gate.question.stage is None else f"{gate.track} {gate.question.stage}/"
        for _ in range(8):
            card = card_text(self._terminal.frame().text)
            # One track asks more than once in a stage, and the card of an answered question stays for a while.
            if card.startswith(place) and _plain(self._now(gate).question.question)[:SEEN] in card:
                return
            self._terminal.press("w")
        raise DemoError(f"pressing w did not lead to {gate.track}")

    # --- helpers -------------------------------------------------------------------------------------------

    def _open(self) -> Terminal:
        terminal = self._open_terminal()
        self._progress(f"cockpit started as process {terminal.pid}")
        return terminal

    def _watches(self) -> bool:
        """Whether the cockpit is past its first frame, after which it knows the terminal's size and takes keys."""
        seen = self._terminal.frame().text
        return LIVE in seen and STARTING not in seen

    def _waiting(self, track: str) -> Gate:
        gate = self._eye.gate(track)
        if gate is None:
            raise DemoError(f"{track} has no gate that waits")
        return gate

    def _captured(self) -> Gate | None:
        return next((gate for gate in self._eye.queue() if gate.batch != self._eye.batch), None)

    def _of_the_run(self) -> list[Gate]:
        return [gate for gate in self._eye.queue() if gate.batch == self._eye.batch and gate.state is GateState.OPEN]

    def _now(self, gate: Gate) -> Gate:
        return self._eye.look().batches[gate.batch].gates[gate.id]

    def _frame(self, title: str) -> None:
        self.told.frames.append((title, self._terminal.frame()))

    def _check(self, text: str) -> None:
        self.told.checks.append(text)
        self._progress(text)
