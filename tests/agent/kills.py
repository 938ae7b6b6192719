"""A server that forks orch-agent and kills it with SIGKILL at random moments: no interpreter start between the kills.

Run as ``python -m tests.agent.kills DIRECTORY SEED ROUNDS``; prints what it saw as one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import orchestrator_tui.adapters.clock
import orchestrator_tui.agent.arguments
import orchestrator_tui.agent.ask
import orchestrator_tui.agent.identity
import orchestrator_tui.agent.main
import orchestrator_tui.journal.sqlite
import orchestrator_tui.runtime.rules
from orchestrator_tui.core.model import Gate, GateState
from tests.agent.scene import GATE, Scene

LONGEST_S = 0.03
TRIES = 50


class Forks:
    """Calls of orch-agent as forked children of this process, each with a pipe for its stdout."""

    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self._chance = chance
        self.scene = scene
        self.killed = 0
        os.environ.update(scene.environment())

    def run(self, *arguments: str, kill: bool, decide: str = "") -> tuple[int, str]:
        """Exit code (negative when killed) and what was printed; ``decide`` answers the gate somewhere meanwhile."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.dup2(writing, 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os._exit(orchestrator_tui.agent.main.main(arguments))
        os.close(writing)
        if decide:
            time.sleep(self._chance.random() * LONGEST_S)
            self.scene.decide(decide)
        if kill:
            time.sleep(self._chance.random() * LONGEST_S)
            os.kill(child, signal.SIGKILL)
        with os.fdopen(reading, "rb") as file:
            printed = file.read().decode()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        self.killed += code == -signal.SIGKILL
        return code, printed


def one_question(forks: Forks, chance: random.Random, number: int) -> list[str]:
    """Ask, decide and take the answer, with kills on the way; what went wrong, in words."""
    scene, wrong = forks.scene, []
    question = ("ask", f"Question {number}?", "--option", "lru", "--option", "ttl")
    codes = []
    while 4 not in codes:
        codes.append(forks.run(*question, kill=chance.random() < 0.5)[0])
        if len(codes) > TRIES:
            return [f"question {number}: asking ended with {codes}"]
    key = chance.choice(("lru", "ttl"))
    outputs = []
    decide = key
    while True:
        kill = chance.random() < 0.7
        code, printed = forks.run("ask", "--gate", GATE, "--wait", "30", kill=kill, decide=decide)
        decide = ""
        outputs.append(printed)
        if not kill:
            break
    gate = scene.the_gate()
    if code != 0 or outputs[-1] != f"{key}\n":
        wrong.append(f"question {number}: exit {code}, printed {outputs}, decided {key}")
    if set(outputs) - {"", f"{key}\n"}:
        wrong.append(f"question {number}: printed {outputs}, decided {key}")
    if gate.state is not GateState.ACKNOWLEDGED or not gate.cleared or scene.metadata()["needsDecision"]:
        wrong.append(f"question {number}: ended {gate.state}, cleared {gate.cleared}")
    return [*wrong, *wrong_steps(gate, number)]


def wrong_steps(gate: Gate, number: int) -> list[str]:
    """What is wrong with the way of the answer: two deliveries, or claims, without a failure between."""
    wrong = []
    for kind in ("claimed", "delivered"):
        since_failure = 0
        for step in gate.steps:
            since_failure = 0 if step.step == "failed" else since_failure + (step.step == kind)
            if since_failure > 1:
                wrong.append(f"question {number}: {kind} twice: {[one.step for one in gate.steps]}")
    return wrong


def main(directory: str, seed: int, rounds: int) -> int:
    """Play so many questions; print the faults, and how often the agent was killed."""
    chance = random.Random(seed)
    scene = Scene(Path(directory))
    forks = Forks(scene, chance)
    wrong = [fault for number in range(rounds) for fault in one_question(forks, chance, number)]
    opened = sum(event.kind == "gate_opened" for event in scene.events())
    print(json.dumps({"wrong": wrong, "killed": forks.killed, "opened": opened, "steps": len(scene.events())}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
