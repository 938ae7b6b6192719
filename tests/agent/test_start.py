"""What a call of orch-agent loads: the standard library alone, and only what its command needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.agent.scene import ASK, Scene

MODULES = "import sys\nfrom orchestrator_tui.agent.main import main\nmain()\nprint('\\0'.join(sys.modules))"
HEAVY = {"sqlite3", "argparse", "difflib", "subprocess", "ctypes", "asyncio", "random", "select"}
MODEL = "orchestrator_tui.core.model"


def loaded(scene: Scene, *arguments: str) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-P", "-c", MODULES, *arguments],
        env=scene.environment(),
        cwd=scene.repository,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(ended.stdout.rstrip("\n").rpartition("\n")[2].split("\0"))


def bare() -> set[str]:
    code = "import sys; print('\\0'.join(sys.modules))"
    ended = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(ended.stdout.strip().split("\0"))


@pytest.mark.parametrize(
    "arguments", [("report", "--stage", "4"), ("note", "x"), ASK, ("done",)], ids=lambda one: one[0]
)
def test_every_command_needs_the_standard_library_alone(scene: Scene, arguments: tuple[str, ...]) -> None:
    own = {name.partition(".")[0] for name in loaded(scene, *arguments) - bare()}
    assert own - set(sys.stdlib_module_names) == {"orchestrator_tui"}


@pytest.mark.parametrize("arguments", [("report", "--progress", "x"), ("done",), ("ask", "--help")])
def test_what_needs_no_journal_loads_none(scene: Scene, arguments: tuple[str, ...]) -> None:
    modules = loaded(scene, *arguments)
    assert modules & HEAVY == set()
    assert MODEL not in modules
    assert not any(name.startswith("orchestrator_tui.journal") for name in modules)


def test_a_stage_that_nobody_watches_opens_no_journal(scene: Scene) -> None:
    modules = loaded(scene, "report", "--stage", "4")
    assert modules & HEAVY == set()
    assert MODEL not in modules


def test_a_report_looks_into_the_journal_when_its_task_asks_something(scene: Scene) -> None:
    scene.run(*ASK)
    assert "sqlite3" in loaded(scene, "report", "--progress", "meanwhile")
