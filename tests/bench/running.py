"""What a run costs beside what it runs: an attempt beside its bare agent, a track beside git's own commands."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.cli.beginning import begin, read_plan
from orchestrator_tui.cli.hosting import host
from orchestrator_tui.cli.journals import find_place, load_state
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.journal.sqlite import open_journal
from tests.bench.figures import Figure, spread

AGENT = ["sh", "-c", "exit 0"]

WORKFLOW = """\
workflow: bench
title: Bench
kind: feature
gates: []
ending: hard_stop
tests_first: false
stages:
"""


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this module."""
    rounds = 3 if quick else 10
    bare = _bare_agent(20 * rounds)
    attempts = [_attempts(8) for _ in range(rounds)]
    whole = [one for times, _ in attempts for one in times]
    floor = sorted(bare)[len(bare) // 2]
    middle = sorted(whole)[len(whole) // 2]
    yield Figure(
        "run, an attempt beyond its bare agent", middle - floor, "ms", f"of {middle:.1f}; {spread(whole)}", bar=25.0
    )
    turns = [one for _, times in attempts for one in times]
    yield Figure("run, from one attempt's end to the next one's begin", sorted(turns)[len(turns) // 2], "ms")
    tracks = 6
    git = min(_bare_git(tracks) for _ in range(rounds))
    ours = min(_tracks(tracks) for _ in range(rounds))
    detail = f"{ours:.0f} a track, git's own {git:.0f}"
    yield Figure("run, a track beyond git's worktree and merge", ours - git - middle, "ms", detail, bar=100.0)


def _bare_agent(count: int) -> list[float]:
    times = []
    for _ in range(count):
        began = time.perf_counter()
        subprocess.run(AGENT, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _attempts(stages: int) -> tuple[list[float], list[float]]:
    """The time of each attempt from its effect's begin to its end, and of all between two attempts, in ms."""
    works = "".join(f"  - {{name: S{number}, prompt: do, commits: false}}\n" for number in range(stages))
    events, _ = _run(WORKFLOW + works, ["a"])
    begun = {one.payload["effect"]: one.at.boot_ms for one in events if one.kind == "effect_begun"}
    ended = {one.payload["effect"]: one.at.boot_ms for one in events if one.kind == "effect_ended"}
    own = [name for name in begun if str(name).startswith("a-")]
    between = [float(begun[after] - ended[before]) for before, after in itertools.pairwise(own)]
    return [float(ended[name] - begun[name]) for name in own], between


def _tracks(count: int) -> float:
    """The time of a whole run of tracks one after the other, by track, in ms."""
    stage = "  - {name: Only, prompt: do, commits: false}\n"
    names = [f"t{number}" for number in range(count)]
    agent = ["sh", "-c", "echo more > $ORCH_TRACK.txt; git add -A; git commit -qm more"]
    _, took = _run(WORKFLOW + stage, names, agent=agent, limits={"agents": 1})
    return took / count


def _bare_git(count: int) -> float:
    """The same by hand: a worktree, the agent's commit, a merge, and the worktree removed; by track, in ms."""
    with tempfile.TemporaryDirectory() as place:
        repository = _repository(Path(place))
        _git(repository, "worktree", "add", "-q", "-b", "together", str(Path(place) / "together"))
        began = time.perf_counter()
        for number in range(count):
            tree, name = Path(place) / f"t{number}", f"t{number}"
            _git(repository, "worktree", "add", "-q", "-b", name, str(tree), "main")
            (tree / f"{name}.txt").write_text("more\n")
            _git(tree, "add", "-A")
            _git(tree, "commit", "-qm", "more")
            _git(Path(place) / "together", "merge", "-q", "--no-ff", "-m", name, name)
            _git(repository, "worktree", "remove", str(tree))
            _git(repository, "branch", "-q", "-D", name)
        return (time.perf_counter() - began) * 1000 / count


def _run(workflow: str, slugs: list[str], **more: Any) -> tuple[list[Event], float]:
    """Play a run to where it waits for a person; its events, and how long that took without its start, in ms."""
    import json

    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        os.environ["ORCH_HOME"] = str(root / "home")
        repository = _repository(root, {".orch/workflows/bench.yaml": workflow})
        agent = {"runner": "command", "command": more.pop("agent", AGENT)}
        tracks = [{"slug": one, "files": [f"{one}.txt"], "brief": "do", "title": one} for one in slugs]
        content = {"title": "Bench", "workflow": "bench", "agent": agent, "tracks": tracks, **more}
        (root / "plan.yaml").write_text(json.dumps(content))
        place = find_place(str(repository))
        journal = open_journal(repository, os.environ)
        batch = begin(place, journal, read_plan(place, root / "plan.yaml"), Limits())
        one = host(place, journal, load_state(journal, [batch]).batches[batch], Limits())
        assert one.take() == ""
        began = time.perf_counter()
        ended = one.run(lambda now: now.state in ("awaiting_user", "completed", "failed"))
        took = (time.perf_counter() - began) * 1000
        assert not [gate for gate in ended.gates.values() if gate.state.value == "open"], ended.gates
        one.close()
        events = list(journal.events(batch))
        journal.close()
        return events, took


def _repository(root: Path, files: Mapping[str, str] | None = None) -> Path:
    repository = root / "shop"
    for name, text in {"README.md": "shop\n", **(files or {})}.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text)
    _git(repository, "init", "-q", "-b", "main")
    for name, content in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("commit.gpgSign", "false")):
        _git(repository, "config", name, content)
    _git(repository, "add", "-A")
    _git(repository, "commit", "-qm", "first")
    return repository


def _git(tree: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(tree), *arguments], check=True, stdin=subprocess.DEVNULL, capture_output=True)


if __name__ == "__main__":
    for figure in measure("--quick" in sys.argv):
        print(figure.name, round(figure.value, 1), figure.unit, figure.detail)
