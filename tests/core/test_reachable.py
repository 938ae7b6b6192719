"""A question that was asked before its session was connected gains the hook as soon as it is."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.reachable import routes_gained
from tests.core.builders import Ledger, on_gate, opened

ADDED = Draft("track_added", {"track": "own", "title": "own", "kind": "agent", "source": "agent:a1"})


def seen(track: str, **agent: object) -> Draft:
    return Draft("agent_seen", {"track": track, "session": "s-1", "agent": "a1", "status": "busy", **agent})


def asked(*routes: str, asker: str = "", **agent: Any) -> Ledger:
    ledger = Ledger()
    gate = opened(routes=list(routes), asker=asker)
    track = Draft("track_added", {"track": gate.payload["track"], "title": "t", "kind": "task", "source": "task:1"})
    ledger.must(track, ADDED, seen("own", **agent), seen(str(gate.payload["track"]), **agent), gate)
    return ledger


@pytest.mark.parametrize(("asker", "expected"), [("", "s-1/a1"), ("s-1/a1", "s-1/a1")])
def test_the_agent_behind_the_question_can_be_told_by_its_hooks(asker: str, expected: str) -> None:
    ledger = asked("task_file", asker=asker, connected=True)
    (draft,) = routes_gained(ledger.batch)
    assert draft == Draft("gate_route_added", {"gate": "g", "revision": 1, "route": "hook", "asker": expected})
    ledger.must(draft)
    assert routes_gained(ledger.batch) == ()
    assert ledger.gate("g").asker == expected


def test_an_answer_that_is_decided_already_gains_it_too_but_not_on_its_way() -> None:
    ledger = asked("task_file", connected=True)
    ledger.must(on_gate("gate_decided"))
    assert [draft.payload["route"] for draft in routes_gained(ledger.batch)] == ["hook"]
    ledger.must(on_gate("delivery_claimed", route="task_file"))
    assert routes_gained(ledger.batch) == ()


@pytest.mark.parametrize(
    ("routes", "agent"),
    [
        (("task_file",), {"connected": False}),
        (("task_file",), {"connected": True, "status": "gone"}),
        (("mcp",), {"connected": True}),
        (("hook", "task_file"), {"connected": True}),
    ],
)
def test_nothing_is_gained_where_no_hook_of_it_runs(routes: tuple[str, ...], agent: dict[str, Any]) -> None:
    assert routes_gained(asked(*routes, **agent).batch) == ()
