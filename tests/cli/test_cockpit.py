"""The cockpit's composition: discovered and named lists, limits, refusals; and the real program in a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.claude_home import project_slug
from orchestrator_tui.cli.cockpit import compose
from orchestrator_tui.cli.journals import find_place
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.live import LiveSession
from orchestrator_tui.runtime.nudging import BackgroundNudges
from orchestrator_tui.runtime.ports import Session, Snapshot
from orchestrator_tui.runtime.world import World
from tests.cli.scene import PATIENCE_S, Scene, command, environment, eventually


@contextmanager
def running(session: Session) -> Iterator[list[Snapshot]]:
    pictures: list[Snapshot] = []
    session.start(pictures.append, lambda _: None)
    try:
        yield pictures
    finally:
        session.close()


def test_it_watches_what_is_found_and_what_is_named(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "claude"
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(config))
    projects = config / "projects" / project_slug(scene.repository)
    projects.mkdir(parents=True)
    (projects / "a-session.jsonl").write_text("{}\n")
    found = config / "tasks" / "a-session"
    found.mkdir(parents=True)
    (found / "1.json").write_text(json.dumps({"id": "1", "subject": "found", "status": "pending"}))
    scene.ask(1, "named", "Keep it?")
    session, _ = compose(scene.place, (str(scene.tasks),), Limits(gate_stale_ms=1234))
    wanted = {scene.batch_id, list_batch_id(str(found))}
    with running(session):
        eventually(lambda: set(session.snapshot().state.batches) == wanted, "both lists are watched")
        eventually(lambda: "by events" in session.snapshot().live.watching, "by events")
        batch = session.snapshot().state.batches[scene.batch_id]
        assert batch.limits.gate_stale_ms == 1234
        assert batch.holder.startswith("cockpit of ")
        late = config / "tasks" / "b-session"
        (projects / "b-session.jsonl").write_text("{}\n")
        late.mkdir()
        (late / "1.json").write_text(json.dumps({"id": "1", "subject": "late", "status": "pending"}))
        wanted.add(list_batch_id(str(late)))
        eventually(lambda: set(session.snapshot().state.batches) == wanted, "a list that comes later is watched")


def test_no_decision_waits_for_a_pane(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    worlds: list[World] = []

    class Watched(LiveSession):
        def __init__(self, journal: SqliteJournal, world: World, *more: Any) -> None:
            super().__init__(journal, world, *more)
            worlds.append(world)

    monkeypatch.setattr("orchestrator_tui.runtime.live.LiveSession", Watched)
    compose(scene.place, (), Limits())[0].close()
    assert [type(world.nudges) for world in worlds] == [BackgroundNudges]


def test_an_empty_repository_teaches(scene: Scene) -> None:
    session, _ = compose(scene.place, (), Limits())
    with running(session):
        text = "\n".join(session.snapshot().live.empty)
    assert "No Claude Code session has worked in" in text
    assert "orch-tui demo" in text


def test_a_task_that_vanishes_is_seen_without_waiting_for_the_next_look(scene: Scene) -> None:
    path = scene.ask(1, "fix-auth", "Keep it?")
    scene.ask(2, "other", "Keep it?")
    session, _ = compose(scene.place, (str(scene.tasks),), Limits())
    with running(session):
        eventually(lambda: bool(session.snapshot().state.batches), "watched")
        eventually(lambda: "by events" in session.snapshot().live.watching, "by events")
        path.unlink()

        def withdrawn() -> bool:
            gate = session.snapshot().state.batches[scene.batch_id].gates["task-1-stage-3"]
            return gate.state is GateState.WITHDRAWN

        eventually(withdrawn, "its question is withdrawn")


@pytest.mark.parametrize(
    ("arguments", "env", "told"),
    [
        ((), {}, "the cockpit needs a terminal; without one use `orch-tui gates`, `status` and `decide`"),
        (("nowhere/at/all",), {}, "there is no directory nowhere/at/all"),
        ((".", "--tasks", "../tasks-of-agent"), {}, 'did you mean "tasks-of-agents"?'),
        ((".", "--stale-after", "0"), {}, "argument --stale-after: '0' is not a number of seconds from 1 to 86400"),
        ((".", "--stale-after", "soon"), {}, "'soon' is not a number of seconds"),
        ((), {"ORCH_STALE_AFTER": "soon"}, "ORCH_STALE_AFTER: 'soon' is not a number of seconds"),
        ((), {"ORCH_STALE_AFTER": "nan"}, "ORCH_STALE_AFTER: 'nan' is not a number of seconds"),
    ],
)
def test_what_cannot_be_opened_is_one_line(
    scene: Scene, arguments: tuple[str, ...], env: dict[str, str], told: str
) -> None:
    ended = scene.run(*arguments, env=env)
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (2, "", 1)
    assert told in ended.err
    assert not scene.place.home.exists()


class Terminal:
    """The real program on a terminal of its own."""

    def __init__(self, scene: Scene, *arguments: str, **env: str) -> None:
        ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.process = subprocess.Popen(
            command(*arguments),
            cwd=scene.repository,
            env=environment(env),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._ours, self.shown = ours, b""

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def shows(self, text: str) -> bool:
        self._read(0.05)
        return text.encode() in self.shown

    def end(self) -> int:
        """Read until the program ends; its exit code."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it does not end"
            self._read(0.05)
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._ours)

    def _read(self, seconds: float) -> None:
        try:
            while select.select([self._ours], [], [], seconds)[0]:
                data = os.read(self._ours, 65536)
                if not data:
                    return
                self.shown += data
        except OSError:
            # The other end is gone.
            return


def test_the_real_program_shows_a_question_and_leaves_on_q(scene: Scene) -> None:
    scene.ask(1, "pay-webhook", "Keep the lock?", ["yes", "no"], age_s=2)
    terminal = Terminal(scene, ".", "--tasks", str(scene.tasks), ORCH_STALE_AFTER="1")
    try:
        eventually(lambda: terminal.shows("Keep the lock?"), "the question is on screen")
        eventually(lambda: "gate_stale" in scene.kinds(), "the limit of the environment holds")
        assert find_place(str(scene.repository)).directory.is_dir()
        terminal.press(b"q")
        eventually(lambda: terminal.shows("Leave?"), "it asks, because a question waits")
        terminal.press(b"q")
        assert terminal.end() == 0
    finally:
        terminal.close()
    assert "lease_released" in scene.kinds()
