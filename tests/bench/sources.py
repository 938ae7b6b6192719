"""What it costs to watch real agents: twenty sessions with five sub-agents each, idle and at work, and a huge one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.discovery import Discovery
from orchestrator_tui.adapters.sessions.agents import ClaudeAgents
from tests.bench.crowd import Crowd, large_transcript
from tests.bench.figures import Figure, spread
from tests.bench.ground import FULL_FRAME, ROOT, Ground, ground
from tests.bench.starting import first_frames
from tests.bench.terminal import cpu_seconds, has_proc, memory_mb

SESSIONS, SUBAGENTS = 20, 5
WRITERS = 50
SETTLED_S = 4.0
STILL_S = 15.0
"""How long agents have said nothing that are called idle."""

ALL_AT_WORK = "60 working"
"""What the headline says when every agent is known: three of the five sub-agents of each session are at work."""

HUGE_MB = 100

_HUGE = """
import sys, time
from pathlib import Path
from orchestrator_tui.adapters.sessions.follower import Follower

def peak():
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)

# A new process shows its parent's peak until it is told to begin anew.
if Path("/proc/self/clear_refs").exists():
    Path("/proc/self/clear_refs").write_text("5")
before = peak()
follower = Follower(sys.argv[1], "session")
began = time.perf_counter()
follower.look()
looked = time.perf_counter()
while follower.count():
    pass
counted = time.perf_counter()
grown = peak() - before
print((looked - began) * 1000, counted - looked, grown / 1024, follower.totals.tokens)
"""


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this module."""
    yield from _ready(5 if quick else 15)
    yield from _looks()
    yield from _huge(HUGE_MB // 4 if quick else HUGE_MB)
    if has_proc():
        yield from _cockpit(5.0 if quick else 20.0)


def _agents(one: Ground) -> ClaudeAgents:
    clock = SystemClock()
    discovery = Discovery(one.environment, lambda: (one.repository,), (), clock)
    return ClaudeAgents(discovery, clock)


def _ready(rounds: int) -> Iterator[Figure]:
    """How soon the agents are on the screen: at a start where they were seen before, and at the very first one."""
    what = f"{SESSIONS} sessions, {SESSIONS * SUBAGENTS} sub-agents"
    with ground(0) as one, closing(_crowd(one)):
        with one.cockpit() as terminal:
            shown_ms = (terminal.wait_for(ALL_AT_WORK) - terminal.began) * 1000
            terminal.drain(SETTLED_S)
            terminal.press("q")
            terminal.wait_for_end()
        yield Figure("agents, all on the screen at the first start", shown_ms, "ms", what)
        one.keep()
        yield from first_frames(one, rounds, f"with {what}", 1.9)


def _looks() -> Iterator[Figure]:
    what = f"{SESSIONS} sessions, {SESSIONS * SUBAGENTS} sub-agents"
    with ground(0) as one, closing(_crowd(one)) as crowd:
        agents, times = _agents(one), []
        began, told = time.perf_counter(), 0
        while told < SESSIONS * (SUBAGENTS + 1):
            told += sum(len(sight.seen.facts) for sight in agents.scan(frozenset()))
        yield Figure("agents, all told for the first time", (time.perf_counter() - began) * 1000, "ms", what)
        for _ in range(50):
            began = time.perf_counter()
            agents.scan(frozenset())
            times.append((time.perf_counter() - began) * 1000)
        yield Figure("agents, a look that finds nothing", sorted(times)[25], "ms", spread(times))
        times.clear()
        for number in range(20):
            for path in crowd.transcripts[:WRITERS]:
                crowd.say(path, number)
            began = time.perf_counter()
            agents.scan(frozenset())
            times.append((time.perf_counter() - began) * 1000)
        yield Figure("agents, a look at 100 new lines", sorted(times)[10], "ms", spread(times))


def _huge(megabytes: int) -> Iterator[Figure]:
    with ground(0) as one:
        path = one.directory / "huge.jsonl"
        large_transcript(path, megabytes)
        ended = subprocess.run(
            [sys.executable, "-c", _HUGE, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
        )
    looked, counted, grown, _ = (float(one) for one in ended.stdout.split())
    yield Figure(f"transcript of {megabytes} MB, first look", looked, "ms", "its end: what the agent does")
    yield Figure(f"transcript of {megabytes} MB, counted", counted, "s", "its past, in pieces of 1 MB between looks")
    yield Figure(f"transcript of {megabytes} MB, memory", grown, "MB", "more than before it was read", bar=80)


def _cockpit(seconds: float) -> Iterator[Figure]:
    def nothing(number: int) -> None:
        """Every agent waits for its model."""

    with ground(0) as one, one.minimal() as terminal:
        terminal.wait_for("painted")
        terminal.drain(SETTLED_S)
        floor = _share(terminal.pid, seconds, nothing, terminal.drain)
    with ground(10) as one, one.cockpit() as terminal:
        terminal.wait_for(FULL_FRAME)
        terminal.drain(SETTLED_S)
        alone = _share(terminal.pid, seconds, nothing, terminal.drain)
        yield Figure("processor, no agents", alone, "%", "10 tracks of a task list", floor)
    with ground(0) as one, closing(_crowd(one)) as crowd, one.cockpit() as terminal:
        terminal.wait_for(FULL_FRAME)
        terminal.drain(STILL_S)

        def write(number: int) -> None:
            for path in crowd.transcripts[number % 10 : WRITERS : 10]:
                crowd.say(path, number)

        idle = _share(terminal.pid, seconds, nothing, terminal.drain)
        what = f"{SESSIONS} sessions, {SESSIONS * SUBAGENTS} sub-agents"
        yield Figure("processor, agents idle", idle, "%", what, floor, 1)
        busy = _share(terminal.pid, seconds, write, terminal.drain)
        yield Figure("processor, 50 agents at work", busy, "%", "each writes two lines a second")
        yield Figure("memory, agents", memory_mb(terminal.pid), "MB", what, bar=80)


def _crowd(one: Ground) -> Crowd:
    return Crowd(Path(one.environment["HOME"]) / ".claude", Path(os.path.realpath(one.repository)), SESSIONS, SUBAGENTS)


def _share(pid: int, seconds: float, change: Callable[[int], None], drain: Callable[[float], None]) -> float:
    """Per cent of one core while ``change`` happens ten times a second."""
    began, used, number = time.perf_counter(), cpu_seconds(pid), 0
    while (now := time.perf_counter()) - began < seconds:
        change(number)
        number += 1
        drain(max(0.0, began + number * 0.1 - now))
    return (cpu_seconds(pid) - used) / (time.perf_counter() - began) * 100
