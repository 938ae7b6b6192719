"""orch-mcp as a process of its own: how it starts and ends, and what every way of killing it leaves behind."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator_tui.core.model import GateState
from tests.journal.processes import until
from tests.mcp_server.client import Closed, Wire
from tests.mcp_server.scene import ASK, Scene

ROOT = Path(__file__).resolve().parents[2]
SERVER = (sys.executable, "-P", "-m", "orchestrator_tui.mcp_server")


class Servers:
    """Real servers of one session."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> tuple[subprocess.Popen[bytes], Wire]:
        process = subprocess.Popen(
            [*SERVER, *arguments],
            env={**os.environ, **self.scene.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._running.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        wire = Wire(process.stdout.fileno(), process.stdin.fileno())
        wire.greet()
        return process, wire

    def waiting(self) -> str:
        """The gate that a server waits for, once one does."""

        def look() -> list[str]:
            if not (self.scene.directory / "journal.db").exists():
                return []
            live = self.scene.journal.waiters.live
            return [gate.id for gate in self.scene.gates() if live(self.scene.batch, gate.id)]

        until(lambda: bool(look()))
        return look()[0]

    def close(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


@pytest.fixture
def servers(scene: Scene) -> Iterator[Servers]:
    made = Servers(scene)
    yield made
    made.close()


def test_a_server_that_is_killed_while_it_waits_is_replaced_by_the_next(servers: Servers, scene: Scene) -> None:
    process, wire = servers.start()
    wire.call("request_decision", {**ASK, "request_id": "cache"})
    gate = servers.waiting()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert scene.journal.waiters.live(scene.batch, gate) == ()
    _, wire = servers.start()
    request = wire.call("request_decision", {**ASK, "request_id": "cache"})
    assert servers.waiting() == gate
    decision = scene.decide(scene.gate(gate))
    result = wire.answer(request)
    assert decision in result["content"][0]["text"]
    until(lambda: scene.gate(gate).state is GateState.DELIVERED)
    assert scene.gate(gate).revision == 1


def test_a_client_that_cancels_gets_no_answer_and_the_server_goes_on(servers: Servers, scene: Scene) -> None:
    _, wire = servers.start()
    cancelled = wire.call("request_decision", dict(ASK))
    gate = servers.waiting()
    wire.tell("notifications/cancelled", {"requestId": cancelled, "reason": "Esc"})
    until(lambda: not scene.journal.waiters.live(scene.batch, gate))
    scene.decide(scene.gate(gate))
    fetched = wire.answer(wire.call("pending_decisions", {}))
    assert [one["gate"] for one in fetched["structuredContent"]["decided"]] == [gate]


@pytest.mark.parametrize("end", ["close", "interrupt", "terminate"])
def test_it_ends_with_its_client_and_leaves_nobody_waiting(servers: Servers, scene: Scene, end: str) -> None:
    process, wire = servers.start()
    request = wire.call("request_decision", dict(ASK))
    gate = servers.waiting()
    assert process.stdin is not None
    if end == "close":
        process.stdin.close()
    else:
        process.send_signal(signal.SIGINT if end == "interrupt" else signal.SIGTERM)
    assert process.wait(timeout=30) == (
        0 if end == "close" else -(signal.SIGINT if end == "interrupt" else signal.SIGTERM)
    )
    with pytest.raises((Closed, AssertionError)):
        wire.answer(request)
    assert scene.journal.waiters.live(scene.batch, gate) == ()
    assert scene.gate(gate).state is GateState.OPEN


def test_the_home_can_be_given_as_an_argument(servers: Servers, scene: Scene, tmp_path: Path) -> None:
    _, wire = servers.start("--home", str(tmp_path / "elsewhere"))
    wire.answer(wire.call("note", {"text": "n"}))
    assert (tmp_path / "elsewhere" / "repositories").is_dir()
    assert not scene.home.exists()


@pytest.mark.parametrize("arguments", [["--hoem", "x"], ["--home"], ["x"], ["--home", ""]])
def test_bad_usage_is_one_line(arguments: list[str]) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([*SERVER, *arguments], env=environ, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert "see orch-mcp --help" in ended.stderr


@pytest.mark.parametrize(
    "rounds", [pytest.param(6, id="quick"), pytest.param(300, id="many", marks=pytest.mark.nightly)]
)
def test_killed_anywhere_the_same_answer_arrives(tmp_path: Path, rounds: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.mcp_server.kills", str(tmp_path / "killed"), str(seed), str(rounds)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120 + rounds * 4,
    )
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["wrong"] == [], f"seed {seed}"
    assert seen["opened"] == rounds, f"seed {seed}: every question is one gate"
    assert seen["killed"] > 0, f"seed {seed}"
