"""The way of a decision: which route comes next, when one has failed, when nobody is left (DESIGN §4.2, A-6)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.commands import Redeliver
from orchestrator_tui.core.delivery import STRENGTH, WAITED_FOR, Reach, acknowledge_ms, route_to_take, routes_left
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.queries import gate_queue, needs_person
from orchestrator_tui.core.silence import Sight
from tests.core.builders import BATCH, HOUR, MINUTE, SECOND, Ledger, answer, kinds, on_gate, opened

LIMITS = Limits()
NOBODY = Reach()
WAITING = Reach(waiting=frozenset({"shell"}))


def decided(*routes: str, **fields: Any) -> Ledger:
    ledger = Ledger()
    ledger.must(opened(routes=list(routes)), on_gate("gate_decided", **fields))
    return ledger


def travelling(route: str, *routes: str) -> Ledger:
    """An answer that was handed over by ``route``."""
    ledger = decided(route, *routes)
    ledger.must(on_gate("delivery_claimed", route=route), on_gate("decision_delivered", route=route))
    return ledger


def next_route(ledger: Ledger, reach: Reach = NOBODY) -> str | None:
    return route_to_take(ledger.gate("g"), reach, ledger.batch.limits, ledger.now)


def failed(ledger: Ledger, reach: Reach = NOBODY) -> list[tuple[str, str, bool]]:
    """What is given up now: route, reason, and whether no way is left."""
    drafts = ledger.due(Sight(reach={"g": reach}))
    assert set(kinds(drafts)) <= {"delivery_failed"}
    return [(one.payload["route"], one.payload["why"], one.payload["undelivered"]) for one in drafts]


# --- whose turn it is --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("routes", "waiting", "left"),
    [
        (("task_file", "shell", "hook"), ("hook", "shell"), ("hook", "shell", "task_file")),
        (("task_file", "shell", "hook"), ("shell",), ("shell", "task_file")),
        (("task_file", "shell", "hook"), (), ("task_file",)),
        (("shell",), (), ()),
        (("engine",), (), ("engine",)),
        (("carrier pigeon",), ("carrier pigeon",), ()),
    ],
)
def test_routes_are_tried_by_strength_and_only_while_their_readers_live(
    routes: tuple[str, ...], waiting: tuple[str, ...], left: tuple[str, ...]
) -> None:
    ledger = decided(*routes)
    assert routes_left(ledger.gate("g"), Reach(frozenset(waiting))) == left


def test_a_route_without_a_reader_is_ours_to_take_at_once() -> None:
    assert next_route(decided("task_file")) == "task_file"
    assert next_route(decided("engine")) == "engine"
    assert next_route(decided("shell", "task_file")) == "task_file"


def test_a_reader_that_waits_is_given_five_seconds_to_take_it_itself() -> None:
    ledger = decided("shell", "task_file")
    assert next_route(ledger, WAITING) is None
    ledger.tick(5 * SECOND - 1)
    assert next_route(ledger, WAITING) is None
    ledger.tick(1)
    assert next_route(ledger, WAITING) == "task_file"


def test_nothing_leaves_within_the_undo_window() -> None:
    """A-11: five seconds between decided and delivery for what is hard to take back."""
    ledger = decided("task_file", undo_ms=5_000)
    ledger.tick(5 * SECOND - 1)
    assert next_route(ledger) is None
    ledger.tick(1)
    assert next_route(ledger) == "task_file"


@pytest.mark.parametrize("steps", [0, 2, 3])
def test_there_is_nothing_to_take_before_a_decision_while_it_travels_or_after(steps: int) -> None:
    ledger = Ledger()
    ledger.must(opened(routes=["task_file"]))
    kinds_of_steps = ("gate_decided", "delivery_claimed", "decision_delivered", "decision_acknowledged")
    for kind in kinds_of_steps[:steps]:
        ledger.must(on_gate(kind, route="task_file"))
    assert next_route(ledger) is None


# --- failing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", STRENGTH)
def test_a_delivered_answer_without_a_sign_falls_back_to_the_next_weaker_route(route: str) -> None:
    """A-6: past the deadline the next weaker route is tried with the same decision id."""
    ledger = travelling(route, "task_file") if route != "task_file" else travelling(route)
    deadline = acknowledge_ms(route, LIMITS)
    ledger.tick(deadline - 1)
    assert failed(ledger) == []
    ledger.tick(1)
    alone = route == "task_file"
    assert failed(ledger) == [(route, f"no sign within {deadline // 1000} s that its agent took it", alone)]
    assert failed(ledger) == []
    gate = ledger.gate("g")
    assert (gate.state, gate.undelivered) == (GateState.DECIDED, alone)
    assert next_route(ledger) == (None if alone else "task_file")
    assert gate.decision is not None
    assert gate.decision.id == "d-1"


def test_what_a_reader_takes_at_once_has_a_short_deadline_and_a_running_tool_a_long_one() -> None:
    assert acknowledge_ms("shell", LIMITS) == 10 * SECOND
    # The result of a tool is with the model at once; the model may think before it shows that it goes on.
    assert acknowledge_ms("mcp", LIMITS) == 30 * SECOND
    assert acknowledge_ms("task_file", LIMITS) == 5 * MINUTE
    # Claude Code shows that it went on only when the tool that it was allowed has run: Bash may take ten minutes.
    assert acknowledge_ms("hook", LIMITS) > 10 * MINUTE


def test_a_claim_whose_reader_died_is_given_up() -> None:
    ledger = decided("shell", "task_file")
    ledger.must(on_gate("delivery_claimed"))
    ledger.tick(MINUTE)
    assert failed(ledger, WAITING) == []
    gone = Reach(claimant_gone=True)
    assert failed(ledger, gone) == [("shell", "its reader ended before it took the answer", False)]
    assert next_route(ledger) == "task_file"


def test_an_answer_without_any_way_is_undelivered_and_on_top_of_the_queue() -> None:
    ledger = decided("shell")
    ledger.must(opened("h", risk="production"))
    ledger.tick(5 * SECOND - 1)
    assert failed(ledger) == []
    ledger.tick(1)
    assert failed(ledger) == [("shell", "no way to its agent is open", True)]
    assert [gate.id for gate in gate_queue(ledger.state)] == ["g", "h"]
    assert failed(ledger) == []


def test_a_gate_without_routes_is_undelivered_too() -> None:
    ledger = decided()
    ledger.tick(5 * SECOND)
    assert failed(ledger) == [("none", "no way to its agent is open", True)]


def test_a_reader_that_lives_but_never_takes_the_answer_does_not_hide_it_for_ever() -> None:
    ledger = decided("shell")
    ledger.tick(10 * SECOND - 1)
    assert failed(ledger, WAITING) == []
    ledger.tick(1)
    assert failed(ledger, WAITING) == [("shell", "its reader waits but does not take the answer", True)]
    assert needs_person(ledger.gate("g"))


def test_a_reader_that_comes_back_takes_an_undelivered_answer() -> None:
    ledger = decided("shell")
    ledger.tick(5 * SECOND)
    failed(ledger)
    ledger.must(on_gate("delivery_claimed"), on_gate("decision_delivered"), on_gate("decision_acknowledged"))
    assert (ledger.gate("g").state, ledger.gate("g").undelivered) == (GateState.ACKNOWLEDGED, False)


def test_late_evidence_still_acknowledges() -> None:
    ledger = travelling("task_file")
    ledger.tick(5 * MINUTE)
    assert failed(ledger)[0][2]
    ledger.must(on_gate("decision_acknowledged", route="task_file"))
    assert not needs_person(ledger.gate("g"))


def test_a_person_can_have_every_route_tried_again_with_the_same_decision() -> None:
    ledger = travelling("task_file")
    ledger.tick(5 * MINUTE)
    failed(ledger)
    assert next_route(ledger) is None
    assert ledger.carry_out(Redeliver(BATCH, "g")) is None
    assert not ledger.gate("g").undelivered
    assert next_route(ledger) == "task_file"
    ledger.must(on_gate("delivery_claimed", route="task_file"), on_gate("decision_delivered", route="task_file"))
    ledger.tick(5 * MINUTE)
    assert failed(ledger)[0][2]
    assert {one[1] for one in ledger.gate("g").answers} == {"d-1"}


def test_only_an_undelivered_answer_can_be_tried_again() -> None:
    assert decided("task_file").carry_out(Redeliver(BATCH, "g")) == "the answer is not undelivered"
    open_gate = Ledger()
    open_gate.must(opened())
    assert open_gate.carry_out(Redeliver(BATCH, "g")) == "nothing was decided"


def test_a_failure_told_too_late_does_not_take_the_answer_from_a_new_reader() -> None:
    """Exactly one claim: a reader that claimed in the meantime keeps its claim (A-6)."""
    ledger = decided("task_file")
    stale = on_gate("delivery_failed", route="none", undelivered=True)
    ledger.must(on_gate("gate_route_added", route="shell"), on_gate("delivery_claimed", route="shell"))
    assert ledger.record(stale) == ["delivery is claimed by 7:70"]
    ledger.must(on_gate("decision_delivered", route="shell"))


def test_nothing_is_given_up_within_the_undo_window() -> None:
    ledger = decided("shell", undo_ms=5_000)
    ledger.tick(9 * SECOND)
    assert failed(ledger) == []
    ledger.tick(SECOND)
    assert failed(ledger) == [("shell", "no way to its agent is open", True)]


def test_a_decided_gate_is_asked_about_nothing_else() -> None:
    ledger = decided("shell")
    answered = answer(ledger.gate("g"), "fix", reason="r")
    assert ledger.carry_out(answered) == "ann already decided 'ship'"
    assert ledger.due(Sight(reach={"g": WAITING})) == ()


def test_a_clock_that_went_back_over_a_reboot_takes_nothing_before_it_may() -> None:
    """The gate refuses the claim for as long as the answer could be taken back; nobody must try in a loop."""
    ledger = decided("task_file", undo_ms=5_000)
    ledger.tick(6 * SECOND)
    ledger.must(on_gate("delivery_claimed", route="task_file"), on_gate("delivery_failed", route="task_file"))
    ledger.now = Instant(ledger.now.wall_ms - HOUR, 1_000, "boot-2")
    assert ledger.record(on_gate("delivery_claimed", route="task_file")) == ["the answer can still be taken back"]
    assert next_route(ledger) is None


def test_the_next_reader_has_its_own_time_to_take_the_answer() -> None:
    ledger = travelling("hook", "shell", "task_file")
    ledger.tick(acknowledge_ms("hook", LIMITS))
    assert [one[0] for one in failed(ledger, WAITING)] == ["hook"]
    assert next_route(ledger, WAITING) is None
    ledger.tick(5 * SECOND)
    assert next_route(ledger, WAITING) == "task_file"


def test_two_idle_readers_are_given_up_at_once() -> None:
    ledger = decided("mcp", "shell")
    ledger.tick(10 * SECOND)
    both = Reach(waiting=frozenset({"mcp", "shell"}))
    assert [(route, alone) for route, _, alone in failed(ledger, both)] == [("mcp", False), ("shell", True)]
    assert failed(ledger, both) == []


def test_every_waited_for_route_has_a_strength() -> None:
    assert set(STRENGTH) > WAITED_FOR
