"""Holders killed at any touch of journal, mail, nudges and tasks: the answer and the messages arrive all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.memory import MemoryTasks
from orchestrator_tui.core.model import GateState
from orchestrator_tui.runtime.world import World
from tests.runtime.crashing import Fuse, Killed, MortalJournal, MortalMail, MortalNudges, MortalTasks
from tests.runtime.mail_scene import LIST, SESSION, Holder, Scene

SECOND, MINUTE = 1_000, 60_000

Act = Callable[[Scene, Holder], None]
"""Something that happens; a holder that is killed in it is followed by another, to which it happens again."""


def decides(scene: Scene, holder: Holder) -> None:
    if scene.gate().state is GateState.OPEN:
        scene.decide(journal=holder.journal)


def steps(scene: Scene, holder: Holder) -> None:
    holder.step()


def tells(scene: Scene, holder: Holder) -> None:
    if not scene.track().messages:
        holder.tell("use the cache")


def passes(milliseconds: int) -> Act:
    def act(scene: Scene, holder: Holder) -> None:
        scene.clock.advance(milliseconds)

    return act


def calls(asker: str) -> Act:
    def act(scene: Scene, holder: Holder) -> None:
        scene.tool_call(asker)

    return act


WORKING = f"{SESSION}/a-1"
FETCHED: tuple[Act, ...] = (decides, steps, passes(10 * SECOND), steps, calls(WORKING), steps, calls(WORKING), steps)
WRITTEN = (decides, steps, passes(MINUTE), steps, passes(SECOND), steps, calls(WORKING), steps, calls(WORKING), steps)
NUDGED = (decides, steps, steps, passes(MINUTE), steps, calls(SESSION), calls(SESSION), steps)
TOLD = (tells, steps, steps, passes(MINUTE), steps, steps)
TOLD_AT_ONCE = (tells, steps, steps)


@dataclass(frozen=True)
class Ending:
    """What must be the same, however often a process died on the way."""

    state: GateState
    printed: int
    written: tuple[str, ...]
    messages: tuple[tuple[str, ...], ...]
    in_task: tuple[str, ...]
    posted: bool


def play(directory: Path, script: tuple[Act, ...], idle: bool, fatal: int) -> tuple[Scene, Fuse]:
    """The script with a first holder that is killed at touch number ``fatal``."""
    scene, fuse = Scene(directory), Fuse()
    scene.nudges.refused = ""

    def mortal(world: World) -> World:
        tasks = MortalTasks(scene.disk, fuse)
        assert isinstance(tasks, MemoryTasks)
        nudges, mail = MortalNudges(world.nudges, fuse), MortalMail(world.mail, fuse)
        return replace(world, files=tasks, nudges=nudges, mail=mail)

    holder = Holder(scene, "mortal", mortal, MortalJournal(scene.journal_directory, fuse))
    seen: dict[str, Any] = {"agent": "", "mode": "interactive"} if idle else {}
    holder.sees("idle" if idle else "busy", **seen)
    scene.ask(asker=SESSION if idle else WORKING)
    fuse.set(fatal)
    for act in script:
        try:
            act(scene, holder)
        except Killed:
            holder.die()
            holder = scene.start()
            act(scene, holder)
    holder.die()
    return scene, fuse


def ending(scene: Scene) -> Ending:
    task = scene.disk.task(LIST, "task:1")
    assert task is not None
    messages = scene.track().messages
    return Ending(
        state=scene.gate().state,
        printed=len(scene.told.printed),
        written=tuple(gate for gate, _ in scene.disk.written),
        messages=tuple(message.routes for message in messages),
        in_task=tuple(one["id"] for one in task.metadata.get("messages", ())),
        posted=scene.has_mail(),
    )


@pytest.mark.parametrize(
    ("script", "idle"),
    [(FETCHED, False), (WRITTEN, False), (NUDGED, True), (TOLD, False), (TOLD_AT_ONCE, True)],
    ids=["fetched", "written", "nudged", "told", "told at once"],
)
def test_killed_anywhere_everything_arrives_as_if_nothing_had_been(
    tmp_path: Path, script: tuple[Act, ...], idle: bool
) -> None:
    undisturbed, fuse = play(tmp_path / "0", script, idle, fatal=0)
    wanted = ending(undisturbed)
    assert fuse.touches >= 5
    for fatal in range(1, fuse.touches + 1):
        scene, burnt = play(tmp_path / str(fatal), script, idle, fatal)
        assert ending(scene) == wanted, f"killed {burnt.last} (touch {fatal})"
        # Whether a nudge was given cannot be looked up: it is given again rather than never.
        assert len(scene.nudges.given) - len(undisturbed.nudges.given) in (0, 1)
        assert {step.step for step in scene.gate().steps} == {step.step for step in undisturbed.gate().steps}
        given = {*scene.told.printed, *(decision for _, decision in scene.disk.written)}
        assert given <= {decision for _, decision, _ in scene.gate().answers}
        scene.journal.close()
    undisturbed.journal.close()
