"""The ``claude`` runner with the real program: started as it orders, followed, answered, interrupted, gone on with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.naming import call_gate_id
from orchestrator_tui.core.plan import Plan
from tests.claude_e2e.attempt import Run
from tests.claude_e2e.scripts import ask, bash, create, ours, question
from tests.claude_rig import ClaudeRig, Step, ToolCall, call, say

pytestmark = pytest.mark.e2e_claude


@pytest.fixture
def run(each_claude_rig: ClaudeRig) -> Iterator[Run]:
    """A run with one track, for each supported Claude Code."""
    with Run(each_claude_rig) as made:
        yield made


def test_calls_are_allowed_and_denied_by_control_messages(run: Run) -> None:
    rig = run.rig
    steps = [
        call("Write", file_path=str(run.worktree / "made.txt"), content="made"),
        bash("rm -rf build"),
        call("AskUserQuestion", questions=[question("Which way?", "left", "right")]),
        say("It is made.\n\n**APPROVED**"),
    ]
    attempt = run.start(rig.script("calls", steps))
    write = attempt.wait_ask("Write")
    assert write["cwd"] == str(run.worktree)
    attempt.answer(write, "allow")
    attempt.answer(attempt.wait_ask("Bash"), "deny", "nothing is removed here")
    attempt.answer(attempt.wait_ask("AskUserQuestion"), "left")

    end = attempt.finish()
    assert (end.claim, end.verdict, end.summary, end.turns) == ("done", "APPROVED", "It is made.", 4)
    assert end.cost_usd > 0
    assert end.tokens == 4 * (120 + 42)
    assert attempt.news.denials == ("Bash rm -rf build",)
    assert len(attempt.news.answered) == 3
    assert (run.worktree / "made.txt").read_text() == "made"
    assert rig.requests.first_with("nothing is removed here")
    assert rig.requests.first_with('"Which way?"="left"')
    assert list(run.journal.gates(run.batch)) == [], "nobody was there, so that no hook asked"


def test_what_it_is_told_in_its_turn_arrives_and_an_interrupted_turn_is_gone_on_with(run: Run) -> None:
    rig = run.rig
    steps = [bash("sleep 2; echo slept"), bash("sleep 5; sleep 5; sleep 5"), say("REQUIRES_REWORK")]
    attempt = run.start(rig.script("told", steps), plan=_allowing_all(run))
    attempt.wait(lambda news: "sleep 2" in news.activity, "its first call")
    attempt.write(run.runner.message("Decided: left. decision d-4711 on gate g r1."))
    news = attempt.wait(lambda news: "d-4711" in news.answered, "it goes on with what it was told")
    assert news.heard == 2
    assert not news.idle
    rig.requests.wait_for("d-4711", "told")

    attempt.wait(lambda news: "sleep 5" in news.activity, "its second call")
    attempt.write(run.runner.interrupt())
    attempt.wait(lambda news: news.idle, "the end of the interrupted turn")
    attempt.write(run.runner.message("go on"))
    attempt.wait(lambda news: news.heard == 3, "it hears that it is to go on")
    end = attempt.finish()
    assert (end.claim, end.verdict) == ("done", "REQUIRES_REWORK")


def test_a_killed_attempt_is_gone_on_with_in_the_same_conversation(run: Run) -> None:
    rig = run.rig
    steps = [bash("echo one"), bash("sleep 5; sleep 5; sleep 5"), say("two"), say("three")]
    first = run.start(rig.script("killed", steps), plan=_allowing_all(run))
    news = first.wait(lambda news: "sleep 5" in news.activity, "its second call")
    first.kill()
    assert first.ended().claim == "failed"

    again = run.start("go on", id="a-alpha-1-1-2", resume=news.session, plan=_allowing_all(run))
    end = again.finish()
    assert (end.claim, end.session) == ("done", news.session)
    assert "--resume" in again.argv
    assert rig.requests.first_with("go on", "killed")
    assert 0 < end.turns <= 2, "only its own turns count"
    assert end.tokens == end.turns * (120 + 42)


def test_a_gate_of_its_hook_is_one_of_the_run(run: Run) -> None:
    rig = run.rig
    run.attend()
    steps = [create("s"), ask("Red or blue?", "red", "blue"), say("I wait"), say("I go on. APPROVED"), say("APPROVED")]
    attempt = run.start(rig.script("gate", steps))
    gate = run.wait_gate("Red or blue?")
    assert (gate.track, gate.routes, gate.question.stage) == ("alpha", ("hook",), 3)
    assert gate.asker == attempt.news.session
    decision = run.decide(gate, "blue", "because")
    rig.requests.wait_for(decision, "gate")
    assert attempt.finish().claim == "done"
    assert [head.id for head in run.journal.batches()] == [run.batch], "its own list is no batch"
    found = run.journal.gate(run.batch, gate.id)
    assert found is not None
    assert found.state in (GateState.DELIVERED, GateState.ACKNOWLEDGED)


def test_a_permission_is_one_gate_whoever_answers_it(claude_rig: ClaudeRig) -> None:
    """2.1.328 alone runs the hook beside the control message; the hook's answer takes that back."""
    with Run(claude_rig) as run:
        run.attend()
        path = run.worktree / "made.txt"
        script = claude_rig.script("permission", [call("Write", file_path=str(path), content="x"), say("APPROVED")])
        attempt = run.start(script)
        gate = run.wait_gate("Allow Write")
        waiting = attempt.wait_ask("Write")
        named = (waiting["session_id"], waiting.get("agent_id", ""), "Write", waiting["tool_input"], waiting["cwd"])
        assert call_gate_id(*named) == gate.id
        assert gate.track == "alpha"
        run.decide(gate, "allow")
        attempt.wait(lambda news: not news.asks, "the call waits no more")
        assert attempt.finish().claim == "done"
        assert path.read_text() == "x"


