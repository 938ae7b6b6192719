"""The MCP server of an agent of a run: reports, findings and questions land in the run's batch, on its track."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.journal.sqlite import open_journal
from tests.mcp_server.scene import Scene, asker, data, words


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A session of a run that is there."""
    made = in_a_run(tmp_path)
    journal = open_journal(made.repository, made.environ)
    opened = Draft("batch_opened", {"title": "t", "kind": "run"})
    journal.open_batch(made.batch, opened, made.clock.now(), "host")
    journal.close()
    for slug in ("alpha", "beta"):
        made.add_track(slug, f"plan:{slug}", stage=1)
    yield made
    made.close()


def in_a_run(root: Path) -> Scene:
    tasks = root / "state" / "runs" / "two-fixes"
    tasks.mkdir(parents=True)
    batch = list_batch_id(os.path.realpath(tasks))
    made = Scene(
        root,
        ORCH_BATCH=batch,
        ORCH_TRACK="alpha",
        ORCH_TASKS=str(tasks),
        ORCH_REPOSITORY=str(root / "repository"),
        ORCH_ATTEMPT="a-alpha-2-1-1",
    )
    made.batch = batch
    return made


@pytest.mark.parametrize("agent", ["", "a1"])
async def test_what_it_says_is_said_of_its_track(scene: Scene, agent: str) -> None:
    async with scene.served() as served:
        await served.call("report_stage", {"stage": 1, "status": "completed"}, agent)
        told = await served.call("finding", {"severity": "blocker", "title": "leaks"}, agent)
        await served.call("note", {"text": "n", "track": "alpha"}, agent)
    assert words(told) == "Recorded: finding, track alpha."
    assert [(one.kind, one.payload["track"], one.origin) for one in scene.requests()] == [
        (kind, "alpha", "agent:alpha") for kind in ("report", "finding", "note")
    ]
    assert [head.id for head in scene.journal.batches()] == [scene.batch]


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("report_stage", {"stage": 1, "status": "completed"}),
        ("finding", {"severity": "nit", "title": "t"}),
        ("note", {"text": "n"}),
        ("request_decision", {"question": "Which?", "options": ["a", "b"], "wait_seconds": 0}),
    ],
)
async def test_it_speaks_for_nobody_else(scene: Scene, tool: str, given: dict[str, Any]) -> None:
    async with scene.served() as served:
        refused = await served.call(tool, {**given, "track": "beta"})
    assert refused.is_error
    assert "you are track alpha and cannot speak for" in words(refused)
    assert (scene.requests(), scene.gates()) == ((), [])


async def test_a_question_is_the_same_for_the_attempt_that_takes_over(scene: Scene) -> None:
    async with scene.served() as served:
        first = data(await served.ask(wait_seconds=0, request_id="cache"))["gate"]
    scene.environ["CLAUDE_CODE_SESSION_ID"] = "11111111-2222-3333-4444-555566667777"
    async with scene.served() as served:
        again = data(await served.ask(wait_seconds=0, request_id="cache"))["gate"]
    assert first == again
    gate = scene.gate(first)
    assert (gate.track, gate.revision, gate.question.stage, gate.routes) == ("alpha", 1, 1, ("mcp", "hook"))


async def test_another_program_is_reached_by_its_call_alone(scene: Scene) -> None:
    del scene.environ["CLAUDE_CODE_SESSION_ID"]
    async with scene.served() as served:
        gate = scene.gate(data(await served.ask(wait_seconds=0))["gate"])
    assert (gate.track, gate.routes) == ("alpha", ("mcp",))


async def test_a_run_that_is_not_there_is_not_opened(tmp_path: Path) -> None:
    made = in_a_run(tmp_path)
    open_journal(made.repository, made.environ).close()
    async with made.served() as served:
        told = await served.call("note", {"text": "n"})
    assert told.is_error
    assert list(made.journal.batches()) == []
    made.close()


async def test_a_sub_agent_asks_for_the_same_track(scene: Scene) -> None:
    async with scene.served() as served:
        gate = scene.gate(data(await served.ask("a1", wait_seconds=0))["gate"])
    assert (gate.track, gate.asker) == ("alpha", asker("a1"))
