"""What our hooks cost Claude Code: the mail check of every tool call, calls that pass through, and working ones."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.hook.installed import BY_MAIL, entries
from tests.bench.figures import Figure, spread
from tests.hook.scene import GATE, ROOT, Scene
from tests.journal.processes import until

FLOOR = "import json, sqlite3"
AGENTS, CALLS_PER_S = 50, 0.5
"""How busy fifty agents are: each calls a tool every two seconds."""


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this module."""
    rounds = 20 if quick else 100
    with TemporaryDirectory(prefix="orch-bench-") as directory:
        scene = Scene(Path(directory), SystemClock())
        try:
            yield from _mail_checks(scene, rounds)
            yield from _pass_throughs(scene, rounds)
            yield from _at_work(scene, max(5, rounds // 5))
        finally:
            scene.close()


def _mail_checks(scene: Scene, rounds: int) -> Iterator[Figure]:
    check = next(one.command for one in entries(Path(sys.executable), scene.home) if one.starts == BY_MAIL)
    bare, times = _shells("exit 0", scene.environ, rounds), _shells(check, scene.environ, rounds)
    yield Figure("hook, no mail (sh)", min(times[0]), "ms", spread(times[0]), min(bare[0]), 2)
    share = AGENTS * CALLS_PER_S / 10
    every = AGENTS * times[1] / 10
    detail = f"{times[1]:.2f} ms each, beside the shell itself; below 1 % with a call every {every:.1f} s"
    yield Figure(f"{AGENTS} agents' mail checks", share * times[1], "% of a core", detail, share * bare[1], 1)


def _shells(command: str, environ: Mapping[str, str], rounds: int) -> tuple[list[float], float]:
    """Milliseconds of so many shells that run this, and the processor time that each took."""
    times = []
    before = _children_s()
    for _ in range(rounds):
        began = time.perf_counter()
        os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", command], environ), 0)
        times.append(1000 * (time.perf_counter() - began))
    return times, 1000 * (_children_s() - before) / rounds


def _pass_throughs(scene: Scene, rounds: int) -> Iterator[Figure]:
    floors = [_timed([sys.executable, "-I", "-c", FLOOR], {}, scene.environ) for _ in range(rounds)]
    calls = {
        "not watched": (scene.call("Stop"), {"CLAUDE_PROJECT_DIR": str(scene.home)}),
        "nobody there": (scene.call("Stop"), {}),
        "nothing reported": (scene.call("PreToolUse.TaskUpdate", tool_input={"taskId": "1", "owner": "a"}), {}),
    }
    for name, (call, more) in calls.items():
        times = [_timed(_hook(scene, call), call, {**scene.environ, **more}) for _ in range(rounds)]
        yield Figure(
            f"orch-hook passes through, {name}", min(times), "ms", spread(times), min(floors), 2, bar_is_ratio=True
        )


def _at_work(scene: Scene, rounds: int) -> Iterator[Figure]:
    scene.attend()
    asked, brought, woken = [], [], []
    for number in range(1, rounds + 1):
        task, gate = str(number), f"task-{number}-stage-3"
        scene.write(task)
        call = scene.updates(task, stage=3, needsDecision=True, decisionContext="?", decisionOptions=["ship", "fix"])
        asked.append(_timed(_hook(scene, call), call, scene.environ))
        scene.decide(gate_id=gate)
        brought.append(_timed(_hook(scene, scene.call("PostToolUse")), scene.call("PostToolUse"), scene.environ))
        woken.append(_woken(scene, f"held-{number}"))
    yield Figure("orch-hook opens a task's gate", min(asked), "ms", spread(asked))
    yield Figure("orch-hook brings a decision by mail", min(brought), "ms", spread(brought))
    yield Figure("decided → printed by the held hook", min(woken), "ms", spread(woken), bar=60)


def _woken(scene: Scene, task: str) -> float:
    """Milliseconds from a decision until the hook that waits for it has printed it."""
    scene.asks(task)
    gate = f"task-{task}-stage-{GATE[-1]}"
    process = scene.process(scene.call("Stop"))
    until(lambda: any(one.what == "hook" for one in scene.journal.waiters.live(scene.batch, gate)))
    began = time.perf_counter()
    scene.decide(gate_id=gate)
    assert process.stdout is not None
    process.stdout.read(1)
    took = 1000 * (time.perf_counter() - began)
    process.communicate()
    return took


def _hook(scene: Scene, call: Mapping[str, Any]) -> list[str]:
    # Isolated as it is installed, and with this checkout's program.
    start = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from orchestrator_tui.hook.main import main; sys.exit(main())"
    )
    return [sys.executable, "-I", "-c", start, "--home", str(scene.home), str(call["hook_event_name"])]


def _timed(argv: list[str], call: Mapping[str, Any], environ: Mapping[str, str]) -> float:
    stdin = json.dumps(call).encode()
    return _milliseconds(lambda: subprocess.run(argv, input=stdin, env=environ, capture_output=True, check=True))


def _milliseconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
