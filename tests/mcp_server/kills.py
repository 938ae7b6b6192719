"""Servers that are forked and killed with SIGKILL at random moments: no interpreter start between the kills.

Run as ``python -m tests.mcp_server.kills DIRECTORY SEED ROUNDS``; prints what it saw as one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import anyio

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.mcp_server.server import serve
from tests.agent.kills import wrong_steps
from tests.mcp_server.client import Closed, Wire
from tests.mcp_server.scene import Scene

LONGEST_S = (0.004, 0.02, 0.06)
"""How long a server or a person may take: most of what can go wrong lies close behind the decision."""

TRIES = 50


class Forks:
    """Servers as forked children of this process."""

    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self.scene, self._chance = scene, chance
        self.killed = 0

    def ask(self, arguments: dict[str, Any], *, kill: bool, decide: str = "") -> dict[str, Any] | None:
        """What a new server answers, None when it was killed before; ``decide`` answers the gate meanwhile."""
        stdin, stdout = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            self._serve(stdin, stdout)
        os.close(stdin[0])
        os.close(stdout[1])
        wire = Wire(stdout[0], stdin[1])
        try:
            wire.greet()
            request = wire.call("request_decision", arguments)
            if decide:
                time.sleep(self._chance.random() * self._chance.choice(LONGEST_S))
                self._decide(decide)
            if kill:
                time.sleep(self._chance.random() * self._chance.choice(LONGEST_S))
                os.kill(child, signal.SIGKILL)
            return wire.answer(request)
        except Closed:
            return None
        finally:
            os.close(stdin[1])
            os.close(stdout[0])
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            self.killed += code == -signal.SIGKILL

    def _serve(self, stdin: tuple[int, int], stdout: tuple[int, int]) -> None:
        os.dup2(stdin[0], 0)
        os.dup2(stdout[1], 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        for descriptor in (*stdin, *stdout):
            os.close(descriptor)
        sys.stdin = os.fdopen(0, "r", closefd=False)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        anyio.run(serve, self.scene.desk())
        os._exit(0)

    def _decide(self, option: str) -> None:
        gate = self.gate()
        if gate is not None and gate.state is GateState.OPEN:
            self.scene.decide(gate, option)

    def gate(self) -> Gate | None:
        """The one gate that is not at its end."""
        if not (self.scene.directory / "journal.db").exists():
            return None
        return next(iter(self.scene.gates()), None)


def one_question(forks: Forks, chance: random.Random, number: int) -> list[str]:
    """Ask, decide and take the answer, with kills on the way; what went wrong, in words."""
    arguments = {"question": f"Question {number}?", "options": ["lru", "ttl"], "request_id": f"r{number}"}
    for _ in range(TRIES):
        asked = forks.ask({**arguments, "wait_seconds": 0}, kill=chance.random() < 0.5)
        gate = forks.gate()
        if asked is not None and gate is not None and gate.state is GateState.OPEN:
            break
    else:
        return [f"question {number}: never asked"]
    key, seen, kill = chance.choice(("lru", "ttl")), [], True
    while kill:
        kill = chance.random() < 0.7
        decided = forks.gate()
        answer = forks.ask(arguments, kill=kill, decide=key if decided and decided.state is GateState.OPEN else "")
        seen.append(None if answer is None else answer["structuredContent"])
    gate = forks.scene.gate(gate.id)
    assert gate.decision is not None
    got = {(one["option"], one["decision"]) for one in seen if one is not None}
    wrong = [] if got == {(key, gate.decision.id)} else [f"question {number}: got {got}, decided {key}"]
    if gate.revision != 1 or gate.state not in (GateState.DELIVERED, GateState.ACKNOWLEDGED):
        wrong.append(f"question {number}: ended {gate.state}, revision {gate.revision}")
    forks.ask({"question": "Another?", "wait_seconds": 0, "request_id": f"end{number}"}, kill=False)
    if forks.scene.gate(gate.id).state is not GateState.ACKNOWLEDGED:
        wrong.append(f"question {number}: the next call did not acknowledge it")
    forks.scene.change(forks.scene.gates()[0], "gate_withdrawn", why="for the next round")
    return [*wrong, *wrong_steps(gate, number)]


def main(directory: str, seed: int, rounds: int) -> int:
    """Play so many questions; print the faults, and how often a server was killed."""
    chance = random.Random(seed)
    scene = Scene(Path(directory), SystemClock())
    forks = Forks(scene, chance)
    wrong = [fault for number in range(rounds) for fault in one_question(forks, chance, number)]
    opened = sum(event.kind == "gate_opened" and event.payload["question"] != "Another?" for event in scene.events())
    print(json.dumps({"wrong": wrong, "killed": forks.killed, "opened": opened}))
    scene.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
