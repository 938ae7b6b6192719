"""The MCP tools, called by the real Claude Code: sub-agents without task tools ask and report through them."""

from __future__ import annotations

import pytest

from tests.claude_e2e.beside import Beside
from tests.claude_e2e.scripts import agent, ours
from tests.claude_rig import call, say

pytestmark = pytest.mark.e2e_claude

OPTIONS = ["red", "blue"]


def test_a_background_sub_agent_asks_and_waits_for_the_decision(beside: Beside) -> None:
    rig = beside.rig
    child = [ours("request_decision", question="MCP, red or blue?", options=OPTIONS), say("child done")]
    session = rig.start(
        rig.script("mcpmain", [agent(rig.script("mcp", child), background=True), say("led"), say("over")])
    )
    gate = beside.wait_gate("MCP, red or blue?")

    answer = beside.answer(gate, 2)

    told = rig.requests.wait_for_step("mcp", 1)
    answer.report("MCP, background sub-agent", told)
    assert answer.told(told)
    assert "blue" in told.new_text
    assert session.finish() == 0
    assert "mcp" in gate.routes
    assert "/" in gate.asker, "the sub-agent asked it, not its session"
    beside.wait_acknowledged(gate)


def test_an_interactive_session_gets_pending_at_once(beside: Beside) -> None:
    """Its person can go on talking; the answer comes when it looks."""
    rig = beside.rig
    steps = [ours("request_decision", question="Pending, red or blue?", options=OPTIONS), say("ASKED")]
    terminal = rig.interactive()
    terminal.enter(rig.script("pending", steps))
    terminal.wait_for("ASKED")
    gate = beside.wait_gate("Pending, red or blue?")
    assert "pending" in rig.requests.wait_for_step("pending", 1).new_text

    answer = beside.answer(gate, 1)
    terminal.enter(rig.script("look", [ours("pending_decisions"), say("LOOKED")]))

    rig.requests.wait_for_step("look", 1)
    # By the look itself, by the hook of the prompt before it, or by a nudge before both: whichever is first.
    assert rig.requests.first_with(answer.decision.id)
    beside.wait_acknowledged(gate)


def test_the_same_request_asked_again_is_the_same_gate(beside: Beside) -> None:
    rig = beside.rig
    asked = ours("request_decision", question="Again, red or blue?", options=OPTIONS, request_id="one")
    session = rig.start(rig.script("same", [asked, asked, say("done")]))
    gate = beside.wait_gate("Again, red or blue?")

    answer = beside.answer(gate, 1)

    for step in (1, 2):
        assert answer.told(rig.requests.wait_for_step("same", step))
    assert session.finish() == 0
    assert beside.now(gate).revision == 1


def test_what_a_background_sub_agent_reports_is_seen(beside: Beside) -> None:
    rig = beside.rig
    reported = ours("report_stage", track="reported-track", stage=2, stage_name="Explore", status="in_progress")
    child = [reported, ours("finding", severity="concern", title="A CONCERN"), call("Bash", command="true"), say("end")]
    main = [agent(rig.script("reports", child), background=True), say("led"), say("over")]
    session = rig.start(rig.script("reportsmain", main))
    assert session.finish() == 0

    beside.wait_track("reported-track", stage=2)
    batches = beside.state().batches.values()
    found = [one for batch in batches for track in batch.tracks.values() for one in track.findings]
    assert [(one.severity, one.title) for one in found] == [("concern", "A CONCERN")]
