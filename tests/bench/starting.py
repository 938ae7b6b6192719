"""What is waited for at a start and at an end: first frames, short answers, quitting."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from tests.bench.figures import Figure, spread
from tests.bench.ground import FULL_FRAME, ORCH_AGENT, ORCH_TUI, Ground, fill, ground
from tests.bench.terminal import NotSeen, Terminal


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this module."""
    rounds = 5 if quick else 15
    with ground() as one:
        _started(one.cockpit, FULL_FRAME)
        one.keep()
        yield from first_frames(one, rounds, "with 10 tracks", 1.5)
    with ground(0) as one:
        fill(one, 10_000, 100)
        one.keep()
        yield from first_frames(one, rounds, "with 100 tracks and 10,000 events", 1.9)
    yield from _short_answers(rounds)


def first_frames(one: Ground, rounds: int, what: str, bar: float) -> Iterator[Figure]:
    """How long a start takes, as a ratio to the smallest program's; at the lower bar also an end."""
    _started(one.minimal, "painted")
    _started(one.cockpit, FULL_FRAME)
    floors, starts = [], []
    for _ in range(rounds):
        one.restore()
        floors.append(_started(one.minimal, "painted"))
        starts.append(_started(one.cockpit, FULL_FRAME))
    first, floor = [start for start, _ in starts], [start for start, _ in floors]
    yield Figure(f"first full frame {what}", min(first), "ms", spread(first), min(floor), bar, bar_is_ratio=True)
    if bar < 1.9:
        quits = [end for _, end in starts]
        yield Figure("quit", min(quits), "ms", spread(quits), min(end for _, end in floors), 300)


def _started(start: Callable[[], Terminal], painted: str) -> tuple[float, float]:
    """Milliseconds to the first frame, and from ``q`` to the end."""
    with start() as terminal:
        first = terminal.wait_for(painted) - terminal.began
        terminal.drain(0.15)
        pressed = time.perf_counter()
        terminal.press("q")
        try:
            ended = terminal.wait_for_end(1)
        except NotSeen:
            # Open gates make it ask once more.
            pressed = time.perf_counter()
            terminal.press("q")
            ended = terminal.wait_for_end()
        return first * 1000, (ended - pressed) * 1000


def _short_answers(rounds: int) -> Iterator[Figure]:
    floors = [_answered([sys.executable, "-c", "pass"]) for _ in range(rounds)]
    for name, argv in (
        ("orch-tui --version", [*ORCH_TUI, "--version"]),
        ("orch-tui --help", [*ORCH_TUI, "--help"]),
        ("orch-agent --help", [*ORCH_AGENT, "--help"]),
    ):
        _answered(argv)
        times = [_answered(argv) for _ in range(rounds)]
        yield Figure(name, min(times), "ms", spread(times), min(floors), 60)


def _answered(argv: Sequence[str]) -> float:
    with ground(0) as one:
        began = time.perf_counter()
        subprocess.run(argv, check=True, capture_output=True, env=one.environment)
        return (time.perf_counter() - began) * 1000
