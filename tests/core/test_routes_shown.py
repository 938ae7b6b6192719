"""What a person is shown of the routes of an answer: chosen, left, in vain, not open, and why."""

from __future__ import annotations

from dataclasses import fields

import pytest

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.delivery import STRENGTH, Reach
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.routes_shown import ROUTE_FACTS, cannot_hear, routes_shown
from tests.core.builders import Ledger, on_gate, opened

BUSY = Agent("s-1", status="busy", connected=True)
UNCONNECTED = Agent("s-1", status="busy")


def asked(*routes: str, asker: str = "s-1") -> Ledger:
    ledger = Ledger()
    ledger.must(opened(routes=list(routes), asker=asker))
    return ledger


def shown(ledger: Ledger, reach: Reach | None = None) -> list[tuple[str, str, str]]:
    return [(one.route, one.state, one.why) for one in routes_shown(ledger.gate("g"), reach or Reach(agent=BUSY))]


def test_an_open_gate_shows_how_its_answer_would_go() -> None:
    ledger = asked("task_file", "shell", "mcp", "hook")
    assert shown(ledger) == [
        ("hook", "chosen", "its agent gets it with its next tool call"),
        ("mcp", "fallback", "its agent gets it when it asks for its decisions"),
        ("shell", "unavailable", "nobody waits in its shell now"),
        ("task_file", "fallback", "written into its task; its agent may not look"),
    ]


def test_who_waits_goes_first() -> None:
    states = {route: state for route, state, _ in shown(asked("hook", "mcp"), Reach(frozenset({"mcp"}), agent=BUSY))}
    assert states == {"hook": "fallback", "mcp": "chosen"}


def test_a_route_tried_in_vain_says_why() -> None:
    ledger = asked("hook", "task_file")
    ledger.must(on_gate("gate_decided"), on_gate("delivery_failed", route="hook", why="its agent is idle"))
    assert shown(ledger) == [
        ("hook", "tried", "its agent is idle"),
        ("task_file", "chosen", "written into its task; its agent may not look"),
    ]
    ledger.must(on_gate("delivery_claimed", route="task_file"))
    assert shown(ledger)[1] == ("task_file", "chosen", "on its way")
    ledger.must(on_gate("gate_nudged"))
    assert shown(ledger)[1] == ("task_file", "chosen", "on its way")
    ledger.must(on_gate("decision_delivered", route="task_file", evidence="written into its task"))
    assert shown(ledger)[1] == ("task_file", "chosen", "delivered: written into its task")
    ledger.must(on_gate("delivery_failed", route="task_file", why="no sign", undelivered=True))
    assert [one[1:] for one in shown(ledger)] == [("tried", "its agent is idle"), ("tried", "no sign")]


def test_an_acknowledged_answer_has_no_fallbacks_any_more() -> None:
    ledger = asked("hook", "shell", "task_file")
    ledger.must(
        on_gate("gate_decided"),
        on_gate("delivery_failed", route="shell", why="its reader ended"),
        on_gate("delivery_claimed", route="hook"),
        on_gate("decision_delivered", route="hook"),
        on_gate("decision_acknowledged", route="hook", evidence="its transcript"),
    )
    assert shown(ledger) == [
        ("hook", "chosen", "acknowledged: its transcript"),
        ("shell", "tried", "its reader ended"),
    ]


def test_a_gate_that_ended_without_an_answer_shows_nothing() -> None:
    ledger = asked("hook")
    ledger.must(on_gate("gate_withdrawn"))
    assert shown(ledger) == []


def test_an_agent_without_our_hooks_shows_what_is_missing() -> None:
    ledger = asked("task_file", asker="")
    reach = Reach(agent=UNCONNECTED)
    assert shown(ledger, reach)[0] == ("hook", "unavailable", "its session is not connected")
    assert cannot_hear(ledger.gate("g"), reach)
    assert not cannot_hear(ledger.gate("g"), Reach(agent=BUSY))
    assert not cannot_hear(ledger.gate("g"), Reach())


def test_an_agent_without_our_hooks_that_waits_all_the_same_hears_us() -> None:
    ledger = asked("shell", "task_file", asker="")
    assert not cannot_hear(ledger.gate("g"), Reach(frozenset({"shell"}), agent=UNCONNECTED))
    assert cannot_hear(ledger.gate("g"), Reach(agent=UNCONNECTED))


@pytest.mark.parametrize(
    ("routes", "reach", "why"),
    [
        (("hook",), Reach(gone=True), "its agent has ended"),
        (("mcp",), Reach(gone=True), "its agent has ended"),
        (("shell",), Reach(), "nobody waits in its shell now"),
        (("carrier pigeon",), Reach(), "no way by it is known"),
    ],
)
def test_a_route_that_is_not_open_says_why(routes: tuple[str, ...], reach: Reach, why: str) -> None:
    assert shown(asked(*routes), reach)[-1] == (routes[0], "unavailable", why)


def test_a_hook_beside_a_dialog_is_not_there_for_ever() -> None:
    ledger = Ledger()
    ledger.must(opened(routes=["hook"], asker="s-1", kind="permission"))
    assert shown(ledger) == [("hook", "unavailable", "no hook waits for the answer now")]


def test_the_table_names_every_route_that_can_be_taken_and_clocks_that_exist() -> None:
    told = [facts.route for facts in ROUTE_FACTS]
    assert sorted(set(told), key=STRENGTH.index) == list(dict.fromkeys(told)), "strongest first"
    assert set(STRENGTH) - set(told) == set()
    clocks = {field.name for field in fields(Limits)}
    assert {facts.limit for facts in ROUTE_FACTS} <= clocks | {""}
