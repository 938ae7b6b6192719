"""Hooks of an agent of a run: what it asks lands in the run's batch, on its track, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.port import JournalMissing
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.ports import Clock
from tests.hook.call_scene import CallScene
from tests.hook.scene import QUESTION, SESSION, Scene

OWN_TASK = f"{SESSION[:8]}.1"


def run_of(directory: Path, repository: Path) -> tuple[str, dict[str, str]]:
    """A run's batch id, and the environment of an agent of it."""
    tasks = directory / "runs" / "two-fixes"
    tasks.mkdir(parents=True)
    batch = list_batch_id(os.path.realpath(tasks))
    environ = {"ORCH_BATCH": batch, "ORCH_TRACK": "alpha", "ORCH_TASKS": str(tasks), "ORCH_ATTEMPT": "a-alpha-1-1-1"}
    return batch, {**environ, "ORCH_REPOSITORY": str(repository)}


def open_run(journal: SqliteJournal, batch: str, clock: Clock) -> None:
    """The run's batch, with its track."""
    journal.open_batch(batch, Draft("batch_opened", {"title": "t", "kind": "run"}), clock.now(), "host")
    lease = journal.take_lease(batch, "host", clock.now())
    assert not isinstance(lease, str)
    track = {"track": "alpha", "title": "t", "kind": "feature", "source": "plan:alpha"}
    journal.append(lease, [Draft("track_added", track)], clock.now(), "host")
    lease.release(clock.now())


@pytest.fixture
def environ(scene: Scene) -> dict[str, str]:
    """The environment of an agent of a run; the scene looks at the run's batch."""
    scene.batch, made = run_of(scene.directory, scene.project)
    open_run(scene.journal, scene.batch, scene.clock)
    return made


def test_a_task_gate_lands_on_its_track_and_its_answer_comes_with_the_next_call(
    scene: Scene, environ: dict[str, str]
) -> None:
    scene.write(track="something-else")
    assert scene.answer(scene.updates(**QUESTION), **environ) is None
    gate = scene.gate(f"task-{OWN_TASK}-stage-3")
    assert (gate.track, gate.routes, gate.asker) == ("alpha", ("hook",), SESSION)
    assert [head.id for head in scene.journal.batches()] == [scene.batch], "no batch of the session's own list"
    assert scene.requests("stage_said") == [], "the engine moves stages"
    refused = scene.told(scene.would_update(stage=4), **environ)
    assert gate.id in refused
    decision = scene.decide("ship", gate.id)
    assert decision in scene.told(scene.call("PostToolUse"), **environ)
    assert scene.gate(gate.id).state is GateState.DELIVERED


def test_tasks_of_the_run_itself_are_other_tasks(scene: Scene, environ: dict[str, str]) -> None:
    (Path(environ["ORCH_TASKS"]) / "1.json").write_text('{"id": "1", "metadata": {"needsDecision": true}}')
    scene.write()
    assert scene.answer(scene.updates(stage=2), **environ) is None
    assert list(scene.journal.gates(scene.batch)) == []


def test_it_may_not_stop_without_the_answer_to_its_gate(scene: Scene, environ: dict[str, str]) -> None:
    scene.attend()
    scene.write()
    scene.answer(scene.updates(**QUESTION), **environ)
    decision = scene.decide("fix", f"task-{OWN_TASK}-stage-3")
    assert decision in scene.told(scene.call("Stop"), **environ)


def test_what_becomes_of_it_is_told_to_nobody(scene: Scene, environ: dict[str, str]) -> None:
    scene.attend()
    assert scene.answer(scene.call("SubagentStart.subagent", "a7"), **environ) is None
    assert scene.requests("agent_event") == []


def test_a_run_that_is_not_there_is_not_opened(scene: Scene) -> None:
    scene.batch, environ = run_of(scene.directory, scene.project)
    scene.write()
    with pytest.raises(JournalMissing):
        scene.answer(scene.updates(**QUESTION), **environ)
    assert list(scene.journal.batches()) == []


def test_without_all_of_its_identity_it_is_as_any_other(scene: Scene) -> None:
    _, environ = run_of(scene.directory, scene.project)
    scene.write()
    scene.answer(scene.updates(**QUESTION), **{**environ, "ORCH_ATTEMPT": ""})
    assert scene.gate().routes == ("hook", "task_file")


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[CallScene]:
    made = CallScene(tmp_path)
    yield made
    made.close()


def test_a_permission_lands_on_its_track_and_is_answered(calls: CallScene) -> None:
    calls.batch, environ = run_of(calls.directory, calls.project)
    open_run(calls.journal, calls.batch, calls.clock)
    hook = calls.hook("Write", {"file_path": "/a", "content": "x"}, environ=environ, agent_id="a7", agent_type="x")
    (gate,) = calls.asked()
    assert (gate.track, gate.asker) == ("alpha", f"{SESSION}/a7")
    calls.decide(gate, "allow")
    assert hook.ended() == {"behavior": "allow"}
