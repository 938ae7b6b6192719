"""What JSON and `status` tell of agents: who works on a track, by what evidence, and which tracks are listed."""

from __future__ import annotations

from orchestrator_tui.cli.json_view import gate_view, status
from orchestrator_tui.core.agents import PERMISSION
from tests.cli.test_reading import AGENT, GATE, TRACK, assert_shape
from tests.core.builders import Ledger, agent, fact, opened


def staffed() -> Ledger:
    ledger = Ledger()
    ledger.see(fact("7", track="cart", stage=2))
    at_it = agent("s1", "a1", PERMISSION, tasks=("7",), model="opus", tokens=10, connected=True, pane="w:@1.%2")
    ledger.meet(agent(), at_it)
    return ledger


def test_a_track_tells_who_works_on_it_and_whether_it_is_listed() -> None:
    ledger = staffed()
    tracks = {one["slug"]: one for one in status(ledger.batch, ledger.now)["tracks"]}
    for track in tracks.values():
        assert_shape(track, TRACK)
        assert_shape(track["agent"], AGENT)
    assert {slug: one["listed"] for slug, one in tracks.items()} == {
        "cart": True,
        "session-s1": False,
        "agent-a1": False,
    }
    assert tracks["agent-a1"]["part_of"] == "cart"
    assert (tracks["cart"]["model"], tracks["cart"]["tokens"]) == ("opus", 10)
    seen = tracks["cart"]["agent"]
    assert (seen["session"], seen["id"], seen["status"], seen["mode"]) == ("s1", "a1", "permission", "background")
    assert (seen["evidence"], seen["connected"], seen["pane"]) == (["it is permission"], True, "w:@1.%2")


def test_the_agent_of_a_track_is_told_as_it_is_now() -> None:
    ledger = staffed()
    ledger.see(fact("7", track="cart", stage=2, status="completed"))
    ledger.meet(agent("s1", "a1", tasks=("7",), finished=True))
    (cart, *_) = status(ledger.batch, ledger.now)["tracks"]
    assert cart["agent"]["status"] == "gone"


def test_a_track_that_nobody_is_known_to_work_on_has_no_agent() -> None:
    ledger = Ledger()
    ledger.see(fact("7", track="cart", stage=2))
    (cart,) = status(ledger.batch, ledger.now)["tracks"]
    assert_shape(cart, TRACK)
    assert cart["agent"] is None


def test_a_gate_tells_who_asked() -> None:
    ledger = staffed()
    ledger.must(opened(track="agent-a1", asker="s1/a1"))
    gate = gate_view(ledger.gate("g"), ledger.batch, ledger.now)
    assert_shape(gate, GATE)
    assert gate["asker"] == "s1/a1"