def test_what_it_reports_over_mcp_lands_on_its_track(run: Run) -> None:
    rig = run.rig
    findings = ToolCall("mcp__orch-tui__finding", {"severity": "blocker", "title": "it leaks"})
    sub = rig.script("part", [Step(calls=(findings,)), say("found")])
    steps = [
        _once_there(ours("report_stage", stage=1, status="in_progress", progress="reads")),
        call("Agent", description="reviews", prompt=sub, subagent_type="general-purpose", run_in_background=True),
        say("wait for it"),
        say("APPROVED"),
    ]
    attempt = run.start(rig.script("mcp", steps))
    end = attempt.finish()
    assert (end.claim, end.verdict) == ("done", "APPROVED"), "it was not ended while its sub-agent worked"
    told = [(kind, payload["track"], payload.get("title", payload.get("progress"))) for kind, payload in run.requests()]
    assert told == [("report", "alpha", "reads"), ("finding", "alpha", "it leaks")]
    assert not attempt.news.denials


def test_its_bounds_end_it(run: Run) -> None:
    turns = run.start(run.rig.script("turns", [bash("true")] * 4), plan=_allowing_all(run), turns=2)
    end = turns.finish()
    assert (end.claim, end.summary) == ("failed", "Reached maximum number of turns (2)")
    dear = Step(calls=(ToolCall("Bash", {"command": "true", "description": "x"}),), usage={"input_tokens": 100_000})
    costs = run.start(run.rig.script("cost", [dear] * 4), plan=_allowing_all(run), cost_usd=0.3, id="a-alpha-1-1-2")
    end = costs.finish()
    assert (end.claim, end.summary) == ("failed", "Reached maximum budget ($0.3)")
    assert end.cost_usd > 0.3


def test_a_persons_own_files_stay_as_they_are(run: Run) -> None:
    rig = run.rig
    rig.settings = {"env": {"MINE": "1"}}
    rig.write_settings()
    attempt = run.start(rig.script("files", [_once_there(ours("note", text="n")), say("done")]))
    assert attempt.finish().claim == "done"
    settings = json.loads((rig.config / "settings.json").read_text())
    assert settings["env"] == {"MINE": "1"}
    assert not {"hooks", "permissions"} & settings.keys()
    state = json.loads((rig.home / ".claude.json").read_text())
    assert "orch-tui" not in json.dumps(state.get("mcpServers", {}))
    assert all("orch-tui" not in json.dumps(one.get("mcpServers", {})) for one in state.get("projects", {}).values())
    assert not (run.worktree / ".claude").exists()
    assert not (rig.project / ".claude").exists()
    assert [(kind, one["track"]) for kind, one in run.requests()] == [("note", "alpha")]


def test_the_same_attempt_is_never_two_conversations(run: Run) -> None:
    """A second process of the same attempt is refused by Claude Code itself, and says why."""
    first = run.start(run.rig.script("once", [say("APPROVED")]))
    assert first.finish().claim == "done"
    second = run.start("again")
    end = second.ended()
    assert end.claim == "failed"
    assert "already in use" in end.summary


def _once_there(step: Step) -> Step:
    """A call of our server, made again while a loaded machine has not started that yet."""
    return replace(step, until=lambda conversation: "No such tool" not in conversation.new_text)


def _allowing_all(run: Run) -> Plan:
    return replace(run.plan, agent=replace(run.plan.agent, permission_mode="bypassPermissions"))
