"""A home that is gone stops no agent: Claude Code goes on as if we were not installed (DESIGN §4.2)."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable

import pytest

from orchestrator_tui.hook.main import main
from tests.hook.scene import Scene
from tests.hook.test_pass_through import EVENTS


def lose_home(scene: Scene, environ: pytest.MonkeyPatch) -> None:
    environ.setenv("HOME", str(scene.home / "gone"))


def unset_home(scene: Scene, environ: pytest.MonkeyPatch) -> None:
    """And the machine does not know its user either, as in some containers."""
    environ.delenv("HOME")
    environ.setattr(os, "getuid", lambda: 4_000_000_000)


def make_home_a_file(scene: Scene, environ: pytest.MonkeyPatch) -> None:
    """Nothing below it can be read or made, whoever asks; permissions would not stop root."""
    (scene.home / "file").touch()
    environ.setenv("HOME", str(scene.home / "file"))


@pytest.mark.parametrize("named", ["", "gone", "there"])
@pytest.mark.parametrize("breaks", [lose_home, unset_home, make_home_a_file])
def test_a_missing_home_stops_nobody(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    breaks: Callable[[Scene, pytest.MonkeyPatch], None],
    named: str,
) -> None:
    """Whether our state is looked for below the person's home, or named by its option, and gone with it or not."""
    if named != "there":
        scene.attend()
    for name in ("ORCH_HOME", "XDG_STATE_HOME", "CLAUDE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", str(scene.project))
    breaks(scene, monkeypatch)
    home = {"": [], "gone": ["--home", str(scene.home / "gone")], "there": ["--home", str(scene.home)]}[named]
    before = sorted(scene.home.rglob("*"))
    permission = scene.call("PostToolUse", hook_event_name="PermissionRequest")
    for call in (permission, *(scene.call(name, agent) for name, agent in EVENTS.items())):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(call).encode())))
        assert main([*home, call["hook_event_name"]]) == 0
        said = capfd.readouterr()
        assert said.out == "", call["hook_event_name"]
        assert said.err.count("\n") <= 1, "at most the one line that it passes through"
    assert sorted(scene.home.rglob("*")) == before, "a hook never makes a home"
