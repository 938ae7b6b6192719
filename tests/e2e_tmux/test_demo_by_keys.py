"""The demo in a real terminal: decided entirely by keys, at both sizes, with a kill -9 in the middle."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import pytest

from orchestrator_tui.cli.itself import ORCH_TUI
from orchestrator_tui.core.model import GateState
from orchestrator_tui.demo.ending import end_run
from orchestrator_tui.demo.eye import Eye
from orchestrator_tui.demo.keys import Person
from orchestrator_tui.demo.stage import set_stage
from orchestrator_tui.demo.summary import prove_run
from orchestrator_tui.demo.terminal import wait_for
from tests.e2e_tmux.terminal import TmuxTerminal, require_tmux

pytestmark = pytest.mark.e2e_tmux


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])
def test_the_demo_is_decided_by_keys_and_survives_kill_9(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[002-01] [002-08] [002-24] Every gate is answered by keys; killed and reopened, the same queue is there."""
    require_tmux()
    monkeypatch.setenv("ORCH_HOME", str(tmp_path / "state"))
    stage = set_stage(tmp_path)
    eye = Eye(stage)
    command = [*ORCH_TUI, "attach", stage.batch, "--repo", str(stage.repository), "--tasks", str(stage.tasks)]
    environ = {"ORCH_HOME": str(tmp_path / "state"), "TERM": "tmux-256color", "LANG": "C.UTF-8"}
    sockets = itertools.count()

    def open_terminal() -> TmuxTerminal:
        return TmuxTerminal(tmp_path / f"tmux-{next(sockets)}", command, size, environ)

    try:
        told = Person(eye, open_terminal, lambda line: print(line, file=sys.stderr)).play()
        assert eye.finished()
        assert len(told.frames) == 5
        print(*prove_run(stage, eye.run(), eye.starts()), sep="\n", file=sys.stderr)
        decided = [gate for gate in eye.revisions() if gate.decision is not None and gate.batch == stage.batch]
        assert len(decided) >= 10
        assert {gate.state for gate in decided} == {GateState.ACKNOWLEDGED}
    finally:
        end_run(stage, eye)
        eye.close()


def test_the_empty_cockpit_teaches_and_quits(tmp_path: Path) -> None:
    require_tmux()
    repository = tmp_path / "empty"
    repository.mkdir()
    environ = {"ORCH_HOME": str(tmp_path / "state"), "HOME": str(tmp_path), "TERM": "tmux-256color", "LANG": "C.UTF-8"}
    terminal = TmuxTerminal(tmp_path / "tmux", [*ORCH_TUI, str(repository)], (80, 24), environ)
    try:
        wait_for(lambda: "orch-tui demo" in terminal.screen(), "the words that teach", 20)
        terminal.press("q")
        wait_for(lambda: terminal.ended, "the end", 20)
    finally:
        terminal.close()
    assert not os.path.exists(repository / ".orch")
