"""Hooks that are forked and killed with SIGKILL at random moments: no interpreter start between the kills.

Run as ``python -m tests.hook.kills DIRECTORY SEED ROUNDS``; prints what it saw as one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.hook import dispatch, owed
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.rules import load_rules
from tests.hook.scene import CHILD, QUESTION, Scene

LONGEST_S = 0.02
TRIES = 40


class Forks:
    """Hook calls as forked children of this process, each with a pipe for what it prints."""

    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self.scene, self._chance = scene, chance
        self.killed = 0

    def run(self, call: Mapping[str, Any], kill: bool) -> str:
        """What the call printed, killed or not: Claude Code may have read it in either case."""
        reading, writing = os.pipe()
        # A handle on a database must not be carried over a fork.
        self.scene.journal.close()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.dup2(writing, 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            dispatch.carry_out(call, self.scene.environ, lambda text: _write_all(text.encode()))
            os._exit(0)
        os.close(writing)
        if kill:
            time.sleep(self._chance.random() * LONGEST_S)
            os.kill(child, signal.SIGKILL)
        with os.fdopen(reading, "rb") as file:
            printed = file.read().decode()
        self.scene.journal = SqliteJournal(self.scene.directory, create=False)
        self.killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        return printed


def _write_all(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def one_question(forks: Forks, chance: random.Random, number: int) -> list[str]:
    """Ask, decide and hand over, with kills on the way; what went wrong, in words."""
    scene, wrong = forks.scene, []
    task, agent = str(number), chance.choice(("", CHILD))
    gate_id = f"task-{task}-stage-3"
    scene.write(task)
    # A call that was killed may have opened its gate or not; the agent, who heard nothing, asks once more.
    for kill in (True, False):
        forks.run(scene.updates(task, agent, **QUESTION), kill=kill and chance.random() < 0.5)
    gate = scene.gate(gate_id)
    if (gate.revision, gate.state) != (1, GateState.OPEN):
        wrong.append(f"question {number}: revision {gate.revision}, {gate.state}")
    decision = scene.decide(chance.choice(("ship", "fix")), gate_id)
    told = []
    calls = ("PostToolUse", "UserPromptSubmit" if not agent else "PostToolUseFailure")
    for _ in range(TRIES):
        ends = chance.random() < 0.3
        name = ("SubagentStop.subagent" if agent else "Stop") if ends else chance.choice(calls)
        told.append(forks.run(scene.call(name, agent), kill=chance.random() < 0.6))
        gate = scene.gate(gate_id)
        if gate.state is GateState.ACKNOWLEDGED:
            break
    printed = [text for text in told if decision in text]
    if gate.state is not GateState.ACKNOWLEDGED:
        wrong.append(f"question {number}: ended {gate.state} after {len(told)} calls: {_names(gate)}")
    if not printed:
        wrong.append(f"question {number}: {decision} was never told: {_names(gate)}")
    return [*wrong, *wrong_steps(gate, number)]


def wrong_steps(gate: Gate, number: int) -> list[str]:
    """What is wrong with the way of the answer: two deliveries, or claims, without a failure between."""
    wrong = []
    for kind in ("claimed", "delivered"):
        since_failure = 0
        for step in gate.steps:
            since_failure = 0 if step.step == "failed" else since_failure + (step.step == kind)
            if since_failure > 1:
                wrong.append(f"question {number}: {kind} twice: {_names(gate)}")
    return wrong


def _names(gate: Gate) -> list[str]:
    return [step.step for step in gate.steps]


def main(directory: str, seed: int, rounds: int) -> int:
    """Play so many questions; print the faults, and how often a hook was killed."""
    chance = random.Random(seed)
    load_rules()
    owed.MOST_CLAIMS = TRIES
    scene = Scene(Path(directory), SystemClock())
    forks = Forks(scene, chance)
    wrong = [fault for number in range(1, rounds + 1) for fault in one_question(forks, chance, number)]
    print(json.dumps({"wrong": wrong, "killed": forks.killed, "events": len(scene.events())}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
