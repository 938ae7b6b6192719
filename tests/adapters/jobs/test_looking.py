"""Looking at many jobs, over and over: nothing is started, and what has ended is read once."""

from __future__ import annotations

import os
import subprocess

import pytest

from orchestrator_tui.adapters.jobs import seeing
from orchestrator_tui.adapters.jobs.record import read_facts
from tests.adapters.jobs.scene import Scene


def refuse(*arguments: object, **named: object) -> None:
    raise AssertionError("looking starts no process")


def test_what_has_ended_is_read_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.start("over", "true")
    scene.start("runs", "sleep", "600")
    scene.ended("over")
    read: list[str] = []

    def count(path: str) -> dict[str, str]:
        read.append(path)
        return read_facts(path)

    monkeypatch.setattr(seeing, "read_facts", count)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(os, "fork", refuse)
    for _ in range(50):
        assert scene.jobs.look("over").status == "ended"
        assert scene.jobs.look("runs").status == "running"
    assert read == []


def test_a_name_that_is_used_again_is_another_job(scene: Scene) -> None:
    scene.shell("attempt", "exit 1")
    assert scene.ended("attempt").exit_code == 1
    scene.jobs.forget("attempt")
    scene.shell("attempt", "exit 2")
    assert scene.ended("attempt").exit_code == 2


def test_a_torn_or_foreign_state_is_no_traceback(scene: Scene) -> None:
    scene.shell("attempt", "exit 0")
    scene.ended("attempt")
    place = scene.place("attempt")
    for name in ("result", "state"):
        (place / name).unlink()
        (place / name).write_bytes(b"\xff\xfe pid\ncode x\npid -\n")
    seen = scene.jobs.look("attempt")
    assert (seen.status, seen.exit_code, seen.reason) == ("ended", None, "")
