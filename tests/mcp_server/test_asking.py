"""request_decision: asked, waited for, handed over, and known to have arrived."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.text import is_clean
from orchestrator_tui.hook.installed import entries
from orchestrator_tui.journal.presence import PresenceLock
from tests.hostile_text import ALL_PAYLOADS
from tests.mcp_server.scene import SESSION, Scene, asker, background, data, own_source, words


async def test_a_headless_session_waits_and_gets_the_answer(scene: Scene) -> None:
    async with scene.served() as agents, anyio.create_task_group() as group:
        results = await background(group, agents.ask(context="both work", recommendation="lru", confidence="low"))
        (gate,) = await scene.asked()
        assert gate.question.question == "Which cache?"
        assert [option.key for option in gate.question.options] == ["lru", "ttl", "reject"]
        assert (gate.question.recommendation, gate.question.confidence) == ("lru", "low")
        assert (gate.asker, gate.source, gate.routes) == (SESSION, own_source(), ("mcp",))
        assert gate.track == "session-0a1b2c3d"
        assert results == []
        decision = scene.decide(gate, "ttl", reason="less memory")
        gate = await scene.steps(gate, "claimed", "delivered")
    assert words(results[0]).startswith("Decided: ttl\nReason: less memory\nQuestion: Which cache?")
    assert decision in words(results[0])
    answered = {key: data(results[0])[key] for key in ("state", "gate", "revision", "decision", "option", "reason")}
    assert answered == {
        "state": "decided",
        "gate": gate.id,
        "revision": 1,
        "decision": decision,
        "option": "ttl",
        "reason": "less memory",
    }
    assert gate.steps[-1].evidence == "written as the result of its MCP call"


async def test_the_next_call_shows_that_the_answer_was_taken(scene: Scene) -> None:
    async with scene.served() as agents, anyio.create_task_group() as group:
        await background(group, agents.ask("a1"))
        (gate,) = await scene.asked()
        scene.decide(gate)
        await scene.steps(gate, "claimed", "delivered")
        scene.manual.advance(1)
        await agents.call("note", {"text": "of another agent"}, "a2")
        assert scene.gate(gate.id).state is GateState.DELIVERED
        await agents.call("note", {"text": "of the same"}, "a1")
        gate = scene.gate(gate.id)
    assert gate.state is GateState.ACKNOWLEDGED
    assert gate.steps[-1].evidence == "its next MCP call"


async def test_a_call_that_began_before_the_answer_was_written_shows_nothing(scene: Scene) -> None:
    async with scene.served() as agents, anyio.create_task_group() as group:
        await background(group, agents.ask("a1"))
        (gate,) = await scene.asked()
        scene.decide(gate)
        await scene.steps(gate, "claimed", "delivered")
        await agents.call("note", {"text": "in the same moment"}, "a1")
    assert scene.gate(gate.id).state is GateState.DELIVERED


async def test_an_interactive_session_goes_on_and_its_sub_agents_wait(tmp_path: Path) -> None:
    scene = Scene(tmp_path, CLAUDE_CODE_ENTRYPOINT="cli")
    async with scene.served() as agents, anyio.create_task_group() as group:
        pending = await agents.ask()
        assert data(pending)["state"] == "pending"
        assert words(pending).startswith("Pending, not approved: gate mcp-")
        await background(group, agents.ask("a1"))
        (gate,) = await scene.asked()
        assert gate.asker == asker("a1")
        scene.decide(gate)
    scene.close()


async def test_nobody_present_is_said(scene: Scene) -> None:
    alone = "Nobody has orch-tui open now; the question waits in the queue."
    async with scene.served() as agents:
        first = await agents.ask(wait_seconds=0)
        assert alone in words(first)
        assert not data(first)["attended"]
        with PresenceLock(scene.directory, "cockpit", str(scene.repository), 1):
            second = await agents.ask(wait_seconds=0)
    assert alone not in words(second)
    assert data(second)["attended"]
    assert data(first)["gate"] == data(second)["gate"], "the same question is one gate"


async def test_the_same_request_brings_the_same_answer_to_a_new_server(scene: Scene) -> None:
    async with scene.served() as agents:
        asked = data(await agents.ask(request_id="cache", wait_seconds=0))
    decision = scene.decide(scene.gate(asked["gate"]))
    for _ in range(3):
        scene.manual.advance(10)
        async with scene.served() as agents:
            again = data(await agents.ask(request_id="cache", question="Which cache?"))
        assert (again["state"], again["decision"], again["request_id"]) == ("decided", decision, "cache")
    gate = scene.gate(asked["gate"])
    assert (gate.revision, gate.state) == (1, GateState.ACKNOWLEDGED)
    assert [step.step for step in gate.steps] == ["claimed", "delivered", "acknowledged"]


async def test_a_question_without_a_name_is_asked_anew_after_its_answer(scene: Scene) -> None:
    """An approval is good for once."""
    async with scene.served() as agents:
        asked = data(await agents.ask(wait_seconds=0))
        scene.decide(scene.gate(asked["gate"]))
        assert data(await agents.ask(wait_seconds=0))["state"] == "decided"
        scene.manual.advance(10)
        again = data(await agents.ask(wait_seconds=0))
    assert (again["state"], again["gate"], again["revision"]) == ("pending", asked["gate"], 2)


async def test_agents_have_gates_of_their_own_and_a_track_shares_them(scene: Scene) -> None:
    async with scene.served() as agents:
        own = [data(await agents.ask(agent, wait_seconds=0, request_id="r"))["gate"] for agent in ("", "a1", "a2")]
        shared = [
            data(await agents.ask(agent, wait_seconds=0, request_id="r", track="Auth Pipeline"))["gate"]
            for agent in ("a1", "a2")
        ]
    assert len({*own, *shared}) == 4
    assert shared[0] == shared[1]
    gate = scene.gate(shared[0])
    assert (gate.track, gate.asker) == ("auth-pipeline", asker("a2")), "who asked last is who gets the answer"


async def test_a_question_belongs_to_the_track_that_its_agent_works_for(scene: Scene) -> None:
    scene.make_journal()
    scene.add_track("auth", "task:2", stage=3, agent="a1")
    scene.add_track("agent-of-it", "agent:a1", part_of="auth")
    async with scene.served() as agents:
        asked = data(await agents.ask("a1", wait_seconds=0))
    gate = scene.gate(asked["gate"])
    assert (gate.track, gate.question.stage, gate.source) == ("auth", 3, "agent:a1")


async def test_two_waiting_calls_are_answered_in_reverse_order(scene: Scene) -> None:
    order = []
    async with scene.served() as agents, anyio.create_task_group() as group:

        async def ask(agent: str) -> None:
            result = await agents.ask(agent, question=f"Question of {agent}?")
            order.append((agent, data(result)["option"]))

        for number, agent in enumerate(("a1", "a2"), start=1):
            group.start_soon(ask, agent)
            await scene.asked(number)
        gates = {gate.asker: gate for gate in scene.gates()}
        note = await agents.call("note", {"text": "meanwhile"}, "a3")
        assert words(note).startswith("Recorded")
        scene.decide(gates[asker("a2")], "reject")
        await scene.steps(gates[asker("a2")], "claimed", "delivered")
        scene.decide(gates[asker("a1")], "lru")
    assert order == [("a2", "reject"), ("a1", "lru")]


async def test_an_answer_that_can_be_taken_back_is_waited_for(scene: Scene) -> None:
    async with scene.served() as agents:
        asked = data(await agents.ask(wait_seconds=0))
        scene.decide(scene.gate(asked["gate"]), "reject", undo_ms=5_000)
        again = await agents.ask(wait_seconds=0)
        assert data(again)["state"] == "pending"
        assert "can be taken back for another 5 s" in words(again)
        scene.manual.advance(5_000)
        assert data(await agents.ask(wait_seconds=0))["option"] == "reject"


@pytest.mark.parametrize(("kind", "state"), [("gate_withdrawn", "withdrawn"), ("gate_cancelled", "cancelled")])
async def test_a_question_that_ends_is_no_approval(scene: Scene, kind: str, state: str) -> None:
    async with scene.served() as agents, anyio.create_task_group() as group:
        results = await background(group, agents.ask())
        (gate,) = await scene.asked()
        assert scene.change(gate, kind, why="Nobody needs it") == ""
    assert data(results[0])["state"] == state
    assert words(results[0]).startswith(f"No answer will come, and none is an approval: gate {gate.id} r1")
    assert f"{state.capitalize()}: Nobody needs it." in words(results[0])


async def test_a_changed_question_replaces_the_one_that_is_waited_for(scene: Scene) -> None:
    async with scene.served() as agents, anyio.create_task_group() as group:
        results = await background(group, agents.ask(request_id="r"))
        (gate,) = await scene.asked()
        changed = data(await agents.ask(request_id="r", question="Which cache now?", wait_seconds=0))
    assert (changed["gate"], changed["revision"]) == (gate.id, 2)
    assert "replaced" in words(results[0]) or "changed" in words(results[0])
    assert data(results[0])["state"] != "decided"


async def test_an_answer_in_ones_own_words(scene: Scene) -> None:
    async with scene.served() as agents, anyio.create_task_group() as group:
        results = await background(group, agents.ask(options=[]))
        (gate,) = await scene.asked()
        scene.decide(gate, text="Ask the owner")
    assert words(results[0]).startswith("Decided: Ask the owner")
    assert (data(results[0])["option"], data(results[0])["text"]) == (None, "Ask the owner")


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"question": " "}, "request_decision: question is empty: what is to be decided, and why, in plain words"),
        ({"question": None}, "request_decision: question is missing: what is to be decided"),
        ({"options": ["a: 1", "a: 2"]}, "request_decision: two options have the key 'a'"),
        ({"options": ["keep it as it is", "keep it as it is"]}, "two options have the key 'keep it as it is'"),
        ({"recommendation": "lrx"}, "recommendation 'lrx' is no option of this question; did you mean lru?"),
        ({"options": [], "recommendation": "a"}, "recommendation 'a' is no option of this question; it has none"),
        ({"optons": []}, "there is no argument 'optons'; did you mean options?"),
        ({"track": "***"}, "track '***' is no slug of a-z, 0-9 and -"),
        ({"question": "\u20ac" * 12_000}, "question takes more than the 12,288 bytes that a gate can hold"),
        ({"options": [f"o{number}: x" for number in range(21)]}, "options has 21 items, more than the 20 allowed"),
        ({"risk": "hihg"}, "risk 'hihg' is unknown; did you mean high?; one of low, medium"),
    ],
)
async def test_a_mistake_is_told_with_what_is_right(scene: Scene, given: dict[str, Any], complaint: str) -> None:
    async with scene.served() as agents:
        refused = await agents.ask(**given)
    assert refused.is_error
    assert complaint in words(refused)
    assert not (scene.directory / "journal.db").exists(), "nothing was asked"


async def test_where_hooks_of_ours_run_they_are_a_way_to_the_agent_too(scene: Scene) -> None:
    hooks = [
        {"matcher": entry.matcher, "hooks": [{"type": "command", "command": entry.command}]}
        for entry in entries(Path(sys.executable), scene.home)
        if entry.event == "PostToolUse"
    ]
    scene.config.mkdir()
    (scene.config / "settings.json").write_text(json.dumps({"hooks": {"PostToolUse": hooks}}))
    async with scene.served() as agents:
        asked = data(await agents.ask("a1", wait_seconds=0))
    assert scene.gate(asked["gate"]).routes == ("mcp", "hook")


@pytest.mark.parametrize("payload", ALL_PAYLOADS)
async def test_hostile_text_reaches_nobody_raw(scene: Scene, payload: str) -> None:
    given: dict[str, Any] = {"question": f"Q{payload}?", "options": [f"a: {payload}x"], "request_id": f"r{payload}"}
    async with scene.served() as agents:
        pending = await agents.ask(**given, wait_seconds=0)
        scene.decide(scene.gates()[0], text=f"t{payload}", reason=f"r{payload}")
        decided = await agents.ask(**given)
    for result in (pending, decided):
        assert is_clean(words(result))
        assert all(is_clean(value) for value in data(result).values() if isinstance(value, str))
    assert data(decided)["state"] == "decided"


async def test_a_fault_of_our_own_is_no_approval(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("orchestrator_tui.mcp_server.desk.Desk.place", fail)
    async with scene.served() as agents:
        failed = await agents.ask()
    assert failed.is_error
    told = "request_decision failed by a fault of orch-tui itself (ZeroDivisionError()): nothing is approved."
    assert words(failed) == told
    assert "ZeroDivisionError" in caplog.text
