"""report_stage, note and finding: left for the holder, and refused past an undecided gate."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.model import GateState
from tests.mcp_server.scene import Scene, asker, data, own_source, words


def report(stage: int, status: str = "in_progress", **more: Any) -> dict[str, Any]:
    return {"stage": stage, "status": status, **more}


async def test_a_report_is_left_for_the_holder_with_who_reports(scene: Scene) -> None:
    given = report(3, stage_name="Counsel", progress="reads", workflow="prd-to-pr", pr="7", branch="b", skipped=[2])
    async with scene.served() as agents:
        told = await agents.call("report_stage", given, "a1")
    assert words(told).startswith("Recorded: stage 3 in progress, track agent-a1.")
    (left,) = scene.requests()
    who = {"track": "", "source": own_source("a1"), "asker": asker("a1")}
    assert (left.kind, left.payload) == ("report", {**given, **who})
    assert left.origin == "agent:agent-a1"


async def test_a_track_is_meant_by_the_whole_of_its_name(scene: Scene) -> None:
    slug = "-".join(["rebuild-the-cache-of-answers"] * 2)
    async with scene.served() as agents:
        await agents.call("report_stage", report(3, track=slug), "a1")
    assert [one.payload["track"] for one in scene.requests()] == [slug]


async def test_a_report_of_a_later_stage_waits_for_the_gate(scene: Scene) -> None:
    async with scene.served() as agents:
        asked = data(await agents.ask("a1", stage=3, wait_seconds=0))["gate"]
        same = await agents.call("report_stage", report(3, "gate_blocked"), "a1")
        refused = await agents.call("report_stage", report(4), "a1")
        other = await agents.call("report_stage", report(4), "a2")
        assert (same.is_error, refused.is_error, other.is_error) == (False, True, False)
        assert words(refused).startswith(f"Gate {asked} r1 of stage 3 is open")
        decision = scene.decide(scene.gate(asked))
        went_on = await agents.call("report_stage", report(4), "a1")
    assert not went_on.is_error
    assert decision in words(went_on), "the answer comes along"
    assert scene.gate(asked).state is GateState.DELIVERED
    assert [(one.payload["stage"], one.payload["asker"]) for one in scene.requests()] == [
        (3, asker("a1")),
        (4, asker("a2")),
        (4, asker("a1")),
    ]


async def test_an_answer_that_can_be_taken_back_still_bars_the_stage(scene: Scene) -> None:
    async with scene.served() as agents:
        asked = data(await agents.ask("a1", stage=3, wait_seconds=0))["gate"]
        scene.decide(scene.gate(asked), "reject", undo_ms=5_000)
        refused = await agents.call("report_stage", report(4), "a1")
        scene.manual.advance(5_000)
        assert not (await agents.call("report_stage", report(4), "a1")).is_error
    assert refused.is_error
    assert "can still be taken back" in words(refused)


async def test_the_gate_of_a_task_bars_the_agent_that_works_on_it(scene: Scene) -> None:
    """Whoever asked: the stage belongs to the track."""
    scene.make_journal()
    scene.add_track("auth", "task:2", stage=3, agent="a1")
    scene.add_track("its-agent", "agent:a1", part_of="auth")
    async with scene.served() as agents:
        await agents.ask(track="auth", stage=3, wait_seconds=0)
        assert (await agents.call("report_stage", report(4), "a1")).is_error
        assert (await agents.call("report_stage", report(4, track="auth"), "a9")).is_error
        assert not (await agents.call("report_stage", report(4), "a9")).is_error


async def test_the_last_stage_is_not_completed_with_a_question_open(scene: Scene) -> None:
    async with scene.served() as agents:
        await agents.ask("a1", stage=8, wait_seconds=0)
        going = await agents.call("report_stage", report(8, workflow="prd-to-pr"), "a1")
        over = await agents.call("report_stage", report(8, "completed", workflow="prd-to-pr"), "a1")
    assert (going.is_error, over.is_error) == (False, True)


@pytest.mark.parametrize(
    ("tool", "given", "complaint"),
    [
        ("report_stage", report(9, workflow="prd-to-pr"), "report_stage: prd-to-pr has 8 stages, no 9"),
        ("report_stage", report(0), "report_stage: stage must be from 1 to 64"),
        ("report_stage", {"stage": 2}, "report_stage: status is missing"),
        ("report_stage", report(2, "done"), "report_stage: status 'done' is unknown"),
        ("report_stage", report(2, stage_nam="x"), "no argument 'stage_nam'; did you mean stage_name?"),
        ("report_stage", report(2, skipped="1"), "report_stage: skipped is a list of whole numbers, not a text"),
        ("finding", {"title": "t"}, "finding: severity is missing: how bad it is; one of blocker, concern"),
        ("finding", {"title": "t", "severity": "blocking"}, "severity 'blocking' is unknown; did you mean blocker?"),
        ("note", {"text": "x" * 4_097}, "note: text has 4,097 characters, more than the 4,096 allowed"),
        ("note", {"text": 3}, "note: text is a text, not a number"),
        ("notes", {}, "there is no tool 'notes'; did you mean note?"),
        ("pending_decisions", {"track": "x"}, "there is no argument 'track'; it takes none"),
    ],
)
async def test_a_mistake_is_told_and_nothing_recorded(
    scene: Scene, tool: str, given: dict[str, Any], complaint: str
) -> None:
    async with scene.served() as agents:
        refused = await agents.call(tool, given)
    assert refused.is_error
    assert complaint in words(refused)
    assert not (scene.directory / "journal.db").exists() or scene.requests() == ()


async def test_notes_and_findings_are_left_in_the_name_of_their_track(scene: Scene) -> None:
    scene.make_journal()
    scene.add_track("auth", "task:2", agent="a1")
    scene.add_track("its-agent", "agent:a1", part_of="auth")
    async with scene.served() as agents:
        await agents.call("note", {"text": "flaky"}, "a1")
        found = {"severity": "blocker", "title": "token is logged", "file": "auth.py", "line": 88, "confidence": 0}
        await agents.call("finding", {**found, "track": "Auth"})
    note, finding = scene.requests()
    assert (note.kind, note.payload["track"], note.payload["text"], note.origin) == (
        "note",
        "auth",
        "flaky",
        "agent:auth",
    )
    assert {key: finding.payload[key] for key in (*found, "track")} == {**found, "track": "auth"}


async def test_any_report_brings_answers_along(scene: Scene) -> None:
    async with scene.served() as agents:
        asked = data(await agents.ask("a1", wait_seconds=0))["gate"]
        decision = scene.decide(scene.gate(asked))
        told = await agents.call("note", {"text": "n"}, "a1")
    assert decision in words(told)
    assert data(told)["decided"][0]["gate"] == asked
    assert scene.gate(asked).state is GateState.DELIVERED
