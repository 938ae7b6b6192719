"""An agent may not decide in its own batch, however it goes about it; a person may."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.clock import SystemClock, boot_id
from orchestrator_tui.adapters.process import ProcessIdentity, identity
from orchestrator_tui.cli.authority import Authority
from orchestrator_tui.cli.guard import GuardedSession
from orchestrator_tui.core.commands import Decide, Tell
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, GateState, State, Track
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.runtime.ports import Clock, Outcome, Snapshot
from tests.cli.scene import PATIENCE_S, Scene, command, environment

NOW = Instant(0, 0, "boot")
PARENT = """
import json, subprocess, sys
commands = json.loads(sys.stdin.readline())
for one in commands:
    ended = subprocess.run(one, capture_output=True, text=True)
    print(json.dumps([ended.returncode, ended.stdout, ended.stderr]), flush=True)
"""


def batch(process: tuple[int, str, str] | None = None, source: str = "/lists/one") -> Batch:
    attempt = Attempt("a-1", 3, "implement", ("agent",), "/w", NOW, process)
    track = Track("one", "fix-auth", "Fix", "bug", attempts=(attempt,))
    return Batch("one", "one", "watch", "running", source=source, tracks={"fix-auth": track})


class Agent:
    """A process with a real child process for each command that it is told to run."""

    def __init__(self, scene: Scene) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT],
            cwd=scene.repository,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *commands: list[str]) -> list[Any]:
        out, _ = self.process.communicate(json.dumps(commands) + "\n", timeout=PATIENCE_S)
        return [json.loads(line) for line in out.splitlines()]


def test_a_child_of_an_agents_process_is_refused(scene: Scene) -> None:
    """[002-28]"""
    scene.ask(1, "fix-auth", "Keep it?", ["yes", "no"])
    scene.task(2, "other")
    agent = Agent(scene)
    own = identity(agent.process.pid)
    assert own is not None
    with scene.holder() as engine, scene.journal() as journal:
        request = {"track": "other", "argv": ["agent"], "cwd": "/", "process": list(own)}
        journal.insert_request(scene.batch_id, "attempt", request, SystemClock().now(), "shim")
        engine.step(look=False)
    shell = ["sh", "-c", 'exec "$@"', "sh"]
    decided, told, looked = agent.run(
        [*shell, *command("decide", "fix-auth", "yes")],
        command("tell", "fix-auth", "go on"),
        command("gates", "--json"),
    )
    for code, out, err in (decided, told):
        assert (code, out) == (3, "")
        assert err.startswith(f"orch-tui: a process of the agent 'other' (pid {own.pid}) of this batch may not decide")
        assert len(err.splitlines()) == 1
    assert looked[0] == 0, "looking is free"
    assert scene.gate().state is GateState.OPEN
    assert scene.run("decide", "fix-auth", "yes").code == 0, "a person may"


def test_the_environment_of_an_agent_is_refused_in_its_own_batch_only(scene: Scene, tmp_path: Path) -> None:
    """[002-28]"""
    scene.ask(1, "fix-auth", "Keep it?", ["yes", "no"])
    scene.watch()
    own = {"ORCH_TRACK": "fix-auth", "ORCH_TASKS": str(scene.tasks)}
    by_task = {"ORCH_TRACK": "another", "ORCH_TASK": str(scene.tasks / "7.json")}
    by_slug = {"ORCH_TRACK": "fix-auth"}
    for env in (own, by_task, by_slug):
        ended = scene.run("decide", "fix-auth", "yes", env=env)
        assert (ended.code, "(ORCH_TRACK) of this batch may not decide" in ended.err) == (3, True)
    elsewhere = {"ORCH_TRACK": "fix-auth", "ORCH_TASKS": str(tmp_path)}
    assert scene.run("decide", "fix-auth", "yes", env=elsewhere).code == 0


def test_a_session_of_claude_code_is_refused_in_the_batch_of_its_list(tmp_path: Path) -> None:
    session = "0cf5b0e8-1111-2222-3333-444455556666"
    config = tmp_path / "claude"
    (config / "sessions").mkdir(parents=True)
    (config / "tasks").mkdir()
    environ = {"CLAUDE_CONFIG_DIR": str(config)}
    above = [ProcessIdentity(4242, "777", boot_id())]
    entry = {"pid": 4242, "procStart": "777", "sessionId": session, "cwd": "/repo"}
    (config / "sessions" / "4242.json").write_text(json.dumps(entry))
    own = batch(source=str(config / "tasks" / session))
    of_its_team = batch(source=str(config / "tasks" / "session-0cf5b0e8"))
    authority = Authority(environ, above)
    assert "Claude Code session" in (authority.refusal(own) or "")
    assert authority.refusal(of_its_team) is not None
    assert authority.refusal(batch(source=str(config / "tasks" / "other"))) is None
    assert authority.refusal(batch(source=str(tmp_path / session))) is None
    reborn = Authority(environ, [ProcessIdentity(4242, "778", boot_id())])
    assert reborn.refusal(own) is None
    named = Authority({**environ, "CLAUDE_CODE_SESSION_ID": session}, [])
    assert named.refusal(own) is not None
    shared = {**environ, "CLAUDE_CODE_TASK_LIST_ID": "the list"}
    assert Authority(shared, above).refusal(batch(source=str(config / "tasks" / "the-list"))) is not None


@pytest.mark.parametrize(
    ("known", "seen", "refused"),
    [
        ((10, "5", "b"), (10, "5", "b"), True),
        ((10, "5", "b"), (10, "6", "b"), False),
        ((10, "5", "b"), (11, "5", "b"), False),
        ((10, "5", "b"), (10, "5", "c"), False),
        ((10, "", "b"), (10, "5", "b"), True),
    ],
)
def test_processes_are_known_by_identity(
    known: tuple[int, str, str], seen: tuple[int, str, str], refused: bool
) -> None:
    assert (Authority({}, [ProcessIdentity(*seen)]).refusal(batch(known)) is not None) is refused


def test_this_very_process_counts(tmp_path: Path) -> None:
    own = identity()
    assert own is not None
    assert Authority({}).refusal(batch((own.pid, own.start, own.boot))) is not None
    assert Authority(dict(os.environ)).refusal(batch()) is None


class Recording:
    """A session that remembers what reached it."""

    mode = "live"
    clock: Clock = SystemClock()

    def __init__(self, shown: Batch) -> None:
        self._picture = Snapshot(State({shown.id: shown}))
        self.reached: list[Any] = []
        self.closed = False

    def start(self, changed: Callable[[Snapshot], None], finished: Callable[[Outcome], None]) -> None:
        changed(self._picture)

    def snapshot(self) -> Snapshot:
        return self._picture

    def dispatch(self, command: Any) -> None:
        self.reached.append(command)

    def close(self) -> None:
        self.closed = True


def test_a_cockpit_inside_an_agent_looks_and_does_not_act() -> None:
    inner = Recording(batch((10, "5", "b")))
    agent = GuardedSession(inner, Authority({}, [ProcessIdentity(10, "5", "b")]))
    outcomes: list[Outcome] = []
    pictures: list[Snapshot] = []
    agent.start(pictures.append, outcomes.append)
    assert pictures == [agent.snapshot()]
    assert agent.snapshot().live.problem.startswith("read-only: a process of the agent 'fix-auth' (pid 10)")
    decide, tell = Decide("one", "g", 1, "d", ("yes",)), Tell("one", "fix-auth", "hi")
    agent.dispatch(decide)
    agent.dispatch(tell)
    assert [one.command for one in outcomes] == [decide, tell]
    assert all("may not decide" in one.refused for one in outcomes)
    assert inner.reached == []
    agent.close()
    assert inner.closed


def test_a_cockpit_of_a_person_acts() -> None:
    inner = Recording(batch((10, "5", "b")))
    person = GuardedSession(inner, Authority({}, [ProcessIdentity(11, "5", "b")]))
    command = Decide("one", "g", 1, "d", ("yes",))
    person.dispatch(command)
    assert inner.reached == [command]
    assert person.snapshot() is inner.snapshot()
    assert (person.mode, person.clock) == ("live", Recording.clock)
