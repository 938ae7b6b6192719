"""pending_decisions: everything that waits for an agent, and nobody else's."""

from __future__ import annotations

import anyio

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import GateState
from tests.mcp_server.scene import OPTIONS, Scene, asker, background, data, eventually, words


async def test_nothing_waits_where_nothing_was_ever_asked(scene: Scene) -> None:
    async with scene.served() as agents:
        nothing = await agents.call("pending_decisions")
    assert words(nothing).startswith("Nothing waits for you")
    assert not scene.directory.exists(), "looking makes no journal"


async def test_answers_are_handed_over_and_open_questions_listed(scene: Scene) -> None:
    async with scene.served() as agents:
        asked = [data(await agents.ask("a1", question=f"Question {n}?", wait_seconds=0))["gate"] for n in range(3)]
        await agents.ask("a2", question="Another's?", wait_seconds=0)
        decisions = [scene.decide(scene.gate(asked[0]), "lru"), scene.decide(scene.gate(asked[2]), "ttl")]
        fetched = await agents.call("pending_decisions", agent="a1")
        found = data(fetched)
        assert {one["decision"] for one in found["decided"]} == set(decisions)
        assert [one["gate"] for one in found["waiting"]] == [asked[1]]
        assert all(decision in words(fetched) for decision in decisions)
        assert f"Still undecided, so not approved; do not ask again:\n- gate {asked[1]} r1: Question 1?" in words(
            fetched
        )
        assert "Another's?" not in words(fetched)
        for place in (0, 2):
            await scene.steps(scene.gate(asked[place]), "claimed", "delivered")
        scene.manual.advance(1)
        again = data(await agents.call("pending_decisions", agent="a1"))
    assert (again["decided"], len(again["waiting"])) == ([], 1)
    assert {scene.gate(asked[place]).state for place in (0, 2)} == {GateState.ACKNOWLEDGED}


async def test_an_answer_that_another_call_waits_for_is_left_to_it(scene: Scene) -> None:
    async with scene.served() as agents, anyio.create_task_group() as group:
        results = await background(group, agents.ask("a1"))
        (gate,) = await scene.asked()
        looked = data(await agents.call("pending_decisions", agent="a1"))
        assert [one["gate"] for one in looked["waiting"]] == [gate.id]
        scene.decide(gate)
    assert data(results[0])["state"] == "decided"


async def test_a_question_that_ended_is_told_once(scene: Scene) -> None:
    async with scene.served() as agents:
        asked = data(await agents.ask("a1", wait_seconds=0))
        scene.change(scene.gate(asked["gate"]), "gate_cancelled", why="The batch was cancelled")
        told = await agents.call("pending_decisions", agent="a1")
        assert data(told)["over"][0]["state"] == "cancelled"
        assert "No answer will come, and none is an approval" in words(told)
        assert data(await agents.call("pending_decisions", agent="a1"))["over"] == []


async def test_what_a_hook_holds_is_none_of_its_business(scene: Scene) -> None:
    scene.make_journal()
    asked = {
        "gate": "call-1",
        "revision": 1,
        "digest": "x",
        "track": "t",
        "kind": "permission",
        "question": "Allow Bash?",
        "options": [{"key": "allow", "label": "allow"}],
        "source": "agent:a1",
        "risk": "unknown",
        "routes": ["hook"],
        "asker": asker("a1"),
    }
    scene.journal.change_gate(scene.batch, Draft("gate_opened", asked), scene.clock.now(), "hook")
    scene.decide(scene.gate("call-1"), "allow")
    async with scene.served() as agents:
        assert words(await agents.call("pending_decisions", agent="a1")).startswith("Nothing waits for you")
    assert scene.gate("call-1").steps == ()


async def test_messages_of_ones_tracks_are_shown_once(scene: Scene) -> None:
    scene.make_journal()
    scene.add_track("auth", "task:2", agent="a1")
    scene.add_track("other", "task:3", agent="a2")
    for track in ("auth", "other"):
        scene.record(
            Draft("message_sent", {"track": track, "message": f"m-{track}", "text": f"Mind {track}", "by": "ann"})
        )
    async with scene.served() as agents:
        told = await agents.call("pending_decisions", agent="a1")
        await eventually(lambda: bool(scene.requests()))
        again = await agents.call("pending_decisions", agent="a1")
    assert "m-auth" in words(told)
    assert "Mind auth" in words(told)
    assert "Mind other" not in words(told)
    assert data(told)["messages"][0]["message"] == "m-auth"
    assert words(again).startswith("Nothing waits for you")
    (left,) = scene.requests()
    assert left.kind == "message_read"
    read = {key: left.payload[key] for key in ("track", "message", "route")}
    assert read == {"track": "auth", "message": "m-auth", "route": "mcp"}


async def test_many_answers_come_in_portions(scene: Scene) -> None:
    async with scene.served() as agents:
        for number in range(12):
            asked = data(await agents.ask("a1", question=f"Question {number}?", options=OPTIONS, wait_seconds=0))
            scene.decide(scene.gate(asked["gate"]))
        first = await agents.call("pending_decisions", agent="a1")
        second = await agents.call("pending_decisions", agent="a1")
    assert [len(data(one)["decided"]) for one in (first, second)] == [10, 2]
    assert words(first).endswith("There is more: call pending_decisions again.")
