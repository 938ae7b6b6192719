"""Killed at any touch of the world and started again: the same gates in the same order, nothing twice (J-3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.delivery import SETTLE_MS
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import GateState
from tests.core.builders import asking, fact
from tests.runtime.crashing import Fuse, Killed, MortalJournal, MortalProcesses, MortalTasks
from tests.runtime.stage import BATCH, LIST, MINUTE, Process, Stage

UNDO_MS = Limits().undo_ms
LAUNCHED = "attempt_ended, attempt_started, track_reported"
ARGV = ("claude", "-p", "go on")

Act = Callable[[Stage, Process], None]
"""Something that happens; whoever it happens to may be killed in it, and it then happens again to the next."""


def writes(*facts: Any) -> Act:
    def act(stage: Stage, process: Process) -> None:
        stage.write(*facts)

    return act


def passes(milliseconds: int) -> Act:
    def act(stage: Stage, process: Process) -> None:
        stage.clock.advance(milliseconds)

    return act


def looks(stage: Stage, process: Process) -> None:
    process.step()


def answers(option: str, task_id: str = "1", stage_number: int = 3) -> Act:
    """The person answers what is asked on the screen; what is not asked any more was answered before."""

    def act(stage: Stage, process: Process) -> None:
        process.step()
        gate = process.gate(task_id, stage_number)
        if gate.state is GateState.OPEN:
            outcome = process.decide(gate, option)
            assert outcome.text == "decided", outcome

    return act


def answers_silence(option: str) -> Act:
    def act(stage: Stage, process: Process) -> None:
        process.step()
        gate = process.batch.gates["silent-alpha"]
        if gate.state is GateState.OPEN:
            assert process.decide(gate, option).text == "decided"

    return act


def started_by_hand(stage: Stage, process: Process) -> None:
    """An agent tells by which command it was started; it repeats the request until it is taken."""
    process.step()
    if not process.track("alpha").attempts:
        payload = {"track": "alpha", "argv": list(ARGV), "cwd": "/worktrees/alpha", "process": [7, "1", "boot-1"]}
        if not any(request.kind == "attempt" for request in process.journal.requests(BATCH)):
            process.journal.insert_request(BATCH, "attempt", payload, stage.clock.now(), "agent:alpha")


UNKNOWABLE = ("after delivery_claimed", "before a launch", "after a launch", f"before {LAUNCHED}")

QUESTION = asking("Ship it?", "ship", "reject", track="alpha")
CHANGED = asking("Ship it tonight?", "ship", "reject", track="alpha")
GOES_ON = fact("1", stage=4, stageStatus="in_progress", track="alpha")
OTHER = asking("Which way?", "left", "right", task_id="2", track="beta")

ANSWERED: tuple[Act, ...] = (
    writes(QUESTION, OTHER),
    looks,
    writes(CHANGED),
    looks,
    passes(SETTLE_MS),
    answers("ship"),
    looks,
    answers("left", "2"),
    looks,
    passes(1_000),
    writes(GOES_ON, fact("2", stage=3, stageStatus="in_progress", track="beta")),
    looks,
    passes(6 * MINUTE),
    writes(asking("And now?", "yes", "no", track="alpha", stage=5)),
    looks,
    passes(5 * MINUTE),
    looks,
)
SILENT: tuple[Act, ...] = (
    writes(fact("1", stage=2, stageStatus="in_progress", track="alpha")),
    looks,
    started_by_hand,
    looks,
    passes(10 * MINUTE),
    looks,
    passes(2 * MINUTE),
    looks,
    answers_silence("redispatch"),
    looks,
    passes(MINUTE),
    looks,
)
GIVEN_UP = (*SILENT[:-4], answers_silence("abandon"), passes(UNDO_MS), looks, looks)
ASKED_AGAIN = (*SILENT[:-4], answers_silence("wait"), looks, passes(MINUTE), looks)


@dataclass(frozen=True)
class Ending:
    """What must be the same, however often a process died on the way."""

    gates: tuple[tuple[str, int, str, bool], ...]
    tracks: tuple[tuple[str, str, int, str], ...]
    answers: tuple[tuple[str, str], ...]
    launched: int
    messages: int


def play(directory: Path, script: tuple[Act, ...], fatal: int) -> tuple[Stage, Fuse]:
    """The script with a first process that is killed at touch number ``fatal``."""
    stage, fuse = Stage(directory), Fuse(fatal)
    process = mortal(stage, fuse)
    for act in script:
        try:
            act(stage, process)
        except Killed:
            process.die()
            process = stage.start()
            act(stage, process)
    return stage, fuse


def mortal(stage: Stage, fuse: Fuse) -> Process:
    process = stage.start("mortal", MortalJournal(stage.directory, fuse))
    process.world = replace(
        process.world,
        files=MortalTasks(stage.disk, fuse),
        processes=MortalProcesses(stage.machine, "mortal", fuse),
    )
    process.rebuild()
    return process


def ending(stage: Stage) -> Ending:
    batch = stage.replayed()
    written = Counter(stage.disk.written)
    assert set(written.values()) <= {1}, f"an answer was written twice: {written}"
    decided = {gate.id: gate.decision for gate in batch.gates.values()}
    assert all(decided[gate] is not None for gate, _ in written), "an answer was written that nobody recorded"
    return Ending(
        gates=tuple((gate.id, gate.revision, gate.state.value, gate.undelivered) for gate in batch.gates.values()),
        tracks=tuple(
            (track.slug, track.state.value, track.stage, track.liveness.value) for track in batch.tracks.values()
        ),
        answers=tuple((gate, "") for gate, _ in stage.disk.written),
        launched=len(stage.machine.launched),
        messages=sum(len(fact.metadata.get("messages", ())) for fact in stage.disk.lists[LIST].values()),
    )


@pytest.mark.parametrize(
    "script", [ANSWERED, SILENT, GIVEN_UP, ASKED_AGAIN], ids=["answered", "silent", "given up", "asked again"]
)
def test_killed_anywhere_it_goes_on_as_if_nothing_had_been(tmp_path: Path, script: tuple[Act, ...]) -> None:
    undisturbed, fuse = play(tmp_path / "0", script, fatal=0)
    wanted = ending(undisturbed)
    undisturbed.clear()
    assert fuse.touches > 30
    for fatal in range(1, fuse.touches + 1):
        stage, burnt = play(tmp_path / str(fatal), script, fatal)
        found = ending(stage)
        stage.clear()
        if script is SILENT and burnt.last in UNKNOWABLE:
            # Whether the agent was started cannot be known: a person is asked, and nothing is started twice.
            assert found.gates == (("silent-alpha", 1, "decided", True),), f"killed {burnt.last}"
            assert found.launched == (burnt.last not in ("after delivery_claimed", "before a launch"))
            continue
        assert found == wanted, f"killed {burnt.last} (touch {fatal})"
